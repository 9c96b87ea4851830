"""What notices are about, looked up: appointments to come, visits whose reports are ready, and who is to hear of it."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field
from temporalio import activity

from integrations.database import Connection, Pool
from models.appointments import MISSED, OPEN
from models.base import Value
from models.messages import Template
from models.notices import OF_OBLIGATIONS, Notice, Owed, Papers, Reminding, owed, reminding
from models.status import Status

APPOINTMENT = """
    select a.appointment_date, a.status = 'SCHEDULED' and p.deceased_at is null as is_open, f.time_zone
    from appointments a join facilities f on f.id = a.facility_id join patients p on p.id = a.patient_id where a.id = %s
"""
PAPERS = """
    select v.completed_at, v.status, p.email, f.time_zone, p.deceased_at is not null as has_died,
        v.departure is not null as has_departed,
        case when v.undone_ends <> '[]' then v.completed_at end as ended_again,
        count(l.id) filter (where l.status in ('PENDING', 'PRELIMINARY')) as open_tests,
        max(coalesce(l.reported_at, l.completed_at)) filter (where l.status in ('COMPLETED', 'CORRECTED'))
            as answered_at,
        (select max(e.recorded_at) from patient_encounters e
         where e.visit_id = v.id and e.encounter_type <> 'TRIAGE' and e.entered_in_error_at is null) as seen_at
    from visits v join patients p on p.id = v.patient_id join facilities f on f.id = v.facility_id
        left join lab_requests l on l.visit_id = v.id and l.entered_in_error_at is null
    where v.id = %s group by v.id, p.id, f.id
"""
WHO = "p.facility_id, p.id as patient_id, p.phone_number, p.national_id, p.email, f.name as clinic, f.time_zone"
OF_APPOINTMENT = f"""
    select {WHO}, a.visit_id,
        a.status = '{OPEN}' and a.appointment_date = %(moment)s and p.deceased_at is null as is_wanted
    from appointments a join patients p on p.id = a.patient_id join facilities f on f.id = a.facility_id
    where a.id = %(about)s
"""
BOOKED = """
    a.patient_id = o.patient_id and a.status = 'SCHEDULED' and (a.appointment_type = o.service
        or abs((a.appointment_date at time zone f.time_zone)::date - o.due_on) <= 3)
"""
"""An appointment for the same service, or within three days of the day that is due, is one for the same: its own
reminder speaks to the patient."""

OF_ABSENT = f"""
    select {WHO}, a.visit_id,
        a.status = '{MISSED}' and a.appointment_date = %(moment)s and p.deceased_at is null and not exists (
            select 1 from visits v where v.patient_id = p.id and v.arrived_at > a.appointment_date
                and v.status <> 'CANCELLED') as is_wanted
    from appointments a join patients p on p.id = a.patient_id join facilities f on f.id = a.facility_id
    where a.id = %(about)s
"""
"""Whoever has come since needs no invitation."""

OF_OBLIGATION = f"""
    select {WHO}, o.visit_id, o.status = 'OPEN' and p.deceased_at is null and case when o.service is null
        then o.arrived_at is not null
        else o.due_on = (%(moment)s::timestamptz at time zone f.time_zone)::date and not exists (
            select 1 from appointments a where {BOOKED}) end as is_wanted
    from obligations o join patients p on p.id = o.patient_id join facilities f on f.id = o.facility_id
    where o.id = %(about)s
"""

OF_VISIT = f"""
    select {WHO}, v.id as visit_id, p.deceased_at is null and (%(template)s <> 'VISIT_REPORT'
        or v.status in ('COMPLETED', 'REFERRED') and v.departure is null
        and case when v.undone_ends <> '[]' then v.completed_at end is not distinct from %(moment)s) as is_wanted
    from visits v join patients p on p.id = v.patient_id join facilities f on f.id = v.facility_id
    where v.id = %(about)s
"""


class Addressee(Value):
    """Who is to hear, and from which clinic. Made and used inside one activity: it enters no history."""

    facility_id: UUID
    patient_id: UUID
    visit_id: UUID | None
    phone_number: str = Field(repr=False)
    national_id: str | None = Field(repr=False)
    email: str | None = Field(repr=False)
    clinic: str
    time_zone: str
    is_wanted: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Notices:
    """Looks only; may be repeated."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="look_up_reminder")
    async def reminder(self, appointment_id: UUID) -> Reminding | None:
        """When the patient of an appointment is to be reminded; None where there is no such appointment."""
        async with self.pool.connection() as db:
            row = await (await db.execute(APPOINTMENT, (appointment_id,))).fetchone()
        if row is None:
            return None
        return reminding(row["appointment_date"], ZoneInfo(row["time_zone"]), is_open=row["is_open"])

    @activity.defn(name="look_up_reports")
    async def reports(self, visit_id: UUID) -> Owed | None:
        """What a visit owes its patient to hear at the moment."""
        async with self.pool.connection() as db:
            row = await (await db.execute(PAPERS, (visit_id,))).fetchone()
        return owed(visit_id, papers_of(row), ZoneInfo(row["time_zone"])) if row else None


def papers_of(row: dict[str, Any]) -> Papers:
    answered: datetime | None = row["answered_at"] if not row["open_tests"] else None
    return Papers(
        has_email=bool(row["email"]),
        is_over=row["completed_at"] is not None,
        was_discharged=row["status"] in (Status.COMPLETED, Status.REFERRED),
        has_departed=row["has_departed"],
        ready_at=answered,
        was_explained=bool(answered and row["seen_at"] and row["seen_at"] > answered),
        ended_again=row["ended_again"],
        has_died=row["has_died"],
    )


def about(template: Template) -> str:
    if template is Template.MISSED_APPOINTMENT:
        return OF_ABSENT
    if template in OF_OBLIGATIONS:
        return OF_OBLIGATION
    return OF_APPOINTMENT if template is Template.APPOINTMENT_REMINDER else OF_VISIT


async def addressee(db: Connection, notice: Notice) -> Addressee | None:
    """Who hears of it, as the rows stand now; None where there is nobody."""
    row = await (await db.execute(about(notice.template), notice.model_dump())).fetchone()
    return Addressee.model_validate(row) if row else None
