"""Where a rare case is played: patients of its own, what the staff do, and what must be so afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import httpx2

from demo.answers import Body, Stopped
from demo.cashier import balance, pay_cash
from demo.catalogue import ANY_DRUG, ANY_TEST
from demo.chart import Chart
from demo.clinic import Clinic
from demo.journeys import Journey
from demo.people import Payer, Profile, Town
from demo.reception import register
from demo.steps import Role
from demo.story import Story, aged

ADULTS = aged(20, 60)
OFFICER, NURSE, DESK = Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE, Role.RECEPTIONIST
LABORATORY, PHARMACY = Role.LAB_TECHNICIAN, Role.PHARMACIST
CASHIER, SUPERVISOR = Role.CASHIER, Role.SUPERVISOR
YELLOW: dict[str, Any] = {"pulse_bpm": 118, "respiratory_rate": 18}
ORANGE: dict[str, Any] = {"pulse_bpm": 118, "respiratory_rate": 24, "mobility": "WITH_HELP"}
RED: dict[str, Any] = {
    "pulse_bpm": 135,
    "respiratory_rate": 32,
    "systolic_bp": 84,
    "avpu": "VOICE",
    "mobility": "IMMOBILE",
}
AS_NEEDED = {"dosage": "2 tablets", "frequency": "3 times daily", "duration": "5 days", "instructions": "After meals"}
LOOKS, LOOK_SECONDS = 60, 0.5

Seen = TypeVar("Seen")
WELL: dict[str, Any] = {
    "temperature_c": 36.8,
    "pulse_bpm": 72,
    "respiratory_rate": 12,
    "systolic_bp": 120,
    "diastolic_bp": 80,
    "avpu": "ALERT",
    "mobility": "WALKING",
    "trauma": False,
}


class Unexpected(Exception):
    """The clinic did something else than the case says."""


@dataclass(frozen=True, slots=True)
class Case:
    """`name`: what happens to the patient; `shows`: what the clinic does about it."""

    name: str
    shows: str
    play: "Callable[[Stage], Awaitable[None]]"


class Stage:
    """Patients pay cash here and are in nobody's count but the clinic's. `opened`: their visits."""

    def __init__(self, clinic: Clinic, town: Town, today: date) -> None:
        self.clinic = clinic
        self.today = today
        self.opened: list[Chart] = []
        self._town = town

    async def arrives(self, complaint: str = "Tired", profile: Profile = ADULTS) -> Chart:
        person = replace(self._town.invent(profile), payer=Payer("CASH"), email=None)
        story = Story("rare case", complaint, profile, ())
        chart = await register(self.clinic, Journey(person, person.age_on(self.today), story, {}))
        self.opened.append(chart)
        return chart

    def opens(self, chart: Chart, visit: Body) -> None:
        """Another visit of the same patient, or of their child."""
        self.opened.append(replace(chart, visit_id=UUID(visit["id"]), op_number=visit["op_number"]))

    async def triaged(self, profile: Profile = ADULTS, **signs: Any) -> Chart:
        chart = await self.arrives(profile=profile)
        await self.puts(NURSE, chart, vital_signs={**WELL, **signs})
        return chart

    async def seen(self) -> Chart:
        """Somebody whom the clinician has seen."""
        chart = await self.triaged()
        await self.examined(chart)
        return chart

    async def examined(self, chart: Chart) -> None:
        await self.takes_in(chart)
        await self.writes_down(chart)

    async def takes_in(self, chart: Chart) -> None:
        await self.puts(OFFICER, chart, status="IN_CONSULTATION")

    async def writes_down(self, chart: Chart) -> None:
        form = {"visit_id": str(chart.visit_id), "encounter_type": "CONSULTATION", "notes": "As told", "findings": "-"}
        chart.encounter_id = (await self.clinic.act("encounter", OFFICER, "POST", "/api/patient-encounters", form)).key

    async def tested(self, chart: Chart) -> str:
        """The id of a blood test that is ordered for the patient."""
        form = {"visit_id": str(chart.visit_id), "test_type": ANY_TEST, "urgency": "NORMAL", "notes": ""}
        return str((await self.clinic.act("order test", OFFICER, "POST", "/api/lab-requests", form)).key)

    async def reports(self, test: str, hemoglobin: str, status: str = "COMPLETED") -> Body:
        form = {"status": status, "results": {"hemoglobin": hemoglobin}}
        return (await self.clinic.act("lab results", LABORATORY, "PUT", f"/api/lab-requests/{test}", form)).record

    async def prescribed(self, chart: Chart, pieces: int) -> str:
        """The id of a prescription of so many pieces."""
        form = {"visit_id": str(chart.visit_id), "medication_name": ANY_DRUG, "quantity": pieces, **AS_NEEDED}
        return str((await self.clinic.act("prescribe", OFFICER, "POST", "/api/prescriptions", form)).key)

    async def pays(self, chart: Chart) -> None:
        await pay_cash(self.clinic, chart, await balance(self.clinic, chart), 1)

    async def leaves(self, chart: Chart, **more: Any) -> None:
        await self.puts(OFFICER, chart, status="COMPLETED", discharge_notes="Advice given", **more)

    async def goes_home(self, chart: Chart) -> None:
        await self.pays(chart)
        await self.leaves(chart)

    async def puts(self, who: Role, chart: Chart, **form: Any) -> Body:
        return (await self.clinic.act("visit", who, "PUT", chart.visit, form)).record

    async def does(self, who: Role, chart: Chart, kind: str, **form: Any) -> Body:
        """Any action by its name."""
        done = await self.clinic.act(spoken(kind), who, "POST", f"{chart.visit}/actions", {"kind": kind, **form})
        return done.record

    async def visit(self, chart: Chart) -> Body:
        return await self.clinic.read(OFFICER, chart.visit)

    async def owes(self, chart: Chart) -> Decimal:
        """What the patient owes the clinic, in KES; below zero: what the clinic owes the patient."""
        return await balance(self.clinic, chart)

    async def task(self, chart: Chart, kind: str, status: str = "OPEN", but: str = "") -> Body:
        """The visit's one task of that kind and status, other than `but`: written beside the visit, a moment later."""

        async def found() -> list[Body]:
            return [task for task in await self.tasks(chart, kind, status) if task["id"] != but]

        tasks = await until(found, f"there is no task {kind} that is {status}")
        expect(len(tasks) == 1, f"the task {kind} is there {len(tasks)} times")
        return tasks[0]

    async def no_task(self, chart: Chart, kind: str) -> None:
        """Nobody is asked for it any more, a moment later."""

        async def are_done() -> bool:
            return not await self.tasks(chart, kind, "OPEN")

        await until(are_done, f"the task {kind} is still open")

    async def tasks(self, chart: Chart, kind: str, status: str) -> list[Body]:
        query = httpx2.QueryParams({"visit_id": str(chart.visit_id), "status": status})
        return [task for task in await self.items(SUPERVISOR, f"/api/tasks?{query}") if task["kind"] == kind]

    async def items(self, who: Role, path: str) -> list[Body]:
        return await self.clinic.read_list(who, path)


async def refused(doing: Awaitable[object], problem: str) -> str:
    """What the clinic said when it refused, as it must, for that reason."""
    try:
        await doing
    except Stopped as stopped:
        expect(stopped.refusal.type.endswith(f"/{problem}"), f"refused as {stopped.refusal.type}, not {problem}")
        return stopped.refusal.detail
    raise Unexpected(f"was not refused ({problem})")


async def until(look: Callable[[], Awaitable[Seen | None]], otherwise: str) -> Seen:
    """What is seen at last, once it is something."""
    for _ in range(LOOKS):
        if seen := await look():
            return seen
        await asyncio.sleep(LOOK_SECONDS)
    raise Unexpected(f"{otherwise}, also after {LOOKS * LOOK_SECONDS:.0f} s")


def expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Unexpected(otherwise)


def spoken(kind: str) -> str:
    return kind.replace("_", " ")
