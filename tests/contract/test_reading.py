"""What reading shows: records, timeline, audit, what became of a command, who is signed in, and health."""

import datetime as dt
from uuid import uuid4

import pytest

from models.staff import Role
from tests.contract.forms import RESULTS
from tests.contract.records import everything_recorded, read
from tests.walks import VITALS, Walk, fresh

COLLECTIONS = {
    "/api/patient-encounters": "encounter",
    "/api/diagnoses": "diagnosis",
    "/api/prescriptions": "prescription",
    "/api/medication-dispenses": "handed",
    "/api/allergies": "allergy",
    "/api/lab-requests": "test",
    "/api/immunizations": "dose",
    "/api/family-planning-records": "planning",
    "/api/mch-records": "contact",
    "/api/payments": "payment",
    "/api/sha-invoices": "invoice",
}


async def test_a_record_reads_as_it_was_answered_by_visit_by_patient_and_by_id(walk: Walk) -> None:
    visit, made = await everything_recorded(walk)
    for path, name in COLLECTIONS.items():
        record = {field: value for field, value in made[name].items() if field != "visit"}
        for query in (f"visit_id={visit['id']}", f"patient_id={visit['patient_id']}"):
            items = (await read(walk, f"{path}?{query}"))["items"]
            (same,) = [item for item in items if item["id"] == record["id"]]
            assert same == record, path
        assert await read(walk, f"{path}/{record['id']}") == record
        both = await read(walk, f"{path}?visit_id={visit['id']}&patient_id={uuid4()}")
        assert both["items"] == []
        unasked = await walk.does(Role.SUPERVISOR, "GET", path)
        assert (unasked.status_code, unasked.json()["errors"][0]["field"]) == (422, "visit_id")
    drugs = await read(walk, f"/api/prescriptions/patient/{visit['patient_id']}", Role.PHARMACIST)
    assert [drug["id"] for drug in drugs["items"]] == [made["prescription"]["id"]]


async def test_requests_and_prescriptions_start_as_pending(walk: Walk) -> None:
    visit = await walk.seen()
    test, drug = await walk.test_ordered(visit["id"]), await walk.prescribed(visit["id"])
    path = f"/api/visits/{visit['id']}/referrals"
    referral = await walk.done(Role.CLINICAL_OFFICER, "POST", path, {"station": "MCH", "reason": "ANC"})
    assert {test["status"], drug["status"], referral["status"]} == {"PENDING"}
    orders = {order["id"]: (order["kind"], order["station"]) for order in referral["visit"]["open_orders"]}
    assert orders == {
        test["id"]: ("LAB_REQUEST", "LABORATORY"),
        drug["id"]: ("PRESCRIPTION", "PHARMACY"),
        referral["id"]: ("REFERRAL", "MCH"),
    }
    (shown,) = (await read(walk, path))["items"]
    assert shown == {field: value for field, value in referral.items() if field != "visit"}


async def test_an_answered_request_keeps_who_ordered_and_tells_who_answered(walk: Walk) -> None:
    visit = await walk.seen()
    test = await walk.test_ordered(visit["id"])
    done = await walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", RESULTS)
    technician = (await read(walk, "/api/me", Role.LAB_TECHNICIAN))["id"]
    assert (done["id"], done["requested_by"], done["completed_by"]) == (test["id"], test["requested_by"], technician)
    assert done["results"] == RESULTS["results"]
    del done["visit"]
    assert await read(walk, f"/api/lab-requests/{test['id']}") == done


