"""How patients flow: as JSON for supervisors, and as metrics for who collects them."""

import datetime as dt
import hmac
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.records import visit_of
from api.actions import REFUSALS
from api.clinic import Clinic, Reading, TheClinic
from api.lists import day_in
from api.metrics import as_metrics
from api.security import Signed
from models.actions.base import require_role
from models.base import Date
from models.crowding import Crowd
from models.deadlines import Step
from models.flow import Flow, flow, plain
from models.observed import Arrived, Stayed
from models.problems import NotFound, NotSignedIn, invalid
from models.staff import SUPERVISING
from models.tables import CrowdRow, FacilityRow, OverdueRow, StayRow, VisitRow

routes = APIRouter(tags=["supervision"], responses=REFUSALS)
MOST_DAYS = 31
OURSELVES = frozenset({"127.0.0.1", "::1"})


@routes.get("/api/supervision/flow", response_model=Flow)
async def flow_of_the_day(
    clinic: TheClinic,
    actor: Signed,
    db: Reading,
    day: Annotated[Date | None, Query(description="A day of the clinic; today where nothing is said.")] = None,
    until_day: Annotated[Date | None, Query(description="The last day, where several are looked at together.")] = None,
) -> Flow:
    """Who waits now, how long each step took (median and 90th percentile, by triage category), from the door to
    triage and to the clinician, who left without being seen, and where it jams: `bottleneck` is null where nine waits
    in ten are within their target at every step (SUPERVISOR, ADMIN)."""
    require_role(SUPERVISING, actor, "Looking at the flow")
    first = day or today(clinic)
    last = until_day or first
    if last < first or (last - first).days >= MOST_DAYS:
        raise invalid("until_day", f"must lie within {MOST_DAYS} days from day on")
    return await flow_between(clinic, db, actor.facility_id, first, last)


@routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(
    request: Request,
    clinic: TheClinic,
    db: Reading,
    authorization: Annotated[str, Header()] = "",
) -> Response:
    """The flow of today in Prometheus' text format. With `NJIA_METRICS_TOKEN` for whoever shows it as bearer token;
    without it for this machine alone."""
    require_collector(request, clinic, authorization)
    facility_id = await own_facility(clinic, db)
    found = await flow_between(clinic, db, facility_id, today(clinic), today(clinic))
    body, media_type = as_metrics(found, clinic.settings.facility_code)
    return Response(body, media_type=media_type)


def require_collector(request: Request, clinic: Clinic, authorization: str) -> None:
    token = clinic.settings.metrics_token.get_secret_value()
    if token:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise NotSignedIn("Show NJIA_METRICS_TOKEN as bearer token.")
    elif request.client is not None and request.client.host not in OURSELVES:
        raise NotSignedIn("Set NJIA_METRICS_TOKEN to collect from another machine.")


async def own_facility(clinic: Clinic, db: AsyncConnection) -> UUID:
    wanted = select(FacilityRow.id).where(FacilityRow.code == clinic.settings.facility_code)
    facility_id = (await db.execute(wanted)).scalar()
    if facility_id is None:
        raise NotFound("The facility of NJIA_FACILITY_CODE does not exist yet.")
    return facility_id


def today(clinic: Clinic) -> dt.date:
    return dt.datetime.now(ZoneInfo(clinic.settings.time_zone)).date()


async def flow_between(clinic: Clinic, db: AsyncConnection, facility_id: UUID, first: dt.date, last: dt.date) -> Flow:
    """Visits by the day of their arrival, waits by the day on which they ended, breaches by theirs."""
    zone, now = ZoneInfo(clinic.settings.time_zone), dt.datetime.now(dt.UTC)
    begin, end = day_in(first, zone)[0], min(day_in(last, zone)[1], now)

    async def rows(table: Any, *wanted: ColumnElement[bool]) -> list[dict[str, Any]]:
        found = await db.execute(select(table.__table__).where(table.facility_id == facility_id, *wanted))
        return [dict(row) for row in found.mappings()]

    begun = VisitRow.arrived_at >= begin, VisitRow.arrived_at < end
    theirs = StayRow.visit_id.in_(select(VisitRow.id).where(VisitRow.facility_id == facility_id, *begun))
    arrived = [Arrived(**plain(row, Arrived)) for row in await rows(VisitRow, *begun)]
    ended = await rows(StayRow, StayRow.ended_at >= begin, StayRow.ended_at < end)
    later = await rows(StayRow, StayRow.ended_at >= end, theirs)
    stays = [Stayed(**plain(row, Stayed)) for row in (*ended, *later)]
    open_ones = select(VisitRow.__table__).where(VisitRow.facility_id == facility_id, VisitRow.completed_at.is_(None))
    waiting = [visit_of(dict(row)) for row in (await db.execute(open_ones)).mappings()]
    crowds = await crowds_between(db, facility_id, begin, end)
    late = select(OverdueRow.step, func.count()).where(
        OverdueRow.facility_id == facility_id, OverdueRow.breached_at >= begin, OverdueRow.breached_at < end
    )
    breaches = {Step(step): count for step, count in await db.execute(late.group_by(OverdueRow.step))}
    policy = clinic.settings.policies.on(last)

    def hour(moment: dt.datetime) -> str:
        return f"{moment.astimezone(zone):%H}"

    return flow(begin, end, arrived, stays, waiting, crowds, breaches, policy, hour, now)


async def crowds_between(db: AsyncConnection, facility_id: UUID, begin: dt.datetime, end: dt.datetime) -> list[Crowd]:
    """Every time at which a station was crowded then, in order."""
    lasted = or_(CrowdRow.ended_at.is_(None), CrowdRow.ended_at >= begin)
    wanted = select(CrowdRow.__table__).where(CrowdRow.facility_id == facility_id, CrowdRow.began_at < end, lasted)
    rows = (await db.execute(wanted.order_by(CrowdRow.began_at, CrowdRow.id))).mappings()
    return [Crowd(**plain(dict(row), Crowd)) for row in rows]
