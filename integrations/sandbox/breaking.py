"""Stands before a service in the sandbox and breaks the wire as ordered."""

import asyncio
import re
from collections import deque
from collections.abc import Sequence

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from integrations.sandbox.counterpart import Counterpart
from integrations.sandbox.faults import Fault, Faults, Mode

CRASHED = "<!doctype html><html><head><title>Error</title></head><body><h1>Bad Request</h1></body></html>"


def matches(patterns: Sequence[str], path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in patterns)


class Breaking:
    """An ASGI application around a service's own."""

    def __init__(self, app: ASGIApp, service: Counterpart, faults: Faults) -> None:
        self.app, self.service, self.faults = app, service, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "")).removeprefix(scope.get("root_path", ""))
        fault = self.faults.take(self.modes(path), path) if scope["type"] == "http" else None
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.mode is Mode.SLOW:
            request = await heard(receive)
            await asyncio.sleep(fault.pause)
            await self.app(scope, request, send)
        elif fault.mode is Mode.TIMEOUT_AFTER_EFFECT:
            await self.app(scope, receive, into_nowhere)
            await until_gone(receive, fault.pause)
            await JSONResponse({"error": "Gateway Timeout"}, 504)(scope, receive, send)
        else:
            await self.broken(fault, path)(scope, receive, send)

    def modes(self, path: str) -> list[Mode]:
        """What can befall a request for this path."""
        modes = [Mode.DOWN, Mode.SLOW]
        if not matches(self.service.tokens, path):
            modes += [Mode.ERROR_500, Mode.HTML_400]
        if matches(self.service.effects, path):
            modes += [Mode.TIMEOUT_AFTER_EFFECT, Mode.REJECT]
        return modes

    def broken(self, fault: Fault, path: str) -> Response:
        if fault.mode is Mode.DOWN:
            wait = {"Retry-After": str(max(1, round(fault.pause)))}
            return JSONResponse({"error": "Service Unavailable"}, 503, headers=wait)
        if fault.mode is Mode.HTML_400:
            return HTMLResponse(CRASHED, 400)
        return self.service.rejection(path) if fault.mode is Mode.REJECT else self.service.breakdown(path)


async def heard(receive: Receive) -> Receive:
    """The whole request, taken in before the caller can hang up; to be received again."""
    messages = deque([await receive()])
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def again() -> Message:
        return messages.popleft() if messages else await receive()

    return again


async def into_nowhere(message: Message) -> None:
    """The answer that nobody hears."""


async def until_gone(receive: Receive, seconds: float) -> None:
    """Wait until the caller hangs up, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
