"""The clinician's work: take the patient in, write down what was found, refer onwards."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import (
    Action,
    Case,
    Change,
    Charge,
    require_consultation,
    require_open,
    require_triage,
)
from models.base import Line, Note, Words
from models.catalogue import CONSULTATION_CODE, PriceOf, Resource, RowOf, Want
from models.gates import pays_first, require_consultation_paid
from models.orders import OrderKind
from models.problems import AlreadyDone, Conflict, Missing, NotFound, WrongStage
from models.queueing import require_not_with_another, taken
from models.referrals import NOTHING_YET
from models.staff import Person, Role, Station
from models.visit import Visit


def reviews(visit: Visit) -> list[UUID]:
    """The open orders to read results."""
    return [order.id for order in visit.open_orders if order.kind is OrderKind.REVIEW]


class TakeIn(Action):
    """A clinician calls the patient in, or takes a returning patient over, also one whose encounter is not written."""

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Consultation started"

    kind: Literal["take_in"] = "take_in"

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_triage(visit)
        is_mine = visit.provider_id == actor.id
        if visit.taken_in and not visit.seen and (is_mine or not reviews(visit)):
            raise AlreadyDone(f"The patient is with {'you' if is_mine else 'another clinician'} already.")
        if not reviews(visit):
            require_not_with_another(visit, Station.CONSULTATION, actor)
        require_consultation_paid(visit)

    def apply(self, case: Case) -> Change:
        visit = case.visit.having(taken_in=True, provider_id=case.actor.id, look_again_since=None)
        waits = Station.CONSULTATION in visit.waiting_at
        return Change(visit=taken(visit, Station.CONSULTATION, case.actor, case.at) if waits else visit)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


class RecordEncounter(Action):
    """What the clinician found and recommends. The first one charges the consultation; any one closes the review."""

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.ENCOUNTER
    said = "Consultation recorded"

    kind: Literal["record_encounter"] = "record_encounter"
    encounter_type: Literal["CONSULTATION"] = "CONSULTATION"
    notes: Note = ""
    findings: Note = ""
    recommendations: Note = ""

    def wants(self) -> tuple[Want, ...]:
        return (PriceOf(code=CONSULTATION_CODE, field="encounter_type"),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_consultation(visit)
        if reviews(visit) and visit.provider_id != actor.id:
            missing = Missing(what="take the patient in", roles=(Role.CLINICAL_OFFICER,))
            raise WrongStage(
                "The results wait for the clinician who ordered them. Take the patient in to take over.",
                missing=[missing],
            )
        require_consultation_paid(visit)

    def apply(self, case: Case) -> Change:
        visit = case.visit.closing(*reviews(case.visit)).having(
            taken_in=True, seen=True, provider_id=case.actor.id, has_unread_results=False, look_again_since=None
        )
        blank = {"vital_signs": None, "assessment": None}
        row = case.row(Resource.ENCOUNTER, {**self.fields(), "provider_id": case.actor.id, **blank})
        if case.visit.seen:
            return Change(visit=visit, rows=(row,))
        charge = consultation_charge(case)
        fee = case.visit.consultation_fee
        is_first = fee is not None and fee.amount > 0
        return Change(
            visit=visit.charging(charge.amount, is_first=is_first, id=case.id), rows=(row,), charges=(charge,)
        )


def consultation_charge(case: Case) -> Charge:
    price = case.known.price
    if price is None:
        raise Conflict(f"The price list has no {CONSULTATION_CODE}. An ADMIN adds it under prices.")
    return Charge(code=price.code, description=price.name, quantity=1, unit_price=price.amount)


def require_same_visit(case: Case, encounter_id: UUID | None) -> None:
    """An encounter that a record refers to belongs to the visit."""
    if encounter_id is None:
        return
    if case.known.row is None:
        raise NotFound("There is no such encounter. Leave encounter_id out, or correct it.")
    if case.known.row["visit_id"] != case.visit.id:
        raise Conflict("The encounter belongs to another visit.")
    if case.known.row.get("entered_in_error_at"):
        raise Conflict("The encounter was entered in error. Leave encounter_id out, or name another.")


class RecordDiagnosis(Action):
    """A diagnosis by code: ICD-10 unless said otherwise."""

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.DIAGNOSIS
    said = "Diagnosis recorded"

    kind: Literal["record_diagnosis"] = "record_diagnosis"
    encounter_id: UUID | None = None
    diagnosis_code: Line
    coding_system: Literal["ICD-10", "ICD-11"] = "ICD-10"
    diagnosis_name: Line
    status: Literal["ACTIVE"] = "ACTIVE"
    notes: Note = ""

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.ENCOUNTER, id=self.encounter_id),) if self.encounter_id else ()

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_consultation(visit)

    def apply(self, case: Case) -> Change:
        require_same_visit(case, self.encounter_id)
        return Change(visit=case.visit, rows=(case.row(Resource.DIAGNOSIS, self.fields()),))


class Refer(Action):
    """Send the patient to a service. From triage, the referral takes the place of the consultation."""

    roles = frozenset({Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE})
    resource = Resource.REFERRAL
    said = "Referred to a service"

    kind: Literal["refer"] = "refer"
    station: Literal[Station.IMMUNIZATION, Station.FAMILY_PLANNING, Station.MCH]
    reason: Words

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_triage(visit)
        if not actor.is_any_of(frozenset({Role.TRIAGE_NURSE})):
            require_consultation(visit)
        if any(o.kind is OrderKind.REFERRAL and o.station is self.station for o in visit.open_orders):
            raise AlreadyDone(f"The patient is referred to {self.station} already.")

    def apply(self, case: Case) -> Change:
        order = case.order(
            kind=OrderKind.REFERRAL, station=self.station, pays_first=pays_first(case.visit, self.station)
        )
        visit = case.visit.opening(order)
        if not (visit.taken_in or visit.seen or self.station in visit.referred_to):
            visit = visit.having(referred_to=(*visit.referred_to, self.station))
        instead = not (case.visit.taken_in or case.visit.seen)
        facts = {
            "status": "PENDING",
            "referred_by": case.actor.id,
            "replaces_consultation": instead,
            "quoted_item": None,
        }
        values = {**NOTHING_YET, **self.fields(), **facts}
        return Change(visit=visit, rows=(case.row(Resource.REFERRAL, values),))
