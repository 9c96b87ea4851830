"""Real sockets for tests of outside services: the sandbox, a clinic that can be called, a service with a script."""

import asyncio
import itertools
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from integrations.sandbox.app import opened_sandbox
from integrations.settings import Settings
from tests.ports import free_port


async def until(is_so: Callable[[], Awaitable[object]], seconds: float = 15) -> None:
    """Wait until it is so; TimeoutError where it never is."""
    async with asyncio.timeout(seconds):
        for _ in itertools.count():
            if await is_so():
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve an application on the loopback address; its base address."""
    config = uvicorn.Config(app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with listener or socket.create_server(("127.0.0.1", 0)) as door:
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else every answer waits some 40 ms
        work = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            await work


@dataclass
class Sandbox:
    """The sandbox, and a person at its controls."""

    base: str
    settings: Settings
    http: httpx2.AsyncClient

    async def breaks(self, service: str, mode: str, **how: Any) -> None:
        answer = await self.http.post(f"/_sandbox/{service}/faults", json={"mode": mode, **how})
        assert answer.status_code == 201, answer.text

    async def mend(self, service: str) -> None:
        assert (await self.http.delete(f"/_sandbox/{service}/faults")).status_code == 204

    async def ledger(self, service: str, **only: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.book(service, **only))["items"]
        return items

    async def book(self, service: str, **only: str) -> dict[str, Any]:
        """The ledger with what stands beside it."""
        book: dict[str, Any] = (await self.http.get(f"/_sandbox/{service}/ledger", params=only)).json()
        return book

    async def act(self, service: str, control: str, **fields: Any) -> httpx2.Response:
        return await self.http.post(f"/_sandbox/{service}/{control}", json=fields)


@asynccontextmanager
async def sandbox_of(**changed: Any) -> AsyncIterator[Sandbox]:
    """A sandbox on a free port, and the settings with which clients find it."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings = Settings(sandbox_port=listener.getsockname()[1], sandbox_smtp_port=free_port(), **changed)
    async with (
        opened_sandbox(settings) as app,
        serving(app, listener) as base,
        httpx2.AsyncClient(base_url=base, timeout=20) as http,
    ):
        yield Sandbox(base, settings, http)


@dataclass
class Called:
    """A clinic of which only the ear is there: it keeps what it is told, in order, by path."""

    base: str = ""
    heard: list[tuple[str, Any]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, request: Request) -> Response:
        body: Any = await request.body()
        kind = request.headers.get("content-type", "")
        told = await request.json() if "json" in kind else dict(await request.form()) if "form" in kind else body
        async with self._news:
            self.heard.append((request.url.path, told))
            self._news.notify_all()
        return JSONResponse({"ResultCode": 0, "ResultDesc": "Success"})

    async def told(self, path: str, times: int = 1) -> list[Any]:
        """What was told at a path, once it was told so often; TimeoutError where it never is."""

        def said() -> list[Any]:
            return [body for where, body in self.heard if where == path]

        async with asyncio.timeout(15), self._news:
            await self._news.wait_for(lambda: len(said()) >= times)
        return said()


@asynccontextmanager
async def called_clinic() -> AsyncIterator[Called]:
    called = Called()
    app = FastAPI()
    app.add_api_route("/{path:path}", called.__call__, methods=["POST"], response_model=None)
    async with serving(app) as called.base:
        yield called


@dataclass
class Scripted:
    """A service that answers with recorded answers, the last one for ever; `requests` keeps what it was asked."""

    base: str = ""
    answers: deque[tuple[int, Any]] = field(default_factory=deque)
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def says(self, *answers: tuple[int, Any]) -> None:
        """The script: status and body of each answer."""
        self.answers = deque(answers)

    async def __call__(self, request: Request) -> Response:
        raw = await request.body()
        self.requests.append((request.url.path, dict(request.headers), await request.json() if raw else None))
        if request.url.path == "/oauth/v1/generate":
            return JSONResponse({"access_token": "recorded-token", "expires_in": "3599"})
        status, body = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        return JSONResponse(body, status) if not isinstance(body, str) else Response(body, status)


@asynccontextmanager
async def scripted_service() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    app = FastAPI()
    app.add_api_route("/{path:path}", scripted.__call__, methods=["GET", "POST"], response_model=None)
    async with serving(app) as scripted.base:
        yield scripted