async def test_the_timeline_tells_every_command_in_order(walk: Walk) -> None:
    visit = await walk.seen()
    keys = [fresh() for _ in range(2)]
    await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/patient-encounters", {"visit_id": visit["id"]}, keys[0])
    refused = {"status": "COMPLETED", "discharge_notes": "Too early"}
    assert (await walk.does(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", refused)).status_code == 409
    await walk.done(
        Role.CASHIER, "POST", "/api/payments", {"visit_id": visit["id"], "amount": "1", "payment_type": "CASH"}, keys[1]
    )
    items = (await read(walk, f"/api/visits/{visit['id']}/timeline", Role.CASHIER))["items"]
    assert [item["kind"] for item in items] == [
        "register_patient",
        "record_triage",
        "take_in",
        "record_encounter",
        "record_encounter",
        "take_payment",
    ]
    assert [items[0]["command_id"], *(item["command_id"] for item in items[4:])] == [visit["id"], *keys]
    assert {(item["status"], item["problem"]) for item in items} == {("DONE", None)}
    assert items[5]["actor_id"] == (await read(walk, "/api/me", Role.CASHIER))["id"]
    moments = [dt.datetime.fromisoformat(item["at"]) for item in items]
    assert moments == sorted(moments)


async def test_what_became_of_a_command_is_told_with_its_record_to_those_who_may_read_it(walk: Walk) -> None:
    visit, key = await walk.taken_in(), fresh()
    body = {"visit_id": visit["id"], "notes": "n"}
    made = await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/patient-encounters", body, key)
    for who, record in (
        (Role.CLINICAL_OFFICER, made),
        (Role.SUPERVISOR, made),
        (Role.LAB_TECHNICIAN, made),
        (Role.ADMIN, None),
        (Role.CASHIER, None),
    ):
        shown = await read(walk, f"/api/commands/{key}?visit_id={visit['id']}", who)
        assert (shown["id"], shown["status"], shown["record"], shown["problem"]) == (key, "DONE", record, None), who
    waiting = await read(walk, f"/api/commands/{uuid4()}?visit_id={visit['id']}")
    assert waiting["status"] == "PENDING"
    for path in (f"/api/commands/{uuid4()}", f"/api/commands/{uuid4()}?visit_id={uuid4()}"):
        assert (await walk.does(Role.SUPERVISOR, "GET", path)).status_code == 404


async def test_the_audit_is_filtered_by_visit_person_and_record(walk: Walk) -> None:
    visit, made = await everything_recorded(walk)
    cashier = (await read(walk, "/api/me", Role.CASHIER))["id"]
    path = f"/api/audit-logs?visit_id={visit['id']}&limit=200"
    by_person = (await read(walk, f"{path}&user_id={cashier}"))["items"]
    assert [(e["resource"], e["resource_id"]) for e in by_person] == [
        ("SHA_INVOICE", made["invoice"]["id"]),
        ("PAYMENT", made["payment"]["id"]),
    ]
    (one,) = (await read(walk, f"/api/audit-logs?resource=DIAGNOSIS&resource_id={made['diagnosis']['id']}"))["items"]
    assert (one["action"], one["visit_id"], one["ip_address"]) == ("CREATE", visit["id"], "127.0.0.1")
    assert (await walk.does(Role.SUPERVISOR, "GET", "/api/audit-logs?resource=KITCHEN")).status_code == 422


async def test_a_correction_keeps_the_former_values_in_the_audit(walk: Walk) -> None:
    visit = await walk.registered(first_name="Wambui", phone_number="0712345678")
    path = f"/api/patients/{visit['patient_id']}"
    correction = {"first_name": "Wambūi", "phone_number": "0722000111", "date_of_birth": "1996-02-29"}
    after = await walk.done(Role.RECEPTIONIST, "PUT", path, correction)
    assert (after["first_name"], after["phone_number"], after["age"]) == ("Wambūi", "+254722000111", None)
    assert after["date_of_birth"] == "1996-02-29"
    assert await read(walk, path) == after
    found = await read(walk, f"/api/audit-logs?resource=PATIENT&resource_id={visit['patient_id']}")
    corrected, registered = found["items"]
    assert (registered["action"], corrected["action"]) == ("CREATE", "UPDATE")
    for former in ("Wambui", "+254712345678", "30"):
        assert former in corrected["details"]
    assert corrected["ip_address"] == "127.0.0.1"


@pytest.mark.parametrize("who", list(Role))
async def test_everybody_learns_who_is_signed_in(walk: Walk, who: Role) -> None:
    me = await read(walk, "/api/me", who)
    assert (me["user_name"], me["roles"], me["facility"]["code"]) == (who.lower(), [who], "DEV")


async def test_signing_in_answers_as_oauth2_does(walk: Walk) -> None:
    settings = walk.clinic.settings
    form = {"username": "Cashier ", "password": settings.demo_password.get_secret_value()}
    answer = await walk.clinic.http.post("/api/auth/token", data=form)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "bearer")
    assert answer.json()["expires_in"] == settings.token_minutes * 60
    assert answer.headers["Cache-Control"] == "no-store"
    for wrong, status in (({"password": "wrong"}, 401), ({"username": ""}, 422), ({"grant_type": "magic"}, 422)):
        refused = await walk.clinic.http.post("/api/auth/token", data={**form, "username": "nobody-here", **wrong})
        assert refused.status_code == status, wrong


async def test_health_names_each_part(walk: Walk) -> None:
    answer = await walk.clinic.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"database": True, "temporal": True, "worker": True})


async def test_vital_signs_are_kept_under_one_spelling(walk: Walk) -> None:
    triaged = await walk.triaged("URGENT")
    signs = triaged["encounter"]["vital_signs"]
    assert signs == {
        "temperature_c": 38.5,
        "pulse_bpm": 95,
        "systolic_bp": 140,
        "diastolic_bp": 90,
        **{name: VITALS[name] for name in ("respiratory_rate", "avpu", "mobility", "trauma")},
    }
