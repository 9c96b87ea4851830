"""A visit that ended too soon is open again, with the facts it had."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from models.actions import closing
from models.actions.base import Action, Case, Change, Recharge, Row, Start, after_care
from models.actions.lab_results import back_to_clinician
from models.actions.obligations import COMES_BACK, closed
from models.appointments import OPEN
from models.base import NOTHING, Words
from models.catalogue import Affairs, AffairsOfVisit, ClaimStanding, PatientOfVisit, RecordsOfVisit, Resource, Want
from models.claims import claim_id_of
from models.endings import Ending, UndoneEnd
from models.events import EVERYONE, Event
from models.medication_words import request_status
from models.orders import Order, OrderKind, OwedDrug
from models.problems import AlreadyDone, Conflict, VisitClosed
from models.staff import Person, Role
from models.status import Status
from models.tasks import TaskKind
from models.visit import Visit
from models.waiving import waiving

REOPENABLE_FOR = timedelta(hours=24)
"""How long an end may be undone, from the moment that it was written down."""

REOPENABLE = frozenset({Status.COMPLETED, Status.REFERRED, Status.CANCELLED, Status.LEFT_WITHOUT_BEING_SEEN})


class ReopenVisit(Action):
    """Undo a discharge, a cancellation, or that a patient left: within 24 hours of the end.

    A referral to another facility goes on: who is discharged again before it is answered leaves as REFERRED again.
    Tests that were to follow are open orders again; the follow-up of that discharge is cancelled; a report that has
    not gone out stays here; claims wait for the next end of the visit.
    """

    roles = frozenset({Role.CLINICAL_OFFICER, Role.SUPERVISOR})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Visit reopened"

    kind: Literal["reopen_visit"] = "reopen_visit"
    reason: Words

    def wants(self) -> tuple[Want, ...]:
        return (AffairsOfVisit(), RecordsOfVisit(), PatientOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.end is None:
            raise AlreadyDone("The visit is open.")
        if visit.end is Status.DECEASED:
            raise Conflict("This visit ended with a death. A second person takes that back with undo_death.")
        if visit.end not in REOPENABLE:
            raise Conflict(f"A visit that ended as {visit.end} is not opened again. Register a new visit.")

    def apply(self, case: Case) -> Change:
        if not is_lately(case):
            raise VisitClosed(
                "A visit is opened again within 24 hours of its end, and this one ended before. Register a new visit."
            )
        if (case.known.patient or {}).get("deceased_at"):
            raise Conflict("The patient has died since. If that is wrong, a second person uses undo_death first.")
        return undone(case, self.reason)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


def is_lately(case: Case) -> bool:
    ended = case.visit.completed_at
    return ended is not None and case.at - ended <= REOPENABLE_FOR


def undone(case: Case, reason: str) -> Change:
    """The visit as it was before its end, and everything that the end took along back in its place."""
    visit, affairs = case.visit, case.known.affairs
    ending = visit.ending or Ending(command_id=case.visit_id, by=case.visit_id)  # it ended before this was kept
    waiting = tuple(claim for claim in affairs.claims if is_to_wait(claim))
    again = visit.having(
        end=None,
        completed_at=None,
        discharge_notes=None,
        ending=None,
        death=None,
        departure=None,
        open_orders=(*visit.open_orders, *visit.awaited, *ending.orders),
        awaited=(),
        referred_out=(*visit.referred_out, *ending.referrals),
    )
    for order in ending.orders:
        again = again.charging(order.charged - order.kept, is_first=order.pays_first)
    again = waived_again(again, ending)
    here = tuple(one for one in visit.owed_drugs if one.order.id in ending.owed)
    owed = told_here(case, here)
    rows = (
        *(order_again(case, order) for order in ending.orders if order.kind is not OrderKind.REVIEW),
        *(order_again(case, one.order) for one in here),
        *appointments_again(case, ending),
        *closing.referrals_again(case, ending),
        *owed,
        *(closing.closing(case, task, COMES_BACK) for task in affairs.tasks if task["id"] in ending.tasks),
        *closing.reviews(case, visit, affairs.claims, "it was opened again"),
    )
    again = again.having(
        open_orders=(*again.open_orders, *(one.order for one in here)),
        owed_drugs=tuple(one for one in again.owed_drugs if one not in here),
        untold=tuple(one for one in again.untold if one.obligation_id not in {row.id for row in owed}),
        undone_ends=(*visit.undone_ends, marked(case, reason, waiting)),
    )
    again, asked = asked_again(case, read_here(case, again), ending)
    starts = (*closing.hearing(waiting), *called_no_more(visit, affairs), *after_care(visit.patient_id))
    change = closing.changed(again, (*rows, *asked), starts, (reopened(case),))
    lines = tuple(Recharge(order_id=order.id, taken_back_by=ending.command_id) for order in ending.orders)
    return change.model_copy(update={"uncharged": tuple(line.order_id for line in lines), "recharged": lines})


def asked_again(case: Case, visit: Visit, ending: Ending) -> tuple[Visit, tuple[Row, ...]]:
    """An approved refund that the end's task was about has a task of its own now."""
    refund = visit.refund
    is_asked = any(
        task["kind"] == TaskKind.REFUND_PATIENT and task["id"] in ending.tasks for task in case.known.affairs.tasks
    )
    if refund is None or not refund.is_approved or refund.task_id or not is_asked:
        return visit, ()
    row = closing.paying_out(case, visit, refund)
    return visit.having(refund=refund.model_copy(update={"task_id": row.id})), (row,)


