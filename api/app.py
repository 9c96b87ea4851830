"""The API process: routes, live events, and what they need, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from activities.administration import Administration
from activities.callbacks import Callbacks
from activities.reads import Reads
from api import (
    appointments,
    callbacks,
    cashier,
    claims,
    codec,
    corrections,
    flow,
    handovers,
    health,
    identity,
    laboratory,
    lists,
    one_visit,
    patients,
    payer_callbacks,
    prices,
    problems,
    queues,
    receipts,
    reconciliation,
    records,
    service_times,
    services,
    sign_in,
    sms_callbacks,
    staff,
    stock,
    supervision,
    tasks,
    visits,
)
from api.bodies import SmallBodies
from api.clinic import Clinic
from api.deadline import Deadline
from api.description import Described
from api.keys import IdempotencyKeys
from api.live import Live
from api.security import Security
from integrations.database import reading_engine, writing_pool
from integrations.encryption import KeyringCodec
from integrations.settings import Settings
from integrations.temporal import connect
from models.staff import Person

PARTS = (
    sign_in,
    staff,
    prices,
    corrections,
    visits,
    appointments,
    laboratory,
    stock,
    records,
    services,
    lists,
    queues,
    service_times,
    identity,
    patients,
    one_visit,
    health,
    callbacks,
    sms_callbacks,
    supervision,
    flow,
    tasks,
    handovers,
    receipts,
    cashier,
    claims,
    payer_callbacks,
    reconciliation,
)

SPARE_SECONDS = 4.5
"""Beyond the patience with a worker: to see who is there, and to store what a worker did not answer."""

WEB = Path(__file__).parent.parent / "web"
DESCRIPTION = "One outpatient visit, from registration to discharge. Writes take an `Idempotency-Key`; see the README."


class Door:
    """Signs supervisors in to the codec endpoint with the clinic's own staff."""

    def __init__(self, security: Security) -> None:
        self.security = security

    async def sign_in(self, request: Request, user_name: str, password: str) -> tuple[Person, str]:
        token, _ = await self.security.sign_in(user_name, password, request.client.host if request.client else None)
        return await self.person_from_token(request, token), token

    async def person_from_token(self, request: Request, token: str) -> Person:
        person, _ = await self.security.person(token)
        return person


def create_app(clinic: Clinic) -> FastAPI:
    app = Described(title="Njia", version="0.1.0", description=DESCRIPTION, redirect_slashes=False)
    app.state.clinic = clinic
    problems.install(app)
    app.add_middleware(SmallBodies)
    app.add_middleware(Deadline, seconds=clinic.settings.patience_seconds + SPARE_SECONDS)
    app.add_middleware(IdempotencyKeys)
    for part in PARTS:
        app.include_router(part.routes)
    settings = clinic.settings
    sealed = KeyringCodec(settings.keyring)
    app.include_router(codec.router(Door(clinic.security), clinic.administration.audited_decode, settings, sealed))
    app.mount("/static", StaticFiles(directory=WEB / "static"))
    return app


@asynccontextmanager
async def opened_clinic(settings: Settings) -> AsyncIterator[Clinic]:
    """Everything that the API needs; opens although database or Temporal are away, and finds them when they return."""
    reading = reading_engine(settings)
    pool = writing_pool(settings, size=4)
    await pool.open(wait=False)
    administration = Administration(pool, settings)
    security = Security(settings, reading, administration)
    try:
        temporal = await connect(settings, impatient=True)
        yield Clinic(settings, temporal, reading, administration, security, Callbacks(pool), Reads(pool))
    finally:
        await pool.close()
        await reading.dispose()


def site(clinic: Clinic) -> tuple[ASGIApp, Live]:
    """The whole site: the API with the live events before it."""
    live = Live(clinic.settings.listening_database, clinic.security.person)
    return live.asgi(create_app(clinic)), live


async def main(settings: Settings) -> None:
    """Serve until asked to stop; requests under way are finished first."""
    async with opened_clinic(settings) as clinic:
        app, live = site(clinic)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            ws="websockets-sansio",
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=5,
        )
        async with asyncio.TaskGroup() as together:  # an API without its live events ends, and is started anew
            relay = together.create_task(live.run())
            await uvicorn.Server(config).serve()
            relay.cancel()
