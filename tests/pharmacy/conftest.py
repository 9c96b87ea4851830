"""A pharmacy's counter in the clinic of the session, and one in a clinic whose workers may be killed."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.pharmacy.counter import Counter
from tests.walks import Walk


@pytest.fixture
def counter(open_clinic: WholeClinic, walk: Walk) -> Counter:
    return Counter(open_clinic, walk)


@pytest.fixture(scope="module")
async def bare() -> AsyncIterator[Counter]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield Counter(clinic, Walk(clinic))
