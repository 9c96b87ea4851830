"""Shared by tests that need no clinic of their own: one whole clinic with one worker for the session."""

from collections.abc import AsyncIterator

import pytest

from tests.clinic import WholeClinic, whole_clinic
from tests.walks import Walk


@pytest.fixture(scope="session")
async def open_clinic() -> AsyncIterator[WholeClinic]:
    """A clinic whose worker works; for tests that break nothing."""
    async with whole_clinic() as clinic, clinic.worker():
        yield clinic


@pytest.fixture
def walk(open_clinic: WholeClinic) -> Walk:
    """Steps through the pathway, to begin a test where it becomes interesting."""
    return Walk(open_clinic)
