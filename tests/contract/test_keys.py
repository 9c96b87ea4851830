"""The idempotency key: on every answer, the record's id, and never two effects."""

import asyncio
from uuid import UUID, uuid4

import pytest

from models.staff import Role
from tests.contract.forms import FOLLOW_UP, LAB, PAYMENT, WRITES, Write
from tests.walks import Walk, fresh, new_patient


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
async def test_a_refusal_carries_the_key_back_and_a_missing_key_is_made(walk: Walk, write: Write) -> None:
    """Two times without signing in, and once without any sense: all three answers carry a key."""
    http, key = walk.clinic.http, str(uuid4())
    sent = await http.request(write.method, write.address, json=write.body, headers={"Idempotency-Key": key})
    assert (sent.status_code, sent.headers["Idempotency-Key"]) == (401, key)
    made = await http.request(write.method, write.address, json=write.body)
    assert (made.status_code, UUID(made.headers["Idempotency-Key"]).version) == (401, 7)
    wrong = await walk.does(next(iter(write.roles)), write.method, write.address, {"colour": "red"}, key)
    assert (wrong.status_code, wrong.headers["Idempotency-Key"]) == (422, key)


@pytest.mark.parametrize("key", ["", "1", "not-a-uuid", "12345678-1234-1234-1234-1234567890123", "\u00ff"])
async def test_a_key_that_is_no_uuid_is_refused_before_anything_else(walk: Walk, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1"), b"Authorization": b"Bearer none"}
    answer = await walk.clinic.http.request("POST", "/api/patients", json=new_patient(), headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_the_key_becomes_the_id_of_the_record_and_at_registration_of_the_visit(walk: Walk) -> None:
    key = fresh()
    made = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(), key)
    assert made["visit"]["id"] == key
    visit = await walk.seen()
    key = fresh()
    body = {"visit_id": visit["id"], **LAB}
    assert (await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", body, key))["id"] == key


async def test_a_write_without_a_key_is_done_and_says_which_key_it_got(walk: Walk) -> None:
    visit, desk = await walk.seen(), await walk.clinic.desk(Role.CLINICAL_OFFICER)
    headers = {"Authorization": f"Bearer {desk.token}"}
    body = {"visit_id": visit["id"], **LAB}
    answer = await walk.clinic.http.request("POST", "/api/lab-requests", json=body, headers=headers)
    assert (answer.status_code, answer.json()["id"]) == (201, answer.headers["Idempotency-Key"])


async def test_a_key_sent_many_times_at_once_has_one_effect(walk: Walk) -> None:
    visit, key = await walk.seen(), fresh()
    body = {"visit_id": visit["id"], **PAYMENT, "amount": "100"}
    sendings = [walk.does(Role.CASHIER, "POST", "/api/payments", body, key) for _ in range(5)]
    answers = await asyncio.gather(*sendings)
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert (await walk.visit(visit["id"]))["amount_paid"] == "100.00"


async def test_a_registration_sent_twice_opens_one_visit(walk: Walk) -> None:
    form, key = new_patient(), fresh()
    answers = await asyncio.gather(
        *(walk.does(Role.RECEPTIONIST, "POST", "/api/patients", form, key) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)


@pytest.mark.parametrize("changed", [{"first_name": "Other"}, {"payment_type": "MPESA"}, {"chief_complaint": "Cough"}])
async def test_a_registration_key_with_another_body_is_refused(walk: Walk, changed: dict[str, str]) -> None:
    form, key = new_patient(), fresh()
    await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form, key)
    again = await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", form | changed, key)
    assert (again.status_code, again.json()["type"]) == (422, "/problems/key-reused")


async def test_the_key_of_a_correction_an_appointment_and_a_price_answers_as_the_first_time(walk: Walk) -> None:
    patient_id = (await walk.registered())["patient_id"]
    booking = {"patient_id": patient_id, "appointment_date": "2027-05-01T09:00:00+03:00"}
    for who, method, path, body, other in (
        (Role.RECEPTIONIST, "PUT", f"/api/patients/{patient_id}", {"first_name": "Neema"}, {"first_name": "Imani"}),
        (Role.RECEPTIONIST, "POST", "/api/appointments", booking, booking | {"notes": "Other"}),
        (Role.ADMIN, "PUT", "/api/prices/GAUZE", {"name": "Gauze", "amount": "7"}, {"name": "Gauze", "amount": "8"}),
    ):
        key = fresh()
        first, again = [await walk.done(who, method, path, body, key) for _ in range(2)]
        assert first == again
        reused = await walk.does(who, method, path, other, key)
        assert (reused.status_code, reused.json()["type"]) == (422, "/problems/key-reused"), path


async def test_a_key_of_one_visits_command_opens_no_other_visit(walk: Walk) -> None:
    visit, key = await walk.seen(), fresh()
    await walk.done(Role.CASHIER, "POST", "/api/payments", {"visit_id": visit["id"], **PAYMENT, "amount": "100"}, key)
    answer = await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(), key)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")
    assert not await walk.clinic.rows("select 1 from visits where id = %s", key)


async def test_a_triage_and_a_discharge_make_a_record_whose_id_is_the_key(walk: Walk) -> None:
    visit = await walk.registered()
    key = fresh()
    body = next(write.body for write in WRITES if "vital_signs" in write.body)
    triaged = await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body, key)
    assert (triaged["encounter"]["id"], triaged["encounter"]["encounter_type"]) == (key, "TRIAGE")
    await walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    await walk.encounter(visit["id"])
    await walk.paid(visit["id"])
    key = fresh()
    ended = await walk.discharged(visit["id"], key, follow_up=FOLLOW_UP)
    assert (ended["appointment"]["id"], ended["id"]) == (key, visit["id"])
