"""What every recorded story needs: a clinic, its desks, its post, and its database to take away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from temporalio.client import Client, WorkflowHandle

from tests.clinic import WholeClinic, eventually
from tests.walks import Walk
from tests.workflow.messages import Post
from workflows.starting import start_visit_run

Run = WorkflowHandle[Any, Any]


@dataclass
class Recorder:
    clinic: WholeClinic

    @property
    def walk(self) -> Walk:
        return Walk(self.clinic)

    @property
    def post(self) -> Post:
        return Post(self.clinic)

    @property
    def client(self) -> Client:
        return self.clinic.clinic.temporal

    async def run(self, visit_id: Any) -> Run:
        """The visit's run of this moment: its history does not go on with the next one."""
        described = await self.post.run(visit_id).describe()
        return self.client.get_workflow_handle(described.id, run_id=described.run_id)

    async def started_anew(self, visit_id: str) -> None:
        settings = self.clinic.settings
        await start_visit_run(self.client, settings.own_url, settings.task_queue, UUID(visit_id))

    async def closed(self, visit_id: str) -> Run:
        """Pay, discharge, and let the run end."""
        run = await self.run(visit_id)
        if (await self.walk.visit(visit_id))["balance"] != "0.00":
            await self.walk.paid(visit_id)
        await self.walk.discharged(visit_id)
        await run.result()
        return run

    @asynccontextmanager
    async def database_away(self) -> AsyncIterator[None]:
        await self.clinic.postgres.stop("fast")
        try:
            yield
        finally:
            await self.clinic.postgres.start()

    async def until_in_sight(self, run: Run) -> None:
        """Return when the local activity has run out of time and the regular one is being tried."""

        async def is_pending() -> bool:
            return bool((await run.describe()).raw_description.pending_activities)

        await eventually(is_pending)
