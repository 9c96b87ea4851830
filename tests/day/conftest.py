"""A clinic of its own: when a day ends, it ends for every visit there is."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.day.evening import Evening
from tests.walks import Walk


@pytest.fixture(scope="package")
async def quiet_clinic() -> AsyncIterator[WholeClinic]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield clinic


@pytest.fixture
async def evening(quiet_clinic: WholeClinic) -> AsyncIterator[Evening]:
    async with quiet_clinic.worker():
        yield Evening(quiet_clinic, Walk(quiet_clinic))


@pytest.fixture
def bare_evening(quiet_clinic: WholeClinic) -> Evening:
    """Without a worker."""
    return Evening(quiet_clinic, Walk(quiet_clinic))
