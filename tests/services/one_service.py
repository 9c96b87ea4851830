"""A sandbox in which one service stands alone."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from integrations.sandbox.app import opened_sandbox
from integrations.sandbox.counterpart import Counterpart, Stand
from integrations.settings import Settings
from tests.ports import free_port
from tests.services.harness import Sandbox, serving


@asynccontextmanager
async def sandbox_with(service: Callable[[Stand], Counterpart], **changed: Any) -> AsyncIterator[Sandbox]:
    """That service on free ports, and the settings with which clients find it."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings = Settings(sandbox_port=listener.getsockname()[1], sandbox_smtp_port=free_port(), **changed)
    async with (
        opened_sandbox(settings, (service,)) as app,
        serving(app, listener) as base,
        httpx2.AsyncClient(base_url=base, timeout=20) as http,
    ):
        yield Sandbox(base, settings, http)
