"""The contract is tested on one clinic, whose every answer is held to its own OpenAPI document."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from api.app import create_app
from tests.clinic import WholeClinic
from tests.contract.answers import Described
from tests.walks import Walk


@pytest.fixture(scope="session")
async def checked_clinic(open_clinic: WholeClinic) -> AsyncIterator[WholeClinic]:
    """The open clinic, asked through a client that checks each answer."""
    app = create_app(open_clinic.clinic)
    described = Described.of(app.openapi())

    async def check(answer: httpx2.Response) -> None:
        await answer.aread()
        described.check(answer)

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    hooks = {"response": [check]}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://clinic", timeout=30, event_hooks=hooks
    ) as client:
        yield replace(open_clinic, http=client, desks={})


@pytest.fixture
def walk(checked_clinic: WholeClinic) -> Walk:
    """Steps through the pathway; each answer is checked on the way."""
    return Walk(checked_clinic)
