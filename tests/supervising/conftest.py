"""A ward in the clinic of the session, one in a clinic that may be broken, and one where tests are paid first."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.policy import DEFAULT
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


@pytest.fixture(scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ward]:
    """The house's policy, but a test at the laboratory is paid first."""
    path: Path = tmp_path_factory.mktemp("policy") / "strict.toml"
    path.write_text(DEFAULT.read_text().replace('LABORATORY = "AFTER"', 'LABORATORY = "BEFORE"'))
    async with whole_clinic(policy=path) as clinic, clinic.worker():
        yield Ward(clinic, Walk(clinic))
