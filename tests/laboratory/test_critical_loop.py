"""A critical value is told up the ladder until a clinician has read it back: each rung once, and no longer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

from models.staff import Role
from tests.laboratory.bench import A_MINUTE, LAB, LOW, OFFICER, Bench
from tests.workflow.test_clock import waits
from workers.recovery import recover

ALL_RUNGS = [(1, "CLINICAL_OFFICER"), (2, "CLINICAL_OFFICER"), (3, "SUPERVISOR")]


async def critical(bench: Bench) -> tuple[dict[str, Any], str]:
    """A critical value that the ordering clinician was told of; the clock to the second clinician runs."""
    visit, test = await bench.ordered()
    await bench.report(test, LOW)
    await bench.told(visit, 1)
    await waits(bench.loop(test))
    return visit, test


async def test_the_ordering_clinician_is_told_at_once_and_has_the_task(bench: Bench) -> None:
    visit, test = await critical(bench)
    task = await bench.task(visit, "ACKNOWLEDGE_CRITICAL")
    request = await bench.read(f"/api/lab-requests/{test}")
    assert (task["owner_id"], request["flags"]) == (request["requested_by"], {"hemoglobin": "LL"})
    (event,) = await bench.events("lab:critical", test)
    assert event["audience"] == [f"person:{request['requested_by']}"]
    assert (event["payload"]["step"], event["payload"]["flags"]) == (1, {"hemoglobin": "LL"})
    assert LOW not in str(event["payload"]) + task["words"]


async def test_a_value_that_is_read_back_is_told_to_nobody_else(bench: Bench) -> None:
    visit, test = await critical(bench)
    loop = bench.loop(test)
    await bench.skipper.fast_forward(loop, 14 * A_MINUTE)
    answer = await bench.read_back(visit, test)
    assert answer["read_back"] == {"hemoglobin": LOW}
    assert await loop.result() == "ACKNOWLEDGED"
    await bench.no_task(visit, "ACKNOWLEDGE_CRITICAL")
    assert await bench.steps(visit) == ALL_RUNGS[:1]
    notices = await bench.listed(f"/api/critical-notices?visit_id={visit['id']}")
    (heard,) = [notice for notice in notices if notice["kind"] == "ACKNOWLEDGED"]
    assert (heard["read_back"], heard["recorded_by"]) == ({"hemoglobin": LOW}, answer["acknowledged_by"])
    assert len(await bench.events("lab:critical", test)) == 1


async def test_after_15_minutes_all_clinicians_and_after_30_who_is_in_charge(bench: Bench) -> None:
    visit, test = await critical(bench)
    loop = bench.loop(test)
    await bench.skipper.fast_forward(loop, 16 * A_MINUTE)
    await bench.told(visit, 2)
    await waits(loop, 2)
    await bench.skipper.fast_forward(loop, 16 * A_MINUTE)
    await bench.told(visit, 3)
    assert await bench.steps(visit) == ALL_RUNGS
    told = [(event["payload"]["step"], event["audience"]) for event in await bench.events("lab:critical", test)]
    assert [(step, audience) for step, audience in told[1:]] == [(2, ["CLINICAL_OFFICER"]), (3, ["SUPERVISOR"])]
    await bench.skipper.fast_forward(loop, timedelta(days=2))
    assert (await loop.describe()).status is WorkflowExecutionStatus.RUNNING
    assert len(await bench.events("lab:critical", test)) == 3
    await bench.read_back(visit, test)
    assert await loop.result() == "ACKNOWLEDGED"
    (task,) = await bench.tasks(visit, "ACKNOWLEDGE_CRITICAL", "DONE")
    assert (task["escalations"], task["escalated_to"]) == (2, "SUPERVISOR")


async def test_what_is_read_back_wrong_stops_nothing(bench: Bench) -> None:
    visit, test = await critical(bench)
    body = {"kind": "acknowledge_critical", "lab_request_id": test, "read_back": "16"}
    answer = await bench.walk.does(OFFICER, "POST", f"/api/visits/{visit['id']}/actions", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "read_back")
    assert LOW not in answer.text
    await bench.skipper.fast_forward(bench.loop(test), 16 * A_MINUTE)
    await bench.told(visit, 2)
    await bench.read_back(visit, test)


async def test_a_correction_to_an_ordinary_value_ends_the_loop(bench: Bench) -> None:
    visit, test = await critical(bench)
    form = {"lab_request_id": test, "results": {"hemoglobin": "16.1"}, "reason": "Read upside down"}
    await bench.acts(LAB, visit, "correct_lab_result", **form)
    assert await bench.loop(test).result() == "CORRECTED"
    await bench.no_task(visit, "ACKNOWLEDGE_CRITICAL")


async def test_who_has_left_is_called(bench: Bench) -> None:
    visit, test = await bench.ordered()
    await bench.leaves(visit)
    await bench.report(test, LOW)
    task = await bench.task(visit, "TELL_PATIENT")
    assert (task["role"], "Call the patient at once" in task["words"]) == (Role.CLINICAL_OFFICER, True)
    await bench.told(visit, 1)
    (event,) = await bench.events("lab:critical", test)
    assert event["payload"]["patientHasLeft"]
    await bench.read_back(visit, test)
    assert await bench.loop(test).result() == "ACKNOWLEDGED"
    assert await bench.tasks(visit, "TELL_PATIENT"), "that a clinician knows does not say that the patient does"


async def test_a_loop_whose_run_was_lost_goes_on_from_its_rows(bench: Bench) -> None:
    visit, test = await critical(bench)
    loop = bench.loop(test)
    await bench.skipper.fast_forward(loop, 16 * A_MINUTE)
    await bench.told(visit, 2)
    await loop.terminate("lost")
    await recover(bench.clinic.clinic.temporal, bench.clinic.settings)
    await waits(loop)
    assert await bench.steps(visit) == ALL_RUNGS[:2]
    await bench.skipper.fast_forward(loop, 31 * A_MINUTE)
    await bench.told(visit, 3)
    assert len(await bench.events("lab:critical", test)) == 3
    await bench.read_back(visit, test)
    assert await loop.result() == "ACKNOWLEDGED"


async def test_an_obligation_whose_run_was_lost_goes_on_from_its_row(bench: Bench) -> None:
    visit, test = await bench.ordered()
    await bench.leaves(visit)
    await bench.report(test)
    await bench.task(visit, "TELL_PATIENT")
    (owed,) = await bench.listed(f"/api/obligations?visit_id={visit['id']}")
    await bench.debt(owed).terminate("lost")
    await recover(bench.clinic.clinic.temporal, bench.clinic.settings)
    await bench.acts(OFFICER, visit, "tell_patient", obligation_id=str(UUID(owed["id"])), outcome="Called")
    assert await bench.debt(owed).result() == "DONE"
    await bench.no_task(visit, "TELL_PATIENT")
