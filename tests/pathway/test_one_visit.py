"""One patient from the reception desk to discharge, and what is written on the way."""

from uuid import uuid4

from models.staff import Role
from tests.clinic import WholeClinic
from tests.walks import VITALS, Walk, fresh, new_patient


async def test_a_patient_walks_from_registration_to_discharge(walk: Walk) -> None:
    visit = await walk.registered()
    assert (visit["status"], visit["waiting_at"], visit["payment_status"]) == ("REGISTERED", ["TRIAGE"], "PAID")

    triage = {"vital_signs": VITALS, "triage_category": "URGENT", "chief_complaint": "Chest pain", "notes": "x"}
    visit = await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", triage)
    assert (visit["status"], visit["waiting_at"], visit["triage_category"]) == ("TRIAGED", ["CONSULTATION"], "URGENT")
    assert visit["encounter"]["encounter_type"] == "TRIAGE"
    assert visit["chief_complaint"] == "Chest pain"

    body = {"status": "IN_CONSULTATION"}
    visit = await walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body)
    assert (visit["status"], visit["waiting_at"]) == ("IN_CONSULTATION", [])

    encounter = await walk.encounter(visit["id"])
    assert encounter["visit"]["total_amount"] == "300.00"

    test = await walk.test_ordered(visit["id"])
    prescription = await walk.prescribed(visit["id"], encounter_id=encounter["id"])
    visit = prescription["visit"]
    assert visit["waiting_at"] == ["LABORATORY", "PHARMACY"]
    assert visit["status"] == "IN_SERVICES"

    visit = (await walk.results(test["id"]))["visit"]
    assert visit["waiting_at"] == ["CONSULTATION", "PHARMACY"]
    visit = (await walk.encounter(visit["id"]))["visit"]
    assert visit["waiting_at"] == ["PHARMACY"]

    given = {"status": "DISPENSED", "dispensing_notes": "Counselled"}
    visit = (await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{prescription['id']}", given))["visit"]
    assert (visit["status"], visit["waiting_at"], visit["balance"]) == ("AWAITING_PAYMENT", ["CASHIER"], "875.00")

    visit = (await walk.paid(visit["id"], "500"))["visit"]
    assert (visit["payment_status"], visit["balance"]) == ("PARTIAL", "375.00")
    visit = (await walk.paid(visit["id"]))["visit"]
    assert (visit["status"], visit["payment_status"]) == ("READY_FOR_DISCHARGE", "PAID")

    key = fresh()
    visit = await walk.discharged(visit["id"], key, follow_up={"in_days": 3, "notes": "Review"})
    assert (visit["status"], visit["waiting_at"]) == ("COMPLETED", [])
    assert visit["appointment"]["id"] == key
    assert visit["version"] == 12
    assert visit["completed_at"]


async def test_the_same_key_answers_as_the_first_time_also_after_the_visit_has_closed(walk: Walk) -> None:
    visit = await walk.seen()
    key = fresh()
    body = {"visit_id": visit["id"], "amount": "300", "payment_type": "CASH"}
    first = await walk.does(Role.CASHIER, "POST", "/api/payments", body, key)
    again = await walk.does(Role.CASHIER, "POST", "/api/payments", body, key)
    await walk.discharged(visit["id"])
    later = await walk.does(Role.CASHIER, "POST", "/api/payments", body, key)
    assert [a.status_code for a in (first, again, later)] == [201, 201, 201]
    assert first.json() == again.json() == later.json()
    assert first.headers["Idempotency-Key"] == key
    assert len((await walk.does(Role.CASHIER, "GET", f"/api/payments?visit_id={visit['id']}")).json()["items"]) == 1


async def test_a_key_used_for_another_body_person_or_visit_is_refused(walk: Walk) -> None:
    visit, other = await walk.taken_in(), await walk.taken_in()
    key = fresh()
    body = {"visit_id": visit["id"], "notes": "first"}
    await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/patient-encounters", body, key)
    for who, changed in (
        (Role.CLINICAL_OFFICER, body | {"notes": "second"}),
        ("clinical_officer_2", body),
        (Role.CLINICAL_OFFICER, body | {"visit_id": other["id"]}),
    ):
        answer = await walk.does(who, "POST", "/api/patient-encounters", changed, key)
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"] == "/problems/key-reused"


async def test_a_refusal_is_not_remembered_and_the_key_may_be_used_again(walk: Walk) -> None:
    visit = await walk.registered()
    key, body = fresh(), {"status": "IN_CONSULTATION"}
    early = await walk.does(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body, key)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/wrong-stage")
    assert early.json()["missing"] == [{"what": "triage", "roles": ["TRIAGE_NURSE"]}]
    triage = {"vital_signs": VITALS, "triage_category": "NORMAL"}
    await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", triage)
    await walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body, key)


