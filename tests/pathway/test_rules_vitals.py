"""Vital signs at triage: spellings, units and what a body cannot show."""

from typing import Any

import pytest
from pydantic import ValidationError

from models.staff import Role
from models.vitals import VitalSigns
from tests.pathway.desk import registered
from tests.pathway.people import NURSE, VITALS, triage

LEAST = {
    name: VITALS[name] for name in ("temperature_c", "pulse_bpm", "respiratory_rate", "avpu", "mobility", "trauma")
}


def signs(**changed: Any) -> VitalSigns:
    given = {name: value for name, value in {**LEAST, **changed}.items() if value is not None}
    return VitalSigns.model_validate(given)


def wrong(**changed: Any) -> list[tuple[str, str]]:
    """Which fields are refused, each with its reason."""
    with pytest.raises(ValidationError) as no:
        signs(**changed)
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in no.value.errors()]


def test_other_spellings_and_numbers_as_strings_are_understood() -> None:
    given = {"temperature": "38.5", "pulse": "95", "blood_pressure": "140/90", "respiratory_rate": "18"}
    rest = {"avpu": "ALERT", "mobility": "WALKING", "trauma": False}
    read = VitalSigns.model_validate({**given, **rest})
    assert (read.temperature_c, read.pulse_bpm, read.respiratory_rate) == (38.5, 95, 18)
    assert (read.systolic_bp, read.diastolic_bp) == (140, 90)


def test_blood_pressure_may_have_spaces_around_the_slash() -> None:
    read = signs(blood_pressure=" 120 / 80 ")
    assert (read.systolic_bp, read.diastolic_bp) == (120, 80)


@pytest.mark.parametrize(
    "pressure", ["140", "140-90", "140/", "/90", "", "high/low", "140/90/70", 140, ["140/90"], None]
)
def test_a_malformed_blood_pressure_is_refused(pressure: Any) -> None:
    with pytest.raises(ValidationError):
        VitalSigns.model_validate({**LEAST, "blood_pressure": pressure})


def test_the_reason_shows_how_blood_pressure_is_written() -> None:
    assert '"140/90"' in wrong(blood_pressure="140")[0][1]


@pytest.mark.parametrize(
    ("spelling", "value", "name", "same"),
    [
        ("temperature", 38, "temperature_c", 38),
        ("pulse", 95, "pulse_bpm", 95),
        ("blood_pressure", "140/90", "systolic_bp", 140),
        ("blood_pressure", "140/90", "diastolic_bp", 90),
    ],
)
def test_one_value_under_two_names_is_refused(spelling: str, value: Any, name: str, same: int) -> None:
    reasons = wrong(**{spelling: value, name: same})
    assert f"{name} is given twice" in reasons[0][1]


EDGES = [
    ("temperature_c", 25, 45, 0.1),
    ("pulse_bpm", 0, 300, 1),
    ("respiratory_rate", 0, 120, 1),
    ("systolic_bp", 30, 300, 1),
    ("diastolic_bp", 10, 200, 1),
    ("spo2_percent", 30, 100, 0.1),
    ("weight_kg", 0.3, 300, 0.01),
    ("height_cm", 20, 250, 0.1),
]


@pytest.mark.parametrize(("name", "low", "high", "step"), EDGES)
def test_hard_limits_belong_to_what_is_accepted(name: str, low: float, high: float, step: float) -> None:
    assert getattr(signs(**{name: low}), name) == low
    assert getattr(signs(**{name: high}), name) == high
    for beyond in (low - step, high + step, "nan", "inf"):
        assert [field for field, _ in wrong(**{name: beyond})] == [name]


@pytest.mark.parametrize("name", sorted(LEAST))
def test_what_is_scored_is_mandatory(name: str) -> None:
    problem = registered().refused(NURSE, triage("NORMAL", **{name: None}))
    assert (problem.status, [error.field for error in problem.errors]) == (422, [f"vital_signs.{name}"])


def test_all_that_is_missing_is_named_at_once() -> None:
    problem = registered().refused(NURSE, triage("NORMAL", **dict.fromkeys(VITALS)))
    named = {error.field for error in problem.errors}
    assert named == {f"vital_signs.{name}" for name in (*LEAST, "systolic_bp")}


def test_systolic_pressure_must_be_above_diastolic() -> None:
    assert signs(systolic_bp=91, diastolic_bp=90).systolic_bp == 91
    assert "above diastolic_bp" in wrong(systolic_bp=90, diastolic_bp=90)[0][1]


def test_unknown_items_are_refused_not_ignored() -> None:
    assert wrong(blood_presure="140/90") == [("blood_presure", "Extra inputs are not permitted")]


@pytest.mark.parametrize(("age", "is_mandatory"), [(0, False), (11, False), (12, True), (13, True), (80, True)])
def test_systolic_pressure_is_mandatory_from_twelve_years_on(age: int, is_mandatory: bool) -> None:
    desk, form = registered(age=age), triage(systolic_bp=None, diastolic_bp=None)
    if is_mandatory:
        problem = desk.refused(NURSE, form)
        assert (problem.type, problem.errors[0].field) == ("/problems/invalid", "vital_signs.systolic_bp")
    else:
        desk.does(NURSE, form)


@pytest.mark.parametrize(("born", "is_mandatory"), [("2014-11-22", True), ("2014-11-23", False)])
def test_the_twelfth_birthday_counts(born: str, is_mandatory: bool) -> None:
    """The clinic's day is 2026-11-22."""
    desk = registered(age=None, date_of_birth=born)
    if is_mandatory:
        assert desk.refused(NURSE, triage(systolic_bp=None, diastolic_bp=None)).status == 422
    else:
        desk.does(NURSE, triage(systolic_bp=None, diastolic_bp=None))


def test_triage_is_stored_as_an_encounter_in_our_spelling() -> None:
    desk = registered()
    change = desk.does(NURSE, triage("URGENT"))
    assert change.rows[0].values["encounter_type"] == "TRIAGE"
    assert change.rows[0].values["vital_signs"] == VITALS
    assert desk.visit.triage_category == "URGENT"


def test_a_patient_is_triaged_once() -> None:
    desk = registered()
    desk.does(NURSE, triage("URGENT"))
    problem = desk.refused(NURSE, triage("NORMAL"))
    assert (problem.type, problem.status) == ("/problems/already-done", 409)
    assert "URGENT" in problem.detail


def test_only_a_triage_nurse_triages() -> None:
    problem = registered().refused(Role.CLINICAL_OFFICER, triage())
    assert (problem.status, problem.roles) == (403, (Role.TRIAGE_NURSE,))
