"""Every way of saying no: its status, its type, what is missing and who can do it."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from models.staff import Role
from tests.contract.forms import (
    DIAGNOSIS,
    DOSE,
    ENCOUNTER,
    FAMILY_PLANNING,
    IMMUNIZATIONS,
    INVOICE,
    LAB,
    MCH,
    METHOD,
    PAYMENT,
    RESULTS,
    ROUTES,
    SERVICE,
    TRIAGE,
)
from tests.walks import PRESCRIPTION, Walk

CLINICIAN = Role.CLINICAL_OFFICER
AFTER_CONSULTATION = (
    (CLINICIAN, "/api/patient-encounters", ENCOUNTER),
    (CLINICIAN, "/api/diagnoses", DIAGNOSIS),
    (CLINICIAN, "/api/prescriptions", PRESCRIPTION),
    (CLINICIAN, "/api/lab-requests", LAB),
)
ON_A_VISIT = (
    *AFTER_CONSULTATION,
    (Role.IMMUNIZATION_NURSE, IMMUNIZATIONS, DOSE),
    (Role.FAMILY_PLANNING_COUNSELOR, FAMILY_PLANNING, METHOD),
    (Role.MCH_NURSE, MCH, SERVICE),
    (Role.CASHIER, "/api/payments", PAYMENT),
    (Role.CASHIER, "/api/sha-invoices", INVOICE),
)


def said(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def tried(walk: Walk, who: Role, path: str, body: dict[str, Any], visit: dict[str, Any]) -> httpx2.Response:
    address = path.replace("{id}", visit["patient_id"])
    return await walk.does(who, "POST", address, {**body, "visit_id": visit["id"]})


@pytest.mark.parametrize(("who", "path", "body"), AFTER_CONSULTATION)
async def test_the_clinicians_work_waits_for_triage_and_for_the_patient_to_be_taken_in(
    walk: Walk, who: Role, path: str, body: dict[str, Any]
) -> None:
    early = await tried(walk, who, path, body, await walk.registered())
    assert said(early) == (409, "/problems/wrong-stage")
    assert early.json()["missing"] == [{"what": "triage", "roles": ["TRIAGE_NURSE"]}]
    later = await tried(walk, who, path, body, await walk.triaged())
    assert said(later) == (409, "/problems/wrong-stage")
    assert later.json()["missing"] == [{"what": "consultation", "roles": ["CLINICAL_OFFICER"]}]


@pytest.mark.parametrize(("who", "path", "body"), ON_A_VISIT)
async def test_nothing_is_done_for_another_patient_through_a_visit(
    walk: Walk, who: Role, path: str, body: dict[str, Any]
) -> None:
    visit, other = await walk.seen(), await walk.registered()
    address = path.replace("{id}", other["patient_id"])
    named = {} if "{id}" in path else {"patient_id": other["patient_id"]}
    answer = await walk.does(who, "POST", address, {**body, **named, "visit_id": visit["id"]})
    assert said(answer) == (409, "/problems/conflict")
    assert (await walk.visit(visit["id"]))["version"] == visit["version"]


@pytest.mark.parametrize(("who", "path", "body"), ON_A_VISIT)
async def test_a_visit_that_does_not_exist_is_not_found_and_one_that_is_closed_says_so(
    walk: Walk, who: Role, path: str, body: dict[str, Any]
) -> None:
    visit = await walk.registered()
    nowhere = await tried(walk, who, path, body, {**visit, "id": str(uuid4())})
    assert said(nowhere) == (404, "/problems/not-found")
    await walk.done(
        Role.RECEPTIONIST, "POST", f"/api/visits/{visit['id']}/actions", {"kind": "cancel_visit", "reason": "Twice"}
    )
    assert said(await tried(walk, who, path, body, visit)) == (409, "/problems/visit-closed")


@pytest.mark.parametrize(("who", "path", "body"), ON_A_VISIT)
async def test_without_visit_id_the_patients_open_visit_is_meant(
    walk: Walk, who: Role, path: str, body: dict[str, Any]
) -> None:
    visit = await walk.seen()
    listed = {
        "vaccine_id": "/api/vaccines",
        "method_id": "/api/family-planning-methods",
        "service_id": "/api/mch-services",
    }
    form = {**body, **({"amount": "100"} if "amount" in body else {})}
    for field in listed.keys() & body.keys():
        form[field] = (await walk.does(who, "GET", listed[field])).json()["items"][0]["id"]
    named = {} if "{id}" in path else {"patient_id": visit["patient_id"]}
    address = path.replace("{id}", visit["patient_id"])
    record = await walk.done(who, "POST", address, {**form, **named})
    assert (record["visit_id"], record["visit"]["id"]) == (visit["id"], visit["id"])
    absent = await walk.does(who, "POST", path.replace("{id}", str(uuid4())), {**form, **_other(path)})
    assert said(absent) == (404, "/problems/not-found")


def _other(path: str) -> dict[str, str]:
    return {} if "{id}" in path else {"patient_id": str(uuid4())}


async def test_neither_visit_nor_patient_named_is_a_wrong_body(walk: Walk) -> None:
    answer = await walk.does(CLINICIAN, "POST", "/api/lab-requests", LAB)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "visit_id")


@pytest.mark.parametrize("write", [w for w in ROUTES if "{id}" in w.path], ids=lambda write: write.name)
async def test_what_is_not_there_is_not_found(walk: Walk, write: Any) -> None:
    answer = await walk.does(next(iter(write.roles)), write.method, write.address, write.body)
    assert said(answer) == (404, "/problems/not-found")
    wrong = await walk.does(next(iter(write.roles)), write.method, write.path.replace("{id}", "1"), write.body)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "id")


async def test_what_is_done_already_says_so(walk: Walk) -> None:
    visit = await walk.triaged()
    path = f"/api/visits/{visit['id']}"
    assert said(await walk.does("triage_nurse_2", "PUT", path, TRIAGE)) == (409, "/problems/already-done")
    await walk.done(CLINICIAN, "PUT", path, {"status": "IN_CONSULTATION"})
    again = await walk.does("clinical_officer_2", "PUT", path, {"status": "IN_CONSULTATION"})
    assert said(again) == (409, "/problems/already-done")
    test = await walk.test_ordered(visit["id"])
    drug = await walk.prescribed(visit["id"])
    for who, address, body in (
        (Role.LAB_TECHNICIAN, f"/api/lab-requests/{test['id']}", RESULTS),
        (Role.PHARMACIST, f"/api/prescriptions/{drug['id']}", {"status": "DISPENSED"}),
    ):
        await walk.done(who, "PUT", address, body)
        assert said(await walk.does(who, "PUT", address, body)) == (409, "/problems/already-done")


async def test_an_encounter_of_another_visit_is_a_conflict_and_an_unknown_one_is_not_found(walk: Walk) -> None:
    visit, other = await walk.seen(), await walk.taken_in()
    encounter = await walk.encounter(other["id"])
    for path, body in (("/api/diagnoses", DIAGNOSIS), ("/api/prescriptions", PRESCRIPTION)):
        form = {**body, "visit_id": visit["id"], "encounter_id": encounter["id"]}
        assert said(await walk.does(CLINICIAN, "POST", path, form)) == (409, "/problems/conflict")
        form["encounter_id"] = str(uuid4())
        assert said(await walk.does(CLINICIAN, "POST", path, form)) == (404, "/problems/not-found")


async def test_exactly_one_of_vital_signs_and_status_is_wanted(walk: Walk) -> None:
    visit = await walk.registered()
    path = f"/api/visits/{visit['id']}"
    for body in ({}, {"notes": "x"}, {**TRIAGE, "status": "IN_CONSULTATION"}):
        answer = await walk.does(Role.TRIAGE_NURSE, "PUT", path, body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "vital_signs"), body
    for body in ({"status": "IN_CONSULTATION", "discharge_notes": "x"}, {"status": "COMPLETED"}):
        assert (await walk.does(CLINICIAN, "PUT", path, body)).status_code == 422
    assert (await walk.visit(visit["id"]))["version"] == 1


@pytest.mark.parametrize(
    "absent", ["respiratory_rate", "avpu", "mobility", "trauma", "temperature", "pulse", "blood_pressure"]
)
async def test_what_the_triage_score_needs_is_mandatory(walk: Walk, absent: str) -> None:
    visit = await walk.registered()
    signs = {name: value for name, value in TRIAGE["vital_signs"].items() if name != absent}
    answer = await walk.does(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", {**TRIAGE, "vital_signs": signs})
    assert answer.status_code == 422
    named = {"temperature": "temperature_c", "pulse": "pulse_bpm", "blood_pressure": "systolic_bp"}.get(absent, absent)
    assert answer.json()["errors"][0]["field"] == f"vital_signs.{named}"


async def test_a_child_is_triaged_without_blood_pressure(walk: Walk) -> None:
    visit = await walk.registered(age=11)
    signs = {name: value for name, value in TRIAGE["vital_signs"].items() if name != "blood_pressure"}
    body = {**TRIAGE, "vital_signs": signs}
    assert (await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body))["status"] == "TRIAGED"
