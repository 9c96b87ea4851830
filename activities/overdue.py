"""Tells who must hear that a patient waits too long: each rung once, and never after there was progress."""

from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from activities.door import writing
from activities.records import visit_of
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool, inserting
from models.deadlines import Clock
from models.next_steps import next_steps
from models.overdue import Breach, Relief, overdue_event
from models.tables import OverdueRow
from models.visit import Visit

VISIT = "select * from visits where id = %s for share"
ESCALATE = """
    update overdues set escalations = %(rung)s, escalated_to = %(to)s, due_at = %(due_at)s
    where id = %(id)s and escalations < %(rung)s returning *
"""
RESOLVE = "update overdues set resolved_at = %s where id = %s and resolved_at is null"


class Overdues:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="tell_overdue")
    async def tell(self, breach: Breach) -> bool:
        """False where there was progress meanwhile: then nobody is told."""
        async with writing(self.pool) as db:
            row = await (await db.execute(VISIT, (breach.visit_id,))).fetchone()
            visit = visit_of(row) if row else None
            if visit is None or not still_waits(visit.clocks, breach):
                return False
            await announce(db, breach, await first_time(db, visit, breach) or await escalated(db, breach))
        return True

    @activity.defn(name="settle_overdue")
    async def settle(self, relief: Relief) -> None:
        """What was late is done; who was told need not look any more."""
        async with writing(self.pool) as db:
            await db.execute(RESOLVE, (datetime.now(UTC), relief.id))


def still_waits(clocks: tuple[Clock, ...], breach: Breach) -> bool:
    """For the same, since the same moment, with the same deadline."""
    wait = (breach.step, breach.since, breach.due_at)
    return any((clock.step, clock.since, clock.due_at) == wait for clock in clocks)


async def first_time(db: Connection, visit: Visit, breach: Breach) -> dict[str, Any] | None:
    """The row, where there was none: it makes the event."""
    owner = next((one.owner_id for one in next_steps(visit) if one.step is breach.step), None)
    values = {
        "id": breach.id,
        "facility_id": visit.facility_id,
        "visit_id": visit.id,
        "op_number": visit.op_number,
        "step": str(breach.step),
        "triage_category": visit.triage_category,
        "triage_colour": visit.triage_colour,
        "owner_id": owner,
        "since": breach.since,
        "due_at": breach.due_at,
        "breached_at": datetime.now(UTC),
        "escalations": breach.rung,
        "escalated_to": str(breach.to),
    }
    text, given = inserting(OverdueRow, values)
    return await (await db.execute(f"{text} on conflict (id) do nothing returning *", given)).fetchone()


async def escalated(db: Connection, breach: Breach) -> dict[str, Any] | None:
    """The row, where this rung was not told yet."""
    values = {**breach.model_dump(include={"rung", "to", "due_at"}), "id": breach.id}
    return await (await db.execute(ESCALATE, values)).fetchone()


async def announce(db: Connection, breach: Breach, row: dict[str, Any] | None) -> None:
    if row is None:
        return
    event = overdue_event(row, breach)
    for text, values in (event_statement(breach.facility_id, event, datetime.now(UTC)), NOTIFY):
        await db.execute(text, values)
