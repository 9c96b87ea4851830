"""How what is owed to a patient hears that something changed, from outside of every workflow."""

from uuid import UUID

from temporalio.client import Client

from workflows import obligation
from workflows.obligation import ObligationOpening, ObligationWorkflow


async def tell_obligation(client: Client, task_queue: str, obligation_id: UUID) -> None:
    """Let its run look at the rows; where it was lost, a new one does."""
    await client.start_workflow(
        ObligationWorkflow.run,
        ObligationOpening(obligation_id=obligation_id),
        id=obligation.workflow_id(obligation_id),
        task_queue=task_queue,
        start_signal=obligation.CHANGED,
        static_summary="Owed to a patient",
    )
