"""An activity that has done its work, and whose answer is late: whatever happens meanwhile, happens at that moment."""

import asyncio
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from tests.clinic import eventually


@dataclass
class LateAnswer:
    """`waits`: for which of them the next answer is held back; `there`: its work is done; `goes`: it may arrive."""

    waits: Callable[[Any], bool] = lambda given: False
    there: asyncio.Event = field(default_factory=asyncio.Event)
    goes: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self, given: Any) -> None:
        if not self.there.is_set() and self.waits(given):
            self.there.set()
            await self.goes.wait()


@contextmanager
def late_answer(of: type[Any], name: str) -> Iterator[LateAnswer]:
    """To be entered before the worker starts."""
    late, done = LateAnswer(), getattr(of, name)

    @functools.wraps(done)
    async def answered_late(self: Any, given: Any) -> Any:
        answer = await done(self, given)
        await late.hold(given)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of, name, answered_late)
        yield late


async def heard(run: WorkflowHandle[Any, Any]) -> int:
    """How many signals the run has been sent."""
    events = [event async for event in run.fetch_history_events()]
    return sum(event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED for event in events)


async def until_heard(run: WorkflowHandle[Any, Any], more_than: int) -> None:
    async def has_heard() -> bool:
        return await heard(run) > more_than

    await eventually(has_heard)
