"""The clinic's policy: what a file may say, which version counts, and how long whoever may wait."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from integrations.settings import Settings
from models.deadlines import Step
from models.policy import DEFAULT, HOUSE, Policies, Policy, read
from models.staff import Role
from models.urgency import TriageColour

BEFORE, AFTER = date(2026, 11, 1), date(2027, 1, 1)
HOUSE_POLICY = HOUSE.policy[0]
A_MINUTE = timedelta(minutes=1)


def changed(**facts: Any) -> dict[str, Any]:
    return HOUSE_POLICY.model_dump() | facts


@pytest.mark.parametrize("file", sorted(DEFAULT.parent.glob("*.toml")), ids=lambda file: file.stem)
def test_the_files_that_come_with_it_are_whole(file: Path) -> None:
    for policy in read(file).policy:
        assert set(policy.targets) == set(Step)


@pytest.mark.parametrize(
    ("colour", "minutes"),
    [("RED", 1), ("ORANGE", 10), ("YELLOW", 60), ("GREEN", 240), (None, 60)],
)
def test_a_clinician_is_to_come_in_the_time_of_the_triage_scale(colour: str | None, minutes: int) -> None:
    known = TriageColour(colour) if colour else None
    assert HOUSE_POLICY.target(Step.CONSULTATION, known) == minutes * A_MINUTE


def test_an_urgent_order_makes_the_wait_shorter_and_never_longer() -> None:
    targets = HOUSE_POLICY.targets | {Step.LABORATORY: {"ANY": 90, "RED": 10, "URGENT_ORDER": 30}}
    policy = HOUSE_POLICY.model_copy(update={"targets": targets})
    assert policy.target(Step.LABORATORY, TriageColour.GREEN, is_urgent=True) == 30 * A_MINUTE
    assert policy.target(Step.LABORATORY, TriageColour.RED, is_urgent=True) == 10 * A_MINUTE
    assert policy.target(Step.LABORATORY, TriageColour.GREEN) == 90 * A_MINUTE


def test_a_step_may_have_a_ladder_of_its_own() -> None:
    own = {Step.CASHIER: ({"after": 60, "to": "IN_CHARGE"},)}
    policy = Policy.model_validate(changed(ladders=own))
    assert [(rung.after, rung.to) for rung in policy.ladder_for(Step.CASHIER, Role.CASHIER)] == [
        (60 * A_MINUTE, Role.SUPERVISOR)
    ]
    assert [rung.to for rung in policy.ladder_for(Step.TRIAGE, Role.TRIAGE_NURSE)] == [
        Role.TRIAGE_NURSE,
        Role.SUPERVISOR,
        Role.ADMIN,
    ]


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1)))
def test_the_newest_version_in_force_counts_and_before_all_of_them_the_oldest(day: date) -> None:
    first = Policy.model_validate(changed(version="a", effective_from=BEFORE))
    second = Policy.model_validate(changed(version="b", effective_from=AFTER))
    policies = Policies(policy=(first, second))
    assert policies.on(day).version == ("b" if day >= AFTER else "a")
    assert policies.of("a", day) is policies.policy[0]
    assert policies.of("gone", day) is policies.on(day)


WRONG = {
    "a step without a deadline for everybody": (changed(targets={"TRIAGE": {"RED": 1}}), "ANY is missing"),
    "a colour that is none": (changed(targets=HOUSE_POLICY.targets | {"TRIAGE": {"ANY": 1, "PINK": 2}}), "PINK is"),
    "a ladder that goes down": (
        changed(ladder=({"after": 9, "to": "STATION"}, {"after": 1, "to": "IN_CHARGE"})),
        "a ladder goes up",
    ),
    "no ladder": (changed(ladder=()), "at least 1"),
    "a time below zero": (changed(targets=HOUSE_POLICY.targets | {"TRIAGE": {"ANY": -1}}), "greater than or equal"),
    "a word that nobody knows": (changed(opening="late"), "Extra inputs"),
    "doors that close before they open": (
        changed(hours={"MON": {"opens": "17:00", "closes": "08:00"}}),
        "opens must lie before closes",
    ),
}


@pytest.mark.parametrize(("said", "why"), WRONG.values(), ids=WRONG)
def test_a_slip_of_the_pen_is_named(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Policies.model_validate({"policy": [said]})


def test_versions_stand_in_order_and_have_names_of_their_own() -> None:
    same_day = [changed(version="a"), changed(version="b")]
    with pytest.raises(ValidationError, match="in the order of effective_from"):
        Policies.model_validate({"policy": same_day})
    same_name = [changed(effective_from=BEFORE), changed(effective_from=AFTER)]
    with pytest.raises(ValidationError, match="the same name"):
        Policies.model_validate({"policy": same_name})


def test_a_process_with_a_wrong_policy_does_not_start_and_says_where_it_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(DEFAULT.read_text().replace("CASHIER = { ANY = 30 }", "CASHIER = { SOON = 30 }"))
    with pytest.raises(ValidationError, match=r"NJIA_POLICY is wrong.*CASHIER\.ANY is missing"):
        Settings(policy=file)
    file.write_text("not a policy")
    with pytest.raises(ValidationError, match="NJIA_POLICY is wrong"):
        Settings(policy=file)
    with pytest.raises(ValidationError, match="NJIA_POLICY cannot be read"):
        Settings(policy=tmp_path / "none.toml")


def test_the_policy_of_another_facility_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(f'facility = "THERE"\n{DEFAULT.read_text()}')
    with pytest.raises(ValidationError, match="is the policy of THERE"):
        Settings(policy=file, facility_code="HERE")
    assert Settings(policy=file, facility_code="THERE").policies.policy == HOUSE.policy


def test_the_words_of_the_page_are_those_of_the_code() -> None:
    docs = DEFAULT.parents[2] / "docs"
    page = "".join(one.read_text() for one in (docs / "policy.md", *docs.glob("parts/*-policy.md")))
    told = {
        name for name in Policy.model_fields if f"`{name}`" in page or f"{name} =" in page or f"policy.{name}" in page
    }
    assert told == set(Policy.model_fields)
