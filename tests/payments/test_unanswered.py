"""M-Pesa says nothing, or says it late: a person is asked after a day, and money that comes then is credited still."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.mobile_money import receipt_id
from tests.messages.conftest import waiting
from tests.payments.conftest import Till
from tests.payments.steps import (
    SILENT,
    UNREACHABLE,
    answers,
    asked,
    balance_is,
    paid_at_counter,
    prompt_of,
    receipt_is,
    settled,
    task,
    task_about,
)
from workflows import counter_payment, mobile_payment

A_DAY = timedelta(hours=25)


@pytest.fixture
def skipper(till: Till) -> TimeSkipper:
    """Moves one workflow's clock; none moves by itself."""
    return TimeSkipper(till.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))


def run_of(skipper: TimeSkipper, payment_id: str) -> WorkflowHandle[Any, Any]:
    return skipper.client.get_workflow_handle(mobile_payment.workflow_id(UUID(payment_id)))


async def test_a_prompt_that_is_never_answered_fails_after_a_day_and_a_cashier_is_asked(
    till: Till, skipper: TimeSkipper
) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number=SILENT)
    prompt = await prompt_of(till, payment["id"])
    run = run_of(skipper, payment["id"])
    await waiting(run)
    await skipper.fast_forward(run, A_DAY)
    assert await run.result() == "FAILED"
    await settled(till, payment["id"], "FAILED")
    opened = await task(till, payment["id"], "check")
    assert opened
    assert (opened["kind"], opened["role"], opened["status"]) == ("CHECK_PAYMENT", "CASHIER", "OPEN")
    assert prompt["account_reference"] in opened["words"]

    await answers(till, payment["id"], "0")  # the phone was switched on again
    await settled(till, payment["id"], "COMPLETED")
    await balance_is(till, visit["id"], "0.00")
    closed = await task(till, payment["id"], "check")
    assert closed
    assert closed["status"] == "DONE"


async def test_a_phone_that_cannot_be_reached_holds_nobody_up_and_may_pay_late(
    till: Till, skipper: TimeSkipper
) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number=UNREACHABLE)
    prompt = await prompt_of(till, payment["id"])
    run = run_of(skipper, payment["id"])
    await waiting(run)
    await skipper.fast_forward(run, timedelta(minutes=10))
    await settled(till, payment["id"], "FAILED")
    again = await asked(till, visit["id"], amount="100")
    await settled(till, again["id"], "COMPLETED")

    receipt = await paid_at_counter(till, 300, prompt["account_reference"])
    late = await settled(till, payment["id"], "COMPLETED")
    assert late["payment_reference"] == receipt
    assert (await balance_is(till, visit["id"], "-100.00"))["amount_paid"] == "400.00"


async def test_a_receipt_that_m_pesa_does_not_answer_for_is_a_persons_work_after_a_day(
    till: Till, skipper: TimeSkipper
) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "lost_callback", path="status")
    receipt = await paid_at_counter(till, 100, visit["op_number"])
    run = skipper.client.get_workflow_handle(counter_payment.workflow_id(receipt_id(receipt)))
    await waiting(run)
    await skipper.fast_forward(run, A_DAY)
    await receipt_is(till, receipt, "UNANSWERED")
    opened = await task_about(till, receipt, "check")
    assert opened
    assert opened["kind"] == "CHECK_PAYMENT"

    await till.sandbox.mend("mpesa")
    payment = await asked(till, visit["id"], amount="100", payment_reference=receipt)
    await settled(till, payment["id"], "COMPLETED")
    closed = await task_about(till, receipt, "check")
    assert closed
    assert closed["status"] == "DONE"


async def test_an_outage_of_m_pesa_delays_the_question_and_loses_nothing(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number=SILENT)
    await prompt_of(till, payment["id"])
    await till.sandbox.breaks("mpesa", "down")
    await answers(till, payment["id"], "0")
    receipt = await paid_at_counter(till, 100, "NOBODY")
    await receipt_is(till, receipt, "TOLD")
    await till.sandbox.mend("mpesa")
    await settled(till, payment["id"], "COMPLETED")
    await receipt_is(till, receipt, "UNPLACED")
