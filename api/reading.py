"""Reading the database from a route."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.problems import Unavailable


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection to read with; Unavailable where the database does not answer."""
    try:
        async with engine.connect() as db:
            yield db
    except (OperationalError, InterfaceError, TimeoutError):
        raise Unavailable("The database is away. Try again.", retry_after=2) from None
