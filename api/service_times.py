"""How long a station took for its patients on a day, and how wrong the estimates of their waits were."""

import datetime as dt
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.actions import REFUSALS
from api.clinic import Reading, TheClinic
from api.queue_reads import (
    Reckoning,
    Row,
    call_in,
    gate_in,
    line,
    on_days,
    served_now,
    services_before,
    services_on,
    since_in,
)
from api.security import Signed
from models.base import Date
from models.estimates import in_minutes, lengths, percentile
from models.misjudging import Waited, misjudged
from models.queueing import BY_URGENCY
from models.staff import Station
from models.stays import HowEnded
from models.tables import StayRow, VisitRow
from models.urgency import TriageColour

routes = APIRouter(prefix="/api", tags=["queue"], responses=REFUSALS)
LATEST = 500
"""So many waits of a day are looked at, the latest."""


class ServiceTimes(BaseModel):
    """Minutes from when a patient was taken (or came to a call) until the work was done; for CONSULTATION, from being
    taken in to the encounter. `served`: all who were; `timed`: those of whom it is known how long it took.

    `estimate_error_p50`: by how many minutes half of the estimates, as they were told on arrival, were wrong at most;
    null where none can be compared.
    """

    station: Station
    date: dt.date
    served: int
    timed: int
    p50_minutes: float | None
    p90_minutes: float | None
    estimates_compared: int
    estimate_error_p50: float | None


@routes.get("/queues/{station}/service-times", response_model=ServiceTimes)
async def service_times(
    station: Station,
    clinic: TheClinic,
    actor: Signed,
    db: Reading,
    date: Annotated[Date | None, Query(description="A day in the clinic's zone; today where it is left out.")] = None,
) -> Any:
    """How long the station took on a day, and how far its estimates were from what happened."""
    zone = ZoneInfo(clinic.settings.time_zone)
    now = datetime.now(UTC)
    day = date or now.astimezone(zone).date()
    is_today = day == now.astimezone(zone).date()
    rows = await line(db, actor.facility_id, station) if is_today else []
    known = Reckoning(
        at=now,
        today=await services_on(db, actor.facility_id, station, [day], zone),
        earlier=await services_before(db, actor.facility_id, station, day, zone),
        served=await served_now(db, actor.facility_id, station, rows) if is_today else [],
    )
    waits = [*await waits_on(db, actor.facility_id, station, day, zone), *waiting(rows, station)]
    errors = misjudged(waits, known.today, known.served, known.earlier)
    took = lengths(known.today)
    return {
        "station": station,
        "date": day,
        "served": len(known.today),
        "timed": len(took),
        "p50_minutes": in_minutes(percentile(took, 0.5)),
        "p90_minutes": in_minutes(percentile(took, 0.9)),
        "estimates_compared": len(errors),
        "estimate_error_p50": in_minutes(percentile(errors, 0.5)),
    }


async def waits_on(
    db: AsyncConnection, facility_id: UUID, station: Station, day: dt.date, zone: ZoneInfo
) -> Iterable[Waited]:
    wanted = (
        select(StayRow.__table__, VisitRow.arrived_at)
        .join(VisitRow, VisitRow.id == StayRow.visit_id)
        .where(StayRow.facility_id == facility_id, StayRow.step == station, on_days([day], zone))
        .order_by(StayRow.ended_at.desc())
        .limit(LATEST)
    )
    return [waited(row) for row in (await db.execute(wanted)).mappings()]


def waited(row: Row) -> Waited:
    """They stood in the line until they were taken, or came to a call, or went."""
    began = row["taken_at"] or row["called_at"]
    return Waited(
        turn=turn(row["triage_colour"], row["arrived_at"], row["visit_id"]),
        since=row["since"],
        began=began if row["ended_how"] == HowEnded.DONE else None,
        over=began or row["ended_at"],
    )


def waiting(rows: Iterable[Row], station: Station) -> Iterator[Waited]:
    """Who must pay first does not stand in the line before they have."""
    for row in rows:
        call, gate = call_in(row, station), gate_in(row, station)
        if gate.get("waits_for_payment"):
            continue
        since = gate.get("counts_from") or since_in(row, station)
        began = max(call.taken_at, since) if call and call.taken_at else None
        yield Waited(
            turn=turn(row["triage_colour"], row["arrived_at"], row["id"]),
            since=since,
            began=began,
            over=began,
        )


def turn(colour: str | None, arrived_at: datetime, visit_id: UUID) -> tuple[int, datetime, str]:
    """By urgency, then by arrival."""
    return BY_URGENCY.index(colour and TriageColour(colour)), arrived_at, str(visit_id)
