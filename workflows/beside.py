"""Workflows of their own that begin beside a visit or an appointment, and outlive it."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from models.actions import Start
    from models.claim_actions import ClaimOpening
    from models.claims import Payer
    from models.visit import Visit
    from workflows import claim, coverage, critical_result, mobile_payment, obligation, reminder, results_notice
    from workflows.claim import ClaimWorkflow
    from workflows.coverage import CoverageCheckWorkflow, CoverageOpening
    from workflows.critical_result import CriticalOpening, CriticalResultWorkflow
    from workflows.mobile_payment import MobilePaymentWorkflow, PaymentOpening
    from workflows.obligation import ObligationOpening, ObligationWorkflow
    from workflows.reminder import ReminderOpening, ReminderWorkflow
    from workflows.results_notice import ResultsNoticeWorkflow, ResultsOpening

ROUNDS = 3
"""How often a workflow may end between being found and being told, before its next look at the rows is trusted."""


class Beside(NamedTuple):
    """A workflow, what it starts from, and the signal by which it hears of a change where it runs already."""

    run: Callable[..., Any]
    opening: BaseModel
    id: str
    summary: str
    hears: str = ""


def payment_of(start: Start, visit: Visit) -> Beside:
    opening = PaymentOpening(payment_id=start.id, visit_id=visit.id, facility_id=visit.facility_id)
    return Beside(MobilePaymentWorkflow.run, opening, mobile_payment.workflow_id(start.id), "M-Pesa payment")


def reminder_of(appointment_id: UUID) -> Beside:
    opening = ReminderOpening(appointment_id=appointment_id)
    name = reminder.workflow_id(appointment_id)
    return Beside(ReminderWorkflow.run, opening, name, "Appointment reminder", hears=reminder.CHANGED)


def results_of(visit_id: UUID) -> Beside:
    opening = ResultsOpening(visit_id=visit_id)
    name = results_notice.workflow_id(visit_id)
    return Beside(ResultsNoticeWorkflow.run, opening, name, "Reports to the patient", hears=results_notice.CHANGED)


def critical_of(lab_request_id: UUID) -> Beside:
    opening = CriticalOpening(lab_request_id=lab_request_id)
    name = critical_result.workflow_id(lab_request_id)
    return Beside(CriticalResultWorkflow.run, opening, name, "Critical result", hears=critical_result.CHANGED)


def obligation_of(obligation_id: UUID) -> Beside:
    opening = ObligationOpening(obligation_id=obligation_id)
    name = obligation.workflow_id(obligation_id)
    return Beside(ObligationWorkflow.run, opening, name, "Owed to a patient", hears=obligation.CHANGED)


def claim_run(opening: ClaimOpening) -> Beside:
    name = claim.workflow_id(opening.claim_id)
    return Beside(ClaimWorkflow.run, opening, name, "Claim", hears=claim.CHANGED)


def cover_run(opening: CoverageOpening) -> Beside:
    name = coverage.workflow_id(opening.visit_id)
    return Beside(CoverageCheckWorkflow.run, opening, name, "Cover of a visit")


def claim_of(start: Start, visit: Visit) -> Beside:
    payer = start.payer or Payer.SHA
    return claim_run(ClaimOpening(claim_id=start.id, visit_id=visit.id, facility_id=visit.facility_id, payer=payer))


def cover_of(start: Start, visit: Visit) -> Beside:
    return cover_run(CoverageOpening(visit_id=visit.id, facility_id=visit.facility_id))


KINDS: dict[str, Callable[[Start, Visit], Beside]] = {
    "MobilePayment": payment_of,
    "Reminder": lambda start, visit: reminder_of(start.id),
    "ResultsNotice": lambda start, visit: results_of(start.id),
    "CoverageCheck": cover_of,
    "CriticalResult": lambda start, visit: critical_of(start.id),
    "Obligation": lambda start, visit: obligation_of(start.id),
    "Claim": claim_of,
}


async def begin(start: Start, visit: Visit) -> None:
    """What a command asked for, begun once, however often it is asked for."""
    await begin_or_tell(KINDS[start.kind](start, visit))


async def begin_or_tell(beside: Beside) -> None:
    """Begin it; where it runs already, let it hear that something changed."""
    for _ in range(ROUNDS):
        if await begun(beside) or not beside.hears or await told(beside):
            return


async def begun(beside: Beside) -> bool:
    """False where it runs already."""
    try:
        child = await workflow.start_child_workflow(
            beside.run,
            beside.opening,
            id=beside.id,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=beside.summary,
        )
    except WorkflowAlreadyStartedError:
        return False
    child.add_done_callback(looked_at)
    return True


async def told(beside: Beside) -> bool:
    """False where it does not run (any more)."""
    try:
        await workflow.get_external_workflow_handle(beside.id).signal(beside.hears)
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
        return False
    return True


def looked_at(child: asyncio.Task[Any]) -> None:
    """How it ends is told by a command; that it was terminated, say, is nothing to complain of here."""
    if not child.cancelled():
        child.exception()
