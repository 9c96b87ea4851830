"""A visit's bill as it is shown: its lines, who settled what, and what waits for payment."""

from collections.abc import Iterable, Mapping
from typing import Any

from models.gates import gated, missing_for
from models.visit import Visit


def bill_of(visit: Visit, lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """`total` + `held` = (`paid` - `refunded`) + `waived` + `covered` + `owed` (see `Visit.balance`)."""
    closed = gated(visit)
    orders = {gate.order_id for gate in closed if gate.order_id}
    return {
        "lines": [{**line, "gated": line["order_id"] in orders} for line in lines],
        "total": visit.total_amount,
        "paid": visit.amount_paid,
        "deposited": visit.amount_deposited,
        "refunded": visit.amount_refunded,
        "waived": visit.amount_waived,
        "covered": visit.amount_covered,
        "pending": visit.amount_pending,
        "balance": visit.balance,
        "owed": visit.owed,
        "held": visit.held,
        "gates": [{**gate.model_dump(), "missing": missing_for(visit, gate)} for gate in closed],
    }
