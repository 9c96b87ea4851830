"""What every recorded story needs: a clinic, its desks, its post, and its database to take away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from tests.clinic import WholeClinic, eventually
from tests.services.harness import Sandbox
from tests.walks import Walk
from tests.workflow.messages import Post
from workflows.starting import start_visit_run

Run = WorkflowHandle[Any, Any]


@dataclass
class Recorder:
    clinic: WholeClinic
    sandbox: Sandbox

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

    async def until_timers(self, run: Run, count: int) -> None:
        """Return when a run, which may be about to begin, has set so many timers."""

        async def are_set() -> bool:
            with suppress(RPCError):
                history = await run.fetch_history()
                return sum(event.HasField("timer_started_event_attributes") for event in history.events) >= count
            return False

        await eventually(are_set)

    async def sent(self, about: Any) -> None:
        """Return when the message about an appointment or a visit is with its service."""
        await self.until_message(about, "SENT", "DELIVERED")

    async def failed(self, about: Any) -> None:
        await self.until_message(about, "FAILED")

    async def until_message(self, about: Any, *status: str) -> None:
        text = "select 1 from messages where key like %s and status = any(%s)"

        async def has_come_to_it() -> bool:
            return bool(await self.clinic.rows(text, f"% {about}%", list(status)))

        await eventually(has_come_to_it)
