"""One M-Pesa payment: an intent, one prompt, and then callback, question or confirmation until it is settled.

It lives beside the visit, so the cashier may close the page. Money that comes late is credited, never dropped.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.counter_money import Told
    from activities.intents import Prompted, Settlement
    from activities.messenger import Messenger, News
    from activities.mobile_money import Found, MobileMoneyDesk, Question
    from models.actions.money import ConfirmPayment, FailPayment
    from models.mobile_money import receipt_id
    from workflows import counter_payment
    from workflows.clock import until
    from workflows.counter_payment import A_WRITE, ON_THE_QUEUE, ONE_CALL, CounterPaymentWorkflow, hand_over

Got = TypeVar("Got")
AT_THE_DESK = timedelta(minutes=2)
"""How long a prompt may wait for M-Pesa to come back; the patient stands there."""

SOON, SOON_FOR = timedelta(seconds=12), timedelta(minutes=3)
LATER, LATER_FOR = timedelta(minutes=5), timedelta(hours=1)
SELDOM, PATIENCE = timedelta(minutes=30), timedelta(hours=24)
FAILURES = {"UNKNOWN": "NO_SUCH_RECEIPT", "UNANSWERED": "NOT_CONFIRMED"}


def workflow_id(payment_id: UUID) -> str:
    """The one maker of a payment's workflow id."""
    return f"payment-{payment_id}"


class PaymentOpening(BaseModel):
    payment_id: UUID
    visit_id: UUID
    facility_id: UUID


class Callback(BaseModel):
    """What a callback said, before it is believed. An empty one only asks to look again."""

    code: str = ""
    receipt: str = ""
    checkout_request_id: str = ""
    amount: Decimal | None = None


