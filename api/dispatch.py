"""How a command reaches its visit's workflow: answered, or stored durably, or not accepted. Never a hang."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy import select
from temporalio.client import (
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.clinic import Clinic
from api.problems import RETRY_AFTER, Told
from models.appointments import AppointmentCommand
from models.claim_actions import ClaimCommand
from models.command import Command
from models.envelope import Envelope, Reply
from models.identity import IdentityCommand
from models.problems import NotFound, Problem, Unavailable, Unexpected
from models.tables import VisitRow
from workflows import appointment, claim, patient_merge
from workflows.starting import visit_start
from workflows.visit import LOOK_AGAIN, PERFORM, SUBMIT, workflow_id

STORING_SECONDS = 3.0
MOMENTS = (0.05, 0.1, 0.2)
CLOSED_TO_US = {RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED}


@dataclass(frozen=True)
class Done:
    """Written and committed; the body of the answer."""

    answer: dict[str, Any]


@dataclass(frozen=True)
class Accepted:
    """Stored by the Temporal server; takes effect when a worker comes to it."""

    command_id: UUID
    location: str


class InDoubt(Exception):
    """No answer in time: the command may or may not take effect, so it is stored under the same id."""


@dataclass(frozen=True)
class Desk:
    """Where a command goes: the workflow of its subject, and how a run of it is started where none is open."""

    id: str
    run: Any
    opening: BaseModel
    must_exist: Callable[[], Awaitable[None]] | None
    location: str
    static_summary: str = ""
    static_details: str = ""

    def options(self, clinic: Clinic) -> dict[str, Any]:
        return {
            "id": self.id,
            "task_queue": clinic.settings.task_queue,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "static_summary": self.static_summary,
            "static_details": self.static_details,
        }


def visit_desk(clinic: Clinic, command: Command) -> Desk:
    visit_id, starts = command.visit_id, command.action.starts_visit
    return Desk(
        **visit_start(clinic.settings.own_url, visit_id),
        must_exist=None if starts else lambda: require_visit(clinic, command),
        location=f"/api/commands/{command.id}?visit_id={visit_id}",
    )


def appointment_desk(clinic: Clinic, command: AppointmentCommand) -> Desk:
    appointment_id = command.appointment_id
    return Desk(
        id=appointment.workflow_id(appointment_id),
        run=appointment.AppointmentWorkflow.run,
        opening=appointment.AppointmentOpening(appointment_id=appointment_id),
        must_exist=None,
        location=f"/api/commands/{command.id}?appointment_id={appointment_id}",
        static_summary="Appointment",
    )


def merge_desk(clinic: Clinic, command: IdentityCommand) -> Desk:
    return Desk(
        id=patient_merge.workflow_id(command.id),
        run=patient_merge.PatientMergeWorkflow.run,
        opening=patient_merge.MergeOpening(command_id=command.id),
        must_exist=None,
        location=f"/api/commands/{command.id}?merge_id={command.id}",
        static_summary="Merge of two registrations",
    )


def claim_desk(clinic: Clinic, command: ClaimCommand) -> Desk:
    return Desk(
        id=claim.workflow_id(command.opening.claim_id),
        run=claim.ClaimWorkflow.run,
        opening=command.opening,
        must_exist=None,
        location=f"/api/commands/{command.id}?claim_id={command.opening.claim_id}",
        static_summary="Claim",
    )


async def send(clinic: Clinic, desk: Desk, command: Envelope) -> Done | Accepted:
    """Have the command done, or at least stored. Raises Refused; answers within `patience` + 3 s."""
    try:
        return done(await performed(clinic, desk, command))
    except InDoubt:
        return await stored(clinic, desk, command)


def done(reply: Reply) -> Done:
    if reply.problem:
        raise Told(reply.problem)
    return Done(reply.answer or {})


async def performed(clinic: Clinic, desk: Desk, command: Envelope) -> Reply:
    try:
        async with asyncio.timeout(clinic.settings.patience_seconds):
            return await asked(clinic, desk, command)
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as late:
        raise InDoubt from late
    except WorkflowUpdateFailedError as failed:
        raise said(failed) from failed
    except RPCError as error:
        # Unavailable is also what it says of an update that was broken off on a visit of which much is asked at once.
        raise away() if error.status in CLOSED_TO_US else InDoubt from error
    except RuntimeError as unreachable:  # how a lazy client says that nobody listens
        raise away() from unreachable


async def asked(clinic: Clinic, desk: Desk, command: Envelope) -> Reply:
    """A run that is just ending turns an update away, certainly not done: a moment later it is a run that has ended."""
    ask = update_with_start if desk.must_exist is None else update
    for pause in MOMENTS:
        try:
            return await ask(clinic, desk, command)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
        await asyncio.sleep(pause)
    return await ask(clinic, desk, command)


async def update(clinic: Clinic, desk: Desk, command: Envelope) -> Reply:
    """Ask the open run; where there is none (ended, or lost with its server), start one from the rows."""
    handle = clinic.temporal.get_workflow_handle(desk.id)
    try:
        reply: Reply = await handle.execute_update(
            PERFORM, command, id=update_id(command), result_type=Reply, rpc_timeout=patience(clinic)
        )
        return reply
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    if desk.must_exist:
        await desk.must_exist()
    return await update_with_start(clinic, desk, command)


async def update_with_start(clinic: Clinic, desk: Desk, command: Envelope) -> Reply:
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        desk.run, desk.opening, **desk.options(clinic)
    )
    try:
        reply: Reply = await clinic.temporal.execute_update_with_start_workflow(
            PERFORM,
            command,
            start_workflow_operation=start,
            id=update_id(command),
            result_type=Reply,
            rpc_timeout=patience(clinic),
        )
    except BaseException:
        await hear(start)
        raise
    return reply


async def hear(start: WithStartWorkflowOperation[Any, Any]) -> None:
    """Take the start's own copy of the error; left alone, it would be logged as one that nobody noticed."""
    with contextlib.suppress(Exception, asyncio.CancelledError):
        async with asyncio.timeout(0):
            await start.workflow_handle()


