"""Versions of the clinic's worker, each a process of its own, and what they leave in the visits' histories."""

import asyncio
import sys
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionDescription, WorkflowHandle

from integrations.settings import libpq_url
from models.staff import Role
from tests.clinic import ROOT, WholeClinic, eventually
from tests.deploying.page import commands
from tests.faults.desk import Slip, encounter, registration, require_sound, take_in, triage
from tests.walks import Walk, fresh, new_patient
from workflows.visit import workflow_id

TODAY, NEXT, BROKEN = "today", "next", "broken"
LATER = ("-m", "tests.deploying.next_njia")
FAILED: Literal["workflow_task_failed_event_attributes"] = "workflow_task_failed_event_attributes"
Worker = AbstractAsyncContextManager[asyncio.subprocess.Process]
PROBLEMS = "TemporalReportedProblems"


@dataclass
class Rollout:
    clinic: WholeClinic
    walk: Walk

    def today(self) -> Worker:
        """The worker with the workflow as it is."""
        return self.clinic.worker_process(NJIA_BUILD=TODAY)

    def next(self) -> Worker:
        """One with a new step, guarded by a patch."""
        return self.clinic.worker_process(*LATER, "patched", "worker", NJIA_BUILD=NEXT)

    def later(self) -> Worker:
        """One whose patch is on its way out."""
        return self.clinic.worker_process(*LATER, "deprecated", "worker", NJIA_BUILD="later")

    def broken(self) -> Worker:
        """One with the same step, unguarded."""
        return self.clinic.worker_process(*LATER, "unguarded", "worker", NJIA_BUILD=BROKEN)

    def run(self, visit: dict[str, Any]) -> WorkflowHandle[Any, Any]:
        return self.clinic.clinic.temporal.get_workflow_handle(workflow_id(visit["id"]))

    async def described(self, visit: dict[str, Any]) -> WorkflowExecutionDescription:
        return await self.run(visit).describe()

    async def found(self, query: str) -> set[str]:
        """The ids of the workflows that a query finds."""
        return {found.id async for found in self.clinic.clinic.temporal.list_workflows(query)}

    async def second_looks(self, visit: dict[str, Any]) -> int:
        """How often the new step was gone."""
        history = await self.run(visit).fetch_history()
        fired = EventType.EVENT_TYPE_TIMER_FIRED
        return sum(event.event_type == fired for event in history.events)

    async def replayed(self, *program: str) -> tuple[int | None, str]:
        """What `njia replay` of a version says of all that is open, and its exit code."""
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, *(program or (str(ROOT / "njia.py"),)), "replay")
        process = await asyncio.create_subprocess_exec(
            *command, env=self.clinic.environment, cwd=ROOT, stdout=pipe, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    async def temporal(self, *command: str) -> str:
        """What Temporal's own command line says to a command that must succeed."""
        pipe = asyncio.subprocess.PIPE
        where = ("--address", self.clinic.settings.temporal, "--namespace", self.clinic.settings.temporal_namespace)
        process = await asyncio.create_subprocess_exec(
            str(Path(sysconfig.get_path("scripts")) / "temporal"), *command, *where, stdout=pipe, stderr=pipe
        )
        said, complaints = await process.communicate()
        assert process.returncode == 0, complaints.decode()
        return said.decode()

    async def reset_to_before(self, build: str) -> None:
        """As `docs/deploying.md` says it: let the runs that cannot go on begin again where that build took them."""
        await self.reset(commands("workflow reset", build)[0])

    async def begin_anew(self) -> None:
        """Likewise: let the run of every open visit begin again, from its rows."""
        await self.reset(commands("workflow reset")[1])

    async def reset(self, command: list[str]) -> None:
        """Return when the server has done what it calls a batch."""
        await self.temporal(*command)
        (ask,) = commands("batch list")

        async def is_done() -> bool:
            return "Running" not in await self.temporal(*ask)

        await eventually(is_done)

    def arrival(self) -> Slip:
        """A new patient, whom nobody has registered yet."""
        return registration(self.walk, new_patient())

    async def failures(self, visit: dict[str, Any]) -> list[str]:
        """What the Temporal UI shows of the tasks of a visit's run that failed, in order."""
        history = await self.run(visit).fetch_history()
        failed = [e.workflow_task_failed_event_attributes for e in history.events if e.HasField(FAILED)]
        return [one.failure.message for one in failed]

    async def until_wedged(self, *visits: dict[str, Any]) -> None:
        """Wait until supervisors can find them all by what is wrong."""
        names = {workflow_id(visit["id"]) for visit in visits}

        async def are_found() -> bool:
            return names <= await self.found(f"{PROBLEMS} IS NOT NULL AND ExecutionStatus='Running'")

        await eventually(are_found, 60)

    async def open_visits(self) -> list[dict[str, Any]]:
        """One visit at each of four stages: registered, with the clinician, at the laboratory, at the cashier."""
        registered, inside, ordered, owing = await asyncio.gather(
            self.walk.registered(), self.walk.taken_in(), self.walk.seen(), self.walk.seen()
        )
        await self.walk.test_ordered(ordered["id"])
        return [registered, inside, ordered, owing]

    async def finished(self, visit: dict[str, Any]) -> dict[str, Any]:
        """Do whatever is left of a visit, to the discharge; its row is sound, and its run has ended."""
        run = self.run(visit)
        now = await self.walk.visit(visit["id"])
        for status, step in (("REGISTERED", triage), ("TRIAGED", take_in), ("IN_CONSULTATION", encounter)):
            if now["status"] == status:
                await self.final(step(self.walk, visit["id"]))
                now = await self.walk.visit(visit["id"])
        for request in await self.clinic.rows(
            "select id from lab_requests where visit_id = %s and status = 'PENDING'", visit["id"]
        ):
            body = {"status": "COMPLETED", "results": {"hemoglobin": "14.2"}}
            await self.final(self.slip(visit, Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{request['id']}", body))
            await self.final(encounter(self.walk, visit["id"]))
        await self.pay(visit)
        body = {"status": "COMPLETED", "discharge_notes": "Stable"}
        await self.final(self.slip(visit, Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body))
        assert await asyncio.wait_for(run.result(), 60) == "COMPLETED"
        return await require_sound(self.clinic, visit["id"])

    async def pay(self, visit: dict[str, Any]) -> None:
        balance = (await self.walk.visit(visit["id"]))["balance"]
        if balance != "0.00":
            body = {"visit_id": visit["id"], "amount": balance, "payment_type": "CASH"}
            await self.final(self.slip(visit, Role.CASHIER, "POST", "/api/payments", body))

    def slip(self, visit: dict[str, Any], who: Role, method: str, path: str, body: dict[str, Any]) -> Slip:
        return Slip(self.walk, who, method, path, body, fresh(), visit["id"])

    async def final(self, slip: Slip) -> None:
        """Sent until it is answered; it must be done."""
        answer = await slip.until_answered()
        assert answer.status_code in (200, 201), answer.text

    @asynccontextmanager
    async def held(self, visit: dict[str, Any]) -> AsyncIterator[None]:
        """Nobody can write the visit's row: what is begun meanwhile stays under way."""
        address = libpq_url(self.clinic.settings.database)
        async with await psycopg.AsyncConnection.connect(address) as db:
            await db.execute("select 1 from visits where id = %s for update", [visit["id"]])
            yield

    async def until_under_way(self) -> None:
        """Wait until a write waits for a row that is held."""

        async def waits() -> bool:
            return bool(await self.clinic.rows("select 1 from pg_stat_activity where wait_event_type = 'Lock'"))

        await eventually(waits)


async def all_of(doing: Callable[[dict[str, Any]], Awaitable[Any]], visits: list[dict[str, Any]]) -> list[Any]:
    return list(await asyncio.gather(*(doing(visit) for visit in visits)))
