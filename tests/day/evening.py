"""The end of facility days, as often as a test wants one; each test has days of its own."""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.opening_hours import day_of
from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import Walk
from workflows.day_end import DayEndOpening, DayEndWorkflow, workflow_id

Run = WorkflowHandle[Any, Any]
COUNT = itertools.count(1)
SUPERVISOR = Role.SUPERVISOR


@dataclass
class Evening:
    clinic: WholeClinic
    walk: Walk

    @staticmethod
    def a_day() -> date:
        """One that no other test has ended; it lies ahead, so that every visit of now is open when it ends."""
        return day_of(datetime.now(UTC)) + timedelta(days=next(COUNT))

    async def begins(self, day: date, name: str = "") -> Run:
        return await self.clinic.clinic.temporal.start_workflow(
            DayEndWorkflow.run,
            DayEndOpening(day=day),
            id=f"{workflow_id(day)}{name}",
            task_queue=self.clinic.settings.task_queue,
        )

    async def handovers(self, visit: dict[str, Any], day: date | None = None) -> list[dict[str, Any]]:
        """Of that visit, the latest first."""
        asked = f"&day={day}" if day else ""
        answer = await self.walk.does(SUPERVISOR, "GET", f"/api/supervision/handovers?limit=200{asked}")
        assert answer.status_code == 200, answer.text
        return [row for row in answer.json()["items"] if row["visit_id"] == visit["id"]]

    async def handed_over(self, visit: dict[str, Any], day: date) -> dict[str, Any]:
        """The row of that night, once it is there."""
        found: list[dict[str, Any]] = []

        async def is_there() -> bool:
            found[:] = await self.handovers(visit, day)
            return bool(found)

        await eventually(is_there)
        (row,) = found
        return row

    async def task(self, row: dict[str, Any]) -> dict[str, Any]:
        answer = await self.walk.does(SUPERVISOR, "GET", f"/api/tasks/{row['task_id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ended(self, day: date) -> list[dict[str, Any]]:
        """What supervisors were told of the end of that day."""
        text = "select audience, payload from events where kind = 'day:ended' and payload->>'day' = %s order by id"
        return await self.clinic.rows(text, day.isoformat())

    async def overdue(self, task_id: str) -> list[str]:
        text = "select audience from events where kind = 'task:overdue' and payload->>'taskId' = %s order by id"
        return [row["audience"][-1] for row in await self.clinic.rows(text, task_id)]

    async def user(self, name: str) -> UUID:
        (row,) = await self.clinic.rows("select id from users where user_name = %s", name)
        return UUID(str(row["id"]))

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))
