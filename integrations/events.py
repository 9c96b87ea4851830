"""The events table, read in the order of its ids: nothing is lost, nothing comes twice, and the cursor is just an id.

Ids come from a sequence, and transactions end in another order than they drew them. An id that follows the one before
without a gap is certain as soon as it is visible. Behind a gap stands a transaction that was rolled back or one that
still runs; which of the two is settled like this, and the order of the steps is the proof:

1. An event beyond the gap is visible, so every lower id was drawn before, and `next_event_id` gives a transaction its
   own id before it draws. Thus whoever may still fill the gap has a transaction id by now.
2. We draw a transaction id ourselves: those of step 1 are lower.
3. In a later snapshot no transaction up to ours runs any more (`pg_snapshot_xmin`): what is missing never comes.

Step 2 costs an id; the snapshot's own `xmax` would be free, but it follows the last transaction that *ended*, and a
running one may lie beyond it. Step 3 waits for any writing transaction of the cluster, also in other databases, but
only while there is a gap. All this asks for the primary, and for a sequence without a cache.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeAlias
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from models.base import Value
from models.events import for_person
from models.staff import Person

Connection: TypeAlias = AsyncConnection[DictRow]

PAGE = 500
# Seconds: how soon a doubt is looked at again, the longest pause of that, and how soon we look without being told.
FIRST_PAUSE, LAST_PAUSE, UNTOLD = 0.005, 0.1, 3.0
COLUMNS = "id, facility_id, kind, audience, payload, occurred_at"
# A network that swallows packets is noticed within some 20 s.
PERSISTENCE: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class Told(Value):
    """One row of the events table."""

    id: int
    facility_id: UUID
    kind: str
    audience: tuple[str, ...]
    payload: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True)
class Doubt:
    """Up to `id` something may still come, from transactions below `transaction`."""

    id: int
    transaction: int


async def connect(url: str) -> Connection:
    """A connection to the primary, without a pooler between, that may only read."""
    return await AsyncConnection.connect(
        url,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=3,
        options="-c default_transaction_read_only=on -c timezone=UTC",
        **PERSISTENCE,
    )


async def heard_by(connection: Connection, person: Person, after: int, upto: int) -> list[Told]:
    """The first `PAGE` events of `(after, upto]` that this person may hear."""
    cursor = await connection.execute(
        f"select {COLUMNS} from events where id > %s and id <= %s and facility_id = %s and audience && %s "
        f"order by id limit {PAGE}",
        (after, upto, person.facility_id, audiences(person)),
    )
    return [Told(**row) async for row in cursor]


def audiences(person: Person) -> list[str]:
    """As which a person is spoken to within the facility."""
    return [*map(str, person.roles), for_person(person.id)]


async def last_drawn(connection: Connection) -> int:
    """The highest id that any transaction drew; 0 before the first."""
    return await number(connection, "select case when is_called then last_value else 0 end as n from events_id_seq")


async def number(connection: Connection, question: str) -> int:
    row = await (await connection.execute(question)).fetchone()
    if row is None:
        raise LookupError(question)
    return int(row["n"])


class Tail:
    """The events after `cursor`, as they become certain."""

    def __init__(self, connection: Connection, cursor: int) -> None:
        self.connection = connection
        self.cursor = cursor
        self._doubt: Doubt | None = None

    @classmethod
    async def listening(cls, connection: Connection, cursor: int | None) -> Self:
        """From `cursor` on; without one, or with one that this database never reached, from now on."""
        await connection.execute("listen events")
        drawn = await last_drawn(connection)
        if cursor is not None and cursor <= drawn:
            return cls(connection, cursor)
        tail = cls(connection, drawn)
        await tail._wait_until_over(await tail._doubt_up_to(drawn))
        return tail

    async def next(self) -> list[Told]:
        """The next events, at least one and at most a page; comes back when there are some."""
        pauses = growing()
        while not (certain := await self._look()):
            if self._doubt:
                await asyncio.sleep(next(pauses))
            else:
                await self._news()
                pauses = growing()
        return certain

    async def _look(self) -> list[Told]:
        settled = await self._settled()
        rows = await self._visible()
        certain = list(certainly(rows, self.cursor, settled))
        self.cursor = certain[-1].id if certain else max(self.cursor, settled)
        if self._doubt is None and len(certain) < len(rows):
            self._doubt = await self._doubt_up_to(rows[-1].id)
        return certain

    async def _settled(self) -> int:
        """Up to where nothing new can come; to be asked before reading, never after."""
        if self._doubt and (self._doubt.id <= self.cursor or await self._is_over(self._doubt)):
            doubt, self._doubt = self._doubt, None
            return doubt.id
        return self.cursor

    async def _visible(self) -> list[Told]:
        cursor = await self.connection.execute(
            f"select {COLUMNS} from events where id > %s order by id limit {PAGE}", (self.cursor,)
        )
        return [Told(**row) async for row in cursor]

    async def _doubt_up_to(self, last: int) -> Doubt:
        """`last` was drawn before this call, and so was every id below it."""
        return Doubt(last, await number(self.connection, "select pg_current_xact_id()::text::bigint as n"))

    async def _is_over(self, doubt: Doubt) -> bool:
        question = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as n"
        return await number(self.connection, question) > doubt.transaction

    async def _wait_until_over(self, doubt: Doubt) -> None:
        for pause in growing():
            if await self._is_over(doubt):
                return
            await asyncio.sleep(pause)

    async def _news(self) -> None:
        """Wait for a notification; those that came during our questions count."""
        async for _ in self.connection.notifies(timeout=UNTOLD, stop_after=1):
            pass


def certainly(rows: list[Told], cursor: int, settled: int) -> Iterator[Told]:
    """The first rows, as far as none can come between them any more."""
    for row in rows:
        if row.id > settled and row.id != cursor + 1:
            return
        yield row
        cursor = row.id


def growing() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, LAST_PAUSE)
