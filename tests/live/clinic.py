"""A facility that writes events as the clinic does, an API of nothing but the live part, and those who listen."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import socketio
import uvicorn
from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from api.live import Live
from models.problems import NotSignedIn
from models.staff import Person, Role

HERE = Path(__file__).parent
INSERT = (
    "insert into events (facility_id, kind, audience, payload, occurred_at) values (%s, %s, %s, %s, now()) returning id"
)


async def insert(writer: AsyncConnection[Any], facility: UUID, *audience: str, kind: str, **payload: Any) -> int:
    """One event, told of in the same transaction; its id."""
    cursor = await writer.execute(INSERT, (facility, kind, list(audience), Jsonb(payload)))
    row = await cursor.fetchone()
    await writer.execute("select pg_notify('events', '')")
    assert row
    return int(row[0])


@dataclass
class Facility:
    """One place with its own staff; nobody else's events are heard here."""

    url: str
    id: UUID = field(default_factory=uuid4)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A transaction, to be committed or rolled back by whoever asked for it."""
        writer = await psycopg.AsyncConnection.connect(self.url)
        try:
            yield writer
        finally:
            await writer.close()

    async def tell(self, *audience: str, kind: str = "patient:registered", times: int = 1, **payload: Any) -> list[int]:
        """Committed events; their ids."""
        async with self.writing() as writer:
            ids = [await insert(writer, self.id, *audience, kind=kind, **payload) for _ in range(times)]
            await writer.commit()
        return ids

    def person(self, *roles: Role) -> Person:
        return Person(id=uuid4(), facility_id=self.id, roles=roles)


@dataclass
class Staff:
    """Knows the holders of tokens; each token ends after its own time."""

    held: dict[str, tuple[Person, float]] = field(default_factory=dict)

    def token(self, person: Person, seconds: float = 600) -> str:
        token = str(uuid4())
        self.held[token] = (person, seconds)
        return token

    async def authenticate(self, token: str) -> tuple[Person, datetime]:
        if token == "broken":
            raise ZeroDivisionError
        if token not in self.held:
            raise NotSignedIn("The token is not valid; sign in again.")
        person, seconds = self.held[token]
        return person, datetime.now(UTC) + timedelta(seconds=seconds)


class Api:
    """One API process, as far as listeners see it."""

    def __init__(self, live: Live, listener: socket.socket) -> None:
        self.live = live
        self.port = int(listener.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        app = live.asgi(FastAPI())
        config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._telling = asyncio.create_task(live.run())
        self._answering = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._answering
        self._telling.cancel()
        await asyncio.wait({self._telling})


@contextlib.asynccontextmanager
async def serving(live: Live, port: int = 0) -> AsyncIterator[Api]:
    with socket.create_server(("127.0.0.1", port)) as listener:
        api = Api(live, listener)
        try:
            yield api
        finally:
            await api.stop()


class Ears:
    """What one listener was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    @property
    def ids(self) -> list[int]:
        return [payload["eventId"] for _, payload in self.told]

    async def hear(self, ids: list[int], within: float = 10.0) -> None:
        """Exactly these, in this order, and nothing after them."""
        with contextlib.suppress(TimeoutError):
            await until(lambda: len(self.ids) >= len(ids), within)
        await asyncio.sleep(0.05)
        assert self.ids == ids


class PythonEars(Ears):
    def __init__(self, token: Any, since: Any = None) -> None:
        super().__init__()
        self.token, self.since = token, since
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._on_event)
        self.client.on("connect_error", self._on_refusal)
        self.refusal: Any = None

    async def connect(self, api: Api, **options: Any) -> None:
        options = {"transports": ["websocket"], "wait_timeout": 10, **options}
        auth = {"token": self.token} | ({} if self.since is None else {"since": self.since})
        await self.client.connect(api.address, auth=auth, **options)

    async def again(self, api: Api) -> None:
        """A new connection that asks for what was missed."""
        self.since = self.ids[-1] if self.ids else self.since
        await self.connect(api)

    async def _on_event(self, kind: str, payload: dict[str, Any]) -> None:
        self.told.append((kind, payload))

    async def _on_refusal(self, refusal: Any) -> None:
        self.refusal = refusal


@contextlib.asynccontextmanager
async def listening(api: Api, token: Any, since: Any = None, **options: Any) -> AsyncIterator[PythonEars]:
    ears = PythonEars(token, since)
    try:
        await ears.connect(api, **options)
        yield ears
    finally:
        await ears.client.disconnect()


class JavaScriptEars(Ears):
    """The same in a JavaScript program of its own, with the client that browsers use."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__()
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def read(self) -> None:
        assert self.process.stdout
        async for text in self.process.stdout:
            line = json.loads(text)
            self.lines.append(line)
            if line["is"] == "told":
                self.told.append((line["kind"], line["payload"]))

    def count(self, what: str) -> int:
        return sum(line["is"] == what for line in self.lines)

    async def drop(self) -> None:
        """Lose the connection, and come back."""
        assert self.process.stdin
        before = self.count("connected")
        self.process.stdin.write(b"drop\n")
        await until(lambda: self.count("connected") > before)


@contextlib.asynccontextmanager
async def javascript(api: Api, token: str, *since: int) -> AsyncIterator[JavaScriptEars]:
    """Connected or refused."""
    command = ("node", str(HERE / "listener.mjs"), api.address, token, *map(str, since))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    ears = JavaScriptEars(process)
    reading = asyncio.create_task(ears.read())
    try:
        await until(lambda: bool(ears.lines))
        yield ears
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        await reading


def install_javascript() -> None:
    """The packages of the lock file, once."""
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        npm = shutil.which("npm") or "npm"
        quiet = ("--no-audit", "--no-fund", "--omit-lockfile-registry-resolved", "--loglevel=error")
        subprocess.run((npm, "ci", *quiet), cwd=HERE, env=os.environ, check=True, timeout=100)


async def until(what: Callable[[], bool], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.01)
