"""Many claims at once, and an operator at the command line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities import gate
from integrations.database import writing_pool
from models.claims import Payer, claim_id_of
from models.services import Service
from models.staff import Role
from tests.claims.conftest import Counter
from tests.clinic import ROOT, eventually
from workers.resuming import go_on
from workflows import claim, coverage

Run = WorkflowHandle[Any, Any]
Given = TypeVar("Given")
Got = TypeVar("Got")
AT_ONCE = 6
"""What a small clinic's desks send at the same time."""


async def each(act: Callable[[Given], Awaitable[Got]], whom: Iterable[Given], *, at_once: int = AT_ONCE) -> list[Got]:
    """Do it for each, several at a time; the answers in order."""
    places = asyncio.Semaphore(at_once)

    async def one(given: Given) -> Got:
        async with places:
            return await act(given)

    return await asyncio.gather(*(one(given) for given in whom))


def insured(number: int) -> str:
    """The national id of somebody whose claim the sandbox pays: its last digits decide."""
    return f"TEST-{number:09d}00"


def claim_run(counter: Counter, visit_id: str) -> Run:
    name = claim.workflow_id(claim_id_of(UUID(visit_id), Payer.SHA))
    return counter.clinic.clinic.temporal.get_workflow_handle(name)


def cover_run(counter: Counter, visit_id: str) -> Run:
    return counter.clinic.clinic.temporal.get_workflow_handle(coverage.workflow_id(UUID(visit_id)))


async def hours_pass(counter: Counter, runs: Iterable[Run], time: timedelta) -> None:
    """Let the clocks of these workflows run ahead; the clinic's own stands."""
    skipper = TimeSkipper(counter.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))
    await each(lambda run: skipper.fast_forward(run, time), runs, at_once=200)


async def operator(counter: Counter, *words: str) -> str:
    """`njia service …` as somebody types it; what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "njia.py"),
        "service",
        *words,
        env=counter.clinic.environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


async def standing_of_sha(counter: Counter) -> str:
    """Its line in `njia service list`."""
    async with writing_pool(counter.clinic.settings) as pool:
        found = await gate.standings(pool)
    return next(standing.in_words() for standing in found if standing.name is Service.SHA)


async def pause(counter: Counter, reason: str) -> None:
    """As `njia service pause sha`."""
    async with writing_pool(counter.clinic.settings) as pool:
        await gate.pause(pool, Service.SHA, reason)


async def resume(counter: Counter) -> int:
    """As `njia service resume sha`; how many calls go on at once."""
    async with writing_pool(counter.clinic.settings) as pool:
        await gate.resume(pool, Service.SHA)
    return await go_on(counter.clinic.clinic.temporal, Service.SHA)


async def flagged(counter: Counter, workflow_type: str) -> int:
    """How many workflows of a type tell supervisors in Temporal that SHA does not answer."""
    query = f"WorkflowType = '{workflow_type}' and Attention = 'SHA_AWAY' and ExecutionStatus = 'Running'"
    return (await counter.clinic.clinic.temporal.count_workflows(query)).count


async def pending_calls(run: Run) -> dict[str, int]:
    """The calls that Temporal shows as pending, each with its attempt."""
    pending = (await run.describe()).raw_description.pending_activities
    return {call.activity_type.name: call.attempt for call in pending}


async def listed(counter: Counter, status: str) -> list[dict[str, Any]]:
    answer = await counter.walk.does(Role.CASHIER, "GET", f"/api/claims?status={status}&limit=100")
    return list(answer.json()["items"])


async def until_listed(counter: Counter, status: str, count: int, seconds: float = 60) -> list[dict[str, Any]]:
    """The claims of a status once there are so many."""
    found: list[dict[str, Any]] = []

    async def are_there() -> bool:
        found[:] = await listed(counter, status)
        return len(found) == count

    try:
        await eventually(are_there, seconds)
    except TimeoutError:
        raise AssertionError(f"{len(found)} claims of {count} are {status}") from None
    return found


async def until_asked(counter: Counter, kind: str, count: int) -> None:
    """Wait until so many tasks of a kind are open."""

    async def are_asked() -> bool:
        found = await counter.clinic.rows("select 1 from tasks where kind = %s and status = 'OPEN'", kind)
        return len(found) == count

    await eventually(are_asked, 60)
