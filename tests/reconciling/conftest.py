"""One clinic beside its outside services, with its schedules and a worker."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from api.app import create_app
from integrations.database import writing_pool
from tests.clinic import whole_clinic
from tests.reconciling.house import House
from tests.services.harness import sandbox_of, serving
from workers.registration import register_mpesa
from workers.schedules import ensure_schedule


@asynccontextmanager
async def opened_house(**settings: Any) -> AsyncIterator[House]:
    """Everything but a worker. The desks are patient: what is tested here is not how fast it is."""
    door = socket.create_server(("127.0.0.1", 0))
    own = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with sandbox_of(sandbox_seconds=0.3) as sandbox:
        ports = sandbox.settings.model_dump(include={"sandbox_port", "sandbox_smtp_port"})
        pace: dict[str, Any] = {"claims_per_minute": 6000, "claim_follow_seconds": 0.5, "outside_seconds": 3.0}
        async with (
            whole_clinic(
                public_url=own, patience_seconds=25.0, sandbox_seconds=0.3, **ports, **pace, **settings
            ) as clinic,
            serving(create_app(clinic.clinic), door),
            writing_pool(clinic.settings, size=4) as pool,
        ):
            await register_mpesa(clinic.settings)
            await ensure_schedule(clinic.clinic.temporal, clinic.settings)
            yield House(clinic, sandbox, pool)


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    async with opened_house() as opened, opened.clinic.worker():
        yield opened


@pytest.fixture
async def bare_house() -> AsyncIterator[House]:
    """Without a worker, and to be broken."""
    async with opened_house() as opened:
        yield opened
