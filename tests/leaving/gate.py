"""Who goes through the clinic's gate before their visit has ended, and who comes back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import Walk
from workflows import call_back
from workflows.visit import workflow_id

Run = WorkflowHandle[Any, Any]
A_MINUTE = timedelta(minutes=1)
RECEPTION, NURSE, OFFICER, SUPERVISOR = (
    Role.RECEPTIONIST,
    Role.TRIAGE_NURSE,
    Role.CLINICAL_OFFICER,
    Role.SUPERVISOR,
)


@dataclass
class Gate:
    clinic: WholeClinic
    walk: Walk

    async def asks(
        self, who: Role | str, visit: dict[str, Any], kind: str, key: Any = None, **form: Any
    ) -> httpx2.Response:
        return await self.walk.does(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form}, key)

    async def acts(self, who: Role | str, visit: dict[str, Any], kind: str, **form: Any) -> dict[str, Any]:
        return await self.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})

    async def leaves(self, visit: dict[str, Any], who: Role | str = RECEPTION, **form: Any) -> dict[str, Any]:
        return await self.acts(who, visit, "patient_left", **{"notes": "Nobody answers", **form})

    async def returns(self, visit: dict[str, Any], who: Role | str = RECEPTION) -> dict[str, Any]:
        return await self.acts(who, visit, "patient_returned")

    async def called(self, visit: dict[str, Any], outcome: str) -> dict[str, Any]:
        return await self.acts(NURSE, visit, "patient_called_back", outcome=outcome, notes="By phone")

    async def urgent_and_gone(self) -> dict[str, Any]:
        """Triaged as URGENT, and left while waiting for the clinician."""
        return await self.leaves(await self.walk.triaged("URGENT"))

    async def left_before_midnight(self, visit: dict[str, Any]) -> None:
        """As if they had left on the day before; a run that is still open would not hear of it."""
        await self.run(visit).result()
        text = """
            update visits set departure = jsonb_set(departure, '{resumable_until}',
                to_jsonb((departure->>'resumable_until')::timestamptz - interval '1 day')) where id = %s
        """
        await self.clinic.rows(text, visit["id"])

    def run(self, visit: dict[str, Any]) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(workflow_id(UUID(visit["id"])))

    def call(self, visit: dict[str, Any]) -> Run:
        """The run of the call that is owed."""
        id = UUID(visit["departure"]["call_back"]["id"])
        return self.clinic.clinic.temporal.get_workflow_handle(call_back.workflow_id(id))

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))

    async def read(self, path: str, who: Role = OFFICER) -> dict[str, Any]:
        answer = await self.walk.does(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def tasks(self, visit: dict[str, Any], status: str = "OPEN") -> list[dict[str, Any]]:
        found = await self.read(f"/api/tasks?visit_id={visit['id']}&status={status}", SUPERVISOR)
        return sorted(found["items"], key=lambda task: task["kind"])

    async def until_tasks(self, visit: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        async def are_there() -> bool:
            found[:] = await self.tasks(visit)
            return [task["kind"] for task in found] == sorted(kinds)

        try:
            await eventually(are_there)
        except TimeoutError:
            raise AssertionError(f"open are {[task['kind'] for task in found]} instead of {kinds}") from None
        return found

    async def escalated(self, task: dict[str, Any], times: int) -> dict[str, Any]:
        """The task, once so many rungs were told."""
        found: dict[str, Any] = {}

        async def is_told() -> bool:
            found.update(await self.read(f"/api/tasks/{task['id']}", SUPERVISOR))
            return bool(found["escalations"] >= times)

        await eventually(is_told)
        return found

    async def overdue_events(self, task: dict[str, Any]) -> list[str]:
        text = "select audience from events where kind = 'task:overdue' and payload->>'taskId' = %s order by id"
        return [row["audience"][-1] for row in await self.clinic.rows(text, task["id"])]
