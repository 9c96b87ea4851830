"""What orders have in common: they are found by id, changed once, and priced from the list."""

from uuid import UUID

from models.actions.base import Case, require_open
from models.catalogue import Priced
from models.orders import Order, OrderKind
from models.problems import AlreadyDone, Conflict, NotFound, invalid


def order_to_change(case: Case, order_id: UUID, kind: OrderKind) -> Order:
    """The open order, or the reason why it cannot be changed."""
    named = kind.lower().replace("_", " ")
    if case.known.row is None:
        raise NotFound(f"There is no such {named}.")
    if case.known.row["visit_id"] != case.visit.id:
        raise Conflict(f"This {named} belongs to another visit.")
    if case.known.row.get("entered_in_error_at"):
        raise AlreadyDone(f"This {named} was entered in error. Order it anew where it is wanted.")
    order = case.visit.order(order_id)
    if order is None:
        raise AlreadyDone(f"This {named} is {case.known.row['status']} already.")
    require_open(case.visit)
    return order


def priced(case: Case, field: str, code: str) -> Priced:
    """The price of a code, or a 422 that names the nearest codes."""
    if case.known.price is None:
        nearest = f"; the nearest are {', '.join(case.known.nearest)}" if case.known.nearest else ""
        raise invalid(field, f"{code!r} is not in the price list{nearest}")
    return case.known.price
