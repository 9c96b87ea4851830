"""A death in the clinic, or of somebody who was brought in dead; and a death that was written down in error."""

from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

from models.actions import closing
from models.actions.base import Action, Case, Change, Charge, Row, after_care, require_open
from models.actions.reopening import is_lately, marked, undone
from models.base import Moment, Words
from models.catalogue import AffairsOfVisit, RecordsOfVisit, Resource, Want
from models.endings import Death, Ending
from models.events import EVERYONE, Event
from models.medication_words import request_status
from models.orders import Order, OrderKind
from models.problems import Conflict, Missing, WrongStage, invalid
from models.staff import Person, Role
from models.status import Status
from models.visit import Visit

DIED = "The patient has died."
LIVES = "The patient lives; the death was taken back."


class RecordDeath(Action):
    """Certify a death and end the visit: open orders are cancelled and taken off the bill, appointments and referrals
    too, and no message goes to the patient any more. What is owed stays owed; the family may pay.

    `circumstances`: how it came about, the cause as far as it is known.
    """

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Death recorded"

    kind: Literal["record_death"] = "record_death"
    time_of_death: Moment
    brought_in_dead: bool = False
    circumstances: Words

    def wants(self) -> tuple[Want, ...]:
        return (AffairsOfVisit(),)

    def check(self, visit: Visit, actor: Person) -> None:
        """Whatever was not done yet: triage, the encounter, the bill."""
        require_open(visit)

    def apply(self, case: Case) -> Change:
        self.require_possible(case)
        visit, affairs = case.visit, case.known.affairs
        orders = visit.open_orders
        ended = visit.closing(*(order.id for order in orders))
        for order in orders:
            ended = ended.charging(order.kept - order.charged, is_first=order.pays_first)
        kept = closing.kept(affairs.appointments)
        sent = closing.referrals_cancelled(case, affairs.obligations, DIED)
        tasks = (*closing.debt(case, ended), *closing.refund(case, ended))
        ended = ended.having(
            end=Status.DECEASED,
            completed_at=case.at,
            discharge_notes=self.circumstances,
            death=self.certified(case),
            referred_out=(),
            ending=Ending(
                command_id=case.id,
                by=case.actor.id,
                orders=orders,
                appointments=tuple(row["id"] for row in kept),
                referrals=visit.referred_out,
                tasks=closing.ids(tasks, Resource.TASK),
                waivers=visit.waivers,
            ),
        )
        rows = (
            deceased(visit.patient_id, self.time_of_death),
            *(stopped(case, order) for order in orders if order.kind is not OrderKind.REVIEW),
            *closing.rescheduled(kept, "CANCELLED"),
            *sent,
            *(to_next_of_kin(row) for row in affairs.obligations if row["id"] not in {one.id for one in sent}),
            *tasks,
        )
        claims = (claim for claim in affairs.claims if not claim.went_out)
        hearing = (*closing.hearing(claims), *after_care(visit.patient_id))
        change = closing.changed(ended, rows, hearing, (told(case, "patient:deceased"),))
        charges = tuple(charge_kept(case, order) for order in orders if order.dispensed)
        taken_back = tuple(order.id for order in orders)
        return change.model_copy(update={"charges": charges, "uncharged": taken_back})

    def require_possible(self, case: Case) -> None:
        """To the minute, as clocks on the wall are read."""
        arrived = case.visit.arrived_at
        if self.time_of_death > case.at:
            raise invalid("time_of_death", "lies in the future")
        if self.brought_in_dead and self.time_of_death > arrived:
            raise invalid("time_of_death", "lies after the arrival; leave brought_in_dead out")
        if not self.brought_in_dead and self.time_of_death < arrived.replace(second=0, microsecond=0):
            raise invalid("time_of_death", "lies before the arrival; say brought_in_dead if that is so")

    def certified(self, case: Case) -> Death:
        facts = {"time_of_death": self.time_of_death, "brought_in_dead": self.brought_in_dead}
        return Death.model_validate({**facts, "certified_by": case.actor.id})

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


