"""What happens in the recorded histories of patients who leave, and of visits that are open when the day ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models.staff import Role
from tests.day.evening import Evening
from tests.histories.recorder import Recorder, Run
from tests.leaving.gate import A_MINUTE, Gate


def gate_of(told: Recorder) -> Gate:
    return Gate(told.clinic, told.walk)


async def visit_left_and_gone_on_with(told: Recorder) -> Run:
    """The run that begins when an urgent patient comes back, is looked at again, and is seen in the end."""
    gate = gate_of(told)
    async with told.clinic.worker():
        visit = await told.walk.triaged("URGENT")
        first = await told.run(visit["id"])
        await gate.leaves(visit)
        await first.result()
        await gate.returns(visit)
        run = await told.run(visit["id"])
        assert run.run_id != first.run_id
        body = {"status": "IN_CONSULTATION"}
        await told.walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body)
        await told.walk.encounter(visit["id"])
        await told.walk.prescribed(visit["id"])
        await told.walk.paid(visit["id"])
        await gate.leaves(visit, Role.PHARMACIST)
        assert await run.result() == "COMPLETED"
        return run


async def call_to_a_patient_who_left(told: Recorder) -> Run:
    """Late, not answered, tried again, reached."""
    gate = gate_of(told)
    async with told.clinic.worker():
        gone = await gate.urgent_and_gone()
        (task,) = await gate.until_tasks(gone, "CALL_BACK_PATIENT")
        call = gate.call(gone)
        await told.until_timers(call, 1)
        await gate.skipper.fast_forward(call, 61 * A_MINUTE)
        await gate.escalated(task, 1)
        await told.until_timers(call, 2)
        await gate.called(gone, "NOT_REACHED")
        await told.until_timers(call, 3)
        await gate.called(gone, "REACHED")
        assert await call.result() == "REACHED"
        return call


async def call_to_a_patient_who_came_back(told: Recorder) -> Run:
    gate = gate_of(told)
    async with told.clinic.worker():
        gone = await gate.urgent_and_gone()
        await gate.until_tasks(gone, "CALL_BACK_PATIENT")
        call = gate.call(gone)
        await told.until_timers(call, 1)
        await gate.returns(gone)
        assert await call.result() == "RETURNED"
        return call


async def evening_of(told: Recorder) -> tuple[Evening, Run, dict[str, Any], dict[str, Any]]:
    """A visit that is owed money for when its day ends; the run of that day's end, and the row of that night."""
    evening = Evening(told.clinic, told.walk)
    visit, day = await told.walk.seen(), evening.a_day()
    run = await evening.begins(day)
    return evening, run, visit, await evening.handed_over(visit, day)


async def day_ended(told: Recorder) -> Run:
    """In the morning the owner is reminded; then the patient pays, and nobody else need hear of it."""
    async with told.clinic.worker():
        evening, run, visit, row = await evening_of(told)
        await told.until_timers(run, 1)
        night = datetime.fromisoformat(row["due_at"]) - datetime.now(UTC)
        await evening.skipper.fast_forward(run, night + A_MINUTE)
        await told.until_timers(run, 2)
        await told.walk.paid(visit["id"])
        await evening.skipper.fast_forward(run, timedelta(hours=5))
        await run.result()
        return run


async def visit_over_night(told: Recorder) -> Run:
    """The run of a visit that is handed over, and goes on in the morning."""
    async with told.clinic.worker():
        _, night, visit, _ = await evening_of(told)
        run = await told.closed(visit["id"])
        await night.terminate("not of interest here")
        return run


LEAVING_STORIES = (
    visit_left_and_gone_on_with,
    call_to_a_patient_who_left,
    call_to_a_patient_who_came_back,
    day_ended,
    visit_over_night,
)
