"""The money gates of a visit held against its money: what waits for payment, and what was paid first."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from models.actions.base import charge_id
from models.base import NOTHING, Value
from models.reckoning import looked_at
from models.reconciliation import Code, Finding, money
from models.reconciliation_visits import finding
from models.visit import Visit
from models.words import spoken


class Line(Value):
    """A line of the bill that counts, in KES; no `order_id`: the consultation's."""

    id: UUID
    order_id: UUID | None
    amount: Decimal


def gate_findings(visit: Visit, bill: tuple[Line, ...]) -> Iterator[Finding]:
    yield from closed_findings(visit)
    charged = paid_first(visit, bill)
    if visit.amount_first != charged:
        words = f"amount_first is {money(visit.amount_first)}, and what it pays first comes to {money(charged)}."
        yield finding(visit, Code.LEDGER_PAID_FIRST, words)


def paid_first(visit: Visit, bill: tuple[Line, ...]) -> Decimal:
    """What the work behind gates charges, by the lines of the bill."""
    lines = {charge_id(id, 0) for id in visit.paid_first}
    return sum(
        (one.amount for one in bill if (one.order_id in visit.paid_first if one.order_id else one.id in lines)), NOTHING
    )


def closed_findings(visit: Visit) -> Iterator[Finding]:
    """Each gate as the visit keeps it, and as it follows from its money."""
    kept, follows = closed(visit), closed(looked_at(visit, visit.updated_at))
    if kept != follows:
        words = f"waits for payment of {said(kept)}, and by its money of {said(follows)}."
        yield finding(visit, Code.VISIT_GATES, words)


def closed(visit: Visit) -> dict[UUID | None, str]:
    """What waits for payment, by its order; None: the consultation."""
    found: dict[UUID | None, str] = {one.id: spoken(one.kind) for one in visit.open_orders if one.gated}
    fee = visit.consultation_fee
    return found | ({None: "consultation"} if fee and fee.gated else {})


def said(gates: dict[UUID | None, str]) -> str:
    return ", ".join(f"{what} {id}" if id else what for id, what in gates.items()) or "nothing"
