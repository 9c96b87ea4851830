"""What the API process was given when it started, and how a request reaches it.

The dependencies are coroutines though they wait for nothing: plain functions would each take a turn in a thread.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client

from activities.administration import Administration
from activities.callbacks import Callbacks
from activities.reads import Reads
from api.security import Security
from integrations.settings import Settings


@dataclass(frozen=True)
class Clinic:
    settings: Settings
    temporal: Client
    reading: AsyncEngine
    administration: Administration
    security: Security
    callbacks: Callbacks
    reads: Reads
    calling: set[UUID] = field(default_factory=set)
    """Visits whose patients this process just calls for a desk, so that the next desk looks further on."""


async def clinic_of(request: Request) -> Clinic:
    held: Clinic = request.app.state.clinic
    return held


TheClinic = Annotated[Clinic, Depends(clinic_of)]


async def reading_of(clinic: TheClinic) -> AsyncIterator[AsyncConnection]:
    async with clinic.reading.connect() as connection:
        yield connection


Reading = Annotated[AsyncConnection, Depends(reading_of, scope="function")]


async def key_of(request: Request) -> UUID:
    """The request's idempotency key: the client's, or the one made for it (see `api.keys`)."""
    key: UUID = request.state.key
    return key


Key = Annotated[UUID, Depends(key_of)]


async def address_of(request: Request) -> str | None:
    """Where the request came from; uvicorn believes forwarding headers of trusted proxies only."""
    return request.client.host if request.client else None


Address = Annotated[str | None, Depends(address_of)]
