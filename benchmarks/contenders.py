"""The three that are compared. Each opens subjects (visits, or workflows) and acts on them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4, uuid5

import httpx2
from pydantic import TypeAdapter
from temporalio.client import Client

from activities.records import Records, Turn
from activities.seed import facility_id_of
from benchmarks import forms
from benchmarks.bare_worker import BARE_QUEUE
from benchmarks.bare_workflow import ASK, BareWorkflow
from integrations.database import writing_pool
from integrations.settings import Settings
from integrations.temporal import connect
from models.actions import AnyAction
from models.command import Command
from models.staff import Person, Role
from models.visit import Visit

Act = Callable[[], Awaitable[None]]
ACTION: TypeAdapter[Any] = TypeAdapter(AnyAction)


class Contender(Protocol):
    """`name` as the tables call it; `opened` gives one act for each new subject, to be done as often as wanted."""

    name: str

    async def opened(self, subjects: int) -> list[Act]: ...


@dataclass
class Transaction:
    """`Records.record` in this process: decide and write, no Temporal, no HTTP."""

    records: Records
    secret: bytes
    actor: Person
    name: str = "direct transaction"

    async def opened(self, subjects: int) -> list[Act]:
        return [await self.opened_one() for _ in range(subjects)]

    async def opened_one(self) -> Act:
        visit_id = uuid4()
        visit: Visit | None = None
        for form in (forms.registration(), forms.TRIAGE, forms.TAKE_IN, forms.ENCOUNTER):
            visit = await self.recorded(visit_id, visit, form)

        async def act() -> None:
            nonlocal visit
            visit = await self.recorded(visit_id, visit, forms.DIAGNOSIS)

        return act

    async def recorded(self, visit_id: UUID, visit: Visit | None, form: forms.Form) -> Visit | None:
        action = ACTION.validate_python({"kind": form.kind, **form.fields})
        bare = Command(id=uuid4(), visit_id=visit_id, actor=self.actor, at=datetime.now(UTC), action=action)
        outcome = await self.records.record(Turn(visit=visit, command=bare.signed(self.secret)))
        if outcome.problem:
            raise RuntimeError(outcome.problem.detail)
        return outcome.visit


@dataclass
class BareUpdate:
    """A Temporal Update that does nothing, sent by a client like the API's."""

    client: Client
    name: str = "bare Update"

    async def opened(self, subjects: int) -> list[Act]:
        return [await self.opened_one() for _ in range(subjects)]

    async def opened_one(self) -> Act:
        handle = await self.client.start_workflow(BareWorkflow.run, id=f"bare-{uuid4()}", task_queue=BARE_QUEUE)

        async def act() -> None:
            await handle.execute_update(ASK, id=str(uuid4()))

        await act()
        return act


@dataclass
class StaffAction:
    """A clinician's diagnosis by HTTP on a connection that is kept: sign-in, encryption, workflow, records."""

    http: httpx2.AsyncClient
    password: str
    tokens: dict[Role, str]
    name: str = "staff action"

    async def opened(self, subjects: int) -> list[Act]:
        return [await self.opened_one() for _ in range(subjects)]

    async def opened_one(self) -> Act:
        visit_id = (await self.sent(forms.registration()))["visit"]["id"]
        for form in (forms.TRIAGE, forms.TAKE_IN, forms.ENCOUNTER):
            await self.sent(form, visit_id)

        async def act() -> None:
            await self.sent(forms.DIAGNOSIS, visit_id)

        return act

    async def sent(self, form: forms.Form, visit_id: str = "") -> dict[str, Any]:
        """Do one action; its answer. RuntimeError where it was not done and committed."""
        body = form.body if "{id}" in form.path or not visit_id else {**form.body, "visit_id": visit_id}
        headers = {"Authorization": f"Bearer {self.tokens[form.role]}", "Idempotency-Key": str(uuid4())}
        answer = await self.http.request(form.method, form.path.format(id=visit_id), json=body, headers=headers)
        if answer.status_code not in (200, 201):
            raise RuntimeError(f"{form.method} {form.path}: {answer.status_code} {answer.text}")
        answered: dict[str, Any] = answer.json()
        return answered

    async def sign_in(self, role: Role) -> None:
        form = {"username": role.lower(), "password": self.password}
        answer = await self.http.post("/api/auth/token", data=form)
        self.tokens[role] = answer.raise_for_status().json()["access_token"]


@asynccontextmanager
async def contenders(settings: Settings) -> AsyncIterator[tuple[Transaction, BareUpdate, StaffAction]]:
    """All three, connected."""
    secret = settings.command_secret.get_secret_value().encode()
    facility_id = facility_id_of(settings.facility_code)
    actor = Person(id=uuid5(facility_id, "user:clinical_officer"), facility_id=facility_id, roles=forms.ROLES)
    async with (
        writing_pool(settings) as pool,
        httpx2.AsyncClient(base_url=settings.own_url, timeout=30, trust_env=False) as http,
    ):
        staff = StaffAction(http, settings.demo_password.get_secret_value(), {})
        for role in forms.ROLES:
            await staff.sign_in(role)
        bare = BareUpdate(await connect(settings, impatient=True))
        yield Transaction(Records(pool, secret), secret, actor), bare, staff
