"""A ward in the clinic of the session, and one in a clinic without a worker."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.waiting.ward import Ward
from tests.walks import Walk


@pytest.fixture
def ward(open_clinic: WholeClinic, walk: Walk) -> Ward:
    return Ward(open_clinic, walk)


@pytest.fixture(scope="module")
async def bare() -> AsyncIterator[Ward]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield Ward(clinic, Walk(clinic))
