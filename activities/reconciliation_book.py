"""What did not agree, kept: when it was seen first and last, what was done about it, and when it was gone."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from activities.door import writing
from activities.journal import Deed, Journal
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool, inserting
from models.catalogue import Resource
from models.events import Event
from models.reconciliation import Finding
from models.staff import THE_CLINIC, Role
from models.tables import ReconciliationFindingRow

STANDING = "select distinct visit_id from reconciliation_findings where gone_at is null and visit_id is not null"
SEEN_AGAIN = """
    on conflict (code, subject, subject_id) where gone_at is null do update
    set words = excluded.words, last_seen = excluded.last_seen, times = reconciliation_findings.times + 1
    returning id, times
"""
GONE = """
    update reconciliation_findings set gone_at = %(now)s where gone_at is null and not (id = any(%(seen)s))
"""
REPAIRED = """
    update reconciliation_findings set repairs = repairs + 1, repaired_at = %s where id = %s and gone_at is null
    returning id
"""
TOLD = (Role.SUPERVISOR, Role.ADMIN)


class Book:
    """The table `reconciliation_findings`."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def visits_that_differ(self) -> list[UUID]:
        """Looked at again, so that what stands in the book is either seen again or gone."""
        async with writing(self.pool) as db:
            return [row["visit_id"] for row in await (await db.execute(STANDING)).fetchall()]

    async def note(self, findings: Sequence[Finding]) -> dict[tuple[str, str, UUID], UUID]:
        """Keep what was seen, and that the rest is gone; the entry of each. What is new is told, once."""
        now, entries = datetime.now(UTC), {}
        async with writing(self.pool) as db:
            for finding in findings:
                entries[finding.key] = await self.seen(db, finding, now)
            await db.execute(GONE, {"now": now, "seen": list(entries.values())})
        return entries

    async def seen(self, db: Connection, finding: Finding, now: datetime) -> UUID:
        text, values = inserting(ReconciliationFindingRow, row_of(finding, now))
        row = await (await db.execute(text + SEEN_AGAIN, values)).fetchone()
        assert row is not None
        if row["times"] == 1:
            await tell(db, finding, now)
        id: UUID = row["id"]
        return id

    async def repairing(self, finding: Finding, entry: UUID) -> None:
        """Into the audit, before anything is done: no repair goes unnoticed."""
        async with writing(self.pool) as db:
            await db.execute(REPAIRED, (datetime.now(UTC), entry))
            journal = await Journal.open(db, finding.facility_id)
            said = {"difference": finding.code, "repair": finding.repair, "run": finding.run}
            deed = Deed("UPDATE", Resource.RECONCILIATION, entry, {**said, "visit_id": finding.visit_id})
            await journal.append(deed, THE_CLINIC, None)


def row_of(finding: Finding, now: datetime) -> dict[str, Any]:
    kept = finding.model_dump(exclude={"code", "repair"})
    said = {"code": str(finding.code), "repair": str(finding.repair), "who": str(finding.who)}
    counted = {"first_seen": now, "last_seen": now, "times": 1, "repairs": 0}
    return {"id": uuid7(), **kept, **said, "advice": finding.advice, **counted}


async def tell(db: Connection, finding: Finding, now: datetime) -> None:
    """Boards of supervisors hear of what is new."""
    said = {"code": finding.code, "visitId": finding.visit_id, "words": finding.words, "who": finding.who}
    event = Event(kind="reconciliation:difference", audience=TOLD, payload={**said, "repair": finding.repair})
    for text, values in (event_statement(finding.facility_id, event, now), NOTIFY):
        await db.execute(text, values)


def once_each(findings: Iterable[Finding]) -> list[Finding]:
    """Each difference once, however often it was come across."""
    return list({finding.key: finding for finding in findings}.values())
