"""Triage as an action: what is refused, what stays visibly open, and how a category changes."""

from typing import Any

import pytest

from models.actions import ConfirmRetriage, RecordTriage, TakeIn
from models.staff import Role, Station
from models.status import Status
from tests.pathway.desk import Desk, registered
from tests.pathway.people import CLINICIAN, NURSE, SECOND_CLINICIAN, person

SECOND_NURSE = person(Role.TRIAGE_NURSE, name="second")
WELL: dict[str, Any] = {
    "temperature_c": 36.8,
    "pulse_bpm": 70,
    "respiratory_rate": 12,
    "systolic_bp": 120,
    "avpu": "ALERT",
    "mobility": "WALKING",
    "trauma": False,
}
YELLOW = {"temperature_c": 38.5, "respiratory_rate": 15}
ORANGE = {"temperature_c": 38.5, "pulse_bpm": 130}
RED = {**ORANGE, "mobility": "IMMOBILE"}


def form(signs: dict[str, Any] | None = None, **more: Any) -> RecordTriage:
    """The form of a patient who is well, but for these vital signs (None: not measured)."""
    given = {name: value for name, value in {**WELL, **(signs or {})}.items() if value is not None}
    return RecordTriage.model_validate({"vital_signs": given, **more})


def triaged(signs: dict[str, Any] | None = None, **more: Any) -> Desk:
    desk = registered()
    desk.does(NURSE, form(signs, **more))
    return desk


def stands(desk: Desk) -> tuple[Any, Any, Any]:
    return desk.visit.triage_category, desk.visit.triage_colour, desk.visit.status


@pytest.mark.parametrize(
    ("signs", "category", "colour"),
    [
        ({}, "NORMAL", "GREEN"),
        (YELLOW, "URGENT", "YELLOW"),
        (ORANGE, "URGENT", "ORANGE"),
        (RED, "EMERGENCY", "RED"),
    ],
)
def test_the_category_follows_from_the_vital_signs(signs: dict[str, Any], category: str, colour: str) -> None:
    assert stands(triaged(signs)) == (category, colour, "TRIAGED")


@pytest.mark.parametrize(
    ("signs", "given", "category", "colour"),
    [
        ({}, "URGENT", "URGENT", "YELLOW"),
        ({}, "EMERGENCY", "EMERGENCY", "RED"),
        (ORANGE, "URGENT", "URGENT", "ORANGE"),
        (ORANGE, "NORMAL", "URGENT", "ORANGE"),
        (RED, "NORMAL", "EMERGENCY", "RED"),
    ],
)
def test_a_given_category_may_only_make_it_worse(signs: dict[str, Any], given: str, category: str, colour: str) -> None:
    assert stands(triaged(signs, triage_category=given)) == (category, colour, "TRIAGED")


def test_why_stands_in_the_record() -> None:
    desk = registered()
    change = desk.does(NURSE, form(ORANGE, triage_category="EMERGENCY", danger_signs=["convulsions"]))
    kept = change.rows[0].values["assessment"]
    assert (kept["rules"], kept["band"], kept["score"], kept["colour"]) == ("sats-2012", "ADULT", 5, "ORANGE")
    assert (kept["signs"], kept["given_category"]) == (["CONVULSIONS"], "EMERGENCY")
    assert kept["points"]["pulse_bpm"] == 3


@pytest.mark.parametrize("where", ["beside", "inside"])
def test_danger_signs_stand_in_the_vital_signs_or_beside_them(where: str) -> None:
    signs = ["NOT_ABLE_TO_DRINK", "CONVULSING"]
    desk = triaged(danger_signs=signs) if where == "beside" else triaged({"danger_signs": signs})
    assert stands(desk) == ("EMERGENCY", "RED", "TRIAGED")


def test_an_unknown_danger_sign_is_refused_and_the_known_ones_are_named() -> None:
    problem = registered().refused(NURSE, form(danger_signs=["SNEEZING"]))
    assert (problem.status, problem.errors[0].field) == (422, "danger_signs")
    assert "CONVULSING" in problem.detail


