"""A laboratory bench in the clinic of the session, and one in a clinic whose workers may be killed."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.laboratory.bench import Bench
from tests.walks import Walk


@pytest.fixture
def bench(open_clinic: WholeClinic, walk: Walk) -> Bench:
    return Bench(open_clinic, walk)


@pytest.fixture(scope="module")
async def bare() -> AsyncIterator[Bench]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield Bench(clinic, Walk(clinic))
