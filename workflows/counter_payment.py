"""Money that reached the clinic's M-Pesa number without a prompt of ours, or whose receipt a patient shows.

What is told is not believed: M-Pesa is asked first. Then the money goes to the payment or visit that it belongs to, or
a cashier is asked where; it is never dropped, and never credited twice.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.counter_money import Confirmed, CounterMoney, Doubt, Noted, Told
    from activities.messenger import Messenger, News
    from activities.placing import Placed
    from models.actions.money import CreditPayment
    from models.services import Service, queue_of
    from workflows.clock import until

QUEUE = queue_of(Service.MPESA)
A_MOMENT = timedelta(seconds=3)
"""The call after a prompt comes together with its confirmation, and says all that must be asked for otherwise."""

PAUSES = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=5))
LONGEST_PAUSE = timedelta(minutes=30)
PATIENCE = timedelta(hours=24)
ONE_CALL: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "heartbeat_timeout": timedelta(seconds=20),
    "task_queue": QUEUE,
}
FOR_EVER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
A_WRITE: dict[str, Any] = {"start_to_close_timeout": timedelta(seconds=10), "retry_policy": FOR_EVER}
ON_THE_QUEUE: dict[str, Any] = {**A_WRITE, "task_queue": QUEUE}


def workflow_id(id: UUID) -> str:
    """The one maker of a receipt's workflow id; see `models.mobile_money.receipt_id`."""
    return f"counter-{id}"


class StatusAnswer(BaseModel):
    """What M-Pesa answered about the receipt, at a path that only it was told."""

    is_true: bool
    receipt: str = ""
    amount: Decimal | None = None
    paid_at: datetime | None = None


@workflow.defn(name="CounterPayment")
class CounterPaymentWorkflow:
    @workflow.init
    def __init__(self, told: Told) -> None:
        self.told = told
        self.answers: list[StatusAnswer] = []

    @workflow.run
    async def run(self, told: Told) -> str:
        """PLACED, UNPLACED, UNKNOWN or UNANSWERED."""
        noted = await self.noted()
        if noted.state == "TOLD" and noted.may_be_a_prompt:
            await until(workflow.now() + A_MOMENT, lambda: False, "The call after the prompt")
            noted = await self.noted()
        if noted.owed:
            await hand_over(noted.owed)
        if noted.state != "TOLD":
            return noted.state
        workflow.set_current_details("A receipt was named; waiting for M-Pesa to confirm it.")
        answer = await self.answered()
        if answer is None or not answer.is_true:
            return await self.doubted("UNANSWERED" if answer is None else "UNKNOWN")
        return await self.placed(answer)

    @workflow.signal(name="status_told", description="What M-Pesa answered about the receipt.")
    async def status_told(self, answer: StatusAnswer) -> None:
        """An answer about another receipt, or without an amount, answers nothing."""
        if answer.receipt in ("", self.told.receipt) and (answer.amount is not None or not answer.is_true):
            self.answers.append(answer)

    async def noted(self) -> Noted:
        return await workflow.execute_activity_method(
            CounterMoney.note, self.told, summary="Write it down", **ON_THE_QUEUE
        )

    async def answered(self) -> StatusAnswer | None:
        """Ask until M-Pesa answers, at first often; None where it does not within a day."""
        end = workflow.now() + PATIENCE
        for pause in pauses():
            await self.asked(end)
            if await until(min(workflow.now() + pause, end), lambda: bool(self.answers), "Wait for M-Pesa's answer"):
                return self.answers[-1]
            if workflow.now() >= end:
                return None
        return None

    async def asked(self, end: datetime) -> None:
        """M-Pesa may be away, and may be away for long; a no is no answer about the money."""
        try:
            await workflow.execute_activity_method(
                CounterMoney.ask,
                self.told.receipt,
                summary="Ask M-Pesa about the receipt",
                schedule_to_close_timeout=max(end - workflow.now(), timedelta(seconds=30)),
                retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
                **ONE_CALL,
            )
        except ActivityError:
            return

    async def doubted(self, state: Any) -> str:
        doubt = Doubt(receipt=self.told.receipt, state=state)
        await workflow.execute_activity_method(CounterMoney.doubt, doubt, summary="Not true so far", **ON_THE_QUEUE)
        return str(state)

    async def placed(self, answer: StatusAnswer) -> str:
        assert answer.amount is not None
        confirmed = Confirmed(receipt=self.told.receipt, amount=answer.amount, paid_at=answer.paid_at)
        where = await workflow.execute_activity_method(
            CounterMoney.place, confirmed, summary="Find its place", **ON_THE_QUEUE
        )
        await hand_over(where)
        return "PLACED" if where.home else "UNPLACED"


def pauses() -> Iterator[timedelta]:
    yield from PAUSES
    while True:
        yield LONGEST_PAUSE


async def hand_over(placed: Placed) -> None:
    """Tell the visit, or the payment, that the money is theirs; where it is nobody's, a task says so already."""
    home = placed.home
    if home is None:
        return
    if not home.is_credit:
        await workflow.execute_activity_method(CounterMoney.wake, home, summary="Tell the payment", **ON_THE_QUEUE)
        return
    credit = CreditPayment(payment_id=home.payment_id, amount=placed.amount, payment_reference=placed.receipt)
    news = News(visit_id=home.visit_id, facility_id=home.facility_id, about=home.payment_id, action=credit)
    await workflow.execute_activity_method(Messenger.tell_visit, news, summary="Tell the visit", **A_WRITE)
