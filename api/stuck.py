"""Which visits do not move: from the rows, and from Temporal where it answers."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.records import policy_for, visit_of
from integrations.database import reading_engine
from integrations.settings import Settings
from integrations.temporal import connect
from models.next_steps import next_steps
from models.policy import Policies
from models.services import Standing
from models.stuck import Code, Facts, Reason, by_urgency, reasons
from models.tables import CoverageRow, FacilityRow, LabRequestRow, OverdueRow, PaymentRow, ServiceRow, TaskRow, VisitRow
from models.visit import Visit
from models.words import next_step
from workflows.visit import workflow_id

PATIENCE_SECONDS = 4
JUST_NOW = timedelta(seconds=30)
"""Temporal's lists lag behind: what began within this is not missed yet."""

RUNNING = "WorkflowType = 'Visit' and ExecutionStatus = 'Running'"
WEDGED = f"{RUNNING} and TemporalReportedProblems is not null"
Row = dict[str, Any]


@dataclass(frozen=True)
class Stuck:
    """One visit that does not move, with every reason."""

    visit: Visit
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Report:
    """`temporal`: whether it answered; where not, nothing is known of wedged and unwatched visits."""

    visits: tuple[Stuck, ...]
    temporal: bool


@dataclass
class Beside:
    """What rows say about each visit, by its id."""

    late: dict[UUID, list[Row]] = field(default_factory=lambda: defaultdict(list))
    tasks: dict[UUID, list[Row]] = field(default_factory=lambda: defaultdict(list))
    critical: dict[UUID, datetime] = field(default_factory=dict)
    payments: dict[UUID, datetime] = field(default_factory=dict)
    covers: dict[UUID, Row] = field(default_factory=dict)


@dataclass(frozen=True)
class Runs:
    """Which visits run in Temporal, and which of them cannot go on."""

    running: frozenset[str]
    wedged: frozenset[str]


async def stuck(db: AsyncConnection, client: Client, policies: Policies, facility_id: UUID) -> Report:
    """Every visit of the facility that does not move, the worst first."""
    now = datetime.now(UTC)
    runs, rows = await asyncio.gather(runs_of(client), read(db, facility_id, now))
    visits, beside, down = rows
    watched = await watching(client, runs, visits, now) if runs else {}
    found = []
    for visit in visits:
        policy = policy_for(policies, visit, now)
        facts = facts_of(visit, beside, runs, watched)
        if why := reasons(facts, down, policy.lasting(policy.without_progress), now):
            found.append(Stuck(visit, why))
    return Report(tuple(sorted(found, key=lambda one: by_urgency(one.visit, one.reasons))), runs is not None)


def facts_of(visit: Visit, beside: Beside, runs: Runs | None, watched: dict[UUID, bool]) -> Facts:
    roles = {step.step: step.roles for step in next_steps(visit)}
    late = (row | {"roles": roles[row["step"]]} for row in beside.late[visit.id] if row["step"] in roles)
    cover = beside.covers.get(visit.id, {})
    return Facts(
        visit=visit,
        late=tuple(late),
        tasks=tuple(beside.tasks[visit.id]),
        critical=beside.critical.get(visit.id),
        payment=beside.payments.get(visit.id),
        cover=cover.get("asked_at"),
        payer=cover.get("payer", ""),
        is_wedged=workflow_id(visit.id) in runs.wedged if runs else None,
        is_watched=watched.get(visit.id) if runs else None,
    )


async def stuck_here(settings: Settings) -> Report:
    """Of the facility of the settings; for who has no API at hand."""
    engine = reading_engine(settings)
    try:
        async with engine.connect() as db:
            wanted = select(FacilityRow.id).where(FacilityRow.code == settings.facility_code)
            facility_id = (await db.execute(wanted)).scalar()
            if facility_id is None:
                return Report((), True)
            return await stuck(db, await connect(settings, impatient=True), settings.policies, facility_id)
    finally:
        await engine.dispose()


