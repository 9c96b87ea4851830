"""The sandbox's application and process: every service on one port, with its controls."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from integrations.sandbox import control, page
from integrations.sandbox.breaking import Breaking
from integrations.sandbox.callbacks import Callbacks
from integrations.sandbox.control import Open
from integrations.sandbox.counterpart import Counterpart, Stand
from integrations.sandbox.faults import Faults
from integrations.sandbox.ledger import Ledger
from integrations.services.line import outside_client
from integrations.services.mail.sandbox import smtp
from integrations.services.mpesa.sandbox import mpesa
from integrations.services.sha.sandbox import sha
from integrations.services.slade.sandbox import slade
from integrations.services.smart.sandbox import smart
from integrations.services.sms.sandbox import sms
from integrations.settings import Settings

# The services of the sandbox. Each function gets its stand and returns the service.
COUNTERPARTS: tuple[Callable[[Stand], Counterpart], ...] = (sha, slade, smart, mpesa, sms, smtp)

WAIT_FOR_TURN = 2.0
STATIC = Path(__file__).parents[2] / "web" / "static"


@asynccontextmanager
async def opened_sandbox(
    settings: Settings, counterparts: tuple[Callable[[Stand], Counterpart], ...] = COUNTERPARTS
) -> AsyncIterator[FastAPI]:
    """The application, with the servers that services have of their own, until it is closed."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(outside_client(settings))
        services: dict[str, Open] = {}
        for build in counterparts:
            faults = Faults()
            stand = Stand(settings, Ledger(), faults, Callbacks(faults, http))
            service = build(stand)
            stack.push_async_callback(stand.callbacks.drop)
            await stack.enter_async_context(service.running())
            services[service.name] = Open(service, stand)
        yield application(services)


def application(services: Mapping[str, Open]) -> FastAPI:
    app = FastAPI(title="Njia sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(page.routes(services))
    app.include_router(control.routes(services))
    for name, (service, stand) in services.items():
        own = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        own.include_router(service.routes)
        app.mount(f"/{name}", Breaking(own, service, stand.faults))
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


async def main(settings: Settings) -> None:
    """Serve until asked to stop. While another sandbox has the port, wait: two clinics on one machine may share it."""
    for _ in itertools.count():
        if not await is_taken(settings.sandbox_port):
            break
        await asyncio.sleep(WAIT_FOR_TURN)
    async with opened_sandbox(settings) as app:
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=settings.sandbox_port,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        await uvicorn.Server(config).serve()


async def is_taken(port: int) -> bool:
    """Whether somebody on this machine answers there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
