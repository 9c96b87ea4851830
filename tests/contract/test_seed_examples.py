"""The owner's own examples, as written in the description of the flow, and the rows that they leave."""

from typing import Any

import pytest

from models.staff import Role
from tests.contract.seed_forms import REGISTRATION, STEPS
from tests.walks import Walk, new_patient


def filled(form: Any, known: dict[str, str]) -> Any:
    """The form with `{visit}` and the like replaced by ids."""
    if isinstance(form, dict):
        return {name: filled(value, known) for name, value in form.items()}
    if isinstance(form, str):
        for name, id in {**known, "id": known["patient"]}.items():
            form = form.replace(f"{{{name}}}", id)
    return form


async def first_of(walk: Walk, path: str) -> str:
    """The first entry of a list that costs nothing."""
    items = (await walk.does(Role.SUPERVISOR, "GET", path)).json()["items"]
    return str(next(item["id"] for item in items if item.get("is_kepi", True)))


async def person_id(walk: Walk, who: Role) -> str:
    return str((await walk.does(who, "GET", "/api/me")).json()["id"])


@pytest.fixture
async def known(walk: Walk) -> dict[str, str]:
    """A registered John Doe, and an entry of each list."""
    made = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", REGISTRATION)
    return {
        "visit": made["visit"]["id"],
        "patient": made["patient"]["id"],
        "vaccine": await first_of(walk, "/api/vaccines"),
        "method": await first_of(walk, "/api/family-planning-methods?query=pill"),
        "service": await first_of(walk, "/api/mch-services"),
    }


async def test_the_owners_flow_runs_as_it_is_written_and_each_step_leaves_one_audit_row(
    walk: Walk, known: dict[str, str]
) -> None:
    expected = [("CREATE", "PATIENT", known["patient"], await person_id(walk, Role.RECEPTIONIST))]
    visit_id, shown = known["visit"], {}
    for version, (who, method, path, form, action, resource, name) in enumerate(STEPS, start=2):
        shown = await walk.done(who, method, filled(path, known), filled(form, known))
        known.setdefault(name, shown["id"])
        assert shown["id"] == known[name]
        visit = shown if resource == "VISIT" else shown["visit"]
        assert (visit["id"], visit["version"]) == (visit_id, version)
        expected.append((action, resource, shown["id"], await person_id(walk, who)))
    assert (shown["status"], shown["payment_status"], shown["balance"]) == ("COMPLETED", "PAID", "0.00")
    path = f"/api/audit-logs?visit_id={visit_id}&limit=100"
    entries = (await walk.does(Role.SUPERVISOR, "GET", path)).json()["items"]
    written = [(e["action"], e["resource"], e["resource_id"], e["user_id"]) for e in reversed(entries)]
    assert written == expected
    assert {entry["ip_address"] for entry in entries} == {"127.0.0.1"}
    assert all(entry["details"] for entry in entries)


COLUMNS = {
    "patients": "first_name, last_name, gender, insurance_type, age, phone_number, registration_type, registered_by, "
    "registration_date",
    "visits": "patient_id, op_number, chief_complaint, triage_category, payment_type, payment_reference, status, "
    "payment_status, total_amount, discharge_notes, completed_at, updated_at",
    "audit_logs": "user_id, action, resource, resource_id, details, ip_address",
    "patient_encounters": "patient_id, visit_id, encounter_type, provider_id, vital_signs, notes, findings, "
    "recommendations",
    "diagnoses": "patient_id, encounter_id, diagnosis_code, diagnosis_name, status, notes",
    "prescriptions": "patient_id, encounter_id, medication_name, dosage, frequency, duration, instructions, status, "
    "dispensed_at, dispensed_by, dispensing_notes",
    "lab_requests": "patient_id, visit_id, requested_by, test_type, urgency, status, notes, results, completed_at, "
    "completed_by",
    "patient_immunizations": "patient_id, vaccine_id, immunization_date, batch_number, site, route, dosage, status, "
    "notes, administered_by",
    "patient_family_planning": "patient_id, method_id, start_date, counseling_provided, counseling_notes, status, "
    "notes, provider_id",
    "patient_mch_services": "patient_id, service_id, service_date, service_details, findings, recommendations, "
    "status, notes, provider_id",
    "payments": "visit_id, amount, payment_type, payment_reference, status, processed_by, processed_at",
    "sha_invoices": "visit_id, patient_id, invoice_number, sha_number, client_number, service_given, amount_charged, "
    "diagnosis, status, created_by",
    "appointments": "patient_id, appointment_date, appointment_type, provider_id, notes, status, created_by",
}


@pytest.mark.parametrize(("table", "columns"), COLUMNS.items())
async def test_the_tables_have_the_columns_of_the_description(walk: Walk, table: str, columns: str) -> None:
    """Asking for a column that is not there is an error of the database."""
    rows = await walk.clinic.rows(f"select {columns} from {table} limit 0")
    assert rows == []


async def test_registration_leaves_the_rows_of_the_description(walk: Walk) -> None:
    form = new_patient(first_name="John", last_name="Doe", gender="MALE")
    made = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form)
    (patient,) = await walk.clinic.rows("select * from patients where id = %s", made["patient"]["id"])
    assert (patient["first_name"], patient["age"], patient["phone_number"]) == ("John", 30, "+254712345678")
    assert str(patient["registered_by"]) == await person_id(walk, Role.RECEPTIONIST)
    (visit,) = await walk.clinic.rows("select * from visits where id = %s", made["visit"]["id"])
    assert (visit["patient_id"], visit["op_number"]) == (patient["id"], made["visit"]["op_number"])
    assert visit["op_number"].startswith("OP")
