"""Records over HTTP that are written down, marked as entered in error, and looked at again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from models.referrals import feedback_of
from models.staff import Role
from tests.contract.forms import DOSE, FAMILY_PLANNING, IMMUNIZATIONS, METHOD
from tests.laboratory.bench import OFFICER, SUPERVISOR, Bench, Run
from workflows import obligation

OUT = {
    "facility_name": "County hospital",
    "urgency": "URGENT",
    "reason": "Surgery",
    "clinical_summary": "Acute abdomen since yesterday",
}


class RecordsDesk(Bench):
    async def marks(self, who: Role | str, visit: dict[str, Any], record: str, id: str, key: Any = None) -> Any:
        """Whatever comes of it."""
        body = {"kind": "enter_in_error", "record": record, "record_id": id, "reason": "Of another patient"}
        return await self.walk.does(who, "POST", f"/api/visits/{visit['id']}/actions", body, key)

    async def marked(self, who: Role | str, visit: dict[str, Any], record: str, id: str) -> dict[str, Any]:
        answer = await self.marks(who, visit, record, id)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def bill(self, visit: dict[str, Any]) -> list[str]:
        return [line["code"] for line in (await self.read(f"/api/visits/{visit['id']}/bill"))["lines"]]

    async def vaccinated(self, visit: dict[str, Any], query: str, **more: Any) -> dict[str, Any]:
        vaccine = (await self.listed(f"/api/vaccines?query={query}"))[0]["id"]
        path = IMMUNIZATIONS.replace("{id}", visit["patient_id"])
        body = {**DOSE, "visit_id": visit["id"], "vaccine_id": vaccine, **more}
        return await self.walk.done(Role.IMMUNIZATION_NURSE, "POST", path, body)

    async def counselled(self, visit: dict[str, Any], query: str, **more: Any) -> dict[str, Any]:
        method = (await self.listed(f"/api/family-planning-methods?query={query}"))[0]["id"]
        path = FAMILY_PLANNING.replace("{id}", visit["patient_id"])
        body = {**METHOD, "visit_id": visit["id"], "method_id": method, **more}
        return await self.walk.done(Role.FAMILY_PLANNING_COUNSELOR, "POST", path, body)

    async def referred_out(self, visit: dict[str, Any], **changed: Any) -> dict[str, Any]:
        return await self.acts(OFFICER, visit, "refer_out", **{**OUT, **changed})

    async def owed(self, visit: dict[str, Any], status: str = "OPEN") -> list[dict[str, Any]]:
        owed = await self.listed(f"/api/obligations?visit_id={visit['id']}")
        return [one for one in owed if one["status"] == status]

    async def done_with(self, visit: dict[str, Any]) -> dict[str, Any]:
        """The visit's run has ended."""
        await self.clinic.clinic.temporal.get_workflow_handle(f"visit-{visit['id']}").result()
        return await self.walk.visit(visit["id"])

    async def audited(self, record_id: str) -> list[dict[str, Any]]:
        return await self.listed(f"/api/audit-logs?resource_id={record_id}", SUPERVISOR)

    def waiting_for(self, referral_id: str) -> Run:
        id = obligation.workflow_id(feedback_of(UUID(referral_id)))
        return self.clinic.clinic.temporal.get_workflow_handle(id)


def until_late(task: dict[str, Any]) -> timedelta:
    """From now to an hour after its deadline, whatever the hour of the day is."""
    due_at = task["due_at"] if isinstance(task["due_at"], datetime) else datetime.fromisoformat(task["due_at"])
    return due_at - datetime.now(UTC) + timedelta(hours=1)
