"""A clinic that M-Pesa can call: its API on a real port, the sandbox beside it."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from activities.counter_money import told_path
from api.app import create_app
from tests.clinic import WholeClinic, whole_clinic
from tests.services.harness import Sandbox, sandbox_of, serving
from tests.walks import Walk
from workers.registration import register_mpesa


@dataclass
class Till:
    """The clinic with its cashier, and M-Pesa's side of the line."""

    clinic: WholeClinic
    sandbox: Sandbox
    walk: Walk

    @property
    def secret(self) -> bytes:
        return self.clinic.settings.command_secret.get_secret_value().encode()

    @property
    def told_path(self) -> str:
        """Where payments at the counter are confirmed."""
        return told_path(self.secret)


@pytest.fixture(scope="module")
async def closed_till() -> AsyncIterator[Till]:
    """Everything but a worker."""
    door = socket.create_server(("127.0.0.1", 0))
    callbacks = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with sandbox_of(sandbox_seconds=0.2) as sandbox:
        port = sandbox.settings.sandbox_port
        async with (
            whole_clinic(sandbox_port=port, mpesa_callback_url=callbacks) as clinic,
            serving(create_app(clinic.clinic), door),
        ):
            await register_mpesa(clinic.settings)
            yield Till(clinic, sandbox, Walk(clinic))


@pytest.fixture
async def till(closed_till: Till) -> AsyncIterator[Till]:
    """With a worker; every fault of the sandbox is mended afterwards."""
    async with closed_till.clinic.worker():
        yield closed_till
        await closed_till.sandbox.mend("mpesa")
        await closed_till.clinic.rows("delete from services")
