"""Patients who leave before the end: what the clinic remembers of it, on real servers."""

import asyncio
from typing import Any

from models.staff import Role
from tests.leaving.gate import NURSE, OFFICER, RECEPTION, SUPERVISOR, Gate
from tests.walks import fresh


async def test_who_leaves_unseen_leaves_stage_and_wait_behind(gate: Gate) -> None:
    visit = await gate.walk.triaged("NORMAL")
    run = gate.run(visit)
    gone = await gate.leaves(visit, NURSE, reason="WAITED_TOO_LONG")
    assert (gone["status"], gone["waiting_at"], gone["deadlines"]) == ("LEFT_WITHOUT_BEING_SEEN", [], [])
    departure = gone["departure"]
    assert (departure["stage"], departure["waiting_at"]) == ("TRIAGED", ["CONSULTATION"])
    assert (departure["was_seen"], departure["reason"], departure["call_back"]) == (False, "WAITED_TOO_LONG", None)
    assert departure["waited_minutes"] >= departure["step_minutes"] == 0
    assert await run.result() == "LEFT_WITHOUT_BEING_SEEN"
    assert await gate.tasks(visit) == []
    shown = await gate.read(f"/api/patients/{visit['patient_id']}")
    assert shown["resumable_visit"]["visit_id"] == visit["id"]


async def test_it_is_told_to_boards_timeline_and_audit(gate: Gate) -> None:
    visit = await gate.urgent_and_gone()
    told = await gate.clinic.rows(
        "select kind, payload from events where payload->>'visitId' = %s order by id", visit["id"]
    )
    kinds = [event["kind"] for event in told]
    assert kinds.index("patient:left") < kinds.index("visit:status_changed", kinds.index("patient:left"))
    (left,) = [event["payload"] for event in told if event["kind"] == "patient:left"]
    assert (left["status"], left["stage"]) == ("LEFT_WITHOUT_BEING_SEEN", "TRIAGED")
    assert left["callBackBy"]
    timeline = (await gate.read(f"/api/visits/{visit['id']}/timeline"))["items"]
    assert timeline[-1]["kind"] == "patient_left"
    entries = (await gate.read(f"/api/audit-logs?visit_id={visit['id']}", SUPERVISOR))["items"]
    assert "Patient left before the end" in {entry["details"] for entry in entries}


async def test_only_who_stands_near_the_patient_may_say_so(gate: Gate) -> None:
    visit = await gate.walk.triaged()
    no = await gate.asks(Role.CASHIER, visit, "patient_left", notes="Nobody answers")
    assert (no.status_code, no.json()["type"]) == (403, "/problems/not-your-role")
    assert set(no.json()["roles"]) == {"CLINICAL_OFFICER", "RECEPTIONIST", "SUPERVISOR", "TRIAGE_NURSE"}


async def test_who_leaves_after_being_seen_owes_and_is_owed(gate: Gate) -> None:
    """An open test is told later; what is not paid is not handed out; the debt stays payable."""
    visit = await gate.walk.seen()
    test = await gate.walk.test_ordered(visit["id"])
    drug = await gate.walk.prescribed(visit["id"])
    before = await gate.walk.visit(visit["id"])
    gone = await gate.leaves(visit, Role.LAB_TECHNICIAN)
    assert (gone["status"], gone["departure"]["was_seen"]) == ("COMPLETED", True)
    assert gone["departure"]["call_back"] is None
    assert float(gone["balance"]) == float(before["balance"]) - 15 * await price(gate, "Paracetamol")
    (owing,) = await gate.until_tasks(visit, "SETTLE_BILL")
    assert owing["role"] == "CASHIER"
    prescription = await gate.read(f"/api/prescriptions/{drug['id']}")
    assert prescription["status"] == "CANCELLED"
    await gate.walk.results(test["id"])
    await gate.until_tasks(visit, "SETTLE_BILL", "TELL_PATIENT")
    paid = await gate.walk.paid(visit["id"])
    assert paid["visit"]["balance"] == "0.00"
    await gate.until_tasks(visit, "TELL_PATIENT")
    (task,) = await gate.clinic.rows("select status, outcome, closed_by from tasks where id = %s", owing["id"])
    assert (task["status"], task["outcome"]) == ("DONE", "Nothing is owed any more.")
    assert task["closed_by"] is not None


async def test_a_debt_that_is_paid_in_part_stays_with_the_cashier_until_the_rest_is_invoiced(gate: Gate) -> None:
    visit = await gate.walk.seen()
    gone = await gate.leaves(visit, Role.CASHIER)
    (owing,) = await gate.until_tasks(visit, "SETTLE_BILL")
    await gate.acts(Role.CASHIER, visit, "take_payment", amount="100", payment_type="CASH")
    assert await gate.until_tasks(visit, "SETTLE_BILL") == [owing]
    await gate.acts(Role.CASHIER, visit, "raise_sha_invoice", sha_number="SHA1", service_given="Consultation")
    assert float(gone["balance"]) > 100
    await gate.until_tasks(visit)


