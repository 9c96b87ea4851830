"""A real PostgreSQL of this folder's own, and the administration on it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import psycopg
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from activities.administration import Administration
from activities.passwords import Passwords
from activities.seed import seed
from api import corrections, prices, problems, sign_in, staff
from api.keys import IdempotencyKeys
from api.security import Security
from integrations.database import Pool, migrate, reading_engine, writing_pool
from integrations.embedded.postgres import EmbeddedPostgres
from integrations.settings import Settings
from tests.administration.office import Desk, Office

QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
"""As in the clinic, only fast: what is tested is not how slow argon2 is."""


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="njia-administration-"))
    folder.chmod(0o711)
    postgres = EmbeddedPostgres(folder, folder / "socket")
    await postgres.start()
    await asyncio.to_thread(migrate, Settings(database_url=postgres.url))
    yield postgres
    await postgres.remove()
    shutil.rmtree(folder)


@pytest.fixture
async def settings(server: EmbeddedPostgres) -> Settings:
    """Settings for a database with nothing in it but the tables."""
    await asyncio.to_thread(empty, server)
    return Settings(database_url=server.url)


def empty(server: EmbeddedPostgres) -> None:
    """As the owner of the tables, who alone may put the append-only triggers to sleep."""
    with psycopg.connect(f"host={server.socket_folder} user=njia dbname=njia") as db:
        db.execute("set session_replication_role = replica")
        rows = db.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        for (table,) in rows:
            if table != "alembic_version":
                db.execute(f'delete from "{table}"')


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    async with writing_pool(settings) as pool:
        yield pool


@pytest.fixture
async def office(settings: Settings, pool: Pool) -> AsyncIterator[Office]:
    """The seeded facility, its administration and its security."""
    await seed(settings, QUICK)
    engine = reading_engine(settings)
    administration = Administration(pool, settings, QUICK)
    yield Office(settings, pool, administration, Security(settings, engine, administration), engine)
    await engine.dispose()


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """The routes of the administration, and whoever signs in to them."""
    app = FastAPI()
    app.state.clinic = office
    app.add_middleware(IdempotencyKeys)
    problems.install(app)
    for room in (sign_in, staff, prices, corrections):
        app.include_router(room.routes)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://clinic") as http:
        yield Desk(http)
