"""Nobody sees another facility's patients, visits, records, lists or people, nor writes to them."""

from typing import Any

import pytest

from activities.seed import add_facility_and_admin
from models.staff import Role
from tests.clinic import QUICK, Desk, WholeClinic
from tests.contract.forms import DOSE, ROUTES, TRIAGE, Write
from tests.contract.records import everything_recorded, read
from tests.contract.test_roles import READS
from tests.walks import PRESCRIPTION, Walk, fresh, new_patient

PASSWORD = "nyota-ya-kisumu"
RECORD_OF = {
    "/api/patient-encounters/{id}": "encounter",
    "/api/diagnoses/{id}": "diagnosis",
    "/api/prescriptions/{id}": "prescription",
    "/api/prescriptions/{id}/dispenses": "prescription",
    "/api/medication-dispenses/{id}": "handed",
    "/api/allergies/{id}": "allergy",
    "/api/lab-requests/{id}": "test",
    "/api/immunizations/{id}": "dose",
    "/api/family-planning-records/{id}": "planning",
    "/api/mch-records/{id}": "contact",
    "/api/payments/{id}": "payment",
    "/api/sha-invoices/{id}": "invoice",
    "/api/appointments/{id}": "appointment",
    "/api/visits/{id}": "visit",
    "/api/visits/{id}/bill": "visit",
    "/api/visits/{id}/timeline": "visit",
    "/api/visits/{id}/referrals": "visit",
    "/api/visits/{id}/family": "visit",
    "/api/visits/{id}/newborns": "visit",
    "/api/patients/{id}": "patient",
    "/api/commands/{id}": "payment",
    "/api/staff/{id}": "staff",
}
"""Which id a path is asked with; every other path is asked with the patient's."""


@pytest.fixture(scope="module")
async def stranger(checked_clinic: WholeClinic) -> Desk:
    """Somebody who may do everything, at another facility."""
    name = f"kisumu_{fresh()[:8]}"
    elsewhere = checked_clinic.settings.model_copy(update={"facility_code": name, "facility_name": "Kisumu"})
    await add_facility_and_admin(elsewhere, name, "Akinyi Ouma", PASSWORD, tuple(Role), QUICK)
    answer = await checked_clinic.http.post("/api/auth/token", data={"username": name, "password": PASSWORD})
    return Desk(checked_clinic.http, answer.json()["access_token"])


@pytest.fixture(scope="module")
async def ours(checked_clinic: WholeClinic) -> dict[str, str]:
    """The ids of one visit and of everything on it."""
    walk = Walk(checked_clinic)
    visit, made = await everything_recorded(walk)
    ids = {name: record["id"] for name, record in made.items()}
    staff = (await read(walk, "/api/me", Role.CASHIER))["id"]
    return {**ids, "visit": visit["id"], "patient": visit["patient_id"], "staff": staff}


def address(path: str, ours: dict[str, str]) -> str:
    return path.replace("{id}", ours[RECORD_OF.get(path, "patient")]).replace("{station}", "LABORATORY")


EVERYBODYS = ("/api/audit-logs", "/api/lab-tests", "/api/medicines")
"""An audit has entries of its own at each facility, and rule packs are the same for all."""


@pytest.mark.parametrize("path", [path for path in READS if path not in EVERYBODYS])
async def test_what_is_ours_is_not_there_for_another_facility(stranger: Desk, ours: dict[str, str], path: str) -> None:
    for query in (f"visit_id={ours['visit']}", f"patient_id={ours['patient']}"):
        answer = await stranger.get(f"{address(path, ours)}?{query}")
        if path == "/api/me":
            assert answer.json()["facility"]["name"] == "Kisumu"
        elif path == "/api/staff":
            assert [person["full_name"] for person in answer.json()["items"]] == ["Akinyi Ouma"]
        elif path.endswith("/service-times"):
            assert (answer.json()["served"], answer.json()["estimates_compared"]) == (0, 0)
        elif path == "/api/supervision/flow":
            assert answer.json()["left_without_being_seen"]["arrived"] == 0
            assert (answer.json()["waiting_now"], answer.json()["steps"]) == ([], [])
        elif path == "/api/supervision/views":
            own = (await stranger.get("/api/me")).json()["facility"]["id"]
            of_visits = [one["query"] for one in answer.json()["items"] if "Facility=" in one["query"]]
            assert all(own in query for query in of_visits)
        elif path == "/api/supervision/visits":
            assert answer.json()["items"] == []
        elif path == "/api/cashier/day":
            assert answer.json()["lines"] == []
        elif "{id}" in path and not is_list(path):
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
        else:
            assert answer.json() == {"items": [], "next_cursor": None}


def is_list(path: str) -> bool:
    """Whether a path with an id names many: what belongs to a patient or visit."""
    of_the_patient = ("/immunizations", "/reactions", "/records", "/services", "/patient/{id}", "/allergies")
    return path.endswith((*of_the_patient, "/referrals", "/dispenses"))