async def price(gate: Gate, code: str) -> float:
    prices = (await gate.read("/api/prices"))["items"]
    return next(float(one["amount"]) for one in prices if one["code"] == code)


async def test_a_result_that_nobody_has_read_is_told(gate: Gate) -> None:
    visit = await gate.walk.seen()
    test = await gate.walk.test_ordered(visit["id"])
    await gate.walk.paid(visit["id"])
    await gate.walk.results(test["id"])
    gone = await gate.leaves(visit, OFFICER)
    assert gone["open_orders"] == []
    await gate.until_tasks(visit, "TELL_PATIENT")
    (owed,) = (await gate.read(f"/api/obligations?visit_id={visit['id']}"))["items"]
    assert (owed["kind"], owed["lab_request_id"]) == ("RESULT_TO_TELL", test["id"])
    again = await gate.returns(visit)
    assert [order["kind"] for order in again["open_orders"]] == ["REVIEW"]
    await gate.until_tasks(visit)


async def test_what_was_paid_at_the_pharmacy_is_owed(gate: Gate) -> None:
    visit = await gate.walk.seen()
    drug = await gate.walk.prescribed(visit["id"])
    await gate.walk.paid(visit["id"])
    gone = await gate.leaves(visit, Role.PHARMACIST)
    assert [one["prescription_id"] for one in gone["owed_drugs"]] == [drug["id"]]
    await gate.until_tasks(visit, "HAND_OUT_OWED")
    again = await gate.returns(visit)
    assert ([order["id"] for order in again["open_orders"]], again["owed_drugs"]) == ([drug["id"]], [])
    await gate.until_tasks(visit)
    await gate.walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", {"status": "DISPENSED"})
    await gate.walk.discharged(visit["id"])


async def test_the_same_visit_goes_on_when_they_return(gate: Gate) -> None:
    visit = await gate.walk.triaged("URGENT")
    gone = await gate.leaves(visit)
    (task,) = await gate.until_tasks(visit, "CALL_BACK_PATIENT")
    call = gate.call(gone)
    again = await gate.returns(visit)
    assert (again["status"], again["waiting_at"], again["departure"]) == ("TRIAGED", ["CONSULTATION"], None)
    (former,) = again["undone_ends"]
    assert former["departure"]["call_back"]["id"] == gone["departure"]["call_back"]["id"]
    clocks = {one["step"]: one for one in again["deadlines"]}
    assert clocks["RETRIAGE"]["due_at"] == clocks["RETRIAGE"]["since"] == clocks["CONSULTATION"]["since"]
    assert again["arrived_at"] == visit["arrived_at"]
    assert await call.result() == "RETURNED"
    await gate.until_tasks(visit)
    (closed,) = await gate.tasks(visit, "DONE")
    assert closed["id"] == task["id"]
    (place,) = [
        item for item in (await gate.read("/api/queues/CONSULTATION"))["items"] if item["visit_id"] == visit["id"]
    ]
    assert place["since"] == clocks["CONSULTATION"]["since"]


async def test_after_midnight_a_new_visit_begins(gate: Gate) -> None:
    visit = await gate.urgent_and_gone()
    await gate.left_before_midnight(visit)
    no = await gate.asks(RECEPTION, visit, "patient_returned")
    assert (no.status_code, no.json()["type"]) == (409, "/problems/visit-closed")
    assert "Register a new visit" in no.json()["detail"]
    assert "resumable_visit" not in await gate.read(f"/api/patients/{visit['patient_id']}")


