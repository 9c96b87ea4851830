"""A desk in the clinic of the session, and one in a clinic whose workers may be killed."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.undoing.records_desk import RecordsDesk
from tests.walks import Walk


@pytest.fixture
def records(open_clinic: WholeClinic, walk: Walk) -> RecordsDesk:
    return RecordsDesk(open_clinic, walk)


@pytest.fixture(scope="module")
async def bare_records() -> AsyncIterator[RecordsDesk]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield RecordsDesk(clinic, Walk(clinic))