async def test_the_audit_of_another_facility_has_only_its_own(stranger: Desk, ours: dict[str, str]) -> None:
    items = (await stranger.get("/api/audit-logs?limit=200")).json()["items"]
    assert {item["resource"] for item in items} == {"STAFF"}
    assert not {item["resource_id"] for item in items} & set(ours.values())
    pending = await stranger.get(f"/api/commands/{fresh()}?visit_id={ours['visit']}")
    assert pending.status_code == 404


ABOUT_SOMETHING = [w for w in ROUTES if "{id}" in w.path or {"visit_id", "patient_id"} & w.body.keys()]


@pytest.mark.parametrize("write", ABOUT_SOMETHING, ids=lambda write: write.name)
async def test_nothing_is_written_to_another_facility(
    walk: Walk, stranger: Desk, ours: dict[str, str], write: Write
) -> None:
    before = await walk.visit(ours["visit"])
    named = {"visit_id": ours["visit"], "patient_id": ours["patient"]}
    bodies = [{**write.body, name: id} for name, id in named.items() if name in write.body] or [write.body]
    if "visit_id" in write.body and "{id}" not in write.path:
        open_visit = {name: value for name, value in write.body.items() if name != "visit_id"}
        bodies.append({**open_visit, "patient_id": ours["patient"]})
    for body in bodies:
        answer = await stranger.ask(write.method, address(write.path, ours), body)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), body
    assert await walk.visit(ours["visit"]) == before


@pytest.mark.parametrize("found_by", ["patient_id", "national_id"])
async def test_a_patient_of_one_facility_does_not_return_at_another(
    walk: Walk, stranger: Desk, ours: dict[str, str], found_by: str
) -> None:
    patient = await read(walk, f"/api/patients/{ours['patient']}")
    value = {"patient_id": patient["id"], "national_id": patient["national_id"]}[found_by]
    form = {"registration_type": "RETURNING", "chief_complaint": "Cough", "payment_type": "CASH", found_by: value}
    answer = await stranger.post("/api/patients", form)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_a_visit_elsewhere_cannot_use_our_records_lists_or_prices(
    walk: Walk, stranger: Desk, ours: dict[str, str]
) -> None:
    patient = await read(walk, f"/api/patients/{ours['patient']}")
    made = (await stranger.post("/api/patients", new_patient(national_id=patient["national_id"]))).json()
    assert made["visit"]["op_number"] == "OP00001"
    visit = {"visit_id": made["visit"]["id"]}
    path = f"/api/visits/{made['visit']['id']}"
    assert (await stranger.put(path, TRIAGE)).status_code == 200
    assert (await stranger.put(path, {"status": "IN_CONSULTATION"})).status_code == 200
    vaccine = (await read(walk, "/api/vaccines"))["items"][0]["id"]
    dose = await stranger.post(
        f"/api/immunization/patients/{made['patient']['id']}/immunizations", {**DOSE, **visit, "vaccine_id": vaccine}
    )
    assert (dose.status_code, dose.json()["errors"][0]["field"]) == (422, "vaccine_id")
    test = await stranger.post("/api/lab-requests", {**visit, "test_type": "BLOOD_TEST"})
    assert test.status_code == 422
    assert "nearest" not in test.json()["errors"][0]["reason"]
    form: dict[str, Any] = {"diagnosis_code": "B54", "diagnosis_name": "Malaria", "encounter_id": ours["encounter"]}
    assert (await stranger.post("/api/diagnoses", {**visit, **form})).status_code == 404
    drug = await stranger.post("/api/prescriptions", {**visit, **PRESCRIPTION, "encounter_id": ours["encounter"]})
    assert drug.status_code == 404
    for kind, body in (
        ("report_lab_test", {"lab_request_id": ours["test"], "status": "CANCELLED"}),
        ("dispense", {"prescription_id": ours["prescription"], "status": "DISPENSED"}),
    ):
        answer = await stranger.post(f"{path}/actions", {"kind": kind, **body})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found"), kind


async def test_a_price_set_elsewhere_is_not_ours(walk: Walk, stranger: Desk) -> None:
    assert (await stranger.put("/api/prices/BLOOD_TEST", {"name": "Blood", "amount": "1"})).status_code == 200
    prices = {price["code"]: price["amount"] for price in (await read(walk, "/api/prices"))["items"]}
    assert prices["BLOOD_TEST"] == "500.00"


async def test_a_key_of_another_facility_opens_nothing(stranger: Desk, ours: dict[str, str]) -> None:
    """The visit's id was its registration's key."""
    answer = await stranger.post("/api/patients", new_patient(), ours["visit"])
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")
    assert ours["patient"] not in answer.text
