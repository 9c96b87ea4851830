"""Calls from a service in the sandbox to the clinic, over real HTTP; they can be lost, doubled or late."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2

from integrations.sandbox.faults import Faults, Mode
from models.base import Moment, Value

KEPT = 1_000
AFTER_CALL_FAULTS = (Mode.LOST_CALLBACK, Mode.DUPLICATE_CALLBACK, Mode.LATE_CALLBACK)


class Called(Value):
    """One call that was due. `outcome`: the status of the answer, `lost`, or `unreachable`."""

    at: Moment
    kind: str
    key: str
    outcome: str


class Callbacks:
    """Makes calls in the background, once each (as Safaricom does: nobody calls again)."""

    def __init__(self, faults: Faults, http: httpx2.AsyncClient) -> None:
        self.faults, self.http = faults, http
        self.made: deque[Called] = deque(maxlen=KEPT)
        self._under_way: set[asyncio.Task[None]] = set()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Let something happen over there after so many seconds."""
        self._keep(asyncio.create_task(self._later(seconds, act)))

    async def _later(self, seconds: float, act: Callable[[], None]) -> None:
        await asyncio.sleep(seconds)
        act()

    def call(self, kind: str, key: str, url: str, body: Any, after: float = 0.0, form: bool = False) -> None:
        """POST `body` to `url` after so many seconds, as JSON or as a form; `key` says what it is about."""
        self._keep(asyncio.create_task(self._call(kind, key, url, {"data" if form else "json": body}, after)))

    def _keep(self, work: asyncio.Task[None]) -> None:
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)

    async def _call(self, kind: str, key: str, url: str, content: dict[str, Any], after: float) -> None:
        await asyncio.sleep(after)
        fault = self.faults.take(AFTER_CALL_FAULTS, kind)
        mode = fault.mode if fault else None
        if mode is Mode.LOST_CALLBACK:
            self._made(kind, key, "lost")
            return
        if fault and mode is Mode.LATE_CALLBACK:
            await asyncio.sleep(fault.pause)
        for _ in range(2 if mode is Mode.DUPLICATE_CALLBACK else 1):
            self._made(kind, key, await self._post(url, content))

    async def _post(self, url: str, content: dict[str, Any]) -> str:
        try:
            return str((await self.http.post(url, **content)).status_code)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return "unreachable"

    def _made(self, kind: str, key: str, outcome: str) -> None:
        self.made.append(Called(at=datetime.now(UTC), kind=kind, key=key, outcome=outcome))

    async def drop(self) -> None:
        """Drop what is still to come."""
        while self._under_way:
            for work in tuple(self._under_way):
                work.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
