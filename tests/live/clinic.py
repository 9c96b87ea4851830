"""A facility that writes events as the clinic does, and an API of nothing but the live part."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import uvicorn
from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from api.live import Live
from models.problems import NotSignedIn
from models.staff import Person, Role

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

    def revoke(self, token: str) -> None:
        del self.held[token]

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


async def until(what: Callable[[], bool], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.01)
