"""One sandbox for the session, as good as new for every test; and a clinic that it can call."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from integrations.services.line import outside_client
from integrations.settings import Settings
from tests.services.harness import Called, Sandbox, Scripted, called_clinic, sandbox_of, scripted_service

QUICK = 0.05


@pytest.fixture(scope="session")
async def whole_sandbox() -> AsyncIterator[Sandbox]:
    async with sandbox_of(
        sandbox_seconds=QUICK,
        mpesa_consumer_key="the-consumer-key",
        mpesa_consumer_secret="the-consumer-secret",
        mpesa_pass_key="the-pass-key",
    ) as sandbox:
        yield sandbox


@pytest.fixture
async def sandbox(whole_sandbox: Sandbox) -> Sandbox:
    """Nothing is broken, and every ledger is empty."""
    assert (await whole_sandbox.http.delete("/_sandbox")).status_code == 204
    return whole_sandbox


@pytest.fixture(scope="session")
async def session_clinic() -> AsyncIterator[Called]:
    async with called_clinic() as called:
        yield called


@pytest.fixture
def clinic(session_clinic: Called) -> Called:
    """A clinic that has heard nothing yet."""
    session_clinic.heard.clear()
    return session_clinic


@pytest.fixture(scope="session")
async def session_script() -> AsyncIterator[Scripted]:
    async with scripted_service() as scripted:
        yield scripted


@pytest.fixture
def scripted(session_script: Scripted) -> Scripted:
    """A service without a script yet, that was asked nothing."""
    session_script.requests.clear()
    return session_script


@pytest.fixture(scope="session")
async def http(whole_sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    """The client of a patient process."""
    async with outside_client(whole_sandbox.settings) as client:
        yield client


@pytest.fixture
def production() -> Callable[..., Settings]:
    """Settings of a clinic that works in earnest."""

    def settings(**changed: Any) -> Settings:
        secrets = {
            "token_secret": "t" * 32,
            "command_secret": "c" * 32,
            "payload_keys": f"p:{b64encode(bytes(32)).decode()}",
        }
        return Settings(environment="production", **{**secrets, **changed})

    return settings
