"""What ends by the clock, on a server that lets a workflow's own clock run ahead."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import Walk, new_patient
from workflows import appointment, reminder
from workflows.visit import NOBODY_CAME, Opening, VisitWorkflow, workflow_id

A_MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def skipper(open_clinic: WholeClinic) -> TimeSkipper:
    """Moves one workflow's clock; none moves by itself."""
    return TimeSkipper(open_clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))


async def is_running(handle: WorkflowHandle[Any, Any]) -> bool:
    return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def waits(handle: WorkflowHandle[Any, Any], timers: int = 1) -> None:
    """Return when the workflow has set so many timers: only then may its clock move."""

    async def has_set_them() -> bool:
        try:
            events = [event async for event in handle.fetch_history_events()]
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False  # not begun yet
        return sum(event.HasField("timer_started_event_attributes") for event in events) >= timers

    await eventually(has_set_them)


async def opened(clinic: WholeClinic, skipper: TimeSkipper, visit_id: UUID) -> WorkflowHandle[Any, Any]:
    """A run that waits for the registration of its visit."""
    run = await skipper.client.start_workflow(
        VisitWorkflow.run,
        Opening(visit_id=visit_id),
        id=workflow_id(visit_id),
        task_queue=clinic.settings.task_queue,
    )
    await waits(run)
    return run


async def test_a_run_that_nobody_registers_ends(open_clinic: WholeClinic, skipper: TimeSkipper) -> None:
    run = await opened(open_clinic, skipper, visit_id := uuid4())
    assert await skipper.fast_forward(run, NOBODY_CAME - A_MINUTE)
    assert await is_running(run)
    await skipper.fast_forward(run, 2 * A_MINUTE)
    assert await run.result() == "NOTHING"
    assert not await open_clinic.rows("select 1 from visits where id = %s", visit_id)


async def test_a_visit_that_was_registered_in_time_waits_for_ever(
    open_clinic: WholeClinic, walk: Walk, skipper: TimeSkipper
) -> None:
    run = await opened(open_clinic, skipper, visit_id := uuid4())
    await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(), key=visit_id)
    assert await skipper.fast_forward(run, 30 * DAY)
    assert await is_running(run)
    assert (await walk.visit(str(visit_id)))["status"] == "REGISTERED"


async def booked(walk: Walk, skipper: TimeSkipper, in_days: int) -> WorkflowHandle[Any, Any]:
    visit = await walk.registered()
    date = datetime.now(UTC) + in_days * DAY
    body = {"patient_id": visit["patient_id"], "appointment_date": date.isoformat(), "notes": "Review"}
    made = await walk.done(Role.RECEPTIONIST, "POST", "/api/appointments", body)
    run = skipper.client.get_workflow_handle(appointment.workflow_id(made["id"]))
    await waits(run)
    return run


async def left_alone(skipper: TimeSkipper, run: WorkflowHandle[Any, Any]) -> None:
    """End the reminder: a workflow's clock cannot be moved while a child of it runs."""
    appointment_id = UUID(run.id.removeprefix("appointment-"))
    await skipper.client.get_workflow_handle(reminder.workflow_id(appointment_id)).terminate("not of interest here")


async def changed(walk: Walk, run: WorkflowHandle[Any, Any], body: dict[str, Any]) -> None:
    path = f"/api/appointments/{run.id.removeprefix('appointment-')}"
    await walk.done(Role.RECEPTIONIST, "PUT", path, body)


async def test_an_appointment_ends_the_day_after(walk: Walk, skipper: TimeSkipper) -> None:
    run = await booked(walk, skipper, in_days=3)
    await left_alone(skipper, run)
    assert await skipper.fast_forward(run, 4 * DAY - A_MINUTE)
    assert await is_running(run)
    await skipper.fast_forward(run, 2 * A_MINUTE)
    assert await run.result() == "SCHEDULED"


async def test_an_appointment_moves_with_its_date(walk: Walk, skipper: TimeSkipper) -> None:
    run = await booked(walk, skipper, in_days=3)
    await changed(walk, run, {"appointment_date": (datetime.now(UTC) + 10 * DAY).isoformat()})
    await waits(run, timers=2)
    await left_alone(skipper, run)
    assert await skipper.fast_forward(run, 11 * DAY - A_MINUTE)
    assert await is_running(run)
    await skipper.fast_forward(run, 2 * A_MINUTE)
    assert await run.result() == "SCHEDULED"


async def test_an_appointment_that_comes_nearer_ends_earlier(walk: Walk, skipper: TimeSkipper) -> None:
    run = await booked(walk, skipper, in_days=10)
    await changed(walk, run, {"appointment_date": (datetime.now(UTC) + 2 * DAY).isoformat()})
    await waits(run, timers=2)
    await left_alone(skipper, run)
    await skipper.fast_forward(run, 3 * DAY + A_MINUTE)
    assert await run.result() == "SCHEDULED"


async def test_a_cancelled_appointment_ends_at_once(walk: Walk, skipper: TimeSkipper) -> None:
    run = await booked(walk, skipper, in_days=3)
    await changed(walk, run, {"status": "CANCELLED"})
    assert await run.result() == "CANCELLED"
