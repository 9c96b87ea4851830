"""How one sees that the clinic's own processes are ready."""

from collections.abc import Awaitable, Callable

import httpx2
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from integrations.settings import Settings

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def worker_is_polling(settings: Settings) -> Callable[[int], Awaitable[bool]]:
    """Temporal lists the worker among those that ask for work: the SDK's usual identity begins with `<pid>@`."""
    clients: list[Client] = []

    async def ready(pid: int) -> bool:
        try:
            if not clients:
                clients.append(await Client.connect(settings.temporal, namespace=settings.temporal_namespace))
            answer = await clients[0].workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=settings.temporal_namespace,
                    task_queue=TaskQueue(name=settings.task_queue),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                )
            )
        except (RuntimeError, RPCError):
            return False
        return any(poller.identity.startswith(f"{pid}@") for poller in answer.pollers)

    return ready


def api_answers(settings: Settings, *, healthy: bool) -> Callable[[int], Awaitable[bool]]:
    """`GET /healthz` answers 200, or anything at all where parts it depends on were left out (`healthy=False`)."""
    host = ANYWHERE.get(settings.host, settings.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/healthz"

    async def ready(_pid: int) -> bool:
        try:
            async with httpx2.AsyncClient(trust_env=False, timeout=5.0) as client:
                answer = await client.get(url)
        except httpx2.TransportError:
            return False
        return answer.status_code == 200 or not healthy

    return ready


def sandbox_answers(settings: Settings) -> Callable[[int], Awaitable[bool]]:
    """The sandbox's page of controls can be read."""

    async def ready(_pid: int) -> bool:
        try:
            async with httpx2.AsyncClient(trust_env=False, timeout=5.0) as client:
                return (await client.get(f"{settings.sandbox}/_sandbox")).status_code == 200
        except httpx2.TransportError:
            return False

    return ready
