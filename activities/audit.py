"""The audit as a whole: whether it still is what was written, and the daily seal over all of its chains."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from temporalio import activity

from activities.verification import Finding, broken_chain, broken_seal, removed_chain
from integrations.database import Connection, Pool, inserting
from models.audit import START, seal_digest
from models.tables import SealRow

__all__ = ["AuditSeals", "Finding", "seal", "verify"]

SNAPSHOT = "set transaction isolation level repeatable read, read only"
ONE_AT_A_TIME = "lock table audit_seals in share row exclusive mode"
LAST = "select number, digest from audit_seals order by number desc limit 1"
OF_THE_DAY = "select max(number) as number from audit_seals where day = %s"
GROWN = """
    with sealed as (
        select head.key as chain, max((head.value ->> 0)::int) as length
        from audit_seals, jsonb_each(heads) as head group by head.key
    ), present as (
        select 'visit:' || id as chain, audit_head as head, audit_length as length from visits
        union all select chain, head, length from audit_chains
    )
    select p.chain, p.head, p.length from present p left join sealed s using (chain)
    where p.length > coalesce(s.length, 0)
"""


async def verify(pool: Pool, page: int = 1000) -> Finding | None:
    """The first broken or missing link of any chain, or seal; None when all is as written. Reads page by page.

    A chain cut off shows against its head, and, where the head was changed too, against the seals. Seals removed from
    the end leave no trace in the database: keep the digest of the latest somewhere else.
    """
    async with snapshot(pool) as db:
        return await broken_chain(db, page) or await removed_chain(db) or await broken_seal(db, page)


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """The database as it stands at one moment, however long one reads."""
    async with pool.connection() as db, db.transaction():
        await db.execute(SNAPSHOT)
        yield db


async def seal(pool: Pool, day: date) -> int:
    """Seal what grew and answer the seal's number. A day without growth gets one empty seal; only growth makes more."""
    async with pool.connection() as db, db.transaction():
        await db.execute(ONE_AT_A_TIME)
        rows = await (await db.execute(GROWN)).fetchall()
        heads: dict[str, list[int | str]] = {row["chain"]: [row["length"], row["head"]] for row in rows}
        before = await (await db.execute(OF_THE_DAY, (day,))).fetchone()
        if before and before["number"] and not heads:
            return int(before["number"])
        return await write_seal(db, day, heads)


async def write_seal(db: Connection, day: date, heads: dict[str, list[int | str]]) -> int:
    last = await (await db.execute(LAST)).fetchone()
    number, previous = (last["number"] + 1, last["digest"]) if last else (1, START)
    digest = seal_digest(previous, day.isoformat(), heads)
    values = {"number": number, "day": day, "heads": heads, "previous_digest": previous, "digest": digest}
    await db.execute(*inserting(SealRow, values))
    return number


class AuditSeals:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn
    async def seal_day(self, day: date) -> int:
        """Sealing twice, or too late, does no harm."""
        return await seal(self.pool, day)