def test_an_unresponsive_child_of_eight_is_an_emergency() -> None:
    desk = registered(age=8)
    desk.does(NURSE, form({"avpu": "UNRESPONSIVE", "pulse_bpm": 90, "respiratory_rate": 20, "systolic_bp": None}))
    assert stands(desk) == ("EMERGENCY", "RED", "TRIAGED")


@pytest.mark.parametrize("sign", ["UNRESPONSIVE", "CONVULSING"])
def test_an_emergency_sign_waits_for_no_vital_signs(sign: str) -> None:
    desk = registered()
    desk.does(NURSE, form(dict.fromkeys(WELL), danger_signs=[sign]))
    assert stands(desk) == ("EMERGENCY", "RED", "TRIAGED")
    assert desk.visit.triage_incomplete
    desk.does(NURSE, form())
    assert not desk.visit.triage_incomplete
    assert stands(desk) == ("EMERGENCY", "RED", "TRIAGED"), "vital signs alone make nobody less urgent"


def test_incomplete_triage_leaves_the_patient_visibly_untriaged() -> None:
    desk = registered()
    change = desk.does(NURSE, form({"trauma": None, "systolic_bp": None}, incomplete=True, triage_category="NORMAL"))
    assert stands(desk) == (None, None, "REGISTERED")
    assert (desk.visit.waiting_at, desk.visit.triage_incomplete) == ((Station.TRIAGE,), True)
    assert change.rows[0].values["vital_signs"]["pulse_bpm"] == 70
    assert set(change.rows[0].values["assessment"]["missing"]) == {"trauma", "systolic_bp"}
    assert desk.refused(CLINICIAN, TakeIn()).type == "/problems/wrong-stage"
    desk.does(NURSE, form())
    assert (*stands(desk), desk.visit.triage_incomplete) == ("NORMAL", "GREEN", "TRIAGED", False)


def test_incomplete_and_bad_already_shows_how_bad() -> None:
    desk = triaged({**ORANGE, "trauma": None}, incomplete=True)
    assert stands(desk) == (None, "ORANGE", "REGISTERED")
    desk.does(NURSE, form())
    assert stands(desk) == ("URGENT", "ORANGE", "TRIAGED"), "what was seen is not forgotten"


def test_incomplete_but_certainly_red_goes_on() -> None:
    assert stands(triaged({**RED, "trauma": None}, incomplete=True)) == ("EMERGENCY", "RED", "TRIAGED")


def test_a_nurse_may_say_emergency_before_everything_is_measured() -> None:
    desk = triaged({"trauma": None}, incomplete=True, triage_category="EMERGENCY")
    assert stands(desk) == ("EMERGENCY", "RED", "TRIAGED")


def test_incomplete_with_nothing_missing_is_complete() -> None:
    desk = triaged(incomplete=True)
    assert (*stands(desk), desk.visit.triage_incomplete) == ("NORMAL", "GREEN", "TRIAGED", False)


def test_what_is_rare_is_to_be_confirmed_field_by_field() -> None:
    desk, rare = registered(), {"temperature_c": 41.5, "systolic_bp": 230}
    problem = desk.refused(NURSE, form(rare))
    assert problem.status == 422
    assert {e.field for e in problem.errors} == {"vital_signs.temperature_c", "vital_signs.systolic_bp"}
    reason = next(e.reason for e in problem.errors if e.field == "vital_signs.temperature_c")
    assert "below 34 or above 41 Cel" in reason
    assert "41.5" not in problem.detail
    change = desk.does(NURSE, form(rare, confirmed=True))
    assert change.rows[0].values["assessment"]["confirmed"] == ["vital_signs.temperature_c", "vital_signs.systolic_bp"]


def test_missing_and_rare_are_named_together() -> None:
    problem = registered().refused(NURSE, form({"temperature_c": 41.5, "trauma": None}))
    assert [e.field for e in problem.errors] == ["vital_signs.trauma", "vital_signs.temperature_c"]


def test_a_second_triage_is_refused_unless_it_is_meant() -> None:
    desk = triaged()
    problem = desk.refused(NURSE, form(RED))
    assert problem.type == "/problems/already-done"
    assert "retriage" in problem.detail


