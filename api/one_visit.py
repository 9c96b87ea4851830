"""Reading one visit: its summary, bill and timeline, and what became of a command."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.records import visit_of
from api.actions import REFUSALS
from api.bills import bill_of
from api.clinic import Address, Clinic, Reading, TheClinic
from api.dispatch import away
from api.hindsight import as_known
from api.hindsight_shapes import AsKnown
from api.noting import NoteReads
from api.records import CLINICAL_READERS
from api.security import Signed
from api.shapes import Bill, CommandStatus, TimelineItem, VisitSummary, list_of
from models.base import Instant
from models.problems import NotFound
from models.staff import Person
from models.tables import AppointmentRow, ChargeRow, ClaimRow, CommandRow, PatientMergeRow, VisitRow
from models.visit import Visit
from models.visit_summary import summary
from workflows import appointment, claim, patient_merge
from workflows.visit import workflow_id as visit_run

routes = APIRouter(prefix="/api", responses=REFUSALS)
At = Annotated[Instant | None, Query(description="A past moment with its zone, like 2026-11-23T10:42:00+03:00.")]


async def visit_in(db: Reading, actor: Person, id: UUID) -> Visit:
    wanted = select(VisitRow.__table__).where(VisitRow.id == id, VisitRow.facility_id == actor.facility_id)
    found = (await db.execute(wanted)).mappings().first()
    if found is None:
        raise NotFound("There is no such visit.")
    return visit_of(dict(found))


@routes.get("/visits/{id}", response_model=VisitSummary, tags=["visit"])
async def visit(id: UUID, actor: Signed, db: Reading, note: NoteReads) -> Any:
    """Where the visit stands."""
    found = await visit_in(db, actor, id)
    note(VisitRow, [{"id": id, "visit_id": id, "visit_version": found.version}])
    return summary(found)


@routes.get("/visits/{id}/bill", response_model=Bill, tags=["visit"])
async def bill(id: UUID, actor: Signed, db: Reading) -> Any:
    """What was charged and is not taken back, and who has settled it."""
    found = await visit_in(db, actor, id)
    wanted = (
        select(ChargeRow.__table__)
        .where(ChargeRow.visit_id == id, ChargeRow.taken_back_by.is_(None))
        .order_by(ChargeRow.recorded_at, ChargeRow.id)
    )
    return bill_of(found, [dict(row) for row in (await db.execute(wanted)).mappings()])


@routes.get("/visits/{id}/timeline", response_model=AsKnown | list_of(TimelineItem), tags=["visit"])
async def timeline(id: UUID, clinic: TheClinic, actor: Signed, db: Reading, address: Address, at: At = None) -> Any:
    """Every command that took effect and every one refused after a 202, in the order in which they were decided.

    With `at`, the visit as the clinic knew it at that moment: what had been written, by whom, and who had seen it.
    """
    await visit_in(db, actor, id)
    if at is not None:
        shown = await as_known(clinic.reading, actor, id, at)
        await clinic.administration.audited_hindsight(actor, address, id, at)
        return shown
    wanted = (
        select(CommandRow.__table__, CommandRow.id.label("command_id"))
        .where(CommandRow.visit_id == id)
        .order_by(CommandRow.written_at, CommandRow.id)
    )
    rows = [dict(row) for row in (await db.execute(wanted)).mappings()]
    marked = errors_in(rows)
    items = [
        {**row, "problem": told(row["problem"], row, actor), "entered_in_error_by": marked.get(row["id"])}
        for row in rows
    ]
    return {"items": items, "next_cursor": None}


def told(problem: dict[str, Any] | None, row: Any, actor: Person) -> dict[str, Any] | None:
    """A refusal may say which allergy stood in the way: that much is for whoever sent it, and for clinical roles."""
    if problem is None or row["actor_id"] == actor.id or actor.is_any_of(CLINICAL_READERS):
        return problem
    return {name: said for name, said in problem.items() if name != "errors"}


def errors_in(rows: list[dict[str, Any]]) -> dict[UUID, UUID]:
    """Of each command whose record was entered in error, the command that marked it: a record has the id of the
    command that wrote it."""
    marking = [row for row in rows if row["kind"] == "enter_in_error" and row["status"] == "DONE"]
    return {UUID(row["answer"]["id"]): row["id"] for row in marking}


@routes.get("/commands/{id}", response_model=CommandStatus, tags=["command"])
async def command(
    id: UUID,
    clinic: TheClinic,
    actor: Signed,
    db: Reading,
    visit_id: UUID | None = None,
    appointment_id: UUID | None = None,
    claim_id: UUID | None = None,
    merge_id: UUID | None = None,
) -> Any:
    """What became of a command that was answered 202. Named with what it is about, as its `Location` does, one that is
    not yet decided is PENDING."""
    wanted = select(CommandRow.__table__).where(CommandRow.id == id, CommandRow.facility_id == actor.facility_id)
    row = (await db.execute(wanted)).mappings().first()
    if row is not None:
        is_readable = row["actor_id"] == actor.id or actor.is_any_of(CLINICAL_READERS)
        problem = told(row["problem"], row, actor)
        return {**row, "record": row["answer"] if is_readable else None, "problem": problem}
    about = {VisitRow: visit_id, AppointmentRow: appointment_id, ClaimRow: claim_id, PatientMergeRow: merge_id}
    for table, subject in about.items():
        if subject and await is_ours(db, actor, table, subject) and await is_open(clinic, RUN_OF[table](subject)):
            return {"id": id, "status": "PENDING"}
    raise NotFound("No such command was accepted here. Send it again with the same Idempotency-Key.")


RUN_OF: dict[Any, Callable[[UUID], str]] = {
    VisitRow: visit_run,
    AppointmentRow: appointment.workflow_id,
    ClaimRow: claim.workflow_id,
    PatientMergeRow: patient_merge.workflow_id,
}
"""Under which name a subject's workflow runs."""


async def is_ours(db: Reading, actor: Person, table: Any, id: UUID) -> bool:
    """False for what is another facility's. What has no row may be a beginning that is not yet written."""
    found = await db.execute(select(table.facility_id).where(table.id == id))
    return found.scalar() in (None, actor.facility_id)


async def is_open(clinic: Clinic, name: str) -> bool:
    """Whether there is a run that may still come to the command."""
    handle = clinic.temporal.get_workflow_handle(name)
    try:
        found = await handle.describe(rpc_timeout=timedelta(seconds=3))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise away() from error
    except RuntimeError as unreachable:
        raise away() from unreachable
    return found.status is WorkflowExecutionStatus.RUNNING