def called_no_more(visit: Visit, affairs: Affairs) -> tuple[Start, ...]:
    """Who is here need not be called, whichever visit they had left."""
    own = visit.departure.call_back if visit.departure else None
    ids = dict.fromkeys((*((own.id,) if own else ()), *affairs.call_backs))
    return tuple(Start(kind="CallBack", id=id) for id in ids)


def waived_again(visit: Visit, ending: Ending) -> Visit:
    """What a waiver lost because the end took work off the bill counts again; what was approved since stays."""
    before = {one.id: one.amount for one in ending.waivers}
    again = (one.model_copy(update={"amount": max(one.amount, before.get(one.id, NOTHING))}) for one in visit.waivers)
    return waiving(visit, tuple(again))


def marked(case: Case, reason: str, waiting: Iterable[ClaimStanding]) -> UndoneEnd:
    visit = case.visit
    assert visit.end is not None
    assert visit.completed_at is not None
    return UndoneEnd(
        end=visit.end,
        completed_at=visit.completed_at,
        notes=visit.discharge_notes,
        death=visit.death,
        departure=visit.departure,
        reason=reason,
        by=case.actor.id,
        at=case.at,
        claims=tuple(claim.payer for claim in waiting),
    )


def is_to_wait(claim: ClaimStanding) -> bool:
    """Not handed in, or given back: it is written out anew when the visit ends again."""
    return not claim.went_out or claim.status in ("SENT_BACK", "MISSING_DOCUMENTS")


def order_again(case: Case, order: Order) -> Row:
    """A cancelled order as it was, with its results and what was handed out; out of stock is looked for anew."""
    row = case.known.affairs.orders.get(order.id, {})
    if order.kind is OrderKind.LAB_REQUEST:
        status = "PRELIMINARY" if row.get("results") else "PENDING"
        values = {"status": status, "reason": None, "completed_at": None, "completed_by": None}
        return Row(resource=Resource.LAB_REQUEST, id=order.id, values=values, former=row)
    if order.kind is OrderKind.PRESCRIPTION:
        status = "PARTIALLY_DISPENSED" if order.dispensed else "PENDING"
        words = {"status": status, "request_status": request_status(status, order.dispensed)}
        return Row(resource=Resource.PRESCRIPTION, id=order.id, values=words, former=row)
    return Row(resource=Resource.REFERRAL, id=order.id, values=closing.PENDING_AGAIN, former=row)


def appointments_again(case: Case, ending: Ending) -> tuple[Row, ...]:
    """The follow-up that the end booked is not kept; what the end cancelled is."""
    visit, to_come = case.visit, case.known.affairs.appointments
    booked = [row for row in to_come if belongs_to_the_end(visit, row) and row["status"] == OPEN]
    cancelled = [row for row in to_come if row["id"] in ending.appointments and row["status"] == "CANCELLED"]
    return (*closing.rescheduled(booked, "CANCELLED"), *closing.rescheduled(cancelled, OPEN))


def told_here(case: Case, collected: tuple[OwedDrug, ...]) -> tuple[Row, ...]:
    """What the patient was to be told, or to collect, because they had left is told and handed out here."""
    drugs = {one.obligation_id for one in collected}
    return tuple(
        closed(case, row["id"], "DONE", COMES_BACK, row)
        for row in case.known.affairs.obligations
        if row["id"] in drugs or (row["kind"] == "RESULT_TO_TELL" and belongs_to_the_end(case.visit, row))
    )


def read_here(case: Case, visit: Visit) -> Visit:
    """Results that came while the patient was away are read by the clinician, too, now that the patient is there."""
    since = case.visit.completed_at
    late = [
        row
        for row in case.known.affairs.obligations
        if row["kind"] == "RESULT_TO_TELL" and row["visit_id"] == visit.id and since and row["recorded_at"] > since
    ]
    first = min(late, key=lambda row: (row["recorded_at"], row["id"])) if late else {}
    visit = visit.having(has_unread_results=True) if late else visit
    visit = back_to_clinician(case, visit, first.get("owner_id") or visit.provider_id or case.actor.id)
    reader = next((order.person_id for order in visit.open_orders if order.kind is OrderKind.REVIEW), None)
    return visit.having(provider_id=visit.provider_id or reader)


def belongs_to_the_end(visit: Visit, row: dict[str, Any]) -> bool:
    """Written down by the same command."""
    return bool(row["visit_id"] == visit.id and row["recorded_at"] == visit.completed_at)


def reopened(case: Case) -> Event:
    payload = {"visitId": case.visit_id, "formerStatus": case.visit.end, "updatedBy": case.actor.id}
    return Event(kind="visit:reopened", audience=EVERYONE, payload=payload)


def claims_that_wait(visit: Visit) -> tuple[Start, ...]:
    """The claims that a reopened visit held back."""
    payers = visit.undone_ends[-1].claims if visit.undone_ends else ()
    return tuple(Start(kind="Claim", id=claim_id_of(visit.id, payer), payer=payer) for payer in payers)
