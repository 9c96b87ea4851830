"""The end of a facility day: every open visit gets an owner and a next step, and nothing is closed."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from pydantic import Field
from temporalio import activity

from activities.door import Done, Door, Wish, writing
from activities.journal import Deed
from activities.messenger import Messenger, News
from activities.records import visit_of
from activities.tasks import tell
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool
from models.actions import HandOver
from models.administration import Errand
from models.base import Value
from models.catalogue import Resource
from models.events import Event
from models.on_duty import last_ended, owner_of
from models.opening_hours import NAIROBI, next_opening
from models.policy import Policies, Policy, To
from models.staff import THE_CLINIC, Person, Role

FACILITIES = "select id from facilities order by id"
STAFF = "select id, facility_id, roles from users where facility_id = %s and is_active order by id"
OPEN = """
    select v.* from visits v where v.facility_id = %s and v.completed_at is null and v.arrived_at < %s
        and not exists (select 1 from handovers h where h.visit_id = v.id and h.day = %s)
    order by v.arrived_at, v.id
"""
COUNTED = """
    with these as (
        select id, waiting_at from visits where facility_id = %(facility)s and completed_at is null
            and arrived_at < %(ends)s
    )
    select (select count(*) from these) as open_visits,
        (select count(distinct visit_id) from overdues where resolved_at is null and visit_id in (select id from these))
            as late,
        (select coalesce(jsonb_object_agg(station, patients), '{}') from (
            select unnest(waiting_at) as station, count(*) as patients from these group by 1) by_station) as by_station
"""
REMIND = """
    update tasks t set escalations = %(step)s, escalated_to = coalesce(%(to)s, t.role) from handovers h
    where h.task_id = t.id and h.day = %(day)s and t.status = 'OPEN' and t.escalations < %(step)s returning t.*
"""
STILL_OPEN = """
    select count(*) as open from handovers h join tasks t on t.id = h.task_id where h.day = %s and t.status = 'OPEN'
"""
FALLBACK = time(8, 0)
"""When the morning begins where nobody said when the doors open."""


class DayToEnd(Value):
    """`day`: which; else the last one that had ended at `moment`."""

    moment: datetime
    day: date | None = None


class DayEnded(Value):
    """`due_at`: when the doors open again; `rungs`: how long after that somebody is reminded."""

    day: date
    due_at: datetime
    rungs: tuple[timedelta, ...]


class Reminding(Value):
    """The rung of the ladder, from 1."""

    day: date
    step: int


class DayForm(Value):
    """What makes the end of a day the same errand, however often it is run."""

    day: date = Field(description="In the facility's zone.")


class DayEnds:
    """Each activity may be repeated: a visit is handed over once for each day."""

    def __init__(self, pool: Pool, secret: bytes, policies: Policies, messenger: Messenger) -> None:
        self.pool = pool
        self.door = Door(pool, secret)
        self.policies = policies
        self.messenger = messenger

    @activity.defn(name="end_day")
    async def end(self, wanted: DayToEnd) -> DayEnded:
        day = wanted.day or last_ended(self.policies, wanted.moment)
        policy = self.policies.on(day)
        ends = datetime.combine(day, policy.day_ends, NAIROBI)
        due_at = next_opening(policy.hours, ends) or datetime.combine(day + timedelta(days=1), FALLBACK, NAIROBI)
        for facility_id in await self.facilities():
            await self.announce(facility_id, day, ends)
            await self.hand_over(facility_id, day, ends, due_at)
        rungs = tuple(policy.lasting(rung.after) for rung in policy.hand_over)
        return DayEnded(day=day, due_at=due_at, rungs=rungs)

    async def facilities(self) -> list[UUID]:
        async with self.pool.connection() as db:
            return [row["id"] for row in await (await db.execute(FACILITIES)).fetchall()]

    async def announce(self, facility_id: UUID, day: date, ends: datetime) -> None:
        """Supervisors hear once how the day stands."""
        clinic = Person(id=THE_CLINIC, facility_id=facility_id, roles=())
        errand = Errand(id=uuid5(facility_id, f"day ended {day}"), actor=clinic)
        work = partial(counted, facility_id=facility_id, day=day, ends=ends)
        await self.door.once(Wish(errand, "day_ended", DayForm(day=day)), work)

    async def hand_over(self, facility_id: UUID, day: date, ends: datetime, due_at: datetime) -> None:
        """Tell each open visit; it writes down itself whose it is."""
        async with self.pool.connection() as db:
            rows = await (await db.execute(OPEN, (facility_id, ends, day))).fetchall()
            people = await (await db.execute(STAFF, (facility_id,))).fetchall()
        staff = [Person.model_validate(person) for person in people]
        for visit in map(visit_of, rows):
            owner = owner_of(visit, staff, day)
            action = HandOver(day=day, owner_id=owner.id, owner_role=owner.role, due_at=due_at)
            about = uuid5(visit.id, f"day {day}")
            await self.messenger.tell_visit(
                News(visit_id=visit.id, facility_id=facility_id, about=about, action=action)
            )
            if activity.in_activity():
                activity.heartbeat()

    @activity.defn(name="remind_of_handovers")
    async def remind(self, reminding: Reminding) -> int:
        """How many visits of that evening nobody has gone on with; each of their owners, or the role above, is told."""
        rung = policy_rung(self.policies.on(reminding.day), reminding.step)
        async with writing(self.pool) as db:
            told = await db.execute(REMIND, {**reminding.model_dump(), "to": rung})
            for task in await told.fetchall():
                await tell(db, "overdue", task, Role(task["escalated_to"]))
            found = await (await db.execute(STILL_OPEN, (reminding.day,))).fetchone()
        return int(found["open"]) if found else 0


def policy_rung(policy: Policy, step: int) -> str | None:
    """Which role; None for the owner's own."""
    to = policy.hand_over[min(step, len(policy.hand_over)) - 1].to
    return {To.STATION: None, To.IN_CHARGE: str(Role.SUPERVISOR), To.FACILITY_LEAD: str(Role.ADMIN)}[to]


async def counted(db: Connection, facility_id: UUID, day: date, ends: datetime) -> Done:
    """How many visits are open, where they wait, and how many of them are late."""
    found: dict[str, Any] = await (await db.execute(COUNTED, {"facility": facility_id, "ends": ends})).fetchone() or {}
    payload = {
        "day": day,
        "openVisits": found["open_visits"],
        "byStation": found["by_station"],
        "late": found["late"],
    }
    event = Event(kind="day:ended", audience=(Role.SUPERVISOR,), payload=payload)
    for text, values in (event_statement(facility_id, event, ends), NOTIFY):
        await db.execute(text, values)
    said = {"day": day.isoformat(), **found}
    return Done(Deed("CREATE", Resource.HANDOVER, None, said), payload)
