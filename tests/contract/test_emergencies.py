"""Emergency first, over HTTP: one call takes the patient in; identity, cover and bill follow."""

from typing import Any
from uuid import uuid4

import pytest

from models.staff import Role
from tests.contract.test_triage import signs, stands
from tests.walks import Walk, new_patient

RECEPTION, NURSE, CLINICIAN = Role.RECEPTIONIST, Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER


async def emergency(walk: Walk, who: Role = NURSE, **body: Any) -> dict[str, Any]:
    return await walk.done(who, "POST", "/api/emergencies", body)


async def open_tasks(walk: Walk, visit_id: str) -> list[dict[str, Any]]:
    items = (await walk.does(RECEPTION, "GET", f"/api/tasks?visit_id={visit_id}")).json()["items"]
    return [item for item in items if item["kind"] == "IDENTIFY_PATIENT"]


def who(**changed: Any) -> dict[str, Any]:
    """The answer to who it is."""
    form = new_patient(**changed)
    names = ("first_name", "last_name", "gender", "age", "phone_number", "national_id", "insurance_type")
    return {"kind": "identify_patient", **{name: form[name] for name in names}}


@pytest.mark.parametrize("person", [RECEPTION, NURSE, CLINICIAN])
async def test_one_call_without_any_field_brings_a_stranger_to_the_clinician(walk: Walk, person: Role) -> None:
    made = await emergency(walk, person)
    visit, patient = made["visit"], made["patient"]
    assert stands(visit) == ("EMERGENCY", "RED", "TRIAGED")
    assert (visit["waiting_at"], visit["identity_pending"]) == (["CONSULTATION"], True)
    assert (patient["first_name"], patient["last_name"]) == ("Unknown", f"Emergency {visit['op_number']}")
    assert {bypass["step"] for bypass in visit["bypasses"]} == {"IDENTITY", "COVER", "TRIAGE"}
    assert all(bypass["reason"] for bypass in visit["bypasses"])
    queue = (await walk.does(CLINICIAN, "GET", "/api/queues/CONSULTATION")).json()["items"]
    ahead = [item["triage_colour"] for item in queue[: [item["visit_id"] for item in queue].index(visit["id"])]]
    assert set(ahead) <= {"RED"}


async def test_the_same_key_takes_one_patient_in(walk: Walk) -> None:
    key = uuid4()
    first = await walk.done(NURSE, "POST", "/api/emergencies", {}, key)
    again = await walk.done(NURSE, "POST", "/api/emergencies", {}, key)
    assert again == first
    assert first["visit"]["id"] == str(key)


async def test_care_goes_on_and_is_billed_before_anybody_knows_who_it_is(walk: Walk) -> None:
    made = await emergency(walk, reason="Brought in unconscious")
    visit = made["visit"]["id"]
    await walk.done(CLINICIAN, "PUT", f"/api/visits/{visit}", {"status": "IN_CONSULTATION"})
    await walk.encounter(visit)
    drug = await walk.prescribed(visit)
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", {"status": "DISPENSED"})
    done = await walk.done(NURSE, "PUT", f"/api/visits/{visit}", {"vital_signs": signs(height_cm=170)})
    assert stands(done)[:2] == ("EMERGENCY", "RED")
    assert [b["step"] for b in done["bypasses"] if b["settled_at"]] == ["TRIAGE"]
    await walk.paid(visit)
    await walk.discharged(visit)
    (task,) = await open_tasks(walk, visit)
    assert task["role"] == "RECEPTIONIST"
    after = await walk.done(RECEPTION, "POST", f"/api/visits/{visit}/actions", who(first_name="Amani"))
    assert (after["patient"]["first_name"], after["visit"]["status"]) == ("Amani", "COMPLETED")
    assert all(bypass["settled_at"] for bypass in after["visit"]["bypasses"])
    assert await open_tasks(walk, visit) == []


async def test_who_it_is_completes_the_registration(walk: Walk) -> None:
    made = await emergency(walk)
    path = f"/api/visits/{made['visit']['id']}/actions"
    partial = {"kind": "identify_patient", "national_id": f"TEST-{uuid4().hex[:8]}"}
    answer = await walk.does(RECEPTION, "POST", path, partial)
    assert {error["field"] for error in answer.json()["errors"]} >= {"first_name", "phone_number", "date_of_birth"}
    form = who(first_name="Amani")
    after = await walk.done(RECEPTION, "POST", path, form)
    assert after["patient"]["id"] == made["patient"]["id"]
    shown = (await walk.does(RECEPTION, "GET", f"/api/patients/{made['patient']['id']}")).json()
    assert (shown["first_name"], shown["national_id"]) == ("Amani", form["national_id"])
    again = await walk.does(RECEPTION, "POST", path, form)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-done")


async def test_a_registered_patient_takes_over_the_visit_and_every_record(walk: Walk) -> None:
    known = new_patient()
    first = await walk.done(RECEPTION, "POST", "/api/patients", known)
    cancel = {"kind": "cancel_visit", "reason": "Opened by mistake"}
    await walk.done(RECEPTION, "POST", f"/api/visits/{first['visit']['id']}/actions", cancel)
    made = await emergency(walk)
    visit, temporary = made["visit"]["id"], made["patient"]["id"]
    await walk.done(NURSE, "PUT", f"/api/visits/{visit}", {"vital_signs": signs(height_cm=170)})
    await walk.done(CLINICIAN, "PUT", f"/api/visits/{visit}", {"status": "IN_CONSULTATION"})
    await walk.encounter(visit)
    test = await walk.test_ordered(visit)
    form = {"kind": "identify_patient", "national_id": known["national_id"]}
    after = await walk.done(RECEPTION, "POST", f"/api/visits/{visit}/actions", form)
    assert after["visit"]["patient_id"] == after["patient"]["id"] == first["patient"]["id"]
    for table in ("patient_encounters", "lab_requests", "charges", "visits"):
        left = await walk.clinic.rows(f"select id from {table} where patient_id = %s", temporary)
        assert left == [], table
    await walk.results(test["id"])
    path = f"/api/patient-encounters?patient_id={first['patient']['id']}"
    assert len((await walk.does(CLINICIAN, "GET", path)).json()["items"]) == 2
    old = (await walk.does(RECEPTION, "GET", f"/api/patients/{temporary}")).json()
    assert old["merged_into"] == first["patient"]["id"]
    listed = (await walk.does(RECEPTION, "GET", f"/api/patients?query={made['visit']['op_number']}")).json()["items"]
    assert temporary not in {patient["id"] for patient in listed}


async def test_a_patient_with_another_open_visit_is_not_given_a_second_one(walk: Walk) -> None:
    known = new_patient()
    await walk.done(RECEPTION, "POST", "/api/patients", known)
    made = await emergency(walk)
    form = {"kind": "identify_patient", "national_id": known["national_id"]}
    answer = await walk.does(RECEPTION, "POST", f"/api/visits/{made['visit']['id']}/actions", form)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    assert (await walk.visit(made["visit"]["id"]))["identity_pending"]
