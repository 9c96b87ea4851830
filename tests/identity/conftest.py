"""A reception desk in the clinic of the session, and one in a clinic whose workers and servers may be stopped."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.identity.reception import Reception
from tests.walks import Walk


@pytest.fixture
def reception(open_clinic: WholeClinic, walk: Walk) -> Reception:
    return Reception(open_clinic, walk)


@pytest.fixture(scope="module")
async def bare() -> AsyncIterator[Reception]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield Reception(clinic, Walk(clinic))
