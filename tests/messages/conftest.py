"""A clinic with phones and letterboxes around it: its API on a real port, the sandbox beside it."""

import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from api.app import create_app
from integrations.services.sms.paths import callback_path
from integrations.settings import Settings
from models.staff import Role
from tests.clinic import WholeClinic, eventually, whole_clinic
from tests.services.harness import Sandbox, sandbox_of, serving
from tests.walks import Walk
from tests.workflow.test_clock import waits
from workflows import reminder, results_notice

phones = (f"+254711{number:06d}" for number in itertools.count(1))
"""A mobile number for each patient."""

Run = WorkflowHandle[Any, Any]
RECEPTION = Role.RECEPTIONIST


async def waiting(run: Run, timers: int = 1) -> None:
    """Return when a run, which may be about to begin, has set so many timers: only then may its clock move."""

    async def is_there() -> bool:
        with suppress(RPCError):
            return bool(await run.describe())
        return False

    await eventually(is_there)
    await waits(run, timers)


@dataclass
class PostOffice:
    """The clinic, and what its patients receive."""

    clinic: WholeClinic
    sandbox: Sandbox
    walk: Walk

    async def booked(self, after: timedelta, **patient: Any) -> dict[str, Any]:
        """An appointment of a new patient, so long from now."""
        visit = await self.walk.registered(**patient)
        body = {"patient_id": visit["patient_id"], "appointment_date": (datetime.now(UTC) + after).isoformat()}
        return await self.walk.done(RECEPTION, "POST", "/api/appointments", body)

    async def changed(self, appointment: dict[str, Any], **body: Any) -> dict[str, Any]:
        return await self.walk.done(RECEPTION, "PUT", f"/api/appointments/{appointment['id']}", body)

    def reminder(self, appointment: dict[str, Any]) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(reminder.workflow_id(UUID(appointment["id"])))

    def notice(self, visit: dict[str, Any]) -> Run:
        return self.clinic.clinic.temporal.get_workflow_handle(results_notice.workflow_id(UUID(visit["id"])))

    @property
    def skipper(self) -> TimeSkipper:
        """Moves one workflow's clock; none moves by itself."""
        return TimeSkipper(self.clinic.clinic.temporal, config=TimeSkippingConfig(enabled=False))

    async def message(self, about: dict[str, Any], *status: str) -> dict[str, Any]:
        """The latest message about an appointment or a visit, once it has one of these standings."""
        found: list[dict[str, Any]] = []

        async def is_there() -> bool:
            found[:] = await self.messages(about)
            return bool(found and found[-1]["status"] in status)

        await eventually(is_there, 60)
        return found[-1]

    async def messages(self, about: dict[str, Any]) -> list[dict[str, Any]]:
        return await self.clinic.rows("select * from messages where key like %s order by id", f"% {about['id']}%")

    async def tasks(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """What reception was asked to do instead."""
        answer = await self.walk.does(RECEPTION, "GET", "/api/tasks")
        return [task for task in answer.json()["items"] if str(message["patient_id"]) in task["words"]]

    async def received(self, phone: str) -> list[dict[str, Any]]:
        """The SMS that a phone (as E.164) got."""
        return [one for one in await self.sandbox.ledger("sms") if phone in str(one)]

    async def letters(self, address: str) -> list[dict[str, Any]]:
        return [one for one in await self.sandbox.ledger("smtp") if address in str(one)]


@pytest.fixture(scope="package")
async def closed_post_office() -> AsyncIterator[PostOffice]:
    """Everything but a worker."""
    door = socket.create_server(("127.0.0.1", 0))
    told_at = f"http://127.0.0.1:{door.getsockname()[1]}{callback_path(Settings())}"
    async with sandbox_of(sandbox_seconds=0.2, sms_callback_url=told_at) as sandbox:
        here = sandbox.settings
        async with (
            whole_clinic(
                outside_seconds=3.0, sandbox_port=here.sandbox_port, sandbox_smtp_port=here.sandbox_smtp_port
            ) as clinic,
            serving(create_app(clinic.clinic), door),
        ):
            yield PostOffice(clinic, sandbox, Walk(clinic))


@pytest.fixture
async def post_office(closed_post_office: PostOffice) -> AsyncIterator[PostOffice]:
    """With a worker; every fault of the sandbox is mended afterwards."""
    async with closed_post_office.clinic.worker():
        yield closed_post_office
        for service in ("sms", "smtp"):
            await closed_post_office.sandbox.mend(service)
        await closed_post_office.clinic.rows("delete from services")
