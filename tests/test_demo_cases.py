"""The demo's rare cases, on real servers: what it says of the clinic is so, and it says so where it is not."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from api.app import create_app
from demo.cases import CASES, play
from demo.clinic import Clinic
from demo.morning import Morning
from demo.stage import OFFICER, Case, Stage, expect, refused
from demo.supervising import flow_lines, late_lines
from demo.tally import Tally, Told
from tests.clinic import ROOT, WholeClinic, whole_clinic

NAIROBI = ZoneInfo("Africa/Nairobi")


@asynccontextmanager
async def demo(clinic: WholeClinic) -> AsyncIterator[Clinic]:
    transport = httpx2.ASGITransport(app=create_app(clinic.clinic), raise_app_exceptions=False)
    password = clinic.settings.demo_password.get_secret_value()
    async with Clinic("http://clinic", password, Tally(planned=0), transport) as guest:
        await guest.open_doors()
        yield guest


async def troubles(clinic: WholeClinic, cases: Iterable[Case]) -> list[tuple[str, str]]:
    async with demo(clinic) as guest:
        told = await play(cases, guest, datetime.now(NAIROBI).date())
    return [(one.name, one.trouble) for one in told if one.trouble]


async def test_every_rare_case_goes_as_the_demo_says(open_clinic: WholeClinic) -> None:
    assert await troubles(open_clinic, CASES) == []


async def test_a_clinic_that_does_otherwise_is_told_of(open_clinic: WholeClinic) -> None:
    async def nobody_minds(stage: Stage) -> None:
        chart = await stage.seen()
        await refused(stage.pays(chart), "conflict")

    async def something_stops_it(stage: Stage) -> None:
        chart = await stage.triaged()
        await stage.leaves(chart)

    async def is_not_so(stage: Stage) -> None:
        expect((await stage.visit(await stage.triaged()))["status"] == "COMPLETED", "the visit goes on")

    cases = [Case(play.__name__, "", play) for play in (nobody_minds, something_stops_it, is_not_so)]
    found = dict(await troubles(open_clinic, cases))
    assert found["nobody_minds"] == "was not refused (conflict)"
    assert found["something_stops_it"].startswith("visit: /problems/")
    assert found["is_not_so"] == "the visit goes on"


async def test_who_waits_too_long_on_a_busy_morning_is_read_of_and_then_no_more() -> None:
    """Minutes last a second here, so that more are late than emergencies alone."""
    said: list[str] = []
    morning = Morning(said.append)
    async with whole_clinic(policy=ROOT / "rules/policy/seconds.toml") as clinic, clinic.worker():
        assert await troubles(clinic, [morning.case]) == []
    assert "12 patients come at once" in said[0]
    notes = "\n".join(morning.notes)
    assert notes.count("(RED): Consultation was due at") == 2
    assert notes.index("(RED)") < notes.index("none of them is named any more") < notes.index("Waiting now: nobody.")


def reason(code: str, *roles: str) -> dict[str, Any]:
    return {"code": code, "words": f"It is {code}.", "roles": list(roles), "since": "2026-11-22T09:00:00Z"}


def test_a_supervisor_reads_who_can_act_and_of_lateness_alone() -> None:
    reasons = [reason("LATE", OFFICER, "TRIAGE_NURSE"), reason("NO_PROGRESS", "CASHIER")]
    item = {"op_number": "OP00007", "triage_colour": None, "reasons": reasons, "next": "A look."}
    assert list(late_lines({"7": item})) == [
        "  OP00007 (not triaged): It is LATE.",
        "      Can act: clinical officer or triage nurse. Next: A look.",
    ]


def test_the_flow_of_a_day_on_which_nobody_came_is_told_without_numbers() -> None:
    flow: dict[str, Any] = {
        "waiting_now": [],
        "steps": [],
        "door_to": {"clinician_by_colour": {}},
        "breaches": {},
        "left_without_being_seen": {"left": 0, "arrived": 0},
        "bottleneck": None,
    }
    assert [line.strip() for line in flow_lines(flow)] == [
        "Waiting now: nobody.",
        "Times in minutes, as half / nine in ten of the patients had them at most:",
        "waits: none to speak of",
        "from the door to the clinician: too few to say",
        "Late: nothing.",
        "Left without being seen: 0 of 0.",
    ]


def test_the_flow_names_stations_with_who_is_late_and_steps_at_which_somebody_waited() -> None:
    def step(name: str, category: str | None, p50: float | None, p90: float | None) -> dict[str, Any]:
        return {"step": name, "triage_category": category, "wait": {"p50": p50, "p90": p90}}

    flow: dict[str, Any] = {
        "waiting_now": [
            {"station": "FAMILY_PLANNING", "waiting": 2, "late": 1},
            {"station": "FAMILY_PLANNING", "waiting": 1, "late": 1},
            {"station": "CASHIER", "waiting": 4, "late": 0},
        ],
        "steps": [step("TRIAGE", None, 0.5, 12.0), step("TRIAGE", "URGENT", 3, 3), step("MCH", None, None, None)],
        "door_to": {"clinician_by_colour": {"RED": {"p50": 1.0, "p90": 2.5, "within_target": 0.667}}},
        "breaches": {"SECOND_LOOK": 3},
        "left_without_being_seen": {"left": 1, "arrived": 9},
        "bottleneck": {"words": "Triage.", "ratio": 1.2},
    }
    told = "\n".join(flow_lines(flow))
    assert "Waiting now: family planning 3 (2 late), cashier 4." in told
    assert "waits: triage 0.5 / 12\n" in told
    assert "RED 1 / 2.5 (67% in time)" in told
    assert "Late: second look 3." in told
    assert told.endswith("It jams: Triage.")
    flow["bottleneck"] = None
    assert list(flow_lines(flow))[-1].startswith("  It jams nowhere")


def test_a_case_with_trouble_makes_the_demo_fail() -> None:
    assert Tally(planned=0, told=[Told("a case", "what it shows")]).is_whole
    assert not Tally(planned=0, told=[Told("a case", "what it shows", "it was otherwise")]).is_whole
