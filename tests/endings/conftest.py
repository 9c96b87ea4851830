"""A clinic with phones, letterboxes and payers around it, in which visits end and come back."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from api.app import create_app
from models.staff import Role
from tests.claims.conftest import Counter
from tests.clinic import WholeClinic, eventually, whole_clinic
from tests.messages.conftest import PostOffice, Run
from tests.services.harness import Sandbox, sandbox_of, serving
from tests.walks import Walk
from workflows.visit import workflow_id

OFFICER, SECOND = Role.CLINICAL_OFFICER, "clinical_officer_2"
SUPERVISOR, CASHIER, RECEPTION = Role.SUPERVISOR, Role.CASHIER, Role.RECEPTIONIST


@dataclass
class House:
    clinic: WholeClinic
    sandbox: Sandbox
    walk: Walk

    @property
    def post(self) -> PostOffice:
        return PostOffice(self.clinic, self.sandbox, self.walk)

    @property
    def counter(self) -> Counter:
        return Counter(self.clinic, self.sandbox, self.walk)

    async def asks(
        self, who: Role | str, visit: dict[str, Any], kind: str, key: Any = None, **form: Any
    ) -> httpx2.Response:
        return await self.walk.does(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form}, key)

    async def acts(self, who: Role | str, visit: dict[str, Any], kind: str, **form: Any) -> dict[str, Any]:
        return await self.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})

    async def reopened(self, visit: dict[str, Any], who: Role | str = OFFICER) -> dict[str, Any]:
        return await self.acts(who, visit, "reopen_visit", reason="The dressing was forgotten")

    async def died(self, visit: dict[str, Any], **more: Any) -> dict[str, Any]:
        form = {"time_of_death": datetime.now(UTC).isoformat(), "circumstances": "Cardiac arrest", **more}
        return await self.acts(OFFICER, visit, "record_death", **form)

    async def lives(self, visit: dict[str, Any], who: Role | str = SECOND) -> dict[str, Any]:
        return await self.acts(who, visit, "undo_death", reason="Written on the wrong visit")

    async def left(self, more: dict[str, Any] | None = None, **patient: Any) -> dict[str, Any]:
        """A visit that was seen, paid and discharged; its run has ended."""
        visit = await self.walk.seen(**patient)
        await self.walk.paid(visit["id"])
        run = self.run(visit)
        answer = await self.walk.discharged(visit["id"], **(more or {}))
        await run.result()
        return answer

    async def long_ago(self, visit: dict[str, Any], hours: float) -> None:
        """It ended that much earlier; no run holds another moment in mind."""
        await self.run(visit).result()
        text = "update visits set completed_at = completed_at - make_interval(secs => %s) where id = %s"
        await self.clinic.rows(text, hours * 3600, visit["id"])

    def run(self, visit: dict[str, Any]) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(workflow_id(UUID(visit["id"])))

    async def tried(self, about: dict[str, Any]) -> None:
        """Return when the message about it was tried once and could not be given to its service."""

        async def has_failed() -> bool:
            return any(m["status"] == "INTENDED" and m["reason"] for m in await self.post.messages(about))

        await eventually(has_failed)

    async def read(self, path: str, who: Role = OFFICER) -> dict[str, Any]:
        answer = await self.walk.does(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def listed(self, path: str, who: Role = OFFICER) -> list[dict[str, Any]]:
        return list((await self.read(path, who))["items"])

    async def tasks(self, visit: dict[str, Any], status: str = "OPEN") -> list[str]:
        tasks = await self.listed(f"/api/tasks?visit_id={visit['id']}&status={status}", SUPERVISOR)
        return sorted(task["kind"] for task in tasks)

    async def until_tasks(self, visit: dict[str, Any], *kinds: str) -> None:
        async def are_there() -> bool:
            return await self.tasks(visit) == sorted(kinds)

        await eventually(are_there)


@pytest.fixture(scope="package")
async def closed_house() -> AsyncIterator[House]:
    """Without a worker."""
    door = socket.create_server(("127.0.0.1", 0))
    own = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with sandbox_of(sandbox_seconds=0.3) as sandbox:
        ports = sandbox.settings.model_dump(include={"sandbox_port", "sandbox_smtp_port"})
        wished = {**ports, "sandbox_seconds": 0.3, "claims_per_minute": 6000, "claim_follow_seconds": 0.5}
        async with (
            whole_clinic(**wished, outside_seconds=3.0, public_url=own) as clinic,
            serving(create_app(clinic.clinic), door),
        ):
            yield House(clinic, sandbox, Walk(clinic))


@pytest.fixture
async def house(closed_house: House) -> AsyncIterator[House]:
    """With a worker; every fault of the sandbox is mended afterwards."""
    async with closed_house.clinic.worker():
        yield closed_house
        for service in ("sms", "smtp", "sha"):
            await closed_house.sandbox.mend(service)
        await closed_house.clinic.rows("delete from services")
