"""A till in the clinic of the session, where nobody pays first; one where everybody does; one to be killed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.policy import DEFAULT
from tests.clinic import WholeClinic, whole_clinic
from tests.money.purse import Purse
from tests.walks import Walk


@pytest.fixture
def purse(open_clinic: WholeClinic, walk: Walk) -> Purse:
    return Purse(open_clinic, walk)


@pytest.fixture(scope="session")
def strict_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house's policy, but every service is paid first."""
    path = tmp_path_factory.mktemp("policy") / "strict.toml"
    path.write_text(DEFAULT.read_text().replace('"AFTER"', '"BEFORE"'))
    return path


@pytest.fixture(scope="package")
async def strict(strict_policy: Path) -> AsyncIterator[Purse]:
    async with whole_clinic(policy=strict_policy) as clinic, clinic.worker():
        yield Purse(clinic, Walk(clinic))


@pytest.fixture(scope="module")
async def bare() -> AsyncIterator[Purse]:
    """Without a worker."""
    async with whole_clinic() as clinic:
        yield Purse(clinic, Walk(clinic))
