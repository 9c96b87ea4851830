"""What claims ask of people: a task opened once, told up the ladder once per rung, closed by what it asked for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.claims.backlog import Run, claim_run, hours_pass
from tests.claims.conftest import CODE, Counter, opened_counter
from tests.clinic import eventually
from tests.walks import fresh
from workers.recovery import recover

MANY_EVENTS = 120
ANEW_SOON = {"limit.historyCount.suggestContinueAsNew": str(MANY_EVENTS)}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HALF_AN_HOUR = 30 * MINUTE
"""Within which the cashier is to ask for the code."""


@pytest.fixture(scope="module")
async def closed_counter() -> AsyncIterator[Counter]:
    """Without a worker; its Temporal server has claims begin anew soon."""
    async with opened_counter(dynamic=ANEW_SOON, patience_seconds=30) as counter:
        yield counter


@pytest.fixture
async def counter(closed_counter: Counter) -> AsyncIterator[Counter]:
    async with closed_counter.clinic.worker():
        yield closed_counter


async def asked(counter: Counter) -> tuple[str, Run]:
    """A visit whose patient is to be asked for the first code, and its claim's run."""
    visit = await counter.consulted(national_id=f"TEST-{fresh()[:6]}-100")
    await counter.invoiced(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    return visit["id"], claim_run(counter, visit["id"])


async def asked_for_coding(counter: Counter) -> tuple[str, Run]:
    """A visit with a diagnosis that the payer's list does not have; it is looked at again each hour."""
    visit = await counter.consulted(national_id=f"TEST-{fresh()[:6]}-100")
    await counter.diagnosed(visit["id"], diagnosis_code=f"X{fresh()[:4]}", diagnosis_name="Something rare")
    await counter.invoiced(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    await counter.otp(visit["id"], CODE)
    await counter.task(visit["id"], "CODE_DIAGNOSIS")
    return visit["id"], claim_run(counter, visit["id"])


async def told(counter: Counter, visit_id: str, kind: str) -> tuple[int, str | None, int]:
    """How far the one task of a kind was told: rungs, to whom last, and how many were told over the boards."""
    (task,) = await counter.clinic.rows("select * from tasks where visit_id = %s and kind = %s", visit_id, kind)
    query = "select 1 from events where kind = 'task:overdue' and payload->>'taskId' = %s"
    return task["escalations"], task["escalated_to"], len(await counter.clinic.rows(query, str(task["id"])))


async def becomes_told(counter: Counter, visit_id: str, kind: str, *wanted: Any) -> None:
    seen: list[Any] = []

    async def is_told() -> bool:
        seen[:] = await told(counter, visit_id, kind)
        return seen == list(wanted)

    try:
        await eventually(is_told)
    except TimeoutError:
        raise AssertionError(f"told {seen} instead of {wanted}") from None


async def times_opened(counter: Counter, visit_id: str, kind: str) -> int:
    query = "select 1 from events where kind = 'task:opened' and payload->>'visitId' = %s and payload->>'kind' = %s"
    return len(await counter.clinic.rows(query, visit_id, kind))


async def nearly_anew(run: Run) -> None:
    """Have the claim look at its rows until the next thing that happens makes it begin anew."""

    async def is_near() -> bool:
        described = await run.describe()
        if described.raw_description.HasField("pending_workflow_task"):
            return False
        if described.history_length >= MANY_EVENTS - 1:
            return True
        await run.signal("changed")
        return False

    await eventually(is_near)


async def test_what_is_not_done_in_time_is_told_up_the_ladder_once_per_rung(counter: Counter) -> None:
    visit_id, run = await asked(counter)
    await hours_pass(counter, [run], HALF_AN_HOUR - MINUTE)
    assert await told(counter, visit_id, "ASK_VISIT_CODE") == (0, None, 0)
    await hours_pass(counter, [run], 2 * MINUTE)
    await becomes_told(counter, visit_id, "ASK_VISIT_CODE", 1, "SUPERVISOR", 1)
    await hours_pass(counter, [run], DAY)
    await becomes_told(counter, visit_id, "ASK_VISIT_CODE", 2, "ADMIN", 2)
    await hours_pass(counter, [run], 7 * DAY)
    assert await told(counter, visit_id, "ASK_VISIT_CODE") == (2, "ADMIN", 2)


async def test_what_is_done_in_time_is_told_to_nobody(counter: Counter) -> None:
    visit_id, run = await asked(counter)
    await counter.otp(visit_id, CODE)
    await counter.task(visit_id, "ASK_DISCHARGE_CODE")
    await hours_pass(counter, [run], 2 * HOUR)
    await becomes_told(counter, visit_id, "ASK_DISCHARGE_CODE", 1, "SUPERVISOR", 1)
    assert await told(counter, visit_id, "ASK_VISIT_CODE") == (0, None, 0)
    (done,) = await counter.tasks(visit_id, "DONE")
    assert (done["kind"], done["closed_at"] is not None) == ("ASK_VISIT_CODE", True)


async def test_what_is_done_late_climbs_no_further(counter: Counter) -> None:
    visit_id, run = await asked(counter)
    await hours_pass(counter, [run], HOUR)
    await becomes_told(counter, visit_id, "ASK_VISIT_CODE", 1, "SUPERVISOR", 1)
    await counter.otp(visit_id, CODE)
    await counter.task(visit_id, "ASK_DISCHARGE_CODE")
    await hours_pass(counter, [run], 3 * DAY)
    await becomes_told(counter, visit_id, "ASK_DISCHARGE_CODE", 2, "ADMIN", 2)
    assert await told(counter, visit_id, "ASK_VISIT_CODE") == (1, "SUPERVISOR", 1)


async def test_a_ladder_goes_on_after_the_worker_and_after_the_run_itself(closed_counter: Counter) -> None:
    counter = closed_counter
    async with counter.clinic.worker():
        visit_id, run = await asked(counter)
        await hours_pass(counter, [run], HOUR)
        await becomes_told(counter, visit_id, "ASK_VISIT_CODE", 1, "SUPERVISOR", 1)
    async with counter.clinic.worker():
        await hours_pass(counter, [run], DAY)
        await becomes_told(counter, visit_id, "ASK_VISIT_CODE", 2, "ADMIN", 2)
        await run.terminate("lost")
        await recover(counter.clinic.clinic.temporal, counter.clinic.settings)
        await hours_pass(counter, [run], 7 * DAY)
    assert await told(counter, visit_id, "ASK_VISIT_CODE") == (2, "ADMIN", 2)
    assert await times_opened(counter, visit_id, "ASK_VISIT_CODE") == 1


async def test_a_claim_that_begins_anew_while_it_waits_asks_once_and_tells_once(counter: Counter) -> None:
    visit_id, run = await asked_for_coding(counter)
    await hours_pass(counter, [run], DAY + MINUTE)
    await becomes_told(counter, visit_id, "CODE_DIAGNOSIS", 1, "SUPERVISOR", 1)
    await hours_pass(counter, [run], DAY)
    await becomes_told(counter, visit_id, "CODE_DIAGNOSIS", 2, "ADMIN", 2)
    runs = await counter.clinic.clinic.temporal.count_workflows(f"WorkflowId = '{run.id}'")
    assert runs.count > 1
    assert await times_opened(counter, visit_id, "CODE_DIAGNOSIS") == 1


async def test_what_a_clerk_decides_while_a_claim_begins_anew_is_carried_out(counter: Counter) -> None:
    visit_id, run = await asked_for_coding(counter)
    claim = await counter.claim_of(visit_id)
    await nearly_anew(run)
    await counter.acts(claim, kind="close", reason="Paid in cash after all")
    await counter.becomes(visit_id, "CLOSED")

    async def is_nobodys_work() -> bool:
        return not await counter.tasks(visit_id)

    await eventually(is_nobodys_work)