async def test_a_refusal_by_the_price_list_is_not_remembered_either(walk: Walk) -> None:
    visit = await walk.seen()
    key, code = fresh(), f"TEST-{fresh()}"
    body = {"visit_id": visit["id"], "test_type": code}
    no = await walk.does(Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", body, key)
    assert (no.status_code, no.json()["errors"][0]["field"]) == (422, "test_type")
    await walk.done(Role.ADMIN, "PUT", f"/api/prices/{code}", {"name": "A new test", "amount": "100"})
    await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", body, key)


async def test_an_unknown_test_is_refused_with_the_nearest_names(walk: Walk) -> None:
    visit = await walk.seen()
    body = {"visit_id": visit["id"], "test_type": "BLOD_TEST"}
    answer = await walk.does(Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", body)
    assert answer.status_code == 422
    assert "BLOOD_TEST" in answer.json()["errors"][0]["reason"]
    assert (await walk.visit(visit["id"]))["version"] == visit["version"]


async def test_discharge_names_what_is_open_and_who_can_close_it(walk: Walk) -> None:
    visit = await walk.seen()
    test = await walk.test_ordered(visit["id"])
    body = {"status": "COMPLETED", "discharge_notes": "x"}
    answer = await walk.does(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/outstanding-work")
    missing = answer.json()["missing"]
    assert [m["roles"] for m in missing] == [["LAB_TECHNICIAN"], ["CASHIER"]]
    assert test["id"] in missing[0]["what"]


async def test_late_actions_are_refused_and_leave_the_visit_as_it_was(walk: Walk) -> None:
    visit = await walk.seen()
    await walk.paid(visit["id"])
    closed = await walk.discharged(visit["id"])
    answer = await walk.does(
        Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", {"visit_id": visit["id"], "test_type": "BLOOD_TEST"}
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/visit-closed")
    assert (await walk.visit(visit["id"]))["version"] == closed["version"]


async def test_a_second_new_patient_with_the_same_national_id_is_a_duplicate(walk: Walk) -> None:
    form = new_patient()
    first = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form)
    again = await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", form)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/duplicate-patient")
    assert again.json()["patient_id"] == first["patient"]["id"]


async def test_a_patient_has_one_open_visit(walk: Walk) -> None:
    visit = await walk.registered()
    body = {"patient_id": visit["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    answer = await walk.does(Role.RECEPTIONIST, "POST", "/api/visits", body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


async def test_the_workflow_of_a_refused_registration_ends(walk: Walk, open_clinic: WholeClinic) -> None:
    form, key = new_patient(), uuid4()
    await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form)
    no = await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", form, key)
    assert no.status_code == 409
    handle = open_clinic.clinic.temporal.get_workflow_handle(f"visit-{key}")
    assert await handle.result() == "NOTHING"
    assert not await open_clinic.rows("select 1 from visits where id = %s", key)


async def test_the_patient_returns_to_the_clinician_who_ordered_and_another_may_take_over(walk: Walk) -> None:
    visit = await walk.seen()
    test = await walk.test_ordered(visit["id"])
    await walk.results(test["id"])
    body = {"visit_id": visit["id"], "notes": "x"}
    other = await walk.does("clinical_officer_2", "POST", "/api/patient-encounters", body)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/wrong-stage")
    await walk.done("clinical_officer_2", "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    after = await walk.encounter(visit["id"], "clinical_officer_2")
    assert after["visit"]["open_orders"] == []


async def test_a_referral_from_triage_takes_the_place_of_the_consultation(walk: Walk) -> None:
    visit = await walk.triaged(age=1)
    referral = {"station": "IMMUNIZATION", "reason": "Measles vaccine is due"}
    answer = await walk.done(Role.TRIAGE_NURSE, "POST", f"/api/visits/{visit['id']}/referrals", referral)
    assert answer["visit"]["waiting_at"] == ["IMMUNIZATION"]
    vaccines = (await walk.does(Role.IMMUNIZATION_NURSE, "GET", "/api/vaccines")).json()["items"]
    vaccine = next(v for v in vaccines if v["is_kepi"])
    dose = {
        "vaccine_id": vaccine["id"],
        "batch_number": "B1",
        "site": "Left arm",
        "route": "IM",
        "dosage": "0.5ml",
    }
    path = f"/api/immunization/patients/{visit['patient_id']}/immunizations"
    given = await walk.done(Role.IMMUNIZATION_NURSE, "POST", path, dose)
    assert (given["visit"]["status"], given["visit"]["balance"]) == ("READY_FOR_DISCHARGE", "0.00")
    ended = {"status": "COMPLETED", "discharge_notes": "Vaccinated"}
    early = await walk.does(Role.IMMUNIZATION_NURSE, "PUT", f"/api/visits/{visit['id']}", ended)
    assert (early.status_code, early.json()["missing"][0]["what"]) == (409, "observation")
    form = {"kind": "end_observation", "reason": "Watched before it was written down"}
    await walk.done(Role.IMMUNIZATION_NURSE, "POST", f"/api/visits/{visit['id']}/actions", form)
    visit = await walk.done(Role.IMMUNIZATION_NURSE, "PUT", f"/api/visits/{visit['id']}", ended)
    assert visit["status"] == "COMPLETED"


async def test_cancelling_takes_the_charge_back(walk: Walk) -> None:
    visit = await walk.seen()
    prescription = await walk.prescribed(visit["id"])
    part = {"status": "PARTIALLY_DISPENSED", "quantity_dispensed": 5}
    after = await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{prescription['id']}", part)
    assert after["visit"]["waiting_at"] == ["PHARMACY"]
    cancelled = {"status": "CANCELLED", "dispensing_notes": "Out of stock"}
    after = await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{prescription['id']}", cancelled)
    assert after["visit"]["total_amount"] == "325.00"
    bill = (await walk.does(Role.CASHIER, "GET", f"/api/visits/{visit['id']}/bill")).json()
    assert sum(float(line["amount"]) for line in bill["lines"]) == 325.0
    assert bill["balance"] == "325.00"


async def test_sha_covers_the_balance(walk: Walk) -> None:
    visit = await walk.seen(insurance_type="SHA", payment_type="SHA", sha_number="SHA1")
    body = {"visit_id": visit["id"], "sha_number": "SHA1", "service_given": "Consultation"}
    invoice = await walk.done(Role.CASHIER, "POST", "/api/sha-invoices", body)
    assert (invoice["status"], invoice["amount_charged"]) == ("PENDING", "300.00")
    assert invoice["client_number"] == visit["op_number"]
    assert (invoice["visit"]["payment_status"], invoice["visit"]["balance"]) == ("COVERED", "0.00")


async def test_a_payment_above_the_balance_is_refused(walk: Walk) -> None:
    visit = await walk.seen()
    body = {"visit_id": visit["id"], "amount": "300.01", "payment_type": "CASH"}
    answer = await walk.does(Role.CASHIER, "POST", "/api/payments", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "amount")
