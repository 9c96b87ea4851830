"""A whole clinic for tests: real PostgreSQL, real Temporal server, the API in this process, workers as wanted."""

import asyncio
import itertools
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
from argon2 import PasswordHasher
from psycopg.rows import dict_row

from activities.passwords import Passwords
from activities.seed import seed
from api.app import create_app, opened_clinic
from api.clinic import Clinic
from integrations.database import migrate
from integrations.embedded.postgres import EmbeddedPostgres
from integrations.embedded.temporal import EmbeddedTemporal
from integrations.settings import Settings, libpq_url
from integrations.temporal import connect, prepare_namespace
from models.staff import Role
from tests.ports import free_ports
from workers.clinic import at_work
from workflows.attributes import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[1]
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
SKIPPING = {"frontend.WorkflowTimeSkippingEnabled": "true"}


async def eventually(is_so: Callable[[], Awaitable[object]], seconds: float = 30) -> None:
    """Wait until it is so; a test fails by TimeoutError where it never is."""
    async with asyncio.timeout(seconds):
        for _ in itertools.count():
            if await is_so():
                return
            await asyncio.sleep(0.1)


@dataclass
class Desk:
    """One member of staff at the API. Each write gets a key of its own where none is given."""

    http: httpx2.AsyncClient
    token: str

    async def ask(self, method: str, path: str, body: Any = None, key: UUID | str | None = None) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        if method != "GET":
            headers["Idempotency-Key"] = str(key or uuid4())
        return await self.http.request(method, path, json=body, headers=headers)

    async def get(self, path: str) -> httpx2.Response:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None, key: UUID | str | None = None) -> httpx2.Response:
        return await self.ask("POST", path, body or {}, key)

    async def put(self, path: str, body: Any = None, key: UUID | str | None = None) -> httpx2.Response:
        return await self.ask("PUT", path, body or {}, key)


@dataclass
class WholeClinic:
    settings: Settings
    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    clinic: Clinic
    http: httpx2.AsyncClient
    desks: dict[str, Desk] = field(default_factory=dict)

    async def desk(self, who: Role | str) -> Desk:
        """The desk of a demo person: `Role.CASHIER`, or a user name."""
        name = who.lower()
        if name not in self.desks:
            form = {"username": name, "password": self.settings.demo_password.get_secret_value()}
            answer = await self.http.post("/api/auth/token", data=form)
            assert answer.status_code == 200, answer.text
            self.desks[name] = Desk(self.http, answer.json()["access_token"])
        return self.desks[name]

    async def rows(self, text: str, *values: Any) -> list[dict[str, Any]]:
        """What is stored, read directly."""
        address = libpq_url(self.settings.database)
        async with await psycopg.AsyncConnection.connect(address, autocommit=True, row_factory=dict_row) as db:
            cursor = await db.execute(text, values)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """A worker in this process; stops cleanly."""
        client = await connect(self.settings)
        async with at_work(client, self.settings):
            yield

    @asynccontextmanager
    async def worker_process(self, *program: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """A worker of its own, which may be killed. `program`: not ours; `settings`: what it shall see besides."""
        started = program or (str(ROOT / "njia.py"), "worker")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *started, env={**self.environment, **settings}, cwd=ROOT
        )
        try:
            await self.until_polled(process.pid)
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()

    async def until_polled(self, pid: int) -> None:
        """Wait until the server hears from that worker."""
        from integrations.embedded.readiness import worker_is_polling

        is_polling = worker_is_polling(self.settings)
        await eventually(lambda: is_polling(pid), 90)

    @property
    def environment(self) -> dict[str, str]:
        """For a process of its own that shall see the same settings."""
        shared = {"database_url", "temporal_address", "port", "data", "policy"}
        named = self.settings.model_dump(include=shared, mode="json", exclude_none=True)
        return {**os.environ, **{f"NJIA_{name.upper()}": str(value) for name, value in named.items()}}


@asynccontextmanager
async def whole_clinic(*, dynamic: Mapping[str, str] | None = None, **changed: Any) -> AsyncIterator[WholeClinic]:
    """Start everything but a worker, in a folder of its own; nothing is left afterwards.

    `dynamic`: dynamic configuration for the Temporal server; the rest are settings.
    """
    folder = Path(tempfile.mkdtemp(prefix="njia-test-"))
    folder.chmod(0o711)
    port, temporal_port, ui_port = free_ports(3)
    postgres = EmbeddedPostgres(folder, folder / "socket")
    wished = SKIPPING | dict(dynamic or {})
    temporal = EmbeddedTemporal(folder, port=temporal_port, ui_port=ui_port, namespace="clinic", dynamic=wished)
    async with AsyncExitStack() as stack:
        await postgres.start()
        stack.push_async_callback(postgres.remove)
        await temporal.start()
        stack.push_async_callback(temporal.stop)
        settings = Settings(
            data=folder,
            port=port,
            database_url=postgres.url,
            temporal_address=temporal.address,
            temporal_ui_url=f"http://127.0.0.1:{ui_port}",
            **changed,
        )
        await asyncio.to_thread(migrate, settings)
        await prepare_namespace(await connect(settings), settings, SEARCH_ATTRIBUTES)
        await seed(settings, QUICK)
        clinic = await stack.enter_async_context(opened_clinic(settings))
        transport = httpx2.ASGITransport(app=create_app(clinic), raise_app_exceptions=False)
        http = await stack.enter_async_context(
            httpx2.AsyncClient(transport=transport, base_url="http://clinic", timeout=30)
        )
        yield WholeClinic(settings, postgres, temporal, clinic, http)
