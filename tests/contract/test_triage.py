"""Triage over HTTP: what is asked for, what is shown, and who stands first in the queue."""

from typing import Any

import pytest

from models.staff import Role
from tests.contract.sending import named
from tests.walks import Walk

NURSE = Role.TRIAGE_NURSE
WELL: dict[str, Any] = {
    "temperature_c": 36.8,
    "pulse_bpm": 70,
    "respiratory_rate": 12,
    "blood_pressure": "120/80",
    "avpu": "ALERT",
    "mobility": "WALKING",
    "trauma": False,
}
ILL: dict[str, dict[str, Any]] = {
    "GREEN": {},
    "YELLOW": {"temperature_c": 38.5, "respiratory_rate": 15},
    "ORANGE": {"temperature_c": 38.5, "pulse_bpm": 130},
    "RED": {"temperature_c": 38.5, "pulse_bpm": 130, "mobility": "IMMOBILE"},
}


def signs(colour: str = "GREEN", *absent: str, **changed: Any) -> dict[str, Any]:
    given = {**WELL, **ILL[colour], **changed}
    return {name: value for name, value in given.items() if name not in absent}


async def looked_at(walk: Walk, colour: str, **more: Any) -> dict[str, Any]:
    """A new patient's visit after triage."""
    visit = await walk.registered()
    return await walk.done(NURSE, "PUT", f"/api/visits/{visit['id']}", {"vital_signs": signs(colour), **more})


def stands(visit: dict[str, Any]) -> tuple[Any, Any, Any]:
    return visit["triage_category"], visit["triage_colour"], visit["status"]


@pytest.mark.parametrize(
    ("colour", "category"), [("GREEN", "NORMAL"), ("YELLOW", "URGENT"), ("ORANGE", "URGENT"), ("RED", "EMERGENCY")]
)
async def test_the_category_is_computed_and_the_colour_kept(walk: Walk, colour: str, category: str) -> None:
    made = await looked_at(walk, colour)
    assert stands(made) == (category, colour, "TRIAGED")
    assert made["rules"] == {"triage": "sats-2012"}
    assert made["encounter"]["assessment"]["colour"] == colour
    assert stands(await walk.visit(made["id"])) == (category, colour, "TRIAGED")


async def test_a_category_that_a_nurse_says_makes_it_worse_never_better(walk: Walk) -> None:
    assert stands(await looked_at(walk, "GREEN", triage_category="EMERGENCY"))[:2] == ("EMERGENCY", "RED")
    assert stands(await looked_at(walk, "ORANGE", triage_category="NORMAL"))[:2] == ("URGENT", "ORANGE")


async def test_an_unresponsive_child_is_an_emergency_and_a_convulsing_one_needs_no_vital_signs(walk: Walk) -> None:
    for body in (
        {"vital_signs": signs("GREEN", "blood_pressure", avpu="UNRESPONSIVE", pulse_bpm=90, respiratory_rate=20)},
        {"vital_signs": {}, "danger_signs": ["CONVULSING"]},
        {"vital_signs": {"danger_signs": ["CONVULSING"]}},
    ):
        visit = await walk.registered(age=8)
        done = await walk.done(NURSE, "PUT", f"/api/visits/{visit['id']}", body)
        assert stands(done) == ("EMERGENCY", "RED", "TRIAGED")


async def test_all_that_is_missing_and_all_that_is_rare_is_named_in_one_answer(walk: Walk) -> None:
    visit = await walk.registered()
    path = f"/api/visits/{visit['id']}"
    body = {"vital_signs": signs("GREEN", "trauma", "pulse_bpm", temperature_c=41.5)}
    answer = await walk.does(NURSE, "PUT", path, body)
    fields = [error["field"] for error in answer.json()["errors"]]
    assert (answer.status_code, fields) == (
        422,
        ["vital_signs.pulse_bpm", "vital_signs.trauma", "vital_signs.temperature_c"],
    )
    rare = {"vital_signs": signs(temperature_c=41.5)}
    assert named(await walk.does(NURSE, "PUT", path, rare)) == {"vital_signs"}
    assert (await walk.visit(visit["id"]))["version"] == 1
    done = await walk.done(NURSE, "PUT", path, {**rare, "confirmed": True})
    assert done["encounter"]["assessment"]["confirmed"] == ["vital_signs.temperature_c"]


async def test_an_unknown_danger_sign_is_named(walk: Walk) -> None:
    visit = await walk.registered()
    body = {"vital_signs": signs(), "danger_signs": ["SNEEZING"]}
    assert named(await walk.does(NURSE, "PUT", f"/api/visits/{visit['id']}", body)) == {"danger_signs"}


