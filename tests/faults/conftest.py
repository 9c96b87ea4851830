"""Clinics to break: each module has one of its own."""

from collections.abc import AsyncIterator

import pytest

from models.staff import Role
from tests.clinic import WholeClinic, whole_clinic
from tests.walks import Walk


@pytest.fixture(scope="module")
async def breakable() -> AsyncIterator[WholeClinic]:
    """A clinic without a worker, everybody signed in; what a test stops it starts again."""
    async with whole_clinic() as clinic:
        for role in Role:
            await clinic.desk(role)
        yield clinic


@pytest.fixture
def steps(breakable: WholeClinic) -> Walk:
    """Steps through the pathway of that clinic."""
    return Walk(breakable)