@pytest.mark.parametrize("signs", [YELLOW, ORANGE, RED])
def test_triage_again_goes_up_at_once(signs: dict[str, Any]) -> None:
    desk = triaged()
    change = desk.does(NURSE, form(signs, retriage=True))
    assert stands(desk) == stands(triaged(signs))
    told = [event.payload["triageColour"] for event in change.events if event.kind == "visit:triaged"]
    assert told == [desk.visit.triage_colour]


def test_triage_again_goes_up_also_with_the_clinician() -> None:
    desk = triaged()
    desk.does(CLINICIAN, TakeIn())
    desk.does(NURSE, form(RED, retriage=True))
    assert stands(desk) == ("EMERGENCY", "RED", "IN_CONSULTATION")


@pytest.mark.parametrize("signs", [{}, YELLOW])
def test_down_needs_a_reason(signs: dict[str, Any]) -> None:
    desk = triaged(ORANGE)
    assert desk.refused(NURSE, form(signs, retriage=True)).errors[0].field == "reason"
    assert stands(desk) == ("URGENT", "ORANGE", "TRIAGED")


@pytest.mark.parametrize("second", [SECOND_NURSE, CLINICIAN])
def test_down_happens_only_when_a_second_person_confirms(second: Any) -> None:
    desk = triaged(ORANGE)
    desk.does(NURSE, form(retriage=True, reason="Fever has gone"))
    assert stands(desk) == ("URGENT", "ORANGE", "TRIAGED")
    waiting = desk.visit.pending_retriage
    assert waiting is not None
    assert (waiting.colour, waiting.reason, waiting.by) == ("GREEN", "Fever has gone", NURSE.id)
    alone = desk.refused(NURSE, ConfirmRetriage())
    assert (alone.type, alone.missing[0].what) == ("/problems/wrong-stage", "a second person")
    change = desk.does(second, ConfirmRetriage())
    assert stands(desk) == ("NORMAL", "GREEN", "TRIAGED")
    assert desk.visit.pending_retriage is None
    kept = change.rows[0].values["assessment"]
    assert (kept["confirmed_by"], kept["reason"]) == (str(second.id), "Fever has gone")


def test_nobody_confirms_what_nobody_asked_for() -> None:
    assert triaged(ORANGE).refused(SECOND_NURSE, ConfirmRetriage()).type == "/problems/conflict"


def test_reception_is_no_second_person() -> None:
    desk = triaged(ORANGE)
    desk.does(NURSE, form(retriage=True, reason="Better"))
    assert desk.refused(Role.RECEPTIONIST, ConfirmRetriage()).status == 403


def test_a_newer_look_that_is_not_lower_takes_the_proposal_back() -> None:
    desk = triaged(ORANGE)
    desk.does(NURSE, form(retriage=True, reason="Better"))
    desk.does(SECOND_NURSE, form(ORANGE, retriage=True))
    assert desk.visit.pending_retriage is None
    assert desk.refused(SECOND_CLINICIAN, ConfirmRetriage()).type == "/problems/conflict"


@pytest.mark.parametrize("signs", [{}, YELLOW])
def test_an_incomplete_second_look_makes_nobody_less_urgent(signs: dict[str, Any]) -> None:
    desk = triaged(ORANGE)
    desk.does(NURSE, form({**signs, "trauma": None}, retriage=True, incomplete=True, reason="Better"))
    assert desk.visit.pending_retriage is None
    assert stands(desk) == ("URGENT", "ORANGE", "TRIAGED")
    assert desk.visit.triage_incomplete


def test_a_visit_keeps_the_rules_it_began_with_and_an_old_one_takes_those_of_its_day() -> None:
    desk = registered()
    assert desk.visit.rules == {"triage": "sats-2012"}
    desk.current = desk.visit.having(rules={})
    change = desk.does(NURSE, form(ORANGE))
    assert change.rows[0].values["assessment"]["rules"] == "sats-2012"


def test_a_visit_from_before_there_were_colours_gets_the_least_of_its_category() -> None:
    desk = triaged(RED)
    desk.current = desk.visit.having(triage_colour=None)
    desk.does(CLINICIAN, TakeIn())
    assert (desk.visit.triage_colour, desk.visit.status) == ("RED", Status.IN_CONSULTATION)