class UndoDeath(Action):
    """The death was entered in error. A second person says so; within 24 hours the visit is open again with all that
    it had, later the patient alone is alive again and may be registered anew."""

    roles = frozenset({Role.CLINICAL_OFFICER, Role.SUPERVISOR})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Death entered in error"

    kind: Literal["undo_death"] = "undo_death"
    reason: Words

    def wants(self) -> tuple[Want, ...]:
        return (AffairsOfVisit(), RecordsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.end is not Status.DECEASED:
            raise Conflict("No death is recorded on this visit.")
        if visit.ending and visit.ending.by == actor.id:
            second = Missing(what="a second person", roles=tuple(sorted(self.roles)))
            raise WrongStage("You certified this death yourself. A second person takes it back.", missing=[second])

    def apply(self, case: Case) -> Change:
        change = undone(case, self.reason) if is_lately(case) else still_over(case, self.reason)
        owed = (to_the_patient(row) for row in case.known.affairs.obligations)
        rows = (deceased(case.visit.patient_id, None), *change.rows, *owed)
        events = (*change.events, told(case, "patient:death_undone"))
        return change.model_copy(update={"rows": rows, "events": events})

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


def still_over(case: Case, reason: str) -> Change:
    """Too late to go on with the visit: it is over, but nobody has died."""
    former = (*case.visit.undone_ends, marked(case, reason, ()))
    visit = case.visit.having(end=Status.COMPLETED, death=None, ending=None, undone_ends=former)
    return Change(visit=visit, starts=after_care(visit.patient_id))


def deceased(patient_id: UUID, at: Any) -> Row:
    return Row(resource=Resource.PATIENT, id=patient_id, values={"deceased_at": at}, former={})


def stopped(case: Case, order: Order, why: str = DIED) -> Row:
    """Cancelled; results and what was handed out stay as they are."""
    row = case.known.affairs.orders.get(order.id, {})
    if order.kind is OrderKind.LAB_REQUEST:
        done = {"completed_at": case.at, "completed_by": case.actor.id}
        values = {"status": "CANCELLED", "reason": why, **done}
        return Row(resource=Resource.LAB_REQUEST, id=order.id, values=values, former=row)
    if order.kind is OrderKind.PRESCRIPTION:
        words = {"status": "CANCELLED", "request_status": request_status("CANCELLED", order.dispensed)}
        return Row(resource=Resource.PRESCRIPTION, id=order.id, values=words, former=row)
    done = {"status": "CANCELLED", "cancelled_at": case.at, "cancelled_by": case.actor.id, "cancel_reason": DIED}
    return Row(resource=Resource.REFERRAL, id=order.id, values=done, former=row)


def charge_kept(case: Case, order: Order) -> Charge:
    name = str(case.known.affairs.orders[order.id]["medication_name"])
    price = order.charged / order.quantity
    return Charge(code=name, description=name, quantity=order.dispensed, unit_price=price, order_id=order.id)


class Owed(NamedTuple):
    """Of an obligation: what its task is called, what its words name, and how they begin for whoever is left."""

    task: str
    about: str
    to_next_of_kin: str
    to_the_patient: str


OWED = {
    "RESULT_TO_TELL": Owed(
        "tell",
        "id",
        "A result is owed: speak with the next of kin, then tell_patient with obligation",
        "A result is owed: tell the patient, then tell_patient with obligation",
    ),
    "DRUGS_OWED": Owed(
        "hand out",
        "prescription_id",
        "Nobody collects what is owed: cancel prescription",
        "A medicine is owed: hand out prescription",
    ),
    "REFERRAL_FEEDBACK": Owed(
        "follow up",
        "referral_id",
        "Tell the other facility, and write down what came of referral",
        "Ask the other facility what came of referral",
    ),
}


def to_next_of_kin(obligation: dict[str, Any]) -> Row:
    """What was owed to the patient is still owed, or cannot be; the task says so now."""
    owed = OWED[obligation["kind"]]
    return reworded(obligation, owed, f"{DIED} {owed.to_next_of_kin}")


def to_the_patient(obligation: dict[str, Any]) -> Row:
    """The patient lives: whoever was sent to the next of kin is not any more."""
    owed = OWED[obligation["kind"]]
    return reworded(obligation, owed, f"{LIVES} {owed.to_the_patient}")


def reworded(obligation: dict[str, Any], owed: Owed, words: str) -> Row:
    """The task that the obligation asks for; one that has not been opened yet stays as it will be."""
    values = {"words": f"{words} {obligation[owed.about]}."}
    return Row(resource=Resource.TASK, id=uuid5(obligation["id"], owed.task), values=values, former={})


def told(case: Case, kind: str) -> Event:
    payload = {"patientId": case.visit.patient_id, "visitId": case.visit_id, "timestamp": case.at}
    return Event(kind=kind, audience=EVERYONE, payload=payload)
