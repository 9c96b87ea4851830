"""Whether a person who was let in may still act, looked up at most every few seconds."""

import time
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.deadline import within
from api.reading import reading
from models.problems import Unavailable
from models.tables import UserRow

KNOWN_SECONDS = 10.0
PATIENCE_SECONDS = 1.0
"""How long one look-up may take, and how long a database that was away is not asked again."""

MANY = 10_000


@dataclass(frozen=True)
class Standing:
    active: bool
    credentials: int
    at: float


class Standings:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._known: dict[UUID, Standing] = {}
        self._away_until = 0.0

    def forget(self, user_id: UUID) -> None:
        self._known.pop(user_id, None)

    async def allows(self, user_id: UUID, credentials: int) -> bool:
        """Whether a token of that version of credentials is still good.

        While the database is away the token is believed: staff must go on working. Only what was known before still
        counts against it.
        """
        known = self._known.get(user_id)
        if known and self._fresh(known) and credentials <= known.credentials:
            return known.active and credentials == known.credentials
        try:
            known = await self._look_up(user_id)
        except Unavailable:
            if known is None or credentials > known.credentials:
                return True
        return known.active and credentials == known.credentials

    async def _look_up(self, user_id: UUID) -> Standing:
        if time.monotonic() < self._away_until:
            raise Unavailable("The database was away a moment ago.")
        try:
            row = await within(PATIENCE_SECONDS, self._row(user_id))
        except (Unavailable, TimeoutError):
            self._away_until = time.monotonic() + PATIENCE_SECONDS
            raise Unavailable("The database is away.") from None
        standing = Standing(bool(row and row.is_active), row.credentials if row else 0, time.monotonic())
        if len(self._known) >= MANY:
            self._known.clear()
        self._known[user_id] = standing
        return standing

    async def _row(self, user_id: UUID) -> Row[bool, int] | None:
        async with reading(self.engine) as db:
            found = await db.execute(select(UserRow.is_active, UserRow.credentials).where(UserRow.id == user_id))
            return found.one_or_none()

    def _fresh(self, known: Standing) -> bool:
        return time.monotonic() - known.at < KNOWN_SECONDS
