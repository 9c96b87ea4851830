"""What is undone with an order that was entered in error: a test, a prescription, what was handed out, a referral."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from models.actions import owed_drugs
from models.actions.afterwards import FINAL, consultations, read_again
from models.actions.base import Case, Change, Row, Start
from models.actions.lab_results import Debt, notice_of, owing
from models.actions.obligations import closed as no_longer
from models.actions.referrals import feedback_closed, without_referral
from models.actions.undone_dispensing import Marks, dispensing
from models.base import NOTHING
from models.catalogue import Resource
from models.medication_words import RequestStatus
from models.problems import Missing, OutstandingWork
from models.staff import Role
from models.status import Status
from models.visit import Visit

Undoing = Callable[[Case, dict[str, Any], Marks], Change]
"""From the stored record and its marks to what becomes of the visit; the first row is the record's."""


def uncharging(case: Case, visit: Visit, *record_ids: UUID) -> Change:
    """The bill without what these charged; what was paid already is owed back."""
    charged = [id for id in record_ids if id in case.known.records.charges]
    amount = sum((case.known.records.charges[id] for id in charged), NOTHING)
    first = sum((case.known.records.charges[id] for id in charged if id in visit.paid_first), NOTHING)
    return Change(visit=visit.charging(first - amount).charging(-first, is_first=True), uncharged=tuple(charged))


def closed(case: Case, marks: Marks) -> dict[str, Any]:
    """An order that was still open is not worked on any more."""
    reason = {"reason": marks["entered_in_error_reason"]}
    return {"status": "CANCELLED", "completed_at": case.at, "completed_by": case.actor.id, **reason}


def lab_request(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    """The test and its results. Nobody needs to acknowledge or tell them; who was told, or read them, hears of it."""
    id, visit = row["id"], case.visit
    was_open = visit.order(id) is not None or visit.awaited_order(id) is not None
    values = {**marks, **(closed(case, marks) if was_open else {})}
    left = visit.forgetting(id).having(
        awaited=tuple(order for order in visit.awaited if order.id != id),
        critical_results=tuple(one for one in visit.critical_results if one != id),
        untold=tuple(one for one in visit.untold if one.lab_request_id != id),
    )
    change = uncharging(case, left, id)
    debts = no_longer_owed(case, row, marks)
    heard = Row(resource=Resource.LAB_REQUEST, id=id, values=values, former=row)
    after = Change(
        visit=reviewed(case, change.visit, {**row, **values}),
        rows=(heard, *debts),
        uncharged=change.uncharged,
        starts=(*loop_of(row), *(Start(kind="Obligation", id=debt.id) for debt in debts)),
    )
    return told_of_the_error(case, after, row, is_known=not debts)


def loop_of(row: dict[str, Any]) -> tuple[Start, ...]:
    """The critical loop hears that it has nothing left to do."""
    is_open = row.get("critical_since") and not row.get("acknowledged_at")
    return (Start(kind="CriticalResult", id=row["id"]),) if is_open else ()


def no_longer_owed(case: Case, row: dict[str, Any], marks: Marks) -> tuple[Row, ...]:
    owed = [one.obligation_id for one in case.visit.untold if one.lab_request_id == row["id"]]
    return tuple(no_longer(case, id, "CANCELLED", marks["entered_in_error_reason"], {}) for id in owed)


def reviewed(case: Case, visit: Visit, marked: dict[str, Any]) -> Visit:
    """The clinician's review, as the tests that are left ask for it."""
    records = case.known.records
    tests = [marked if row["id"] == marked["id"] else row for row in records.all(Resource.LAB_REQUEST)]
    return read_again(case, visit, tests, consultations(records))


def told_of_the_error(case: Case, change: Change, row: dict[str, Any], *, is_known: bool) -> Change:
    """A patient who has left with a wrong result is told that it was wrong; a report that waited goes out."""
    if case.visit.is_over and is_known and row["status"] in FINAL:
        debt = owing(case, change.visit, Debt(request_id=row["id"], owner_id=row["requested_by"], critical=False))
        rows, starts = (*change.rows, *debt.rows), (*change.starts, *debt.starts)
        return change.model_copy(update={"visit": debt.visit, "rows": rows, "starts": starts})
    return change.model_copy(update={"starts": (*change.starts, *notice_of(change.visit))})


def prescription(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    """What was handed out on it is undone first: it left the shelf, or it did not."""
    id, visit = row["id"], case.visit
    occasions = [
        one for one in case.known.records.standing(Resource.MEDICATION_DISPENSE) if one["prescription_id"] == id
    ]
    if handed := [one for one in occasions if one["quantity"]]:
        raise OutstandingWork(
            f"{sum(one['quantity'] for one in handed)} pieces were handed out on this prescription. Mark each "
            "DISPENSING first, the last before the others, where that was an error too; else cancel what is left.",
            missing=[
                Missing(what=f"the dispensing {one['id']}", roles=(Role.PHARMACIST,)) for one in reversed(occasions)
            ],
        )
    debt = visit.owed_drug(id)
    is_open = debt is not None or visit.order(id) is not None
    reason = marks["entered_in_error_reason"]
    settled = owed_drugs.settled(case, visit, debt, reason, "CANCELLED") if debt else Change(visit=visit)
    change = uncharging(case, settled.visit.forgetting(id), id)
    values = {**marks, "request_status": RequestStatus.ENTERED_IN_ERROR, **({"status": "CANCELLED"} if is_open else {})}
    marked = Row(resource=Resource.PRESCRIPTION, id=id, values=values, former=row)
    return change.model_copy(update={"rows": (marked, *settled.rows), "starts": settled.starts})


def referral(case: Case, row: dict[str, Any], marks: Marks) -> Change:
    """Who was sent is not sent. Where the visit had ended by it, it ended as others do."""
    records = case.known.records
    others = records.standing(Resource.REFERRAL, but=row["id"])
    change = feedback_closed(case, row, "CANCELLED", marks["entered_in_error_reason"])
    visit = without_referral(case.visit, row, others).forgetting(row["id"])
    if visit.end is Status.REFERRED and row["facility_name"] and not any(left_by(visit, one) for one in others):
        visit = visit.having(end=Status.COMPLETED)
    values = {**marks, **({"status": "CANCELLED"} if row["status"] == "PENDING" else {})}
    marked = Row(resource=Resource.REFERRAL, id=row["id"], values=values, former=row)
    return change.model_copy(update={"visit": visit, "rows": (marked, *change.rows)})


def left_by(visit: Visit, row: dict[str, Any]) -> bool:
    """Whether the patient was on the way to that facility when the visit ended."""
    settled = row.get("feedback_at") or row.get("cancelled_at")
    assert visit.completed_at is not None
    return bool(row["facility_name"] and (settled is None or settled > visit.completed_at))


UNDOING_ORDERS: dict[str, Undoing] = {
    "LAB_REQUEST": lab_request,
    "PRESCRIPTION": prescription,
    "DISPENSING": dispensing,
    "REFERRAL": referral,
}
