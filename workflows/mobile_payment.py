"""One M-Pesa payment: an intent, one prompt, and then callback, question or confirmation until it is settled.

It lives beside the visit, so the cashier may close the page. Money that comes late is credited, never dropped.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.messenger import Messenger, News
    from activities.mobile_money import Found, MobileMoneyDesk, Prompted, Settlement
    from models.actions.money import ConfirmPayment, FailPayment
    from models.services import Service, queue_of

QUEUE = queue_of(Service.MPESA)
AT_THE_DESK = timedelta(minutes=2)
"""How long a prompt may wait for M-Pesa to come back; the patient stands there."""

SOON, SOON_FOR = timedelta(seconds=12), timedelta(minutes=3)
LATER, LATER_FOR = timedelta(minutes=5), timedelta(hours=24)
ONE_CALL: dict[str, Any] = {"start_to_close_timeout": timedelta(seconds=30), "task_queue": QUEUE}
FOR_EVER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
A_WRITE: dict[str, Any] = {"start_to_close_timeout": timedelta(seconds=10), "retry_policy": FOR_EVER}


def workflow_id(payment_id: UUID) -> str:
    """The one maker of a payment's workflow id."""
    return f"payment-{payment_id}"


class PaymentOpening(BaseModel):
    payment_id: UUID
    visit_id: UUID
    facility_id: UUID


class Callback(BaseModel):
    """What a callback said, before it is believed."""

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
        prompt = await self.prompted()
        if prompt is None:
            return await self.failed("NOT_SENT")
        workflow.set_current_details("The phone was prompted; waiting for the payer.")
        found = await self.followed(prompt, SOON, SOON_FOR) or await self.followed(prompt, LATER, LATER_FOR)
        if found and found.standing == "PAID":
            return await self.paid(prompt, found)
        return await self.failed(found.code if found else "NEVER_ANSWERED")

    @workflow.signal(name="called_back", description="What M-Pesa told; it is asked before it is believed.")
    async def called_back(self, callback: Callback) -> None:
        self.callbacks.append(callback)

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
            if type_of(failed) in ("SaidNo", "NoSuchPayment"):
                return None
        known = await workflow.execute_activity_method(
            MobileMoneyDesk.load, self.opening.payment_id, summary="Was it sent?", task_queue=QUEUE, **A_WRITE
        )
        return known if known and known.state != "INTENDED" else None

    async def followed(self, prompt: Prompted, pause: timedelta, patience: timedelta) -> Found | None:
        """Until M-Pesa has decided: woken by its callback, else asking now and then. None where it never says."""
        until = workflow.now() + patience
        while workflow.now() < until:
            await self.wait_for_a_call(pause)
            name = prompt.checkout_request_id or self.named_by_callbacks()
            if not name:
                continue
            found = await self.asked(name)
            if found and (found.standing == "PAID" or not found.may_be_paid_yet):
                return found
        return None

    async def wait_for_a_call(self, pause: timedelta) -> None:
        heard = self.heard
        try:
            await workflow.wait_condition(
                lambda: len(self.callbacks) > heard, timeout=pause, timeout_summary="Wait for M-Pesa"
            )
        except TimeoutError:
            return
        self.heard = len(self.callbacks)

    async def asked(self, checkout_request_id: str) -> Found | None:
        try:
            return await workflow.execute_activity_method(
                MobileMoneyDesk.ask,
                checkout_request_id,
                summary="Ask what became of it",
                schedule_to_close_timeout=LATER_FOR,
                retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
                **ONE_CALL,
            )
        except ActivityError:
            return None

    def named_by_callbacks(self) -> str:
        """A callback came on this payment's own path, so it names the prompt whose answer was lost."""
        return next((c.checkout_request_id for c in reversed(self.callbacks) if c.checkout_request_id), "")

    def receipt(self) -> str:
        return next((c.receipt for c in reversed(self.callbacks) if c.receipt), "")

    async def paid(self, prompt: Prompted, found: Found) -> str:
        reference = self.receipt() or prompt.checkout_request_id or self.named_by_callbacks()
        await self.settle("PAID", found.code, self.receipt())
        await self.tell(
            ConfirmPayment(payment_id=self.opening.payment_id, amount=prompt.amount, payment_reference=reference)
        )
        return "PAID"

    async def failed(self, code: str) -> str:
        await self.settle("FAILED", code, "")
        await self.tell(FailPayment(payment_id=self.opening.payment_id, reason=code or "UNKNOWN"))
        return "FAILED"

    async def settle(self, state: str, code: str, receipt: str) -> None:
        settlement = Settlement(payment_id=self.opening.payment_id, state=state, code=code, receipt=receipt or None)
        await workflow.execute_activity_method(
            MobileMoneyDesk.settle, settlement, summary="Write it down", task_queue=QUEUE, **A_WRITE
        )

    async def tell(self, action: ConfirmPayment | FailPayment) -> None:
        news = News(
            visit_id=self.opening.visit_id,
            facility_id=self.opening.facility_id,
            about=self.opening.payment_id,
            action=action,
        )
        await workflow.execute_activity_method(Messenger.tell_visit, news, summary="Tell the visit", **A_WRITE)


def type_of(failed: ActivityError) -> str:
    return (failed.cause.type or "") if isinstance(failed.cause, ApplicationError) else ""