@workflow.defn(name="MobilePayment")
class MobilePaymentWorkflow:
    @workflow.init
    def __init__(self, opening: PaymentOpening) -> None:
        self.opening = opening
        self.callbacks: list[Callback] = []
        self.heard = 0

    @workflow.run
    async def run(self, opening: PaymentOpening) -> str:
        """PAID or FAILED; a later run, begun by a late call, may find a failed payment paid after all."""
        try:
            intent = await self.write("What is wanted", MobileMoneyDesk.intend)
        except ActivityError:  # there is no such payment
            return "NOTHING"
        if intent.status == "COMPLETED":
            return "PAID"
        if intent.state == "PAID":
            return await self.paid(intent, intent.code)
        return await (self.by_receipt(intent) if intent.shown_receipt else self.by_prompt(intent))

    @workflow.signal(name="called_back", description="What M-Pesa told; it is asked before it is believed.")
    async def called_back(self, callback: Callback) -> None:
        self.callbacks.append(callback)

    async def by_prompt(self, intent: Prompted) -> str:
        """Prompt the phone, and follow what becomes of it."""
        prompt = await self.prompted() if intent.state == "INTENDED" else intent
        if prompt is None:
            return await self.failed("NOT_SENT")
        was_given_up = prompt.state == "FAILED"
        if was_given_up and not self.callbacks:
            return await self.failed(prompt.code)
        workflow.set_current_details("The phone was prompted; waiting for the payer.")
        found = await self.followed(prompt, SOON_FOR if was_given_up else PATIENCE)
        if found and found.standing == "PAID":
            return await self.paid(prompt, found.code)
        return await self.failed(prompt.code if was_given_up else found.code if found else "NEVER_ANSWERED")

    async def prompted(self) -> Prompted | None:
        """The prompt, sent once; None where it certainly was not sent."""
        try:
            return await workflow.execute_activity_method(
                MobileMoneyDesk.prompt,
                self.opening.payment_id,
                summary="Prompt the phone",
                schedule_to_close_timeout=AT_THE_DESK,
                retry_policy=RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(seconds=15)),
                **ONE_CALL,
            )
        except ActivityError as failed:
            if type_of(failed) == "SaidNo":
                return None
        return await self.write("Was it sent?", MobileMoneyDesk.withdraw)

    async def followed(self, prompt: Prompted, patience: timedelta) -> Found | None:
        """Until M-Pesa has decided: woken by its callback, else asking now and then. None where it never says.

        A phone that could not be reached is waited for a while; what it pays later is credited later.
        """
        begun = workflow.now()
        end = begun + patience
        while workflow.now() < end:
            await self.hear(pause_after(workflow.now() - begun))
            found = await self.asked(prompt, end)
            if found is None or found.standing == "PENDING":
                continue
            if found.standing == "PAID" or not found.may_be_paid_yet or workflow.now() - begun >= SOON_FOR:
                return found
        return None

    async def hear(self, pause: timedelta) -> None:
        """Until a call comes that has not been acted upon, or the pause is over."""
        await until(workflow.now() + pause, lambda: len(self.callbacks) > self.heard, "Wait for M-Pesa")
        self.heard = len(self.callbacks)

    async def asked(self, prompt: Prompted, end: datetime) -> Found | None:
        name = prompt.checkout_request_id or self.named(prompt)
        try:
            return await workflow.execute_activity_method(
                MobileMoneyDesk.ask,
                Question(payment_id=self.opening.payment_id, checkout_request_id=name),
                summary="Ask what became of it",
                schedule_to_close_timeout=max(end - workflow.now(), SOON),
                retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
                **ONE_CALL,
            )
        except ActivityError:
            return None

    def fitting(self, prompt: Prompted) -> list[Callback]:
        """The callbacks that can be about this prompt, the latest first."""
        names, amounts = ("", prompt.checkout_request_id), (None, prompt.amount)
        return [
            callback
            for callback in reversed(self.callbacks)
            if callback.amount in amounts and (not prompt.checkout_request_id or callback.checkout_request_id in names)
        ]

    def named(self, prompt: Prompted) -> str:
        """A callback came on this payment's own path, so it names the prompt whose answer was lost."""
        return next((call.checkout_request_id for call in self.fitting(prompt) if call.checkout_request_id), "")

    async def by_receipt(self, intent: Prompted) -> str:
        """It was paid at the counter, the patient says: nobody is prompted, and M-Pesa is asked for the receipt."""
        workflow.set_current_details("The patient showed a receipt; waiting for M-Pesa to confirm it.")
        was_looked_up = False
        while True:
            verdict = await self.write("Is it this payment's?", MobileMoneyDesk.verify)
            if verdict.placed:
                await hand_over(verdict.placed)
            if verdict.state == "PAID":
                return await self.paid(intent, "0")
            if verdict.state in ("OTHER_AMOUNT", "RECEIPT_USED") or (was_looked_up and verdict.state in FAILURES):
                return await self.failed(FAILURES.get(verdict.state, verdict.state))
            await self.looked_up(intent.shown_receipt)
            was_looked_up = True

    async def looked_up(self, receipt: str) -> None:
        """Have M-Pesa asked; where that is under way already, wait for it."""
        try:
            await workflow.execute_child_workflow(
                CounterPaymentWorkflow.run,
                Told(receipt=receipt),
                id=counter_payment.workflow_id(receipt_id(receipt)),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary="M-Pesa receipt",
            )
        except (WorkflowAlreadyStartedError, ChildWorkflowError):
            await self.hear(SOON)

    async def paid(self, intent: Prompted, code: str) -> str:
        told = next((call.receipt for call in self.fitting(intent) if call.receipt), "")
        settled = await self.settle(
            Settlement(payment_id=self.opening.payment_id, state="PAID", code=code, receipt=told)
        )
        if settled.state != "PAID":
            return await self.tell_failure(settled.code)
        reference = settled.receipt or settled.checkout_request_id or None
        await self.tell(
            ConfirmPayment(payment_id=self.opening.payment_id, amount=intent.amount, payment_reference=reference)
        )
        return "PAID"

    async def failed(self, code: str) -> str:
        """Money that was found at the last moment counts."""
        settled = await self.settle(Settlement(payment_id=self.opening.payment_id, state="FAILED", code=code))
        return await (self.paid(settled, "0") if settled.state == "PAID" else self.tell_failure(settled.code))

    async def tell_failure(self, code: str) -> str:
        await self.tell(FailPayment(payment_id=self.opening.payment_id, reason=code or "UNKNOWN"))
        return "FAILED"

    async def settle(self, settlement: Settlement) -> Prompted:
        return await workflow.execute_activity_method(
            MobileMoneyDesk.settle, settlement, summary="Write it down", **ON_THE_QUEUE
        )

    async def write(self, summary: str, effect: Callable[[MobileMoneyDesk, UUID], Awaitable[Got]]) -> Got:
        return await workflow.execute_activity_method(effect, self.opening.payment_id, summary=summary, **ON_THE_QUEUE)

    async def tell(self, action: ConfirmPayment | FailPayment) -> None:
        news = News(
            visit_id=self.opening.visit_id,
            facility_id=self.opening.facility_id,
            about=self.opening.payment_id,
            action=action,
        )
        await workflow.execute_activity_method(Messenger.tell_visit, news, summary="Tell the visit", **A_WRITE)


def pause_after(waited: timedelta) -> timedelta:
    """How long until M-Pesa is asked again: the patient stands there at first."""
    return SOON if waited < SOON_FOR else LATER if waited < LATER_FOR else SELDOM


def type_of(failed: ActivityError) -> str:
    return (failed.cause.type or "") if isinstance(failed.cause, ApplicationError) else ""
