"""A clinic whose queues nobody else stands in."""

from collections.abc import AsyncIterator

import pytest

from models.staff import Role
from tests.clinic import WholeClinic, whole_clinic
from tests.queues.hall import Hall

STILL_THERE = "select id from visits where completed_at is null and status in ('REGISTERED', 'TRIAGED')"


@pytest.fixture(scope="package")
async def quiet_clinic() -> AsyncIterator[WholeClinic]:
    """The desks are patient: many of them at once are what is tested, not how fast that goes."""
    async with whole_clinic(patience_seconds=25.0) as clinic, clinic.worker():
        yield clinic


@pytest.fixture
async def hall(quiet_clinic: WholeClinic) -> Hall:
    """Everybody who waited has gone home."""
    hall = Hall(quiet_clinic)
    for row in await quiet_clinic.rows(STILL_THERE):
        body = {"kind": "cancel_visit", "reason": "The next test"}
        await hall.done(Role.RECEPTIONIST, "POST", f"/api/visits/{row['id']}/actions", body)
    return hall
