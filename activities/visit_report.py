"""What a visit came to, from its rows, as the sections of a paper for the patient."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from integrations.database import Connection
from integrations.documents import Section, VisitReport
from models.messages import Template

Entry = tuple[str, str]
VISIT = """
    select v.op_number, v.chief_complaint, v.discharge_notes, coalesce(v.completed_at, v.updated_at) as at,
        concat_ws(' ', p.first_name, p.last_name) as patient, coalesce(u.full_name, '') as clinician,
        f.name as clinic, f.time_zone
    from visits v join patients p on p.id = v.patient_id join facilities f on f.id = v.facility_id
        left join users u on u.id = v.provider_id
    where v.id = %s
"""
RESULTS = """
    select coalesce(p.name, l.test_type) as name, l.results, l.notes, l.status = 'CORRECTED' as is_corrected
    from lab_requests l left join prices p on p.facility_id = l.facility_id and p.code = l.test_type
    where l.visit_id = %s and l.status in ('COMPLETED', 'CORRECTED') and l.entered_in_error_at is null
    order by l.completed_at, l.id
"""
ENCOUNTERS = """
    select findings, recommendations from patient_encounters
    where visit_id = %s and encounter_type <> 'TRIAGE' and entered_in_error_at is null order by recorded_at, id
"""
DIAGNOSES = """
    select diagnosis_code, diagnosis_name from diagnoses
    where visit_id = %s and entered_in_error_at is null order by recorded_at, id
"""
MEDICINES = """
    select medication_name, dosage, frequency, duration, instructions, substituted_by,
        case when status = 'OWED' then quantity - quantity_dispensed else 0 end as owed from prescriptions
    where visit_id = %s and status <> 'CANCELLED' and entered_in_error_at is null order by recorded_at, id
"""
SERVICES = """
    select v.name, i.immunization_date as day, '' as advice, i.recorded_at
    from patient_immunizations i join vaccines v on v.id = i.vaccine_id
    where i.visit_id = %(visit)s and i.entered_in_error_at is null
    union all
    select m.name, r.start_date, '', r.recorded_at
    from patient_family_planning r join family_planning_methods m on m.id = r.method_id
    where r.visit_id = %(visit)s and r.entered_in_error_at is null
    union all
    select s.name, r.service_date, r.recommendations, r.recorded_at
    from patient_mch_services r join mch_services s on s.id = r.service_id
    where r.visit_id = %(visit)s and r.entered_in_error_at is null
    order by recorded_at
"""
APPOINTMENTS = """
    select appointment_date, notes from appointments
    where visit_id = %s and status = 'SCHEDULED' order by appointment_date
"""


async def report_of(db: Connection, visit_id: UUID, template: Template) -> VisitReport | None:
    """The results alone, or the whole visit; None where there is no such visit."""
    visit = await (await db.execute(VISIT, (visit_id,))).fetchone()
    if visit is None:
        return None
    results = Section(title="Results", entries=result_entries(await rows_of(db, RESULTS, visit_id)))
    sections = [results] if template is Template.RESULTS_REPORT else await whole(db, visit_id, visit, results)
    return VisitReport(
        clinic_name=visit["clinic"],
        op_number=visit["op_number"],
        patient_name=visit["patient"],
        clinician=visit["clinician"],
        sections=tuple(section for section in sections if any(text for _, text in section.entries)),
        at=visit["at"],
        zone=visit["time_zone"],
    )


async def whole(db: Connection, visit_id: UUID, visit: dict[str, Any], results: Section) -> list[Section]:
    encounters = await rows_of(db, ENCOUNTERS, visit_id)
    diagnoses = await rows_of(db, DIAGNOSES, visit_id)
    medicines = await rows_of(db, MEDICINES, visit_id)
    services = await (await db.execute(SERVICES, {"visit": visit_id})).fetchall()
    appointments = await rows_of(db, APPOINTMENTS, visit_id)
    zone = ZoneInfo(visit["time_zone"])
    advice = [*(row["recommendations"] for row in encounters), visit["discharge_notes"]]
    return [
        section("Reason for the visit", [("", visit["chief_complaint"])]),
        section("Findings", [("", row["findings"]) for row in encounters]),
        section("Diagnoses", [(row["diagnosis_code"], row["diagnosis_name"]) for row in diagnoses]),
        results,
        section("Medicines", [medicine(row) for row in medicines]),
        section("Services", [(row["name"], joined(f"{row['day']:%d/%m/%Y}", row["advice"])) for row in services]),
        section("Advice", [("", text) for text in advice]),
        section("Next appointment", [coming(row, zone) for row in appointments]),
    ]


async def rows_of(db: Connection, text: str, visit_id: UUID) -> list[dict[str, Any]]:
    return await (await db.execute(text, (visit_id,))).fetchall()


def section(title: str, entries: Iterable[tuple[str, str | None]]) -> Section:
    return Section(title=title, entries=tuple((label, text) for label, text in entries if text))


def result_entries(rows: list[dict[str, Any]]) -> tuple[Entry, ...]:
    return tuple((row["name"], result_text(row)) for row in rows)


def result_text(row: dict[str, Any]) -> str:
    """Each value by its name, in lines of their own; a corrected report says that it is."""
    marked = ["Corrected report:"] if row["is_corrected"] else []
    values = [f"{name}: {value}" for name, value in (row["results"] or {}).items()]
    return "\n".join([*marked, *values, row["notes"]]).strip()


def coming(row: dict[str, Any], zone: ZoneInfo) -> Entry:
    return f"{row['appointment_date'].astimezone(zone):%d/%m/%Y %H:%M}", row["notes"] or "Follow-up"


def medicine(row: dict[str, Any]) -> Entry:
    """What to take and how. Of what was handed out instead, how was said at the counter and not written down."""
    if row["substituted_by"]:
        return f"{row['substituted_by']}, in place of {row['medication_name']}", "As the pharmacy explained"
    owed = f"{row['owed']} still to be collected at the pharmacy" if row["owed"] else None
    return f"{row['medication_name']} {row['dosage']}", joined(taking(row), owed)


def taking(row: dict[str, Any]) -> str:
    return joined(row["frequency"], row["duration"], row["instructions"])


def joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