async def opened_anew(gate: Gate, visit: dict[str, Any]) -> dict[str, Any]:
    body = {"patient_id": visit["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    return await gate.walk.done(RECEPTION, "POST", "/api/visits", body)


async def test_a_patient_who_is_here_on_another_visit_goes_on_with_that_one(gate: Gate) -> None:
    visit = await gate.urgent_and_gone()
    await gate.until_tasks(visit, "CALL_BACK_PATIENT")
    newer = await opened_anew(gate, visit)
    await gate.until_tasks(visit)
    assert await gate.call(visit).result() == "NOT_NEEDED"
    no = await gate.asks(RECEPTION, visit, "patient_returned")
    assert (no.status_code, no.json()["type"]) == (409, "/problems/conflict")
    assert newer["op_number"] in no.json()["detail"]


async def test_a_visit_that_was_opened_by_mistake_stops_no_call(gate: Gate) -> None:
    """Whoever was thought to be here again is still to be called."""
    visit = await gate.urgent_and_gone()
    await gate.until_tasks(visit, "CALL_BACK_PATIENT")
    newer = await opened_anew(gate, visit)
    await gate.until_tasks(visit)
    await gate.acts(RECEPTION, newer, "cancel_visit", reason="Somebody of the same name")
    await gate.until_tasks(visit, "CALL_BACK_PATIENT")


async def test_two_desks_say_it_and_it_happens_once(gate: Gate) -> None:
    visit, key = await gate.walk.triaged("URGENT"), fresh()
    form = {"notes": "Nobody answers"}
    clicks = await asyncio.gather(
        *(gate.asks(RECEPTION, visit, "patient_left", key, **form) for _ in range(2)),
        gate.asks(NURSE, visit, "patient_left", **form),
    )
    codes = sorted(click.status_code for click in clicks)
    assert codes in ([201, 201, 409], [201, 409, 409])
    assert (await gate.walk.visit(visit["id"]))["version"] == visit["version"] + 1
    await gate.until_tasks(visit, "CALL_BACK_PATIENT")


async def test_a_mistake_is_put_right(gate: Gate) -> None:
    """They had been there all the time."""
    visit = await gate.urgent_and_gone()
    again = await gate.acts(OFFICER, visit, "reopen_visit", reason="They were at the toilet")
    assert (again["status"], again["departure"]) == ("TRIAGED", None)
    await gate.until_tasks(visit)


async def test_an_emergency_whom_nobody_knows_is_to_be_found(gate: Gate) -> None:
    made = await gate.walk.done(NURSE, "POST", "/api/emergencies", {})
    visit = made["visit"]
    gone = await gate.leaves(visit, OFFICER)
    assert gone["departure"]["call_back"]["wanted"] == 3
    await gate.until_tasks(visit, "CALL_BACK_PATIENT", "IDENTIFY_PATIENT")


async def test_a_result_that_only_a_wrong_consultation_had_read_is_told_to_who_leaves(gate: Gate) -> None:
    """Corrected afterwards or not: whoever opens the visit again reads it."""
    visit = await gate.walk.seen()
    test = await gate.walk.test_ordered(visit["id"])
    await gate.walk.results(test["id"])
    wrong = await gate.walk.encounter(visit["id"])
    await gate.acts(OFFICER, visit, "enter_in_error", record="ENCOUNTER", record_id=wrong["id"], reason="Of another")
    gone = await gate.leaves(visit)
    assert gone["status"] == "COMPLETED"
    await gate.until_tasks(visit, "SETTLE_BILL", "TELL_PATIENT")
    changed = {"results": {"hemoglobin": 13.1}, "reason": "Wrong tube"}
    await gate.acts(Role.LAB_TECHNICIAN, visit, "correct_lab_result", lab_request_id=test["id"], **changed)
    (first,) = await gate.clinic.rows(
        "select id from patient_encounters where visit_id = %s and encounter_type = 'CONSULTATION' and id <> %s",
        visit["id"],
        wrong["id"],
    )
    await gate.acts(OFFICER, visit, "enter_in_error", record="ENCOUNTER", record_id=str(first["id"]), reason="Both")
    again = await gate.acts(OFFICER, visit, "reopen_visit", reason="Came back")
    assert [order["kind"] for order in again["open_orders"]] == ["REVIEW"]
    await gate.until_tasks(visit)
    called = await gate.acts(OFFICER, visit, "call_patient", station="CONSULTATION")
    assert called["waiting_at"] == ["CONSULTATION"]


async def test_the_price_of_a_test_that_could_not_be_done_is_brought_to_who_has_left(gate: Gate) -> None:
    visit = await gate.walk.seen()
    test = await gate.walk.test_ordered(visit["id"])
    await gate.walk.paid(visit["id"])
    gone = await gate.leaves(visit, Role.LAB_TECHNICIAN)
    assert gone["balance"] == "0.00"
    key = fresh()
    body = {"status": "CANCELLED", "notes": "The analyser is broken"}
    for _ in "ab":
        await gate.walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", body, key)
    back, _ = await gate.until_tasks(visit, "REFUND_PATIENT", "TELL_PATIENT")
    assert (back["role"], "KES 500.00" in back["words"]) == ("CASHIER", True)
    refund = await gate.acts(Role.CASHIER, visit, "request_refund", amount="500", reason="Not done")
    await gate.acts(SUPERVISOR, visit, "decide_refund", refund_id=refund["id"], approved=True, reason="It is so")
    paid = await gate.acts(Role.CASHIER, visit, "pay_out_refund", refund_id=refund["id"], payment_type="CASH")
    assert paid["visit"]["balance"] == "0.00"
    await gate.until_tasks(visit, "TELL_PATIENT")
