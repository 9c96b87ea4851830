"""Steps towards patients who are expected again: doses, methods, contacts, and the obligations that follow."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.staff import Role
from tests.afterwards.later import Later, Shown
from tests.clinic import eventually
from tests.contract.forms import DOSE, FAMILY_PLANNING, MCH, METHOD
from tests.contract.test_care_services import NURSE, born, item, today
from tests.messages.conftest import Run
from workflows import obligation

COUNSELOR, MIDWIFE = Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE
A_BABY = 50
"""Days of age at which the first Penta is due since a week."""


@dataclass
class Recalls(Later):
    async def child(self, days_old: int = A_BABY) -> Shown:
        return await born(self.walk, days_old)

    async def gives(self, visit: Shown, code: str, on: date | None = None) -> Shown:
        """A dose; a reason is given where it is too early."""
        vaccine = await item(self.walk, "/api/vaccines", code)
        path = f"/api/immunization/patients/{visit['patient_id']}/immunizations"
        more = {"immunization_date": str(on)} if on else {}
        form = {**DOSE, "visit_id": visit["id"], "vaccine_id": vaccine, "override_reason": "Outbreak", **more}
        return await self.walk.done(NURSE, "POST", path, form)

    async def injects(self, visit: Shown, code: str = "DMPA", **more: Any) -> Shown:
        method = await item(self.walk, "/api/family-planning-methods", code)
        path = FAMILY_PLANNING.replace("{id}", visit["patient_id"])
        form = {**METHOD, "visit_id": visit["id"], "method_id": method, **more}
        return await self.walk.done(COUNSELOR, "POST", path, form)

    async def contact(self, visit: Shown, **more: Any) -> Shown:
        service = await item(self.walk, "/api/mch-services", "ANC_FOLLOW_UP")
        path = MCH.replace("{id}", visit["patient_id"])
        form = {"service_id": service, "status": "COMPLETED", "visit_id": visit["id"], **more}
        return await self.walk.done(MIDWIFE, "POST", path, form)

    async def recalls(self, patient_id: str, status: str = "OPEN") -> list[Shown]:
        path = f"/api/obligations?patient_id={patient_id}&status={status}"
        answer = await self.walk.does(Role.SUPERVISOR, "GET", path)
        assert answer.status_code == 200, answer.text
        return [one for one in answer.json()["items"] if one["service"]]

    async def recalled(self, patient_id: str, due_on: date | None = None, service: str = "") -> Shown:
        """The one open obligation (of that service), once it says so."""
        found: list[Shown] = []

        async def is_there() -> bool:
            found[:] = [one for one in await self.recalls(patient_id) if service in ("", one["service"])]
            return len(found) == 1 and due_on in (None, date.fromisoformat(found[0]["due_on"]))

        await eventually(is_there)
        return found[0]

    async def closed(self, patient_id: str, status: str, outcome: str) -> Shown:
        found: list[Shown] = []

        async def is_there() -> bool:
            found[:] = [one for one in await self.recalls(patient_id, status) if one["outcome"] == outcome]
            return bool(found)

        await eventually(is_there)
        return found[0]

    def watching(self, owed: Shown) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(obligation.workflow_id(UUID(owed["id"])))

    async def tracing(self, owed: Shown, status: str = "OPEN", **more: Any) -> Shown:
        """The task to look for the patient."""
        found: list[Shown] = []
        text = "select * from tasks where kind = 'DEFAULTER_TRACING' and words like %s order by opened_at"

        async def is_there() -> bool:
            found[:] = await self.clinic.rows(text, f"%obligation {owed['id']})%")
            wanted = {"status": status, **more}
            return bool(found and all(found[-1][name] == value for name, value in wanted.items()))

        await eventually(is_there)
        return found[-1]


def in_days(days: int) -> date:
    return today() + timedelta(days=days)
