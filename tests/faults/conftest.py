"""One clinic to break, apart from the one that other tests share."""

from collections.abc import AsyncIterator

import pytest

from models.staff import Role
from tests.clinic import WholeClinic, whole_clinic
from tests.walks import Walk


@pytest.fixture(scope="package")
async def fragile() -> AsyncIterator[WholeClinic]:
    """A clinic without a worker, everybody signed in."""
    async with whole_clinic() as clinic:
        for role in Role:
            await clinic.desk(role)
        yield clinic


@pytest.fixture
async def breakable(fragile: WholeClinic) -> AsyncIterator[WholeClinic]:
    """The same for one test; what that stopped and, failing, did not start again is started here."""
    yield fragile
    works = (await fragile.http.get("/healthz")).json()
    for name, server in (("database", fragile.postgres), ("temporal", fragile.temporal)):
        if not works[name]:
            await server.start()


@pytest.fixture
def steps(breakable: WholeClinic) -> Walk:
    """Steps through the pathway of that clinic."""
    return Walk(breakable)
