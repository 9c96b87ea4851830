"""Who is who, over HTTP: registrations, visits made for the wrong one, registrations that are one person."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from models.staff import Role
from tests.clinic import WholeClinic
from tests.walks import Walk, new_patient

HERE, SUPERVISOR, OFFICER, CASHIER = Role.RECEPTIONIST, Role.SUPERVISOR, Role.CLINICAL_OFFICER, Role.CASHIER
TWICE = {"reason": "Registered twice"}


@dataclass
class Reception:
    clinic: WholeClinic
    walk: Walk

    async def arrives(self, **patient: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A new patient, and the visit that opened."""
        made = await self.walk.done(HERE, "POST", "/api/patients", new_patient(**patient))
        return made["patient"], made["visit"]

    async def registered(self, **patient: Any) -> dict[str, Any]:
        """A patient whose first visit was cancelled."""
        made, visit = await self.arrives(**patient)
        await self.acts(HERE, visit["id"], "cancel_visit", reason="Came on the wrong day")
        return made

    async def acts(self, who: Role, visit_id: str, kind: str, **form: Any) -> dict[str, Any]:
        return await self.walk.done(who, "POST", f"/api/visits/{visit_id}/actions", {"kind": kind, **form})

    async def tries(self, who: Role, visit_id: str, kind: str, **form: Any) -> httpx2.Response:
        return await self.walk.does(who, "POST", f"/api/visits/{visit_id}/actions", {"kind": kind, **form})

    async def died(self) -> tuple[dict[str, Any], str]:
        """A new patient who has died, and the visit on which that was recorded."""
        visit = await self.walk.taken_in(national_id=None)
        now = datetime.now(UTC).isoformat()
        await self.acts(OFFICER, visit["id"], "record_death", time_of_death=now, circumstances="Collapsed")
        return {"id": visit["patient_id"]}, visit["id"]

    async def moved(self, visit_id: str, patient: dict[str, Any], **form: Any) -> dict[str, Any]:
        """The visit was the wrong patient's."""
        given = {"patient_id": patient["id"], "reason": "Two of one name", **form}
        return await self.acts(HERE, visit_id, "wrong_patient", **given)

    async def merge(self, one: dict[str, Any], other: dict[str, Any], key: Any = None, **more: Any) -> httpx2.Response:
        body = {"patient_id": other["id"], **TWICE, **more}
        return await self.walk.does(SUPERVISOR, "POST", f"/api/patients/{one['id']}/merge", body, key)

    async def merged(self, one: dict[str, Any], other: dict[str, Any], **more: Any) -> dict[str, Any]:
        answer = await self.merge(one, other, **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def parted(self, merged: dict[str, Any]) -> dict[str, Any]:
        body = {"reason": "They are two people"}
        return await self.walk.done(SUPERVISOR, "POST", f"/api/patients/{merged['id']}/unmerge", body)

    async def read(self, path: str, who: Role = SUPERVISOR) -> Any:
        answer = await self.walk.does(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def listed(self, path: str, who: Role = SUPERVISOR) -> list[dict[str, Any]]:
        return list((await self.read(path, who))["items"])

    async def patient(self, patient: dict[str, Any]) -> dict[str, Any]:
        return dict(await self.read(f"/api/patients/{patient['id']}"))

    async def tasks(self, visit_id: str, kind: str) -> list[dict[str, Any]]:
        return [task for task in await self.listed(f"/api/tasks?visit_id={visit_id}") if task["kind"] == kind]

    async def patients_of(self, table: str, visit_id: str) -> set[str]:
        """Under whom a visit's rows of a table stand."""
        column = "id" if table == "visits" else "visit_id"
        rows = await self.clinic.rows(f"select patient_id from {table} where {column} = %s", visit_id)
        return {str(row["patient_id"]) for row in rows}

    async def audited(self, patient: dict[str, Any]) -> int:
        """How many entries of the audit are about a registration."""
        return len(await self.listed(f"/api/audit-logs?resource=PATIENT&resource_id={patient['id']}"))
