"""How a run about money is started or woken, whoever does it: the API's callbacks, a worker, or recovery."""

from uuid import UUID

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from activities.counter_money import Told
from models.mobile_money import receipt_id
from workflows import counter_payment, mobile_payment
from workflows.counter_payment import CounterPaymentWorkflow, StatusAnswer
from workflows.mobile_payment import Callback, MobilePaymentWorkflow, PaymentOpening


async def start_payment_run(
    client: Client, task_queue: str, opening: PaymentOpening, callback: Callback | None = None
) -> None:
    """Let the payment's run hear of a callback, or of nothing; where it has ended, a new one does: money comes late."""
    await client.start_workflow(
        MobilePaymentWorkflow.run,
        opening,
        id=mobile_payment.workflow_id(opening.payment_id),
        task_queue=task_queue,
        start_signal="called_back" if callback else None,
        start_signal_args=[callback] if callback else [],
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="M-Pesa payment",
    )


async def start_receipt_run(client: Client, task_queue: str, told: Told) -> None:
    """Have a receipt asked about and placed; nothing happens where that is under way."""
    await client.start_workflow(
        CounterPaymentWorkflow.run,
        told,
        id=counter_payment.workflow_id(receipt_id(told.receipt)),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="M-Pesa receipt",
    )


async def tell_answer(client: Client, id: UUID, answer: StatusAnswer) -> None:
    """What M-Pesa answered, to the run that asked. Raises RPCError (NOT_FOUND) where it has ended."""
    await client.get_workflow_handle(counter_payment.workflow_id(id)).signal(CounterPaymentWorkflow.status_told, answer)
