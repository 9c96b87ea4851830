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
from models.catalogue import PriceOf, Resource, RowOf, Want
from models.problems import AlreadyDone, Conflict, Missing, NotFound, WrongStage
from models.staff import Person, Role, Station
from models.visit import OrderKind, Visit

CONSULTATION_CODE = "CONSULTATION"


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

    def apply(self, case: Case) -> Change:
        return Change(visit=case.visit.having(taken_in=True, provider_id=case.actor.id))

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

    def apply(self, case: Case) -> Change:
        visit = case.visit.closing(*reviews(case.visit)).having(
            taken_in=True, seen=True, provider_id=case.actor.id, has_unread_results=False
        )
        blank = {"vital_signs": None, "assessment": None}
        row = case.row(Resource.ENCOUNTER, {**self.fields(), "provider_id": case.actor.id, **blank})
        if case.visit.seen:
            return Change(visit=visit, rows=(row,))
        charge = consultation_charge(case)
        return Change(visit=visit.charging(charge.amount), rows=(row,), charges=(charge,))


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
        order = case.order(kind=OrderKind.REFERRAL, station=self.station)
        visit = case.visit.opening(order)
        if not (visit.taken_in or visit.seen or self.station in visit.referred_to):
            visit = visit.having(referred_to=(*visit.referred_to, self.station))
        values = {**self.fields(), "status": "PENDING", "referred_by": case.actor.id}
        return Change(visit=visit, rows=(case.row(Resource.REFERRAL, values),))
