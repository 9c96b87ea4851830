"""Reading many: patients, visits, queues and the audit. From PostgreSQL, never from Temporal."""

import datetime as dt
from functools import partial
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement, and_, case, or_, select

from activities.records import visit_of
from api.actions import REFUSALS
from api.aliases import is_of, known_before_as
from api.clinic import Reading, TheClinic
from api.paging import Cursor, Limit, page
from api.security import Signed
from api.shapes import AuditItem, VisitSummary, list_of, record_shape
from models.actions.base import require_role
from models.base import Date
from models.catalogue import Resource
from models.queueing import BY_URGENCY
from models.staff import Role, Station
from models.status import Status
from models.tables import AuditRow, PatientRow, VisitRow
from models.visit_summary import summary

routes = APIRouter(prefix="/api", responses=REFUSALS)
URGENCY = case(
    {colour.value: place for place, colour in enumerate(BY_URGENCY) if colour},
    value=VisitRow.triage_colour,
    else_=BY_URGENCY.index(None),
)

SEARCHED = ("first_name", "last_name", "phone_number", "national_id", "sha_number")


def column(attribute: Any) -> ColumnElement[Any]:
    """The plain column behind a mapped attribute."""
    plain: ColumnElement[Any] = attribute.property.columns[0]
    return plain


def fits(registration: Any, word: str) -> ColumnElement[bool]:
    return or_(*(getattr(registration, name).icontains(word, autoescape=True) for name in SEARCHED))


@routes.get("/patients", response_model=list_of(record_shape(PatientRow)), tags=["patient"])
async def patients(
    actor: Signed,
    db: Reading,
    query: Annotated[str, Query(max_length=100)] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Patients by name, phone number, national id or SHA number (all words must fit), also by those of registrations
    that were merged into theirs."""
    wanted = select(PatientRow.__table__).where(
        PatientRow.facility_id == actor.facility_id, PatientRow.merged_into.is_(None)
    )
    for word in query.replace("\x00", "").split():
        wanted = wanted.where(or_(fits(PatientRow, word), known_before_as(partial(fits, word=word))))
    return await page(db, wanted, column(PatientRow.registration_date), column(PatientRow.id), limit, cursor)


@routes.get("/visits", response_model=list_of(VisitSummary), tags=["visit"])
async def visits(
    clinic: TheClinic,
    actor: Signed,
    db: Reading,
    status: Status | None = None,
    station: Station | None = None,
    date: Date | None = None,
    patient_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Visits, newest first. `date` is the day of arrival in the clinic's zone; `station` where they wait now."""
    conditions = [VisitRow.facility_id == actor.facility_id]
    if status:
        conditions.append(VisitRow.status == status)
    if station:
        conditions.append(VisitRow.waiting_at.contains([station.value]))
    if patient_id:
        conditions.append(is_of(VisitRow.patient_id, patient_id))
    if date:
        begin, end = day_in(date, ZoneInfo(clinic.settings.time_zone))
        conditions += [VisitRow.arrived_at >= begin, VisitRow.arrived_at < end]
    wanted = select(VisitRow.__table__).where(*conditions)
    found = await page(db, wanted, column(VisitRow.arrived_at), column(VisitRow.id), limit, cursor)
    return {**found, "items": [summary(visit_of(row)) for row in found["items"]]}


def day_in(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """Midnight to midnight as the clinic's clocks show it; at the calendar's very ends there is no such day."""
    begin = dt.datetime.combine(day, dt.time(0), zone)
    try:
        return begin.astimezone(dt.UTC), (begin + dt.timedelta(days=1)).astimezone(dt.UTC)
    except OverflowError:
        never = dt.datetime.max.replace(tzinfo=dt.UTC)
        return never, never


@routes.get("/audit-logs", response_model=list_of(AuditItem), tags=["audit"])
async def audit_logs(
    actor: Signed,
    db: Reading,
    visit_id: UUID | None = None,
    user_id: UUID | None = None,
    resource: Resource | None = None,
    resource_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Every write of the facility, newest first (SUPERVISOR)."""
    require_role(frozenset({Role.SUPERVISOR}), actor, "Reading the audit")
    asked = {"visit_id": visit_id, "user_id": user_id, "resource": resource, "resource_id": resource_id}
    table: Any = AuditRow.__table__
    wanted = select(table).where(
        and_(table.c.facility_id == actor.facility_id, *(table.c[n] == v for n, v in asked.items() if v is not None))
    )
    return await page(db, wanted, table.c.at, table.c.id, limit, cursor)
