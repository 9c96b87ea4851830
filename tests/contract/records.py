"""A visit on which something of every kind was recorded."""

from typing import Any

from models.staff import Role
from tests.contract.forms import DOSE, ENCOUNTER, FAMILY_PLANNING, IMMUNIZATIONS, MCH, METHOD, SERVICE
from tests.walks import Walk

ALLERGY = {"kind": "record_allergy", "substance": "Penicillin", "reaction": "Rash"}
PART = {"status": "PARTIALLY_DISPENSED", "quantity_dispensed": 5}


async def read(walk: Walk, path: str, who: Role = Role.SUPERVISOR) -> dict[str, Any]:
    answer = await walk.does(who, "GET", path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def everything_recorded(walk: Walk) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """A visit, and one record of each kind as its POST answered."""
    visit = await walk.taken_in()
    id, officer = visit["id"], Role.CLINICAL_OFFICER
    encounter = await walk.done(officer, "POST", "/api/patient-encounters", {"visit_id": id, **ENCOUNTER})
    form = {"visit_id": id, "diagnosis_code": "B54", "diagnosis_name": "Malaria", "encounter_id": encounter["id"]}
    vaccine = (await read(walk, "/api/vaccines?query=BCG"))["items"][0]["id"]
    path = IMMUNIZATIONS.replace("{id}", visit["patient_id"])
    invoice = {"visit_id": id, "sha_number": "S1", "service_given": "All", "amount_charged": "100"}
    method = (await read(walk, "/api/family-planning-methods?query=condoms"))["items"][0]["id"]
    service = (await read(walk, "/api/mch-services?query=deworming"))["items"][0]["id"]
    planning = FAMILY_PLANNING.replace("{id}", visit["patient_id"])
    contact = MCH.replace("{id}", visit["patient_id"])
    booking = {"patient_id": visit["patient_id"], "appointment_date": "2027-03-01T09:00:00+03:00"}
    counselor, nurse = Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE
    drug = await walk.prescribed(id)
    drug = await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", PART)
    made = {
        "encounter": encounter,
        "diagnosis": await walk.done(officer, "POST", "/api/diagnoses", form),
        "test": await walk.test_ordered(id),
        "allergy": await walk.done(officer, "POST", f"/api/visits/{id}/actions", ALLERGY),
        "handed": drug.pop("dispense"),
        "prescription": drug,
        "dose": await walk.done(Role.IMMUNIZATION_NURSE, "POST", path, {**DOSE, "visit_id": id, "vaccine_id": vaccine}),
        "planning": await walk.done(counselor, "POST", planning, {**METHOD, "visit_id": id, "method_id": method}),
        "contact": await walk.done(nurse, "POST", contact, {**SERVICE, "visit_id": id, "service_id": service}),
        "appointment": await walk.done(Role.RECEPTIONIST, "POST", "/api/appointments", booking),
        "payment": await walk.paid(id, "12.5"),
        "invoice": await walk.done(Role.CASHIER, "POST", "/api/sha-invoices", invoice),
    }
    return visit, made
