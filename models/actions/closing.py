"""What hangs on a visit when it ends or comes back: appointments, claims, and work for people."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from models.actions.base import Case, Change, Row, Start
from models.actions.obligations import closed, owed_again
from models.appointments import OPEN
from models.catalogue import ClaimStanding, Resource
from models.endings import Ending
from models.events import Event
from models.paying import AskedFor
from models.staff import Role
from models.tasks import NewTask, TaskKind, task_event
from models.visit import Visit
from models.waiving import without_surplus

PENDING_AGAIN = {"status": "PENDING", "cancelled_at": None, "cancelled_by": None, "cancel_reason": None}
"""A referral that was cancelled, and is not after all."""

HEARS = {Resource.APPOINTMENT: "Reminder", Resource.OBLIGATION: "Obligation"}
"""Which workflow hears that such a record changed."""


def changed(visit: Visit, rows: Iterable[Row], starts: Iterable[Start] = (), events: Iterable[Event] = ()) -> Change:
    """The change that writes these rows, and tells of each to whoever waits for it."""
    rows = tuple(rows)
    heard = (Start.model_validate({"kind": HEARS[row.resource], "id": row.id}) for row in rows if row.resource in HEARS)
    return Change(visit=visit, rows=rows, starts=(*heard, *starts), events=(*task_events(rows), *events))


def task_events(rows: Iterable[Row]) -> Iterable[Event]:
    for row in rows:
        if row.resource is Resource.TASK and "kind" in row.whole:
            yield task_event("opened" if row.former is None else "closed", row.whole)


def opening(task: NewTask) -> Row:
    values = {**task.model_dump(exclude={"id", "about", "name"}), "status": "OPEN"}
    return Row(resource=Resource.TASK, id=task.id, values=values)


def closing(case: Case, task: dict[str, Any], outcome: str) -> Row:
    """A task that need not be done any more."""
    values = {"status": "CANCELLED", "outcome": outcome, "closed_at": case.at, "closed_by": case.actor.id}
    return Row(resource=Resource.TASK, id=task["id"], values=values, former=task)


def task(case: Case, visit: Visit, kind: TaskKind, words: str, **facts: Any) -> NewTask:
    """For the cashier, who says when it is done."""
    return NewTask(
        about=visit.id,
        name=f"{kind} {facts.get('claim_id', '')} {case.id}",
        facility_id=visit.facility_id,
        kind=kind,
        role=Role.CASHIER,
        words=f"{visit.op_number}: {words}",
        visit_id=visit.id,
        closes_itself=False,
        **facts,
    )


def refund(case: Case, visit: Visit) -> tuple[Row, ...]:
    """Money that nobody owes any more goes back; a person sees to it. Paying the refund out closes the task."""
    visit = without_surplus(visit)
    if visit.held == 0:
        return ()
    words = f"the visit is over, and KES {visit.held} were paid or covered beyond the bill. Give it back."
    return (opening(task(case, visit, TaskKind.REFUND_PATIENT, words)),)


def paying_out(case: Case, visit: Visit, asked: AskedFor) -> Row:
    """The cashier is asked to pay an approved refund out."""
    words = f"KES {asked.amount} go back to the patient. Pay them out: action pay_out_refund, {asked.id}."
    return opening(task(case, visit, TaskKind.REFUND_PATIENT, words))


def debt(case: Case, visit: Visit) -> tuple[Row, ...]:
    if visit.balance <= 0:
        return ()
    words = f"the patient has died, and KES {visit.balance} are open. Speak with the family; payments are taken."
    return (opening(task(case, visit, TaskKind.SETTLE_BILL, words)),)


def referrals_cancelled(case: Case, obligations: Iterable[dict[str, Any]], reason: str) -> tuple[Row, ...]:
    """The visit's referrals to other facilities, of which nobody waits to hear any more. `obligations`: open ones."""
    asked = [row for row in obligations if row["visit_id"] == case.visit_id and row["referral_id"]]
    done = {"status": "CANCELLED", "cancelled_at": case.at, "cancelled_by": case.actor.id, "cancel_reason": reason}
    sent = (Row(resource=Resource.REFERRAL, id=row["referral_id"], values=done, former={}) for row in asked)
    return (*sent, *(closed(case, row["id"], "CANCELLED", reason, row) for row in asked))


def referrals_again(case: Case, ending: Ending) -> tuple[Row, ...]:
    """What came of these is to be known after all. Needs the visit's records."""
    sent = [row for row in case.known.records.all(Resource.REFERRAL) if row["id"] in ending.referrals]
    owed = {row["referral_id"]: row for row in case.known.records.all(Resource.OBLIGATION) if row["referral_id"]}
    again = (Row(resource=Resource.REFERRAL, id=row["id"], values=PENDING_AGAIN, former=row) for row in sent)
    return (*again, *(owed_again(case, owed[row["id"]]) for row in sent))


def rescheduled(appointments: Iterable[dict[str, Any]], status: str) -> tuple[Row, ...]:
    """Appointments that are cancelled, or kept again."""
    return tuple(
        Row(
            resource=Resource.APPOINTMENT,
            id=row["id"],
            values={"status": status, "version": row["version"] + 1},
            former=row,
        )
        for row in appointments
        if row["status"] != status
    )


def kept(appointments: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in appointments if row["status"] == OPEN]


def hearing(claims: Iterable[ClaimStanding]) -> tuple[Start, ...]:
    """Claims look at their visit again."""
    return tuple(Start(kind="Claim", id=claim.id, payer=claim.payer) for claim in claims)


def reviews(case: Case, visit: Visit, claims: Iterable[ClaimStanding], why: str) -> tuple[Row, ...]:
    """A claim that the payer has, or may have, is not taken back by itself: a clerk compares it with the bill."""
    return tuple(
        opening(
            task(
                case,
                visit,
                TaskKind.REVIEW_CLAIM,
                f"{why} after claim {claim.number} had gone out. Compare it with the bill and tell the payer.",
                claim_id=claim.id,
            )
        )
        for claim in claims
        if claim.went_out
    )


def ids(rows: Iterable[Row], resource: Resource) -> tuple[UUID, ...]:
    return tuple(row.id for row in rows if row.resource is resource)
