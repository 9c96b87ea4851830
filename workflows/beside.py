"""Workflows of their own that begin beside a visit or an appointment, and outlive it."""

from collections.abc import Callable
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.actions import Start
    from models.claim_actions import ClaimOpening
    from models.claims import Payer
    from models.visit import Visit
    from workflows import (
        approval,
        call_back,
        claim,
        coverage,
        critical_result,
        mobile_payment,
        reminder,
        results_notice,
    )
    from workflows.after_care import after_care_of
    from workflows.approval import ApprovalOpening, ApprovalWorkflow
    from workflows.beginning import Beside, begin_or_tell
    from workflows.call_back import CallBackOpening, CallBackWorkflow
    from workflows.claim import ClaimWorkflow
    from workflows.coverage import CoverageCheckWorkflow, CoverageOpening
    from workflows.critical_result import CriticalOpening, CriticalResultWorkflow
    from workflows.mobile_payment import MobilePaymentWorkflow, PaymentOpening
    from workflows.obligation import obligation_of
    from workflows.reminder import ReminderOpening, ReminderWorkflow
    from workflows.results_notice import ResultsNoticeWorkflow, ResultsOpening


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


def call_back_of(call_back_id: UUID) -> Beside:
    opening = CallBackOpening(call_back_id=call_back_id)
    name = call_back.workflow_id(call_back_id)
    return Beside(CallBackWorkflow.run, opening, name, "Call to a patient who left", hears=call_back.CHANGED)


def approval_of(approval_id: UUID) -> Beside:
    opening = ApprovalOpening(approval_id=approval_id)
    name = approval.workflow_id(approval_id)
    return Beside(ApprovalWorkflow.run, opening, name, "A supervisor decides", hears=approval.CHANGED)


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
    "Approval": lambda start, visit: approval_of(start.id),
    "Claim": claim_of,
    "AfterCare": lambda start, visit: after_care_of(start.id),
    "CallBack": lambda start, visit: call_back_of(start.id),
}


async def begin(start: Start, visit: Visit) -> None:
    """What a command asked for, begun once, however often it is asked for."""
    await begin_or_tell(KINDS[start.kind](start, visit))
