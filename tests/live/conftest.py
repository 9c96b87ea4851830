"""A database of its own for the live tests, and one API on it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.live import Live
from integrations.database import migrate
from integrations.embedded.postgres import EmbeddedPostgres
from integrations.settings import Settings, libpq_url
from tests.live.clinic import Api, Facility, Staff, serving


@pytest.fixture(scope="module")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    data: Path = tmp_path_factory.mktemp("live") / "data"
    server = EmbeddedPostgres(data, Settings(data=data).socket_folder)
    await server.start()
    try:
        await asyncio.to_thread(migrate, Settings(database_url=server.url))
        yield server
    finally:
        await server.remove()


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres) -> str:
    return libpq_url(postgres.url)


@pytest.fixture
def facility(url: str) -> Facility:
    return Facility(url)


@pytest.fixture(scope="module")
def staff() -> Staff:
    return Staff()


@pytest.fixture(scope="module")
async def api(url: str, staff: Staff) -> AsyncIterator[Api]:
    async with serving(Live(url, staff.authenticate)) as api:
        yield api
