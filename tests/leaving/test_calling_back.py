"""The call to an urgent patient who left: by a deadline, up the ladder, attempt by attempt, through every restart."""

from functools import partial

from tests.clinic import eventually
from tests.leaving.gate import A_MINUTE, NURSE, Gate
from tests.workflow.test_clock import waits
from workers.recovery import recover


async def test_a_call_that_nobody_makes_is_told_up_the_ladder_each_rung_once(gate: Gate) -> None:
    gone = await gate.urgent_and_gone()
    (task,) = await gate.until_tasks(gone, "CALL_BACK_PATIENT")
    call = gate.call(gone)
    assert (task["role"], task["due_at"]) == ("TRIAGE_NURSE", gone["departure"]["call_back"]["due_at"])
    await waits(call)
    await gate.skipper.fast_forward(call, 61 * A_MINUTE)
    await gate.escalated(task, 1)
    await waits(call, 2)
    await gate.skipper.fast_forward(call, 10 * A_MINUTE)
    await gate.escalated(task, 2)
    await gate.called(gone, "REACHED")
    assert await call.result() == "REACHED"
    assert await gate.overdue_events(task) == ["TRIAGE_NURSE", "SUPERVISOR"]
    await gate.until_tasks(gone)


async def test_who_does_not_answer_is_called_again_and_in_the_end_no_more(gate: Gate) -> None:
    gone = await gate.urgent_and_gone()
    call, after = gate.call(gone), gone
    for number in (1, 2, 3):
        (task,) = await gate.until_tasks(gone, "CALL_BACK_PATIENT")
        assert f"attempt {number} of 3" in task["words"]
        after = await gate.called(gone, "NOT_REACHED")
        await eventually(partial(is_closed, gate, task["id"]))
    assert await call.result() == "NOT_REACHED"
    attempts = after["departure"]["call_back"]["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["NOT_REACHED"] * 3
    no = await gate.asks(NURSE, gone, "patient_called_back", outcome="REACHED", notes="At last")
    assert (no.status_code, no.json()["type"]) == (409, "/problems/already-done")
    await gate.until_tasks(gone)


async def is_closed(gate: Gate, task_id: str) -> bool:
    rows = await gate.clinic.rows("select status from tasks where id = %s", task_id)
    return bool(rows[0]["status"] != "OPEN")


async def test_a_call_whose_run_was_lost_goes_on_from_its_visit(gate: Gate) -> None:
    gone = await gate.urgent_and_gone()
    (task,) = await gate.until_tasks(gone, "CALL_BACK_PATIENT")
    call = gate.call(gone)
    await waits(call)
    await gate.skipper.fast_forward(call, 61 * A_MINUTE)
    await gate.escalated(task, 1)
    await call.terminate("lost")
    await recover(gate.clinic.clinic.temporal, gate.clinic.settings)
    await waits(call)
    await gate.skipper.fast_forward(call, 72 * A_MINUTE)
    await gate.escalated(task, 2)
    assert await gate.overdue_events(task) == ["TRIAGE_NURSE", "SUPERVISOR"]
    await gate.called(gone, "REACHED")
    assert await call.result() == "REACHED"


async def test_a_worker_that_dies_leaves_no_call_unmade(bare: Gate) -> None:
    """It was stored while no worker was there; the next one ends the visit, and the call is asked for once."""
    async with bare.clinic.worker_process() as doomed:
        visit = await bare.walk.triaged("URGENT")
        doomed.kill()
        await doomed.wait()
    stored = await bare.asks(NURSE, visit, "patient_left", notes="Nobody answers")
    assert stored.status_code == 202
    async with bare.clinic.worker_process() as doomed:
        await bare.until_tasks(visit, "CALL_BACK_PATIENT")
        doomed.kill()
        await doomed.wait()
    async with bare.clinic.worker():
        gone = await bare.walk.visit(visit["id"])
        assert gone["status"] == "LEFT_WITHOUT_BEING_SEEN"
        await bare.called(gone, "REACHED")
        assert await bare.call(gone).result() == "REACHED"
        await bare.until_tasks(visit)
