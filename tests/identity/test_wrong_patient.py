"""A visit was made for the wrong registration, and is moved with all that was written down in it."""

from asyncio import gather

from models.staff import Role
from tests.faults.desk import require_whole_audit
from tests.identity.reception import CASHIER, HERE, OFFICER, Reception
from tests.walks import VITALS, fresh

DIAGNOSIS = {"diagnosis_code": "B54", "diagnosis_name": "Malaria"}
TABLES = ("visits", "patient_encounters", "lab_requests", "prescriptions", "charges", "payments", "diagnoses")


async def test_the_visit_goes_with_every_record_of_it(reception: Reception) -> None:
    walk = reception.walk
    right = await reception.registered(age=61)
    wrong, visit = await reception.arrives()
    await walk.done(
        Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", {"vital_signs": {**VITALS, "height_cm": 170}}
    )
    await walk.done(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    await walk.encounter(visit["id"])
    test, drug = await walk.test_ordered(visit["id"]), await walk.prescribed(visit["id"])
    await walk.done(OFFICER, "POST", "/api/diagnoses", {"visit_id": visit["id"], **DIAGNOSIS})
    await walk.paid(visit["id"], "200")
    before = await walk.visit(visit["id"])

    done = await reception.moved(visit["id"], right)
    assert (done["patient"]["id"], done["visit"]["patient_id"]) == (right["id"], right["id"])
    for table in TABLES:
        assert await reception.patients_of(table, visit["id"]) == {right["id"]}, table
    for name in ("op_number", "status", "waiting_at", "total_amount", "amount_paid", "balance"):
        assert done["visit"][name] == before[name], name
    queue = await reception.listed("/api/queues/LABORATORY")
    (shown,) = [item for item in queue if item["visit_id"] == visit["id"]]
    assert shown["patient_id"] == right["id"]
    await walk.results(test["id"])
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", {"status": "DISPENSED"})
    await walk.encounter(visit["id"])
    await walk.paid(visit["id"])
    await walk.discharged(visit["id"])
    assert await reception.patients_of("lab_requests", visit["id"]) == {right["id"]}
    assert await reception.listed(f"/api/visits?patient_id={wrong['id']}") == []
    await require_whole_audit(reception.clinic)


async def test_what_moved_stays_readable_where_it_was_entered_in_error(reception: Reception) -> None:
    right = await reception.registered()
    visit = await reception.walk.seen()
    wrong = {"id": visit["patient_id"]}
    audited = await reception.audited(wrong), await reception.audited(right)
    await reception.moved(visit["id"], right)
    moved = await reception.listed(f"/api/patients/{wrong['id']}/moved-records", OFFICER)
    by_table = {one["table_name"]: one for one in moved}
    assert set(by_table) == {"visits", "patient_encounters", "charges"}
    assert {one["mark"] for one in moved} == {"Moved: entered in error under this registration"}
    assert {one["reason"] for one in moved} == {"Two of one name"}
    assert {one["to_patient"] for one in moved} == {right["id"]}
    assert by_table["charges"]["record"]["patient_id"] == wrong["id"]
    assert by_table["visits"]["record"]["op_number"] == visit["op_number"]
    assert (await reception.audited(wrong), await reception.audited(right)) == (audited[0] + 1, audited[1] + 1)


async def test_whoever_decided_under_the_wrong_name_is_asked_to_read_again(reception: Reception) -> None:
    right = await reception.registered(age=4)
    visit = await reception.walk.seen()
    assert await reception.tasks(visit["id"], "REREAD_DECISIONS") == []
    await reception.moved(visit["id"], right)
    tasks = await reception.tasks(visit["id"], "REREAD_DECISIONS")
    assert {task["role"] for task in tasks} == {"CLINICAL_OFFICER", "TRIAGE_NURSE"}
    (clinicians,) = [task for task in tasks if task["role"] == "CLINICAL_OFFICER"]
    assert clinicians["owner_id"] == visit["provider_id"]
    told = await reception.clinic.rows(
        "select payload from events where kind = 'visit:patient_changed' and payload ->> 'visitId' = %s", visit["id"]
    )
    assert [(row["payload"]["patientId"], row["payload"]["formerPatientId"]) for row in told] == [
        (right["id"], visit["patient_id"])
    ]


async def test_what_another_persons_payer_was_to_cover_is_owed_again(reception: Reception) -> None:
    walk = reception.walk
    right = await reception.registered()
    visit = await walk.seen(insurance_type="SHA", payment_type="SHA")
    body = {"visit_id": visit["id"], "sha_number": "SHA123456-1", "service_given": "Consultation"}
    invoice = await walk.done(CASHIER, "POST", "/api/sha-invoices", body)
    assert invoice["visit"]["balance"] == "0.00"
    done = await reception.moved(visit["id"], right)
    assert (done["visit"]["balance"], done["visit"]["payment_type"]) == ("300.00", "CASH")
    assert (await reception.read(f"/api/sha-invoices/{invoice['id']}"))["status"] == "CANCELLED"
    assert len(await reception.tasks(visit["id"], "SETTLE_BILL")) == 1
    cover = await reception.read(f"/api/visits/{visit['id']}/coverage")
    assert (cover["patient_id"], cover["status"]) == (right["id"], "NOT_FOUND")
    await walk.paid(visit["id"])
    assert (await walk.discharged(visit["id"]))["status"] == "COMPLETED"


async def test_a_debt_that_comes_of_it_is_paid_also_after_the_visit(reception: Reception) -> None:
    walk = reception.walk
    right = await reception.registered()
    visit = await walk.seen(insurance_type="SHA", payment_type="SHA")
    body = {"visit_id": visit["id"], "sha_number": "SHA123456-1", "service_given": "Consultation"}
    await walk.done(CASHIER, "POST", "/api/sha-invoices", body)
    await walk.discharged(visit["id"])
    done = await reception.moved(visit["id"], right)
    assert (done["visit"]["status"], done["visit"]["balance"]) == ("COMPLETED", "300.00")
    paid = await walk.paid(visit["id"])
    assert (paid["visit"]["status"], paid["visit"]["balance"]) == ("COMPLETED", "0.00")
    late = {"visit_id": visit["id"], "amount": "1", "payment_type": "CASH"}
    assert (await walk.does(CASHIER, "POST", "/api/payments", late)).json()["type"] == "/problems/visit-closed"


async def test_a_patient_with_an_open_visit_is_given_no_second_one(reception: Reception) -> None:
    right, _ = await reception.arrives()
    _, visit = await reception.arrives()
    answer = await reception.tries(HERE, visit["id"], "wrong_patient", patient_id=right["id"], reason="One name")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


async def test_who_is_not_registered_takes_no_visit_over(reception: Reception) -> None:
    _, visit = await reception.arrives()
    form = {"patient_id": visit["id"], "reason": "One name"}
    assert (await reception.tries(HERE, visit["id"], "wrong_patient", **form)).status_code == 404


async def test_clicked_twice_it_moves_once(reception: Reception) -> None:
    right = await reception.registered()
    _, visit = await reception.arrives()
    body = {"kind": "wrong_patient", "patient_id": right["id"], "reason": "Two of one name"}
    path, key = f"/api/visits/{visit['id']}/actions", fresh()
    first, second = await gather(*(reception.walk.does(HERE, "POST", path, body, key) for _ in range(2)))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    third = await reception.walk.does(HERE, "POST", path, body)
    assert third.json()["type"] == "/problems/conflict"
    moved = await reception.listed(f"/api/patients/{visit['patient_id']}/moved-records")
    assert len([one for one in moved if one["table_name"] == "visits"]) == 1
