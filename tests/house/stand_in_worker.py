"""The stand-in clinic's worker: it asks Temporal for work, and there never is any."""

import asyncio

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from integrations.settings import Settings


@workflow.defn
class Idle:
    @workflow.run
    async def run(self) -> None:
        return


async def work() -> None:
    settings = Settings()
    client = await Client.connect(settings.temporal, namespace=settings.temporal_namespace)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=settings.task_queue, workflows=[Idle], workflow_runner=runner):
        await asyncio.Event().wait()