async def stored(clinic: Clinic, desk: Desk, command: Envelope) -> Accepted:
    """Leave the command with the Temporal server, which keeps it without any worker."""
    try:
        async with asyncio.timeout(STORING_SECONDS):
            await clinic.temporal.start_workflow(
                desk.run, desk.opening, start_signal=SUBMIT, start_signal_args=[command], **desk.options(clinic)
            )
    except (TimeoutError, RPCError, RuntimeError) as failed:
        raise away() from failed
    return Accepted(command.id, desk.location)


async def look_again(clinic: Clinic, visit_id: UUID) -> None:
    """Let the visit's run see what was written without it. Where that cannot be said now, the run notices by itself at
    its next action, or reconciliation does."""
    handle = clinic.temporal.get_workflow_handle(workflow_id(visit_id))
    with contextlib.suppress(TimeoutError, RPCError, RuntimeError):
        async with asyncio.timeout(STORING_SECONDS):
            await handle.signal(LOOK_AGAIN)


async def require_visit(clinic: Clinic, command: Command) -> None:
    """A visit without a run is known from its row, or it is not known."""
    async with clinic.reading.connect() as db:
        wanted = select(VisitRow.id).where(
            VisitRow.id == command.visit_id, VisitRow.facility_id == command.actor.facility_id
        )
        if (await db.execute(wanted)).first() is None:
            raise NotFound("There is no such visit. Correct the id, or register the patient first.")


def update_id(command: Envelope) -> str:
    """Unique per request. The visit itself knows commands by id and digest; the server, which answers a known update
    id with its first answer for ever, would repeat a refusal although the reason for it has gone."""
    return f"{command.id}:{command.digest[:8]}:{uuid4().hex[:8]}"


def patience(clinic: Clinic) -> timedelta:
    return timedelta(seconds=clinic.settings.patience_seconds)


def said(failed: WorkflowUpdateFailedError) -> Exception:
    """What a failed update means to its sender."""
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type == "Refused":
        return Told(Problem.model_validate(cause.details[0]))
    if isinstance(cause, ApplicationError) and cause.type == "AcceptedUpdateCompletedWorkflow":
        return InDoubt()
    return Unexpected("This command met a fault of ours and was not done. Tell your supervisor.")


def away() -> Unavailable:
    return Unavailable(
        "The workflow server does not answer; this may not have been accepted. Repeat with the same Idempotency-Key.",
        retry_after=RETRY_AFTER,
    )
