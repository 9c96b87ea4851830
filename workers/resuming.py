"""After an outage: what waits for a service goes on at once, not when its next attempt would have come."""

import asyncio
from datetime import timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import ResetActivityRequest
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError, RPCStatusCode

from integrations.settings import Settings
from integrations.temporal import connect
from models.services import Service

PATIENCE = timedelta(minutes=1)

AT_ONCE = 10
WAITING = "ExecutionStatus = 'Running' and Attention = '{code}'"
GONE = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)
"""It was answered, or its workflow ended, while it was being looked at."""


async def going_on(settings: Settings, service: Service) -> int | None:
    """As `go_on`. None: Temporal is not reached; everything goes on by itself then, a few minutes later."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await go_on(await connect(settings), service)
    except (RPCError, RuntimeError, TimeoutError):
        return None


async def go_on(client: Client, service: Service) -> int:
    """Have the calls made now that are known to wait for a service; how many they were.

    A call that began within the last minute is not known yet, and is repeated soon by itself.
    """
    waiting = client.list_workflows(WAITING.format(code=f"{service.upper()}_AWAY"))
    ids = [found.id async for found in waiting]
    at_once = asyncio.Semaphore(AT_ONCE)

    async def hurry(workflow_id: str) -> int:
        async with at_once:
            return await hurried(client, workflow_id)

    return sum(await asyncio.gather(*map(hurry, ids)))


async def hurried(client: Client, workflow_id: str) -> int:
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
        between_attempts = [call for call in described.raw_description.pending_activities if is_waiting(call)]
        for call in between_attempts:
            await client.workflow_service.reset_activity(anew(client, described, call))
    except RPCError as error:
        if error.status not in GONE:
            raise
        return 0
    return len(between_attempts)


def is_waiting(call: PendingActivityInfo) -> bool:
    """Between two attempts; one that is under way is left alone."""
    return call.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED and call.attempt > 1


def anew(client: Client, described: WorkflowExecutionDescription, call: PendingActivityInfo) -> ResetActivityRequest:
    return ResetActivityRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=described.id, run_id=described.run_id),
        id=call.activity_id,
    )
