"""What a patient leaves behind who goes before the end: open orders, results that nobody has read, and money."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from models.actions import closing, lab_results, owed_drugs
from models.actions.base import Case, Change, Row
from models.actions.death import charge_kept, stopped
from models.base import Value
from models.catalogue import Resource
from models.medication_words import request_status
from models.orders import Order, OrderKind
from models.tasks import TaskKind
from models.visit import Visit

LEFT = "The patient has left."
ANSWERED = ("COMPLETED", "CORRECTED")


class LeftBehind(Value):
    """`cancelled`: the orders that nobody works on any more; `owed`: drugs to be collected. `change`: the visit without
    open orders, and what to write with it; whoever waits for its rows is told by whoever ends the visit."""

    change: Change
    cancelled: tuple[Order, ...]
    owed: tuple[UUID, ...]


def left_behind(case: Case, *, was_seen: bool) -> LeftBehind:
    """Who was seen is told of results that follow, and keeps what is paid at the pharmacy; all else is cancelled."""
    is_paid = was_seen and case.visit.balance <= 0
    stays = {OrderKind.LAB_REQUEST: was_seen, OrderKind.PRESCRIPTION: is_paid}
    gone = tuple(order for order in case.visit.open_orders if not stays.get(order.kind, False))
    cleared = case.visit.closing(*(order.id for order in gone))
    for order in gone:
        cleared = cleared.charging(order.kept - order.charged, is_first=order.pays_first)
    left = lab_results.leaving(case, cleared)
    visit, rows = left.visit, [*(stopped(case, one, LEFT) for one in gone if one.kind is not OrderKind.REVIEW)]
    rows += left.rows
    drugs = visit.open_orders
    for drug in drugs:
        owed = owed_drugs.owing(case, visit, drug)
        visit, rows = owed.visit, [*rows, owed_row(case, drug), *owed.rows]
    for test in unread(case) if was_seen else ():
        critical = test["id"] in case.visit.critical_results
        debt = lab_results.Debt(request_id=test["id"], owner_id=test["requested_by"], critical=critical)
        owed = lab_results.owing(case, visit, debt) if not critical else Change(visit=visit)
        visit, rows = owed.visit, [*rows, *owed.rows]
    charges = tuple(charge_kept(case, order) for order in gone if order.dispensed)
    uncharged = tuple(order.id for order in gone)
    change = Change(visit=visit, rows=tuple(rows), charges=charges, uncharged=uncharged)
    return LeftBehind(change=change, cancelled=gone, owed=tuple(drug.id for drug in drugs))


def owed_row(case: Case, order: Order) -> Row:
    """The prescription, which is to be collected."""
    values = {"status": "OWED", "request_status": request_status("OWED", order.dispensed)}
    return Row(
        resource=Resource.PRESCRIPTION, id=order.id, values=values, former=case.known.affairs.orders.get(order.id, {})
    )


def unread(case: Case) -> Iterable[dict[str, Any]]:
    """The visit's tests that were answered since a clinician last wrote something down."""
    if not case.visit.has_unread_results:
        return
    seen_at = case.known.affairs.seen_at
    for row in case.known.affairs.orders.values():
        if row.get("test_type") and row["status"] in ANSWERED and (seen_at is None or row["reported_at"] > seen_at):
            yield row


def of_the_cashier(case: Case, visit: Visit, cancelled: tuple[Order, ...]) -> tuple[Row, ...]:
    """What is owed either way, and claims that no longer fit the bill."""
    claims = case.known.affairs.claims if any(order.charged for order in cancelled) else ()
    return (
        *debt(case, visit),
        *closing.refund(case, visit),
        *closing.reviews(case, visit, claims, "the patient left and orders were cancelled"),
    )


def debt(case: Case, visit: Visit) -> tuple[Row, ...]:
    """It stays payable after the end."""
    if visit.balance <= 0:
        return ()
    words = f"the patient left owing KES {visit.balance}. Speak with them; payments are taken."
    return (closing.opening(closing.task(case, visit, TaskKind.SETTLE_BILL, words)),)
