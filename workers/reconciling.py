"""What runs on the Temporal server held against the rows, and put right where a run is all that is missing."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from psycopg import OperationalError as PsycopgError
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import OperationalError
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from activities.reconciliation import Compared, Reconciliations
from integrations.database import writing_pool
from integrations.settings import Settings
from integrations.temporal import connect
from models.problems import Unavailable
from models.reconciliation import Code, Finding, Repair, Scope
from models.reconciliation_clocks import Watched, clock_differences, clock_words
from models.reconciliation_runs import Place, Seen, kind_of, run_differences
from workers.reconciling_clocks import watched
from workers.reconciling_words import Named, missing_schedule, named, places
from workers.recovery import done_runs, owed_runs, reading, start_owed, visit_run
from workers.schedules import SCHEDULES, ensure_schedule
from workflows import approval, critical_result, obligation, reminder, visit
from workflows.attributes import DUE_AT, VISIT_STATUS, WAITING_AT
from workflows.beginning import Beside

RUNS = "ExecutionStatus = 'Running'"
AT_ONCE = 10
TELLS = {
    "visit": visit.LOOK_AGAIN,
    "obligation": obligation.CHANGED,
    "critical": critical_result.CHANGED,
    "reminder": reminder.CHANGED,
    "approval": approval.CHANGED,
}
"""By which signal a run hears that it should look at its rows."""


@dataclass(frozen=True)
class Patience:
    """What differs at first may be on its way, from the rows to a run: only what differs at each look does. `telling`:
    how long it may take until who is late is told of."""

    looks: int = 6
    pause: timedelta = timedelta(seconds=2)
    telling: timedelta = timedelta(minutes=2)


@dataclass
class Known:
    """What shall run, `done`: of that, what only has to look; where visits stand by their rows, and their clocks; and
    what runs. `told_by`: who was late until then was told of."""

    told_by: datetime
    owed: dict[str, Beside] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    rows: dict[str, Place] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)

    def differences(self, among: Collection[str] | None = None) -> dict[str, Code]:
        """A run that is missing, or shows another place, has no other clocks than those that it will have."""
        owed = self.owed.keys() if among is None else self.owed.keys() & set(among)
        clocks = {run: one for run, one in self.watched.items() if among is None or run in among}
        runs = run_differences(owed, self.rows, self.seen, self.done)
        return clock_differences(clocks, self.seen, self.told_by) | runs

    def clocks_in_words(self, run: str, code: Code) -> str:
        """Empty where it is not the clocks that differ."""
        is_about_clocks = code.startswith("CLOCK_") and run in self.watched
        return clock_words(code, self.watched[run], self.seen[run], self.told_by) if is_about_clocks else ""


class TemporalRuns:
    def __init__(self, client: Client, settings: Settings, patience: Patience | None = None) -> None:
        self.client = client
        self.settings = settings
        self.patience = patience or Patience()
        self.known = Known(datetime.now(UTC))

    async def findings(self) -> tuple[int, list[Finding]]:
        listed = await self.listed()
        suspects = (await self.know(listed)).differences()
        for look in range(self.patience.looks):
            if not suspects:
                break
            if look:
                await asyncio.sleep(self.patience.pause.total_seconds())
            suspects = await self.confirmed(suspects)
        return len(listed), [*await self.named(suspects), *await self.schedules()]

    async def repair(self, finding: Finding) -> None:
        """May be done twice: what runs is not started again, and whoever is told just looks."""
        match finding.repair:
            case Repair.START_RUN:
                owed = self.known.owed.get(finding.run) or visit_run(finding.subject_id)
                await start_owed(self.client, self.settings, owed)
            case Repair.TELL_RUN:
                await self.tell(finding.run)
            case Repair.MAKE_SCHEDULE:
                await ensure_schedule(self.client, self.settings)

    async def tell(self, run: str) -> None:
        try:
            await self.client.get_workflow_handle(run).signal(TELLS[kind_of(run)])
        except RPCError as error:  # it has ended meanwhile
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def listed(self) -> dict[str, Seen]:
        """Page by page, as the server's index has them: it lags behind by a moment."""
        return {one.id: seen_of(one) async for one in self.client.list_workflows(RUNS)}

    async def know(self, seen: dict[str, Seen]) -> Known:
        """The rows as they are now; looked at after the runs, so that a run which had ended is wanted no more."""
        async with reading(self.settings) as db:
            owed = {one.id: one for one in await owed_runs(db)}
            done = frozenset(one.id for one in await done_runs(db))
            told_by = datetime.now(UTC) - self.patience.telling
            self.known = Known(told_by, owed, done, await places(db, seen), await watched(db), seen)
        return self.known

    async def confirmed(self, suspects: dict[str, Code]) -> dict[str, Code]:
        """Those that differ still, asked one by one: that answer is never old."""
        at_once = asyncio.Semaphore(AT_ONCE)

        async def look(run: str) -> Seen:
            async with at_once:
                return await self.described(run)

        seen = dict(zip(suspects, await asyncio.gather(*map(look, suspects)), strict=True))
        again = (await self.know(seen)).differences(suspects)
        return {run: code for run, code in again.items() if suspects[run] is code}

    async def described(self, run: str) -> Seen:
        try:
            return seen_of(await self.client.get_workflow_handle(run).describe())
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return Seen()

    async def named(self, suspects: dict[str, Code]) -> list[Finding]:
        async with reading(self.settings) as db:
            names, known = Named(db, self.settings), self.known
            return [
                await named(names, run, code, known.owed.get(run), known.seen[run], known.clocks_in_words(run, code))
                for run, code in suspects.items()
            ]

    async def schedules(self) -> list[Finding]:
        found = []
        for name in SCHEDULES:
            try:
                await self.client.get_schedule_handle(name).describe()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                found.append(name)
        async with reading(self.settings) as db:
            home = await Named(db, self.settings).home()
        return [missing_schedule(home, name) for name in found] if home else []


def seen_of(one: WorkflowExecution) -> Seen:
    """Of a list or of a description."""
    status = one.typed_search_attributes.get(VISIT_STATUS)
    waiting_at = tuple(one.typed_search_attributes.get(WAITING_AT) or ())
    place = Place(status=status, waiting_at=waiting_at) if status else None
    return Seen(
        status=one.status.name if one.status else "",
        closed_at=one.close_time,
        place=place,
        due_at=one.typed_search_attributes.get(DUE_AT),
    )


async def compared(settings: Settings, scope: Scope) -> Compared:
    """As the schedule does every hour, at once. Unavailable where the database or Temporal does not answer."""
    try:
        client = await connect(settings)
    except RuntimeError:
        raise Unavailable("Temporal does not answer. Is the clinic running?") from None
    try:
        async with writing_pool(settings) as pool:
            runs = TemporalRuns(client, settings)
            return await Reconciliations(pool, runs, settings.policies).compared(scope)
    except (PoolTimeout, PsycopgError, OperationalError):
        raise Unavailable("The database does not answer. Is the clinic running?") from None
    except RPCError as error:
        raise Unavailable(f"Temporal does not answer ({error.status.name}).") from None
