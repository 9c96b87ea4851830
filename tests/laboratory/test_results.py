"""Results as they are stored, shown and corrected; urgent orders first; patients who have left."""

from datetime import timedelta
from typing import Any

from models.staff import Role
from tests.clinic import eventually
from tests.laboratory.bench import FINE, LAB, LOW, OFFICER, SUPERVISOR, Bench
from tests.walks import fresh
from tests.workflow.test_clock import waits


async def test_a_result_is_flagged_in_the_answer_and_in_the_record(bench: Bench) -> None:
    _, test = await bench.ordered()
    results = {"hemoglobin": "11.2", "platelets": "250000", "remark": "EDTA"}
    body = {"status": "COMPLETED", "results": results}
    answer = await bench.walk.done(LAB, "PUT", f"/api/lab-requests/{test}", body)
    stored = await bench.read(f"/api/lab-requests/{test}")
    assert answer["flags"] == stored["flags"] == {"hemoglobin": "L", "platelets": "N"}
    assert stored["results"] == results
    (limits,) = stored["interpretation"]["hemoglobin"]["ranges"]
    assert (limits["low"], stored["catalogue_version"]) == ("12.0", "laboratory-2026-11")
    (event,) = await bench.events("lab:results_ready", test)
    assert event["payload"]["flags"] == stored["flags"]


async def test_preliminary_final_and_corrected_results_are_all_readable(bench: Bench) -> None:
    visit, test = await bench.ordered()
    await bench.report(test, "13.1", "PRELIMINARY")
    assert (await bench.walk.visit(visit["id"]))["waiting_at"] == ["LABORATORY"]
    answer = await bench.report(test, "13.2")
    assert [order["kind"] for order in answer["visit"]["open_orders"]] == ["REVIEW"]
    await bench.walk.encounter(visit["id"])
    form = {"lab_request_id": test, "results": {"hemoglobin": "10.1"}, "reason": "Tubes were exchanged"}
    answer = await bench.acts(LAB, visit, "correct_lab_result", **form)
    assert [order["kind"] for order in answer["visit"]["open_orders"]] == ["REVIEW"]
    stored = await bench.read(f"/api/lab-requests/{test}")
    assert (stored["status"], stored["results"], stored["flags"]) == (
        "CORRECTED",
        {"hemoglobin": "10.1"},
        {"hemoglobin": "L"},
    )
    assert [(was["status"], was["results"]["hemoglobin"]) for was in stored["former_results"]] == [
        ("PRELIMINARY", "13.1"),
        ("COMPLETED", "13.2"),
    ]
    for kind in ("lab:results_preliminary", "lab:results_ready", "lab:results_corrected"):
        (event,) = await bench.events(kind, test)
        assert event["audience"] == ["CLINICAL_OFFICER"]


async def test_a_cancelled_test_is_told_to_the_clinician_and_costs_nothing(bench: Bench) -> None:
    visit, test = await bench.ordered()
    body = {"status": "CANCELLED", "notes": "The analyser is broken"}
    answer = await bench.walk.done(LAB, "PUT", f"/api/lab-requests/{test}", body)
    assert (answer["reason"], answer["visit"]["total_amount"]) == ("The analyser is broken", "300.00")
    assert answer["visit"]["waiting_at"] == ["CONSULTATION"]
    other = (await bench.walk.test_ordered(visit["id"]))["id"]
    answer = await bench.acts(OFFICER, visit, "cancel_order", order_id=other, reason="Not needed any more")
    assert (answer["status"], answer["reason"]) == ("CANCELLED", "Not needed any more")
    assert answer["visit"]["total_amount"] == "300.00"
    bill = await bench.read(f"/api/visits/{visit['id']}/bill")
    assert [line["code"] for line in bill["lines"]] == ["CONSULTATION"]


