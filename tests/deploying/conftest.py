"""One clinic whose workers are replaced by others."""

from collections.abc import AsyncIterator

import pytest

from models.staff import Role
from tests.clinic import whole_clinic
from tests.deploying.rollout import Rollout
from tests.walks import Walk


@pytest.fixture(scope="package")
async def rollout() -> AsyncIterator[Rollout]:
    """A clinic without a worker, everybody signed in; an answer is given up soon, for there are many gaps."""
    async with whole_clinic(patience_seconds=2.0) as clinic:
        for role in Role:
            await clinic.desk(role)
        yield Rollout(clinic, Walk(clinic))
