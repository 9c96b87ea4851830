"""Everything held against everything: rows, queues and ledger in one snapshot, then workflows against the rows.

What may be repaired is: a run is started, or told to look; a line is counted again; a task that is left is closed.
Facts and money are never changed by themselves.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from temporalio import activity

from activities.audit import snapshot
from activities.gate import beating
from activities.reconciliation_book import Book, once_each
from activities.reconciliation_crowds import CrowdsBeside
from activities.reconciliation_rows import Rows
from activities.reconciliation_tasks import TasksBeside
from integrations.database import Pool
from models.policy import HOUSE, Policies
from models.reconciliation import Finding, Repair, Report, Scope

LATELY = timedelta(days=2)
"""What has not moved for so long is compared by night."""

ALONE = "select pg_advisory_xact_lock(hashtext('njia reconciliation'))"


class Runs(Protocol):
    """What runs on the Temporal server, held against the rows."""

    async def findings(self) -> tuple[int, list[Finding]]:
        """How many runs there are, and what differs."""
        ...

    async def repair(self, finding: Finding) -> None:
        """May be done twice."""
        ...


class Compared(NamedTuple):
    report: Report
    findings: list[Finding]


class Reconciliations:
    def __init__(self, pool: Pool, runs: Runs, policies: Policies = HOUSE) -> None:
        self.pool = pool
        self.runs = runs
        self.book = Book(pool)
        self.crowds = CrowdsBeside(pool, policies)
        self.tasks = TasksBeside(pool)

    @activity.defn(name="reconcile")
    async def reconcile(self, scope: Scope) -> Report:
        """May be repeated, and done by several at once: one after the other."""
        async with beating():
            return (await self.compared(scope)).report

    async def compared(self, scope: Scope) -> Compared:
        async with one_at_a_time(self.pool):
            visits, found = await self.of_rows(scope)
            runs, differing = await self.runs.findings()
            findings = once_each([*found, *differing])
            repaired = await self.kept_and_repaired(findings, scope)
        report = Report(visits=visits, runs=runs, differences=len(findings), repaired=repaired)
        return Compared(report, findings)

    async def of_rows(self, scope: Scope) -> tuple[int, list[Finding]]:
        before = await self.book.visits_that_differ()
        async with snapshot(self.pool) as db:
            rows = Rows(db, datetime.now(UTC) - LATELY, before, everything=scope.everything)
            found = [one async for one in rows.findings()]
            found += [*await self.crowds.findings(db), *await self.tasks.findings(db)]
        return rows.visits, found

    async def kept_and_repaired(self, findings: list[Finding], scope: Scope) -> int:
        entries = await self.book.note(findings)
        wanted = [one for one in findings if scope.repair and one.repair is not Repair.NONE]
        for one in wanted:
            await self.book.repairing(one, entries[one.key])
            await self.repair(one)
        return len(wanted)

    async def repair(self, finding: Finding) -> None:
        match finding.repair:
            case Repair.COUNT_AGAIN:
                await self.crowds.count_again(finding)
            case Repair.CLOSE_TASK:
                await self.tasks.close(finding)
            case _:
                await self.runs.repair(finding)


@asynccontextmanager
async def one_at_a_time(pool: Pool) -> AsyncIterator[None]:
    """Whoever comes second waits, and finds what the first has repaired."""
    async with pool.connection() as db, db.transaction():
        await db.execute(ALONE)
        yield
