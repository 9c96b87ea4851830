"""What live boards hear. Payloads are camelCase and carry ids, never more than their audience may see."""

from typing import Any
from uuid import UUID

from models.base import Value
from models.orders import Order
from models.staff import SERVES, Role
from models.visit import Visit

EVERYONE = tuple(Role)
CLINICIANS = (Role.CLINICAL_OFFICER,)


def for_person(person_id: UUID) -> str:
    """The audience of one person, wherever signed in."""
    return f"person:{person_id}"


class Event(Value):
    """One thing that happened. `audience` names roles, or one person."""

    kind: str
    audience: tuple[str, ...]
    payload: dict[str, Any]


def status_changed(visit: Visit, updated_by: UUID) -> Event:
    return Event(
        kind="visit:status_changed",
        audience=EVERYONE,
        payload={
            "visitId": visit.id,
            "status": visit.status,
            "waitingAt": list(visit.waiting_at),
            "updatedBy": updated_by,
        },
    )


def order_event(kind: str, visit: Visit, order: Order) -> Event:
    payload = {"visitId": visit.id, "orderId": order.id, "kind": order.kind, "station": order.station}
    return Event(kind=kind, audience=(SERVES[order.station],), payload=payload)


def differences(before: Visit | None, after: Visit, updated_by: UUID) -> tuple[Event, ...]:
    """What the boards must hear because the visit moved: orders opened or closed, then where it stands."""
    old = {o.id: o for o in before.open_orders} if before else {}
    new = {o.id: o for o in after.open_orders}
    events = [order_event("order:opened", after, o) for o in new.values() if o.id not in old]
    events += [order_event("order:closed", after, o) for o in old.values() if o.id not in new]
    if not before or (before.status, before.waiting_at) != (after.status, after.waiting_at):
        events.append(status_changed(after, updated_by))
    return tuple(events)
