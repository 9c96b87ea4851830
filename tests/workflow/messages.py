"""Messages straight to a workflow, past the API: as the Temporal UI sends them, and as a forger would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.records import Records
from api.app import create_app, opened_clinic
from integrations.database import writing_pool
from integrations.temporal import connect
from models.actions import AnyAction
from models.command import Command
from models.envelope import Reply
from models.problems import Problem
from models.staff import Person, Role
from tests.clinic import WholeClinic, eventually
from workers.runner import RUNNER
from workflows.interceptors import SafeHandlers
from workflows.visit import PERFORM, SUBMIT, VisitWorkflow, workflow_id


@dataclass
class Post:
    """Sends commands to a visit's workflow with nothing but a Temporal client."""

    clinic: WholeClinic

    @property
    def client(self) -> Client:
        return self.clinic.clinic.temporal

    def run(self, visit_id: Any) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(workflow_id(visit_id))

    async def person(self, role: Role) -> Person:
        """The demo person of that role."""
        found = await self.clinic.rows("select id, facility_id from users where user_name = %s", role.lower())
        return Person(**found[0], roles=(role,))

    async def command(self, role: Role, visit_id: Any, action: AnyAction, key: UUID | None = None) -> Command:
        """A command without the API's signature."""
        return Command(
            id=key or uuid4(),
            visit_id=UUID(str(visit_id)),
            actor=await self.person(role),
            at=datetime.now(UTC),
            action=action,
        )

    def signed(self, command: Command) -> Command:
        """The command as the API sends it."""
        return command.signed(self.clinic.settings.command_secret.get_secret_value().encode())

    async def signal(self, visit_id: Any, message: Any) -> None:
        await self.run(visit_id).signal(SUBMIT, message)

    async def payload(self, visit_id: Any, payload: Payload, name: str = SUBMIT) -> None:
        """A signal that no data converter of ours has made."""
        await self.client.workflow_service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=self.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow_id(visit_id)),
                signal_name=name,
                input=Payloads(payloads=[payload]),
            )
        )

    async def update(self, visit_id: Any, command: Command) -> Reply:
        """What the visit says to a command, whether it was refused early or where it is written."""
        try:
            reply: Reply = await self.run(visit_id).execute_update(PERFORM, command, result_type=Reply)
        except WorkflowUpdateFailedError as failed:
            if isinstance(failed.cause, ApplicationError) and failed.cause.type == "Refused":
                return Reply(problem=Problem.model_validate(failed.cause.details[0]))
            raise
        return reply

    async def decided(self, visit_id: Any, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """The visit's rows in `commands` of a kind, once there are so many, oldest first."""
        text = "select * from commands where visit_id = %s and kind = %s order by written_at"

        async def are_there() -> bool:
            return len(await self.clinic.rows(text, UUID(str(visit_id)), kind)) >= count

        await eventually(are_there)
        return await self.clinic.rows(text, UUID(str(visit_id)), kind)

    async def words(self, visit_id: Any) -> str:
        """The current details, as the Temporal UI shows them."""
        return (await self.metadata(visit_id)).current_details

    async def metadata(self, visit_id: Any) -> WorkflowMetadata:
        """What the run says of itself to the Temporal UI."""
        query = "__temporal_workflow_metadata"
        shown: WorkflowMetadata = await self.run(visit_id).query(query, result_type=WorkflowMetadata)
        return shown


async def histories(client: Client, query: str = "") -> AsyncIterator[tuple[str, list[Any]]]:
    """The workflow id and the raw events of every run that the query finds."""
    async for found in client.list_workflows(query):
        handle = client.get_workflow_handle(found.id, run_id=found.run_id)
        yield found.id, [event async for event in handle.fetch_history_events()]


def count(events: list[Any], event_type: int) -> int:
    return sum(event.event_type == event_type for event in events)


@asynccontextmanager
async def clinic_beside(clinic: WholeClinic, task_queue: str, kind: type[Records]) -> AsyncIterator[WholeClinic]:
    """The same servers behind another API, whose visits run on a worker with other records."""
    settings = clinic.settings.model_copy(update={"task_queue": task_queue})
    client = await connect(settings)
    async with opened_clinic(settings) as opened, writing_pool(settings, size=4) as pool:
        records = kind(pool, settings.command_secret.get_secret_value().encode())
        worker = Worker(
            client,
            task_queue=task_queue,
            workflows=[VisitWorkflow],
            activities=[records.load, records.record, records.record_unreadable],
            interceptors=[SafeHandlers()],
            workflow_runner=RUNNER,
        )
        transport = httpx2.ASGITransport(app=create_app(opened), raise_app_exceptions=False)
        async with worker, httpx2.AsyncClient(transport=transport, base_url="http://clinic", timeout=30) as http:
            yield WholeClinic(settings, clinic.postgres, clinic.temporal, opened, http)
