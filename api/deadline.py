"""No request hangs: whatever a frozen database or network does, an answer comes in time."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import RETRY_AFTER, rendered
from models.problems import Unavailable

Got = TypeVar("Got")
_ending: set[asyncio.Task[Any]] = set()


async def within(seconds: float, work: Coroutine[Any, Any, Got]) -> Got:
    """The result in time, or TimeoutError at once. Late work is cancelled, but its end is not waited for: a driver may
    need many seconds to give up on a server that does not even refuse."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            _ending.add(task)
            task.add_done_callback(_forget)
            task.cancel()
    if task.cancelled() or not task.done():
        raise TimeoutError
    return task.result()


def _forget(task: asyncio.Task[Any]) -> None:
    _ending.discard(task)
    if not task.cancelled():
        task.exception()  # looked at, so that nobody warns of it


class Deadline:
    """Answers 503 for a request that takes longer than `seconds`; what it does may still be done, once."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = is_late = False

        async def in_time(message: Message) -> None:
            nonlocal has_begun
            if not is_late:
                has_begun = True
                await send(message)

        try:
            await within(self.seconds, self._answer(scope, receive, in_time))
        except TimeoutError:
            is_late = True
            if not has_begun:
                await rendered(too_late(), scope["path"])(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def too_late() -> Any:
    return Unavailable(
        "The answer did not come in time. Repeat with the same Idempotency-Key.", retry_after=RETRY_AFTER
    ).problem
