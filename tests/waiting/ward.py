"""Patients who wait, and who was told that they do."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import VITALS, WELL, Walk
from workflows.visit import workflow_id

Run = WorkflowHandle[Any, Any]
TOLD = """
    select kind, audience, payload from events where kind in ('visit:overdue', 'visit:escalated')
        and payload->>'visitId' = %s order by id
"""
LATE = "select * from overdues where visit_id = %s order by since, step"
METADATA = "__temporal_workflow_metadata"


@dataclass
class Ward:
    clinic: WholeClinic
    walk: Walk

    def run(self, visit: dict[str, Any]) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(workflow_id(UUID(visit["id"])))

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))

    async def triage(self, visit: dict[str, Any], **said: Any) -> dict[str, Any]:
        body = {"vital_signs": WELL, "notes": "", **said}
        return await self.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)

    async def is_urgent(self, visit: dict[str, Any], **said: Any) -> dict[str, Any]:
        return await self.triage(visit, vital_signs=VITALS, **said)

    async def told(self, visit: dict[str, Any]) -> list[tuple[str, str, int]]:
        """Which step was late, who was told of it first and foremost, and on which rung; in order."""
        events = await self.clinic.rows(TOLD, visit["id"])
        return [(event["payload"]["step"], event["audience"][0], event["payload"]["rung"]) for event in events]

    async def becomes_told(self, visit: dict[str, Any], *wanted: tuple[str, str, int]) -> None:
        found: list[Any] = []

        async def is_told() -> bool:
            found[:] = await self.told(visit)
            return found == list(wanted)

        try:
            await eventually(is_told)
        except TimeoutError:
            raise AssertionError(f"told {found} instead of {wanted}") from None

    async def late(self, visit: dict[str, Any]) -> list[dict[str, Any]]:
        return await self.clinic.rows(LATE, visit["id"])

    async def attention(self, visit: dict[str, Any]) -> list[str]:
        found = (await self.run(visit).describe()).search_attributes.get("Attention", [])
        return [str(code) for code in found]

    async def becomes_settled(self, visit: dict[str, Any]) -> None:
        """Nobody needs to look any more: in the rows, and where supervisors look."""

        async def is_settled() -> bool:
            open_ones = [row for row in await self.late(visit) if row["resolved_at"] is None]
            return not open_ones and "OVERDUE" not in await self.attention(visit)

        await eventually(is_settled)

    async def words(self, visit: dict[str, Any]) -> str:
        """What the Temporal UI shows as current details."""
        return str((await self.run(visit).query(METADATA)).current_details)