async def with_order(bench: Bench, category: str, urgency: str) -> str:
    """The id of a visit of that category, whose test is that urgent."""
    visit = await bench.walk.triaged(category)
    await bench.walk.done(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    body = {"visit_id": visit["id"], "test_type": "BLOOD_TEST", "urgency": urgency}
    await bench.walk.done(OFFICER, "POST", "/api/lab-requests", body)
    return str(visit["id"])


async def test_an_urgent_order_goes_before_ordinary_ones_and_not_before_an_emergency(bench: Bench) -> None:
    ordinary = await with_order(bench, "NORMAL", "NORMAL")
    urgent_order = await with_order(bench, "NORMAL", "URGENT")
    urgent_patient = await with_order(bench, "URGENT", "NORMAL")
    emergency = await with_order(bench, "EMERGENCY", "NORMAL")
    ours = [emergency, urgent_order, urgent_patient, ordinary]
    queued = [item for item in await bench.listed("/api/queues/LABORATORY") if item["visit_id"] in ours]
    assert [item["visit_id"] for item in queued] == ours
    await bench.walk.done(
        OFFICER,
        "POST",
        "/api/lab-requests",
        {"visit_id": ordinary, "test_type": "MALARIA_RDT", "urgency": "URGENT"},
    )
    queued = [item for item in await bench.listed("/api/queues/LABORATORY") if item["visit_id"] in ours]
    assert [item["visit_id"] for item in queued] == [emergency, ordinary, urgent_order, urgent_patient]
    assert [order["urgent"] for order in queued[1]["orders"]] == [True, False]
    listed = [item for item in await bench.listed("/api/lab-worklist", LAB) if item["visit_id"] in ours]
    assert [(item["visit_id"], item["urgency"]) for item in listed] == [
        (urgent_order, "URGENT"),
        (ordinary, "URGENT"),
        (emergency, "NORMAL"),
        (urgent_patient, "NORMAL"),
        (ordinary, "NORMAL"),
    ]


async def test_a_result_after_discharge_becomes_a_task_until_the_patient_is_told(bench: Bench) -> None:
    visit, test = await bench.ordered()
    await bench.leaves(visit)
    await bench.clinic.clinic.temporal.get_workflow_handle(f"visit-{visit['id']}").result()
    (awaited,) = [one for one in await bench.listed("/api/lab-worklist", LAB) if one["lab_request_id"] == test]
    assert awaited["patient_has_left"]
    await bench.report(test)
    (owed,) = await bench.listed(f"/api/obligations?visit_id={visit['id']}")
    assert (owed["kind"], owed["status"], owed["lab_request_id"]) == ("RESULT_TO_TELL", "OPEN", test)
    task = await bench.task(visit, "TELL_PATIENT")
    assert (task["owner_id"], task["due_at"]) == (owed["owner_id"], owed["due_at"])
    done = await bench.acts(
        OFFICER, visit, "tell_patient", obligation_id=owed["id"], outcome="Called: comes back tomorrow"
    )
    assert (done["status"], done["outcome"]) == ("DONE", "Called: comes back tomorrow")
    assert await bench.debt(owed).result() == "DONE"
    await bench.no_task(visit, "TELL_PATIENT")


async def test_who_owes_a_result_and_is_late_is_asked_by_the_supervisor(bench: Bench) -> None:
    visit, test = await bench.ordered()
    await bench.leaves(visit)
    await bench.report(test)
    task = await bench.task(visit, "TELL_PATIENT")
    (owed,) = await bench.listed(f"/api/obligations?visit_id={visit['id']}")
    await waits(bench.debt(owed))
    await bench.skipper.fast_forward(bench.debt(owed), timedelta(hours=25))

    async def is_told() -> bool:
        (now,) = await bench.tasks(visit, "TELL_PATIENT")
        return bool(now["escalations"] >= 1 and now["escalated_to"] == "SUPERVISOR")

    await eventually(is_told)
    assert task["escalations"] == 0


async def test_a_correction_after_discharge_is_told_too(bench: Bench) -> None:
    visit, test = await bench.ordered()
    await bench.report(test)
    await bench.walk.encounter(visit["id"])
    await bench.walk.paid(visit["id"])
    await bench.walk.discharged(visit["id"])
    form = {"lab_request_id": test, "results": {"hemoglobin": "10.1"}, "reason": "Tubes were exchanged"}
    await bench.acts(LAB, visit, "correct_lab_result", **form)
    (owed,) = await bench.listed(f"/api/obligations?visit_id={visit['id']}")
    assert owed["status"] == "OPEN"
    await bench.task(visit, "TELL_PATIENT")
    (event,) = await bench.events("lab:results_corrected", test)
    assert event["payload"]["flags"] == {"hemoglobin": "L"}


async def test_the_same_report_twice_is_one_report(bench: Bench) -> None:
    visit, test = await bench.ordered()
    await bench.leaves(visit)
    key, path = fresh(), f"/api/lab-requests/{test}"
    body = {"status": "COMPLETED", "results": {"hemoglobin": LOW}}
    first = await bench.walk.done(LAB, "PUT", path, body, key)
    again = await bench.walk.done(LAB, "PUT", path, body, key)
    assert first == again
    assert len(await bench.listed(f"/api/obligations?visit_id={visit['id']}")) == 1
    await bench.told(visit, 1)
    assert len(await bench.events("lab:critical", test)) == 1


async def test_the_catalogue_is_there_to_be_read_and_signed(bench: Bench) -> None:
    catalogue: dict[str, Any] = await bench.read("/api/lab-tests", SUPERVISOR)
    assert (catalogue["signed_off_by"], catalogue["needs"]) == ("", "the laboratory director's sign-off")
    blood = next(one for one in catalogue["analyte"] if one["code"] == "hemoglobin")
    assert (blood["unit"], {limits["source"] for limits in blood["critical"]} - {""}) != ("", set())


async def test_records_of_another_profession_are_not_for_the_cashier(bench: Bench) -> None:
    visit, _ = await bench.ordered()
    for path in ("/api/lab-worklist", f"/api/critical-notices?visit_id={visit['id']}"):
        assert (await bench.walk.does(Role.CASHIER, "GET", path)).status_code == 403
    listed = await bench.listed("/api/lab-worklist", LAB)
    timeless = [value for one in listed for name, value in one.items() if not name.endswith(("_at", "since"))]
    assert FINE not in str(timeless)
