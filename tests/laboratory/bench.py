"""The laboratory over HTTP: tests that are ordered, answered, corrected; values that are read back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import Walk
from workflows import critical_result, obligation

LAB, OFFICER, SUPERVISOR = Role.LAB_TECHNICIAN, Role.CLINICAL_OFFICER, Role.SUPERVISOR
LOW, FINE = "6.1", "14.2"
A_MINUTE = timedelta(minutes=1)

Run = WorkflowHandle[Any, Any]


@dataclass
class Bench:
    clinic: WholeClinic
    walk: Walk

    async def ordered(self, **patient: Any) -> tuple[dict[str, Any], str]:
        """A visit that was seen, and the id of its one test."""
        visit = await self.walk.seen(**patient)
        return visit, (await self.walk.test_ordered(visit["id"]))["id"]

    async def report(self, test: str, hemoglobin: str = FINE, status: str = "COMPLETED") -> dict[str, Any]:
        body: dict[str, Any] = {"status": status, "results": {"hemoglobin": hemoglobin}}
        return await self.walk.done(LAB, "PUT", f"/api/lab-requests/{test}", body)

    async def acts(self, who: Role | str, visit: dict[str, Any], kind: str, **form: Any) -> dict[str, Any]:
        return await self.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})

    async def read_back(self, visit: dict[str, Any], test: str, said: Any = LOW) -> dict[str, Any]:
        return await self.acts(OFFICER, visit, "acknowledge_critical", lab_request_id=test, read_back=said)

    async def leaves(self, visit: dict[str, Any]) -> dict[str, Any]:
        """Pays and goes, whatever the laboratory still owes."""
        await self.walk.paid(visit["id"])
        return await self.walk.discharged(visit["id"], results_to_follow=True)

    async def read(self, path: str, who: Role = OFFICER) -> dict[str, Any]:
        answer = await self.walk.does(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def listed(self, path: str, who: Role = OFFICER) -> list[dict[str, Any]]:
        return list((await self.read(path, who))["items"])

    async def events(self, kind: str, test: str) -> list[dict[str, Any]]:
        text = "select audience, payload from events where kind = %s and payload->>'labRequestId' = %s order by id"
        return await self.clinic.rows(text, kind, test)

    async def steps(self, visit: dict[str, Any]) -> list[tuple[int, str | None]]:
        """Who was told of critical values so far, in order."""
        notices = await self.listed(f"/api/critical-notices?visit_id={visit['id']}")
        told = [(notice["step"], notice["told_role"]) for notice in notices if notice["kind"] == "NOTIFIED"]
        return sorted(told)

    async def told(self, visit: dict[str, Any], count: int) -> None:
        """Return when so many attempts are written down."""

        async def are_there() -> bool:
            return len(await self.steps(visit)) >= count

        await eventually(are_there)

    async def tasks(self, visit: dict[str, Any], kind: str, status: str = "OPEN") -> list[dict[str, Any]]:
        tasks = await self.listed(f"/api/tasks?visit_id={visit['id']}&status={status}", SUPERVISOR)
        return [task for task in tasks if task["kind"] == kind]

    async def task(self, visit: dict[str, Any], kind: str) -> dict[str, Any]:
        """The open task of that kind, once there is one."""
        found: list[dict[str, Any]] = []

        async def is_there() -> bool:
            found[:] = await self.tasks(visit, kind)
            return bool(found)

        await eventually(is_there)
        (task,) = found
        return task

    async def no_task(self, visit: dict[str, Any], kind: str) -> None:
        async def is_closed() -> bool:
            return not await self.tasks(visit, kind)

        await eventually(is_closed)

    def loop(self, test: str) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(critical_result.workflow_id(UUID(test)))

    def debt(self, owed: dict[str, Any]) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(obligation.workflow_id(UUID(owed["id"])))

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))
