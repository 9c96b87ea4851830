"""Money gates: what is to be paid before it is done, and whether it is.

**The rule.** What is settled (paid and not refunded, waived, covered; never what M-Pesa has not confirmed) goes first
to work behind a gate that was done already, then to what waits behind one: urgent before not urgent, the oldest first.
The first that it does not suffice for waits, and so does everything after it: more money never closes a gate, and
nobody is passed by somebody who is cheaper. What costs nothing waits for nothing. Only the rest pays for work that is
paid afterwards.

Nobody waits for money who is an EMERGENCY, whom nobody knows yet, or whose payer covers the visit or has not answered.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from models.base import NOTHING, Value
from models.claims import CoverStatus
from models.orders import Order, OrderKind
from models.paying import PaymentType
from models.problems import Missing, OutstandingWork
from models.staff import SERVES, Role, Station
from models.status import Status
from models.urgency import TriageCategory
from models.visit import Visit, status_of

PAY_THEMSELVES = frozenset({PaymentType.CASH, PaymentType.MPESA})
COVERING = frozenset({CoverStatus.PROVISIONAL, CoverStatus.ACTIVE})


class Demand(Value):
    """Something that is to be paid before it is done, in KES. No `order_id`: the consultation, or a service that
    nobody was referred to."""

    order_id: UUID | None = None
    station: Station
    amount: Decimal
    since: datetime
    urgent: bool = False


def in_turn(demands: Iterable[Demand]) -> list[Demand]:
    """In the order in which money goes to them."""
    return sorted(demands, key=lambda one: (not one.urgent, one.since, str(one.order_id)))


def waiting(demands: Iterable[Demand], money: Decimal) -> tuple[Demand, ...]:
    """Those for which the money does not suffice."""
    found: list[Demand] = []
    for demand in in_turn(one for one in demands if one.amount > 0):
        money -= demand.amount
        if money < 0:
            found.append(demand)
    return tuple(found)


def short(demands: Iterable[Demand], money: Decimal, demand: Demand) -> Decimal:
    """What must be paid so that this one does not wait: for it and for all that comes before it."""
    turn = [one for one in in_turn(demands) if one.amount > 0]
    if demand not in turn:
        return NOTHING
    before = turn[: turn.index(demand) + 1]
    return max(sum((one.amount for one in before), NOTHING) - money, NOTHING)


def cover_of(payment_type: PaymentType) -> CoverStatus | None:
    """Until the payer has answered, its word counts."""
    return None if payment_type in PAY_THEMSELVES else CoverStatus.PROVISIONAL


def never_waits(visit: Visit) -> bool:
    """Care comes first: from now on, and for what waits already."""
    return visit.triage_category is TriageCategory.EMERGENCY or visit.identity_pending


def is_covered(visit: Visit) -> bool:
    return visit.payment_type not in PAY_THEMSELVES and visit.cover in COVERING


def was_opened(visit: Visit, station: Station) -> bool:
    """Somebody broke the glass for all that the station does on this visit."""
    return any(one.step == "PAYMENT" and one.station is station and one.order_id is None for one in visit.bypasses)


def pays_first(visit: Visit, station: Station) -> bool:
    """Whether what begins at that station now begins behind a gate."""
    return station in visit.gates and not never_waits(visit) and not was_opened(visit, station)


def price_of(order: Order) -> Decimal:
    return order.charged or order.quoted


def demands_of(visit: Visit) -> tuple[Demand, ...]:
    """What waits behind a gate, whether the money is there or not."""
    orders = (of_order(order) for order in visit.open_orders if order.pays_first)
    return (*orders, *([of_consultation(visit)] if waits_for_consultation(visit) else []))


def of_order(order: Order) -> Demand:
    price, since = price_of(order), order.since
    return Demand(order_id=order.id, station=order.station, amount=price, since=since, urgent=order.urgent)


def of_consultation(visit: Visit) -> Demand:
    amount = visit.consultation_fee.amount if visit.consultation_fee else NOTHING
    return Demand(station=Station.CONSULTATION, amount=amount, since=visit.arrived_at)


def waits_for_consultation(visit: Visit) -> bool:
    return visit.consultation_fee is not None and status_of(visit) is Status.TRIAGED


def money_for(visit: Visit) -> Decimal:
    """What is settled and not used up by work behind a gate that was done, or is being done."""
    still_open = sum((order.charged for order in visit.open_orders if order.pays_first), NOTHING)
    fee = visit.consultation_fee
    is_inside = fee is not None and visit.taken_in and not visit.seen
    used = visit.amount_first - still_open + (fee.amount if fee and is_inside else NOTHING)
    return visit.settled_amount - used


def gated(visit: Visit) -> tuple[Demand, ...]:
    """What waits for payment now."""
    if visit.end or never_waits(visit) or is_covered(visit):
        return ()
    return waiting(demands_of(visit), money_for(visit))


def missing_for(visit: Visit, demand: Demand) -> Decimal:
    """What is short for something that is about to be done, in KES; nothing where nobody has to wait."""
    if visit.end or never_waits(visit) or is_covered(visit):
        return NOTHING
    others = [one for one in demands_of(visit) if (one.order_id, one.station) != (demand.order_id, demand.station)]
    return short((*others, demand), money_for(visit), demand)


def due_now(visit: Visit) -> Decimal:
    """What opens all gates that are closed now."""
    closed = gated(visit)
    return short(demands_of(visit), money_for(visit), in_turn(closed)[-1]) if closed else NOTHING


NAMES = {
    Station.CONSULTATION: "the consultation",
    Station.LABORATORY: "the test",
    Station.PHARMACY: "the medicine is handed out",
    Station.IMMUNIZATION: "the vaccine",
    Station.FAMILY_PLANNING: "the service",
    Station.MCH: "the service",
}


def require_paid(visit: Visit, demand: Demand) -> None:
    """Refuse what is behind a gate as long as it is not settled."""
    amount = missing_for(visit, demand)
    if amount > 0:
        what = f"payment of KES {amount} before {NAMES[demand.station]}"
        missing = Missing(what=what, roles=(SERVES[Station.CASHIER],))
        raise OutstandingWork(
            f"This clinic takes the money first: {what}. In danger, use the action break_glass.", missing=[missing]
        )


def require_order_paid(visit: Visit, order: Order | None, kind: OrderKind) -> None:
    """An order of another kind is named by mistake, and refused for that."""
    if order is not None and order.kind is kind and order.pays_first:
        require_paid(visit, of_order(order))


def require_consultation_paid(visit: Visit) -> None:
    """Once the patient is inside, the consultation goes on."""
    if visit.consultation_fee and not (visit.taken_in or visit.seen):
        require_paid(visit, of_consultation(visit))


def breakers(station: Station) -> frozenset[Role]:
    """Who may open the gate of a station at once."""
    return frozenset({SERVES[station], Role.CLINICAL_OFFICER})
