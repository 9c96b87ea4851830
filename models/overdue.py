"""A patient who waits longer than the clinic wants: what its workflow tells, and what the boards hear."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from models.base import Value
from models.deadlines import Clock, Step, wait_key
from models.events import Event
from models.staff import Role


class Breach(Value):
    """One rung of a clock's ladder that is due: its number, from 1, and who is told."""

    visit_id: UUID
    facility_id: UUID
    step: Step
    since: datetime
    due_at: datetime
    rung: int
    to: Role

    @property
    def id(self) -> UUID:
        """One for each wait, however often its deadline was moved."""
        return overdue_id(self.visit_id, self.step, self.since)


class Relief(Value):
    """What was late is done, or is not waited for any more."""

    visit_id: UUID
    step: Step
    since: datetime

    @property
    def id(self) -> UUID:
        return overdue_id(self.visit_id, self.step, self.since)


def overdue_id(visit_id: UUID, step: Step, since: datetime) -> UUID:
    return uuid5(visit_id, f"overdue {wait_key(step, since)}")


def breach_of(visit_id: UUID, facility_id: UUID, clock: Clock, rung: int, to: Role) -> Breach:
    return Breach(
        visit_id=visit_id,
        facility_id=facility_id,
        step=clock.step,
        since=clock.since,
        due_at=clock.due_at,
        rung=rung,
        to=to,
    )


def overdue_event(row: dict[str, Any], breach: Breach) -> Event:
    """`visit:overdue` once, to whose step it is and to supervisors; `visit:escalated` for each rung above."""
    payload = {
        "visitId": row["visit_id"],
        "opNumber": row["op_number"],
        "step": row["step"],
        "since": row["since"],
        "dueAt": row["due_at"],
        "triageCategory": row["triage_category"],
        "triageColour": row["triage_colour"],
        "ownerId": row["owner_id"],
        "rung": breach.rung,
        "told": breach.to,
    }
    kind = "visit:overdue" if breach.rung == 1 else "visit:escalated"
    return Event(kind=kind, audience=tuple(dict.fromkeys((breach.to, Role.SUPERVISOR))), payload=payload)