async def read(
    db: AsyncConnection, facility_id: UUID, now: datetime
) -> tuple[list[Visit], Beside, dict[str, Standing]]:
    """One look at the rows: visits that are open, or that have an overdue task, with what is beside them."""
    beside = Beside()
    for row in await every(db, OverdueRow, OverdueRow.facility_id == facility_id, OverdueRow.resolved_at.is_(None)):
        beside.late[row["visit_id"]].append(row)
    overdue = (TaskRow.status == "OPEN", TaskRow.due_at < now, TaskRow.visit_id.is_not(None))
    for row in await every(db, TaskRow, TaskRow.facility_id == facility_id, *overdue):
        beside.tasks[row["visit_id"]].append(row)
    unheard = (LabRequestRow.critical_since.is_not(None), LabRequestRow.acknowledged_at.is_(None))
    for row in await every(db, LabRequestRow, LabRequestRow.facility_id == facility_id, *unheard):
        since = beside.critical.get(row["visit_id"], row["critical_since"])
        beside.critical[row["visit_id"]] = min(since, row["critical_since"])
    asked = (PaymentRow.status == "PENDING", PaymentRow.payment_type == "MPESA")
    for row in await every(db, PaymentRow, PaymentRow.facility_id == facility_id, *asked):
        beside.payments[row["visit_id"]] = row["recorded_at"]
    for row in await every(
        db, CoverageRow, CoverageRow.facility_id == facility_id, CoverageRow.status == "PROVISIONAL"
    ):
        beside.covers[row["visit_id"]] = row
    also = {*beside.tasks, *beside.critical}
    wanted = or_(VisitRow.completed_at.is_(None), VisitRow.id.in_(also))
    visits = [visit_of(row) for row in await every(db, VisitRow, VisitRow.facility_id == facility_id, wanted)]
    standings = [Standing.model_validate(row) for row in await every(db, ServiceRow)]
    return visits, beside, {one.name: one for one in standings if one.said != "UP"}


async def every(db: AsyncConnection, table: Any, *conditions: Any) -> list[Row]:
    found = await db.execute(select(table.__table__).where(*conditions))
    return [dict(row) for row in found.mappings()]


async def runs_of(client: Client) -> Runs | None:
    """None where Temporal does not answer."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            running = frozenset([found.id async for found in client.list_workflows(RUNNING)])
            wedged = frozenset([found.id async for found in client.list_workflows(WEDGED)])
    except (RPCError, RuntimeError, TimeoutError):
        return None
    return Runs(running, wedged)


async def watching(client: Client, runs: Runs, visits: Iterable[Visit], now: datetime) -> dict[UUID, bool]:
    """Whether an open visit has a run: what the list lacks is looked up one by one."""
    names = {visit.id: workflow_id(visit.id) for visit in visits if visit.end is None}
    settled = {visit.id for visit in visits if now - visit.updated_at > JUST_NOW}
    found = dict.fromkeys(names, True)
    for id, name in names.items():
        if name not in runs.running and id in settled:
            found[id] = await runs_now(client, name)
    return found


async def runs_now(client: Client, name: str) -> bool:
    try:
        described = await client.get_workflow_handle(name).describe(rpc_timeout=timedelta(seconds=PATIENCE_SECONDS))
    except RPCError as error:
        return error.status is not RPCStatusCode.NOT_FOUND
    return described.status is WorkflowExecutionStatus.RUNNING


def in_words(report: Report) -> list[str]:
    """For an operator: a line for each visit, and one for each reason."""
    lines = (
        [] if report.temporal else ["Temporal does not answer: which visits are wedged or not watched is not known."]
    )
    for one in report.visits:
        visit = one.visit
        waits = ", ".join(visit.waiting_at) or visit.status
        lines.append(f"{visit.op_number}  {visit.triage_colour or 'UNTRIAGED'}  {waits}  (visit {visit.id})")
        lines += [f"    {why.code}: {why.words} Can act: {', '.join(why.roles) or 'nobody'}." for why in one.reasons]
        lines.append(f"    Next: {next_step(visit)}")
    return lines or ["No visit is stuck."]


def having(report: Report, code: Code | None, station: str | None) -> Report:
    """Only those with that reason, or that wait at that station."""
    kept = [
        one
        for one in report.visits
        if (code is None or code in {reason.code for reason in one.reasons})
        and (station is None or station in one.visit.waiting_at)
    ]
    return Report(tuple(kept), report.temporal)
