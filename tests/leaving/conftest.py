"""The gate of the session's clinic, and that of a clinic without a worker."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.leaving.gate import Gate
from tests.walks import Walk


@pytest.fixture
def gate(open_clinic: WholeClinic, walk: Walk) -> Gate:
    return Gate(open_clinic, walk)


@pytest.fixture(scope="module")
async def bare() -> AsyncIterator[Gate]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield Gate(clinic, Walk(clinic))
