"""Walks that the rules' own machinery thinks of, on the real servers: looked back at, each moment is what it was."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from models.actions import Action
from models.staff import Person, Role
from tests.pathway.desk import Desk
from tests.pathway.forms import FORMS, Choice, next_form
from tests.pathway.machine import beside_another
from tests.pathway.paper import Paper
from tests.pathway.people import SECOND_CLINICIAN, STAFF, registration
from tests.pathway.test_state_machine import Pathway
from tests.walks import Walk, new_patient

LEFT_OUT = {
    "arrive",
    "identify",
    "vaccinate",
    "counsel",
    "care for mother",
    "cancel visit",
    "wrong patient",
    "record death",
    "quote",
}
"""What names other patients, or lists whose ids are a clinic's own, or ends the walk at once."""

BY_THE_CLINIC = {
    "pay by phone",
    "confirm payment",
    "fail payment",
    "credit payment",
    "waiver lapses",
    "cover is answered",
}
TRIED = sorted(FORMS.keys() - LEFT_OUT - BY_THE_CLINIC)
STEPS, TRIES = 30, 2000

DESKS: dict[UUID, Role | str] = {who.id: role for role, who in STAFF.items()} | {
    SECOND_CLINICIAN.id: "clinical_officer_2"
}
LISTS = {
    "patient_encounters": "/api/patient-encounters",
    "diagnoses": "/api/diagnoses",
    "prescriptions": "/api/prescriptions",
    "lab_requests": "/api/lab-requests",
    "critical_notices": "/api/critical-notices",
    "obligations": "/api/obligations",
    "payments": "/api/payments",
    "sha_invoices": "/api/sha-invoices",
    "appointments": "/api/appointments",
}


@dataclass
class Rehearsal:
    """The rules decide what may be tried next; what they accepted is done over HTTP under the same keys."""

    number: random.Random
    machine: Pathway = field(default_factory=Pathway)

    def begin(self) -> None:
        self.machine.desk = Desk(id=uuid4())
        self.machine.desk.does(Role.RECEPTIONIST, registration())
        beside_another(self.machine.desk)
        self.machine.paper, self.machine.ids = Paper(), []

    def step(self) -> tuple[Person, Action, UUID] | None:
        """One accepted action, or None where the rules say no."""
        chosen, choice = self.number.choice([*TRIED, "go on", "go on"]), self.number.randrange(60)
        at = Choice(self.machine.paper, self.machine.ids, choice)
        who, action = next_form(at) if chosen == "go on" else form_of(chosen, at)
        before = len(self.machine.ids)
        if who.id in DESKS:
            self.machine.act(who, action)
        return (who, action, self.machine.ids[-1]) if len(self.machine.ids) > before else None


def form_of(chosen: str, at: Choice) -> tuple[Person, Action]:
    likely, form = FORMS[chosen]
    able = [STAFF[who] if isinstance(who, Role) else who for who in likely]
    there = [who for who in able if who.id in DESKS] or able
    return there[at.number % len(there)], form(at)


async def shown(walk: Walk, visit_id: str) -> dict[str, Any]:
    """What the API says now."""
    view: dict[str, Any] = {"visit": await walk.visit(visit_id)}
    view["bill"] = await walk.done(Role.SUPERVISOR, "GET", f"/api/visits/{visit_id}/bill")
    for table, path in LISTS.items():
        answer = await walk.done(Role.SUPERVISOR, "GET", f"{path}?visit_id={visit_id}&limit=200")
        view[table] = sorted(answer["items"], key=lambda row: row["id"])
    return view


async def photographed(walk: Walk, visit_id: str) -> tuple[datetime, dict[str, Any]]:
    """A moment, and what the API said before and after it; again where the clinic itself wrote something meanwhile."""
    while True:
        before = await shown(walk, visit_id)
        (clock,) = await walk.clinic.rows("select clock_timestamp() as at")
        if before == await shown(walk, visit_id):
            return clock["at"], before
        await asyncio.sleep(0.2)


async def known(walk: Walk, visit_id: str, at: datetime) -> dict[str, Any]:
    path = f"/api/visits/{visit_id}/timeline?at={quote(at.isoformat())}"
    view = await walk.done(Role.SUPERVISOR, "GET", path)
    assert view["gaps"] == []
    lists = {table: sorted(view["records"][table], key=lambda row: row["id"]) for table in LISTS}
    return {"visit": view["visit"], "bill": view["bill"], **lists}


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_each_step_of_any_walk_the_past_is_what_the_api_said_then(walk: Walk, seed: int) -> None:
    rehearsal = Rehearsal(random.Random(seed))
    rehearsal.begin()
    visit_id = str(rehearsal.machine.desk.id)
    await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(), visit_id)
    photographs = [await photographed(walk, visit_id)]
    accepted = filter(None, (rehearsal.step() for _ in range(TRIES)))
    for who, action, key in islice(accepted, STEPS):
        form = action.model_dump(mode="json", exclude_none=True)
        answer = await walk.does(DESKS[who.id], "POST", f"/api/visits/{visit_id}/actions", form, key)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 201:
            photographs.append(await photographed(walk, visit_id))
    assert len({view["visit"]["version"] for _, view in photographs}) == len(photographs) > 10
    for at, view in photographs:
        assert await known(walk, visit_id, at) == view
