"""Settles appointments when their day is over, and again where a patient's visits turn out to be others."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.door import writing
from activities.journal import Deed, Journal, differences
from activities.tasks import close_task, open_again
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool, updating
from models.appointment_day import (
    CALLED_WITHIN,
    AppointmentDay,
    Circumstances,
    Weighed,
    appointment_day,
    call_back,
    day_of,
    missed_event,
    weigh,
)
from models.appointments import FULFILLED
from models.base import Value
from models.catalogue import Resource
from models.staff import THE_CLINIC
from models.tables import AppointmentRow
from models.tasks import TaskClosing

FOUND = """
    select a.*, f.time_zone, coalesce(p.merged_into, p.id) as goes_on_as, p.deceased_at
    from appointments a join facilities f on f.id = a.facility_id join patients p on p.id = a.patient_id
    where a.id = %s
"""
CAME = """
    select id, arrived_at < %(ends)s as on_the_day from visits
    where patient_id = %(patient)s and facility_id = %(facility)s and status <> 'CANCELLED'
        and id is distinct from %(booked_in)s and arrived_at >= %(booked_at)s and arrived_at >= %(begins)s
    order by arrived_at limit 1
"""
"""A visit that was not cancelled as opened in error; the one in which the appointment was made does not count."""

TASK = "select status, closed_by from tasks where id = %s"


class Settling(Value):
    """`at`: the moment by the workflow's clock."""

    appointment_id: UUID
    at: datetime


class Found(NamedTuple):
    """An appointment's row, what was found out, and what follows from it."""

    row: dict[str, Any]
    came: UUID | None
    weighed: Weighed
    task: dict[str, Any] | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.row["time_zone"])

    @property
    def values(self) -> dict[str, Any]:
        """What the row should say."""
        return {"status": self.weighed.status, "fulfilled_by": self.came if self.weighed.status == FULFILLED else None}

    @property
    def is_to_change(self) -> bool:
        if differences(self.row, self.values):
            return True
        task = self.task or {"status": "NONE", "closed_by": None}
        if self.weighed.calls:
            return task["status"] == "NONE" or (task["status"] == "CANCELLED" and task["closed_by"] is None)
        return bool(self.weighed.outcome) and task["status"] == "OPEN"


class AppointmentDays:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="look_up_appointment_day")
    async def look(self, appointment_id: UUID) -> AppointmentDay | None:
        async with writing(self.pool) as db:
            return await shown(db, appointment_id)

    @activity.defn(name="settle_appointment")
    async def settle(self, settling: Settling) -> AppointmentDay | None:
        """Say whether the patient came. Doing it twice changes nothing more."""
        async with writing(self.pool) as db:
            await settle_all(db, [settling.appointment_id], settling.at)
            return await shown(db, settling.appointment_id)


async def shown(db: Connection, appointment_id: UUID) -> AppointmentDay | None:
    row = await (await db.execute(FOUND, (appointment_id,))).fetchone()
    if row is None:
        return None
    zone = ZoneInfo(row["time_zone"])
    task = await (await db.execute(TASK, (call_back(row, zone).id,))).fetchone()
    return appointment_day(row, zone, task["status"] if task else None)


async def settle_all(db: Connection, appointment_ids: Iterable[UUID], at: datetime) -> list[UUID]:
    """Settle what is not as it should be; their ids. The chain of the audit is locked before any appointment, as by
    whoever else writes both."""
    looked = [await found(db, id, at) for id in appointment_ids]
    wanted = [one.row for one in looked if one and one.is_to_change]
    if not wanted:
        return []
    journal = await Journal.open(db, wanted[0]["facility_id"])
    settled = []
    for row in wanted:
        again = await found(db, row["id"], at, lock=" for update of a")
        if again and again.is_to_change:
            await write(db, journal, again)
            settled.append(row["id"])
    return settled


async def found(db: Connection, appointment_id: UUID, at: datetime, lock: str = "") -> Found | None:
    row = await (await db.execute(FOUND + lock, (appointment_id,))).fetchone()
    if row is None:
        return None
    zone = ZoneInfo(row["time_zone"])
    day = day_of(row["appointment_date"], zone)
    about = {
        "patient": row["goes_on_as"],
        "facility": row["facility_id"],
        "booked_in": row["visit_id"],
        "booked_at": row["recorded_at"],
        "begins": day.begins,
        "ends": day.ends,
    }
    visit = await (await db.execute(CAME, about)).fetchone()
    task = await (await db.execute(TASK, (call_back(row, zone).id,))).fetchone()
    came = visit["id"] if visit and visit["on_the_day"] else None
    circumstances = Circumstances(
        status=row["status"],
        came=came,
        came_later=visit is not None and came is None,
        is_settled=at >= day.settles_at,
        is_stale=at > day.settles_at + CALLED_WITHIN,
        has_died=row["deceased_at"] is not None,
    )
    return Found(row, came, weigh(circumstances), task)


async def write(db: Connection, journal: Journal, one: Found) -> None:
    """The row with its audit entry, the task, and what reception hears, in the caller's transaction."""
    row, task = one.row, call_back(one.row, one.zone)
    changed = differences(row, one.values)
    if changed:
        values = {name: new for name, (_, new) in changed.items()} | {"version": row["version"] + 1}
        text, given = updating(AppointmentRow, values, "id = %(appointment_id)s")
        await db.execute(text, {**given, "appointment_id": row["id"]})
        await journal.append(Deed("UPDATE", Resource.APPOINTMENT, row["id"], changed), THE_CLINIC, None)
    if one.weighed.calls:
        await open_again(db, task)
        if one.task is None:
            for text, given in (event_statement(row["facility_id"], missed_event(row), datetime.now(UTC)), NOTIFY):
                await db.execute(text, given)
    elif one.weighed.outcome:
        await close_task(db, TaskClosing(id=task.id, status="CANCELLED", outcome=one.weighed.outcome))
