"""What the queue of a station rests on, read from PostgreSQL: the line, who is served, and how long it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, RowMapping, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.lists import URGENCY, column, day_in
from models.calls import Call
from models.deadlines import Step
from models.estimates import ENOUGH, Pace, Served, Service, lengths, pace
from models.next_steps import behind_gate, work_at
from models.orders import Order
from models.paying import Fee
from models.queueing import AN_URGENT_ORDER
from models.staff import THE_CLINIC, Station
from models.status import Status
from models.stays import HowEnded
from models.tables import PatientRow, StayRow, VisitRow

LATEST = 200
"""So many service times of a day are looked at, the latest."""

WEEKS = 4
SHOWN = (
    "id",
    "op_number",
    "patient_id",
    "provider_id",
    "triage_category",
    "triage_colour",
    "triage_incomplete",
    "policy",
    "arrived_at",
    "waiting",
    "calls",
    "clocks",
    "open_orders",
    "status",
    "consultation_fee",
)
Row = RowMapping


def urgency_at(station: Station) -> ColumnElement[Any]:
    has_urgent = VisitRow.open_orders.contains([{"station": station.value, "urgent": True}])
    return case((has_urgent, func.least(URGENCY, AN_URGENT_ORDER)), else_=URGENCY)


async def line(db: AsyncConnection, facility_id: UUID, station: Station) -> list[Row]:
    """Who waits at a station: by urgency, of the patient or of an order there, then by arrival at the clinic."""
    wanted = (
        select(*(column(getattr(VisitRow, name)) for name in SHOWN), PatientRow.first_name, PatientRow.last_name)
        .join(PatientRow, PatientRow.id == VisitRow.patient_id)
        .where(VisitRow.facility_id == facility_id, VisitRow.waiting_at.contains([station.value]))
        .order_by(urgency_at(station), VisitRow.arrived_at, VisitRow.id)
    )
    return list((await db.execute(wanted)).mappings())


def call_in(row: Row, station: Station) -> Call | None:
    return next((Call.model_validate(one) for one in row["calls"] if one["station"] == station), None)


def since_in(row: Row, station: Station) -> datetime:
    return datetime.fromisoformat(next(wait["since"] for wait in row["waiting"] if wait["station"] == station))


def gate_in(row: Row, station: Station) -> dict[str, Any]:
    """Whether the patient must pay first, or since when they need not any more (`models.next_steps.behind_gate`)."""
    orders = [Order.model_validate(one) for one in row["open_orders"]]
    fee = Fee.model_validate(row["consultation_fee"]) if row["consultation_fee"] else None
    return behind_gate(work_at(station, Status(row["status"]), orders, fee), since_in(row, station))


@dataclass(frozen=True)
class Reckoning:
    """What of a station's work is known at a moment."""

    at: datetime
    today: list[Service]
    earlier: list[Service]
    served: list[Served]

    @property
    def pace(self) -> Pace | None:
        return pace(self.at, self.today, self.earlier, self.served)


async def reckoning(
    db: AsyncConnection, facility_id: UUID, station: Station, rows: Sequence[Row], zone: ZoneInfo
) -> Reckoning:
    at = datetime.now(UTC)
    day = at.astimezone(zone).date()
    today = await services_on(db, facility_id, station, [day], zone)
    earlier = await services_before(db, facility_id, station, day, zone) if len(lengths(today)) < ENOUGH else []
    return Reckoning(at, today, earlier, await served_now(db, facility_id, station, rows))


async def services_before(
    db: AsyncConnection, facility_id: UUID, station: Station, day: date, zone: ZoneInfo
) -> list[Service]:
    """Of the same weekday in the weeks before."""
    weeks = range(1, min(WEEKS, (day - date.min).days // 7) + 1)
    days = [day - timedelta(weeks=week) for week in weeks]
    if not days:
        return []
    return await services_on(db, facility_id, station, days, zone)


def service_step(station: Station) -> Step:
    """A consultation's service is its encounter."""
    return Step.ENCOUNTER if station is Station.CONSULTATION else Step(station)


def on_days(days: Sequence[date], zone: ZoneInfo) -> ColumnElement[bool]:
    spans = [day_in(day, zone) for day in days]
    return or_(*((StayRow.ended_at >= begin) & (StayRow.ended_at < end) for begin, end in spans))


async def services_on(
    db: AsyncConnection, facility_id: UUID, station: Station, days: Sequence[date], zone: ZoneInfo
) -> list[Service]:
    """Who was served there, the latest first. What the clinic's own workflows did, nobody at the station did."""
    wanted = (
        select(
            func.coalesce(StayRow.taken_at, StayRow.called_at).label("began"),
            StayRow.ended_at.label("ended"),
            func.coalesce(StayRow.taken_by, StayRow.ended_by).label("by"),
        )
        .where(StayRow.facility_id == facility_id, StayRow.step == service_step(station), on_days(days, zone))
        .where(StayRow.ended_how == HowEnded.DONE)
        .order_by(StayRow.ended_at.desc())
        .limit(LATEST)
    )
    rows = (await db.execute(wanted)).mappings()
    return [Service(**row) for row in rows if row["by"] != THE_CLINIC]


async def served_now(db: AsyncConnection, facility_id: UUID, station: Station, rows: Sequence[Row]) -> list[Served]:
    """With whom somebody is: who was taken there, and at the consultation who was taken in."""
    calls = [call for row in rows if (call := call_in(row, station)) and call.taken_at]
    served = [Served(call.taken_at, call.taken_by) for call in calls if call.taken_at]
    if station is not Station.CONSULTATION:
        return served
    wanted = select(VisitRow.stage_since, VisitRow.provider_id).where(
        VisitRow.facility_id == facility_id, VisitRow.status == Status.IN_CONSULTATION
    )
    return served + [Served(since, provider) for since, provider in await db.execute(wanted)]
