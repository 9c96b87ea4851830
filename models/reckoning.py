"""What every accepted action means for the visit's money: gates open or close, waivers shrink, requests lapse."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from models.actions.base import Change, Row, Start
from models.base import NOTHING
from models.catalogue import Resource
from models.events import Event
from models.gates import gated, never_waits
from models.orders import Order
from models.paying import AskedFor, Fee
from models.staff import SERVES, THE_CLINIC, Role
from models.tasks import TaskKind, task_event
from models.visit import Visit
from models.waiving import without_surplus

NOTHING_OWED = "Nothing is owed any more."
NOT_HELD = "So much is not held any more: the bill has grown."


def reckoned(before: Visit | None, change: Change, at: datetime) -> Change:
    """The change with all that follows for the money."""
    visit = looked_at(without_surplus(change.visit), at)
    asked = visit.refund
    visit, lapsed = requests_left(visit, at)
    unasked = tuple(no_longer_asked(visit, asked, at)) if asked and visit.refund is None else ()
    rows = (*change.rows, *shrunk(before, visit), *lapsed, *unasked)
    starts = (*change.starts, *(Start(kind="Approval", id=row.id) for row in lapsed))
    told = (task_event("closed", row.whole) for row in unasked)
    events = (*change.events, *opened(before, visit), *lapses(visit, lapsed), *told)
    return change.model_copy(update={"visit": visit, "rows": rows, "starts": starts, "events": events})


def shrunk(before: Visit | None, visit: Visit) -> Iterator[Row]:
    """What counts of a waiver changed: its record says so."""
    former = {one.id: one.amount for one in before.waivers} if before else {}
    for one in visit.waivers:
        if former.get(one.id, one.amount) != one.amount:
            yield Row(resource=Resource.WAIVER, id=one.id, values={"amount_counted": one.amount}, former={})


def looked_at(visit: Visit, at: datetime) -> Visit:
    """Every gate as it stands now, and since when it is open."""
    visit = let_go(visit) if never_waits(visit) else visit
    closed = gated(visit)
    ids = {one.order_id for one in closed}
    orders = tuple(standing(order, at, is_gated=order.id in ids) for order in visit.open_orders)
    fee = visit.consultation_fee
    return visit.having(open_orders=orders, consultation_fee=fee and standing_fee(fee, at, is_gated=None in ids))


def let_go(visit: Visit) -> Visit:
    """An emergency: nothing that is open waits for money, now or later."""
    orders = tuple(order.model_copy(update={"pays_first": False}) for order in visit.open_orders)
    first = sum((order.charged for order in visit.open_orders if order.pays_first), NOTHING)
    fee = visit.consultation_fee
    fee = fee.model_copy(update={"amount": NOTHING}) if fee else None
    noted = tuple(id for id in visit.paid_first if visit.order(id) is None)
    return visit.having(
        open_orders=orders, amount_first=visit.amount_first - first, paid_first=noted, consultation_fee=fee
    )


def standing(order: Order, at: datetime, *, is_gated: bool) -> Order:
    if order.gated == is_gated:
        return order
    return order.model_copy(update={"gated": is_gated, "cleared_at": None if is_gated else at})


def standing_fee(fee: Fee, at: datetime, *, is_gated: bool) -> Fee:
    if fee.gated == is_gated:
        return fee
    return fee.model_copy(update={"gated": is_gated, "cleared_at": None if is_gated else at})


def requests_left(visit: Visit, at: datetime) -> tuple[Visit, tuple[Row, ...]]:
    """A waiver of what nobody owes, and a refund of what is not held, are cancelled."""
    rows: list[Row] = []
    if (waiver := visit.pending_waiver) and visit.balance <= 0:
        visit, rows = (
            visit.having(pending_waiver=None),
            [*rows, cancelled(Resource.WAIVER, waiver.id, NOTHING_OWED, at)],
        )
    if (refund := visit.refund) and refund.amount > visit.refundable:
        visit, rows = visit.having(refund=None), [*rows, cancelled(Resource.REFUND, refund.id, NOT_HELD, at)]
    return visit, tuple(rows)


def no_longer_asked(visit: Visit, refund: AskedFor, at: datetime) -> Iterator[Row]:
    """The cashier need not pay out a refund that was cancelled."""
    if refund.task_id is None:
        return
    known = {"kind": TaskKind.REFUND_PATIENT, "role": Role.CASHIER, "owner_id": None}
    about = {"visit_id": visit.id, "claim_id": None, "due_at": None}
    values = {"status": "CANCELLED", "outcome": NOT_HELD, "closed_at": at, "closed_by": THE_CLINIC}
    yield Row(resource=Resource.TASK, id=refund.task_id, values=values, former={**known, **about})


def cancelled(resource: Resource, id: UUID, why: str, at: datetime) -> Row:
    values = {"status": "CANCELLED", "outcome": why, "decided_at": at, "decided_by": THE_CLINIC}
    return Row(resource=resource, id=id, values=values, former={})


def opened(before: Visit | None, visit: Visit) -> Iterator[Event]:
    """Who serves at the station hears that the patient need not wait for the cashier any more."""
    former = {order.id for order in before.open_orders if order.gated} if before else set()
    for order in visit.open_orders:
        if order.id in former and not order.gated:
            payload = {"visitId": visit.id, "orderId": order.id, "station": order.station}
            yield Event(kind="gate:opened", audience=(SERVES[order.station],), payload=payload)


def lapses(visit: Visit, rows: tuple[Row, ...]) -> Iterator[Event]:
    for row in rows:
        payload = {"visitId": visit.id, "id": row.id, "status": "CANCELLED", "outcome": row.values["outcome"]}
        yield Event(kind=f"{row.resource.lower()}:decided", audience=(Role.CASHIER, Role.SUPERVISOR), payload=payload)