async def test_an_incomplete_triage_waits_visibly_at_triage(walk: Walk) -> None:
    visit = await walk.registered()
    path = f"/api/visits/{visit['id']}"
    body = {"vital_signs": signs("GREEN", "trauma"), "incomplete": True, "triage_category": "NORMAL"}
    done = await walk.done(NURSE, "PUT", path, body)
    assert stands(done) == (None, None, "REGISTERED")
    assert (done["waiting_at"], done["triage_incomplete"]) == (["TRIAGE"], True)
    assert done["encounter"]["assessment"]["missing"] == ["trauma"]
    queue = (await walk.does(NURSE, "GET", "/api/queues/TRIAGE")).json()["items"]
    (item,) = [item for item in queue if item["visit_id"] == visit["id"]]
    assert (item["triage_category"], item["triage_incomplete"]) == (None, True)
    encounters = (await walk.does(NURSE, "GET", f"/api/patient-encounters?visit_id={visit['id']}")).json()["items"]
    assert [encounter["id"] for encounter in encounters] == [done["encounter"]["id"]]
    after = await walk.done(NURSE, "PUT", path, {"vital_signs": signs()})
    assert (stands(after), after["triage_incomplete"]) == (("NORMAL", "GREEN", "TRIAGED"), False)


async def test_triage_again_goes_up_at_once_and_down_with_a_reason_and_a_second_person(walk: Walk) -> None:
    visit = await looked_at(walk, "GREEN")
    path = f"/api/visits/{visit['id']}"
    assert (await walk.does(NURSE, "PUT", path, {"vital_signs": signs("RED")})).status_code == 409
    up = await walk.done(NURSE, "PUT", path, {"vital_signs": signs("RED"), "retriage": True})
    assert stands(up) == ("EMERGENCY", "RED", "TRIAGED")
    down = {"vital_signs": signs("YELLOW"), "retriage": True}
    assert named(await walk.does(NURSE, "PUT", path, down)) == {"reason"}
    asked = await walk.done(NURSE, "PUT", path, {**down, "reason": "The fever has gone"})
    assert stands(asked) == ("EMERGENCY", "RED", "TRIAGED")
    assert (asked["pending_retriage"]["colour"], asked["pending_retriage"]["reason"]) == (
        "YELLOW",
        "The fever has gone",
    )
    confirm = {"kind": "confirm_retriage", "notes": "Looks well"}
    alone = await walk.does(NURSE, "POST", f"{path}/actions", confirm)
    assert (alone.status_code, alone.json()["missing"][0]["what"]) == (409, "a second person")
    confirmed = await walk.done("triage_nurse_2", "POST", f"{path}/actions", confirm)
    assert stands(confirmed) == ("URGENT", "YELLOW", "TRIAGED")
    assert confirmed["pending_retriage"] is None
    assert stands(await walk.visit(visit["id"])) == ("URGENT", "YELLOW", "TRIAGED")


async def test_a_clinician_is_a_second_person_too(walk: Walk) -> None:
    visit = await looked_at(walk, "ORANGE")
    path = f"/api/visits/{visit['id']}"
    down = {"vital_signs": signs(), "retriage": True, "reason": "Well"}
    await walk.done(NURSE, "PUT", path, down)
    done = await walk.done(Role.CLINICAL_OFFICER, "POST", f"{path}/actions", {"kind": "confirm_retriage"})
    assert stands(done) == ("NORMAL", "GREEN", "TRIAGED")


async def test_red_orange_and_yellow_come_first_and_the_untriaged_before_green(walk: Walk) -> None:
    came = {colour: await looked_at(walk, colour) for colour in ("GREEN", "YELLOW", "ORANGE", "RED")}
    items = (await walk.does(NURSE, "GET", "/api/queues/CONSULTATION")).json()["items"]
    ours = [item for item in items if item["visit_id"] in {visit["id"] for visit in came.values()}]
    assert [item["triage_colour"] for item in ours] == ["RED", "ORANGE", "YELLOW", "GREEN"]
    assert [item["visit_id"] for item in ours] == [came[c]["id"] for c in ("RED", "ORANGE", "YELLOW", "GREEN")]


async def test_before_triage_is_whole_the_worst_that_is_certain_decides_the_place(walk: Walk) -> None:
    async def half(colour: str) -> str:
        visit = await walk.registered()
        body = {"vital_signs": signs(colour, "trauma"), "incomplete": True}
        return str((await walk.done(NURSE, "PUT", f"/api/visits/{visit['id']}", body))["id"])

    calm, bad = await half("GREEN"), await half("ORANGE")
    items = (await walk.does(NURSE, "GET", "/api/queues/TRIAGE")).json()["items"]
    ours = [(item["visit_id"], item["triage_colour"]) for item in items if item["visit_id"] in (calm, bad)]
    assert ours == [(bad, "ORANGE"), (calm, None)]
