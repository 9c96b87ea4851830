"""The immunization programme: every edge of ages and intervals, its versions, and laws that hold for all of it."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.doses import Given, Judged, Recipient, counted, judge
from models.immunization_schedule import Scheduled, Standing, coming, schedule
from models.kepi import programme_for, programmes

TODAY = date(2026, 11, 22)
BEFORE, FROM_THEN = date(2025, 11, 2), date(2025, 11, 3)
NOW = programme_for(TODAY)
A_DAY = timedelta(days=1)


def aged(days: int, gender: str = "FEMALE") -> Recipient:
    return Recipient(born=TODAY - timedelta(days=days), gender=gender)


def doses(code: str, *days_ago: int) -> list[Given]:
    return [Given(code=code, on=TODAY - timedelta(days=days)) for days in days_ago]


def judged(who: Recipient, code: str, history: list[Given] | None = None, *conditions: str) -> Judged:
    return judge(NOW, who, history or [], code, TODAY, conditions)


def shown(who: Recipient, history: list[Given] | None = None, *conditions: str) -> dict[str, Scheduled]:
    return {dose.label: dose for dose in schedule(NOW, who, history or [], TODAY, conditions)}


FROM_AGE = [
    ("PENTA", 42, "Penta 1"),
    ("PCV10", 42, "PCV 1"),
    ("ROTA", 42, "Rota 1"),
    ("BOPV", 42, "OPV 1"),
    ("IPV", 98, "IPV 1"),
    ("MR", 270, "MR 1"),
    ("TCV", 270, "TCV"),
    ("YELLOW_FEVER", 270, "Yellow fever"),
    ("R21", 180, "Malaria 1"),
    ("HPV", 3650, "HPV 1"),
]


@pytest.mark.parametrize(("code", "days", "label"), FROM_AGE)
def test_the_first_dose_is_given_from_its_day_of_age_and_not_a_day_before(code: str, days: int, label: str) -> None:
    ready, early = judged(aged(days), code), judged(aged(days - 1), code)
    assert (ready.dose and ready.dose.label, ready.may_from) == (label, None)
    assert (early.dose and early.dose.label, early.may_from) == (label, TODAY + A_DAY)


UNTIL_AGE = [("BCG", 1794), ("PENTA", 1825), ("ROTA", 365), ("MR", 1825), ("YELLOW_FEVER", 5475), ("HPV", 5110)]


@pytest.mark.parametrize(("code", "days"), UNTIL_AGE)
def test_the_first_dose_is_given_until_its_last_day_of_age_and_not_a_day_after(code: str, days: int) -> None:
    assert judged(aged(days), code).dose is not None
    late = judged(aged(days + 1), code)
    assert late.dose is None
    assert "Outside the schedule" in late.warnings[0]


SINCE_DOSE = [
    ("PENTA", 400, 28, "Penta 2"),
    ("IPV", 400, 28, "IPV 2"),
    ("MR", 700, 180, "MR 2"),
    ("R21", 400, 30, "Malaria 2"),
]


@pytest.mark.parametrize(("code", "age", "interval", "label"), SINCE_DOSE)
def test_the_next_dose_keeps_its_interval_to_the_day(code: str, age: int, interval: int, label: str) -> None:
    ready, early = judged(aged(age), code, doses(code, interval)), judged(aged(age), code, doses(code, interval - 1))
    assert (ready.dose and ready.dose.label, ready.may_from) == (label, None)
    assert early.may_from == TODAY + A_DAY


def test_the_later_of_age_and_interval_counts() -> None:
    assert judged(aged(60), "PENTA", doses("PENTA", 10)).may_from == TODAY + timedelta(days=18)
    assert judged(aged(60), "PENTA", doses("PENTA", 18)).may_from == TODAY + timedelta(days=10)


def test_polio_at_birth_is_given_until_two_weeks_and_left_out_afterwards() -> None:
    at_birth, later = judged(aged(14), "BOPV"), judged(aged(15), "BOPV")
    assert at_birth.dose is not None
    assert later.dose is not None
    assert (at_birth.dose.number, later.dose.number) == (0, 1)
    assert shown(aged(15))["bOPV at birth"].status is Standing.TOO_LATE


def test_a_series_whose_first_dose_is_too_late_is_not_begun_with_the_second() -> None:
    statuses = {dose.status for dose in shown(aged(366)).values() if dose.vaccine == "ROTA"}
    assert statuses == {Standing.TOO_LATE}
    begun = judged(aged(366), "ROTA", doses("ROTA", 200))
    assert (begun.dose and begun.dose.label) == "Rota 2"


def test_a_dose_that_was_too_early_does_not_count_and_still_keeps_the_interval() -> None:
    """As the dose at six months in an outbreak does: the child still needs both others."""
    outbreak = doses("MR", 10)  # at 265 days of age
    told = counted(aged(275), outbreak, NOW.series("MR") or pytest.fail("no MR"))
    assert [c.number for c in told] == [None]
    assert judged(aged(275), "MR", outbreak).dose == judged(aged(275), "MR").dose
    assert shown(aged(275), outbreak)["MR 1"].status is Standing.OVERDUE


def test_two_doses_of_hpv_were_asked_for_before_and_one_from_then_on() -> None:
    girl = Recipient(born=BEFORE - timedelta(days=4000), gender="FEMALE")
    first = [Given(code="HPV", on=BEFORE - timedelta(days=200))]
    by_then = judge(programme_for(BEFORE), girl, first, "HPV", BEFORE, ())
    from_then = judge(programme_for(FROM_THEN), girl, first, "HPV", FROM_THEN, ())
    assert (by_then.dose and by_then.dose.label, from_then.dose) == ("HPV 2", None)
    assert [d.label for d in schedule(programme_for(FROM_THEN), girl, first, FROM_THEN) if d.vaccine == "HPV"] == [
        "HPV 1"
    ]


def test_a_child_whose_polio_series_was_complete_gets_the_second_ipv_from_then_on() -> None:
    child = Recipient(born=BEFORE - timedelta(days=200))
    first = [Given(code="IPV", on=BEFORE - timedelta(days=100))]
    assert judge(programme_for(BEFORE), child, first, "IPV", BEFORE, ()).dose is None
    second = judge(programme_for(FROM_THEN), child, first, "IPV", FROM_THEN, ())
    assert (second.dose and second.dose.label, second.may_from) == ("IPV 2", None)


def test_the_second_ipv_is_due_but_never_overdue_while_no_clinician_has_set_its_age() -> None:
    second = shown(aged(700), doses("IPV", 500))["IPV 2"]
    assert second.status is Standing.DUE
    assert "clinician sets" in second.note


def test_a_malaria_series_begun_with_rtss_goes_on_with_r21() -> None:
    child = Recipient(born=FROM_THEN - timedelta(days=250))
    begun = [
        Given(code="RTSS", on=FROM_THEN - timedelta(days=70)),
        Given(code="RTSS", on=FROM_THEN - timedelta(days=40)),
    ]
    third = judge(programme_for(FROM_THEN), child, begun, "R21", FROM_THEN, ())
    assert third.dose is not None
    assert (third.dose.number, third.may_from) == (3, FROM_THEN + timedelta(days=20))


def test_typhoid_came_in_july_2025() -> None:
    labels = [
        {d.label for v in programme_for(day).vaccine for d in v.dose} for day in (date(2025, 6, 30), date(2025, 7, 1))
    ]
    assert ["TCV" in there for there in labels] == [False, True]


AGAINST = [
    ("BCG", "SYMPTOMATIC_HIV", True),
    ("BCG", "PREGNANT", True),
    ("ROTA", "INTUSSUSCEPTION_HISTORY", True),
    ("ROTA", "ACUTE_GASTROENTERITIS", False),
    ("MR", "PREGNANT", True),
    ("MR", "SYMPTOMATIC_HIV", False),
    ("YELLOW_FEVER", "SEVERELY_IMMUNOSUPPRESSED", True),
    ("BOPV", "IMMUNODEFICIENCY", True),
    ("PENTA", "SEVERE_ACUTE_ILLNESS", True),
    ("IPV", "ANAPHYLAXIS_TO_VACCINE", True),
    ("VARICELLA", "ANAPHYLAXIS_TO_VACCINE", True),
]


@pytest.mark.parametrize(("code", "condition", "is_refused"), AGAINST)
def test_what_speaks_against_a_vaccine_is_refused_or_left_to_judgement(
    code: str, condition: str, is_refused: bool
) -> None:
    said = judged(aged(300), code, None, condition)
    assert bool(said.against) is is_refused
    assert any("judgement" in words for words in said.warnings) is not is_refused


def test_a_lasting_condition_is_remembered_and_a_passing_one_is_not() -> None:
    history = [Given(code="PENTA", on=TODAY - timedelta(days=40), conditions=("INTUSSUSCEPTION_HISTORY", "PREGNANT"))]
    assert judged(aged(100), "ROTA", history).against
    assert not judged(aged(300), "MR", history).against


def test_an_anaphylaxis_speaks_against_that_vaccine_and_no_other() -> None:
    history = [Given(code="PENTA", on=TODAY - timedelta(days=40), anaphylaxis=True)]
    assert judged(aged(100), "PENTA", history).against
    assert not judged(aged(100), "PCV10", history).against
    statuses = {d.status for d in shown(aged(100), history).values() if d.vaccine == "PENTA"}
    assert statuses == {Standing.GIVEN, Standing.CONTRAINDICATED}


def test_a_child_of_ten_weeks_who_came_once_sees_what_is_due_overdue_and_to_come() -> None:
    seen = shown(aged(70), doses("PENTA", 28) + doses("BCG", 70))
    told = {label: seen[label].status for label in ("BCG", "Penta 1", "Penta 2", "PCV 1", "Penta 3", "MR 1")}
    assert told == {
        "BCG": Standing.GIVEN,
        "Penta 1": Standing.GIVEN,
        "Penta 2": Standing.DUE,
        "PCV 1": Standing.OVERDUE,
        "Penta 3": Standing.TOO_EARLY,
        "MR 1": Standing.TOO_EARLY,
    }
    assert seen["Penta 3"].due_on == TODAY + timedelta(days=28)


def test_without_a_date_of_birth_nothing_is_called_due_by_age() -> None:
    unknown = Recipient(age_years=1)
    assert {d.status for d in schedule(NOW, unknown, [], TODAY)} <= {Standing.UNKNOWN, Standing.TOO_LATE}
    assert "date of birth" in judged(unknown, "MR").warnings[0]
    assert judged(unknown, "PENTA", doses("PENTA", 27)).may_from == TODAY + A_DAY


def test_a_stated_age_grows_day_by_day() -> None:
    """Of who was said to be two years old, as much is certain, and each day that went by."""
    child = Recipient(age_years=2, stated_on=TODAY - timedelta(days=40))
    assert [child.least_age(TODAY - timedelta(days=d)) for d in (0, 40, 1000)] == [770, 730, 0]


def test_hpv_is_for_girls_and_td_is_shown_once_it_has_begun() -> None:
    assert "HPV 1" in shown(aged(3700))
    assert "HPV 1" not in shown(aged(3700, "MALE"))
    assert judged(aged(3700, "MALE"), "HPV").dose is None
    woman = Recipient(age_years=30, gender="FEMALE")
    assert "Td 2" not in shown(woman)
    assert shown(woman, doses("TD", 29))["Td 2"].due_on == TODAY + A_DAY


def test_a_dose_for_selected_counties_is_not_told_as_what_comes_next() -> None:
    everything = schedule(NOW, aged(180), doses("IPV", 30, 2), TODAY)
    after = coming(d for d in everything if d.vaccine in ("R21", "MR"))
    assert after is not None
    assert after.label == "MR 1"


CODES = [vaccine.code for vaccine in NOW.vaccine]
HISTORIES = st.lists(st.tuples(st.sampled_from(CODES), st.integers(0, 800)), max_size=12)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(age=st.integers(0, 2000), past=HISTORIES, code=st.sampled_from(CODES))
def test_a_dose_that_waits_until_it_is_told_is_accepted_and_counts(
    age: int, past: list[tuple[str, int]], code: str
) -> None:
    who = aged(age)
    history = [g for c, days in past for g in doses(c, days) if days <= age]
    said = judged(who, code, history)
    day = said.may_from or TODAY
    again = judge(NOW, who, history, code, day, ())
    assert again.may_from is None
    if said.dose is None or again.dose is None:
        return
    after = [*history, Given(code=code, on=day)]
    series = NOW.series(code)
    assert series is not None
    numbers = [c.number for c in counted(who, after, series) if c.number is not None]
    assert numbers[-1] == again.dose.number
    assert all(before < later for before, later in pairwise(numbers)), "no dose is counted twice"


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(age=st.integers(0, 2000), past=HISTORIES)
def test_the_schedule_and_the_judgement_of_a_dose_say_the_same(age: int, past: list[tuple[str, int]]) -> None:
    who = aged(age)
    history = [g for c, days in past for g in doses(c, days) if days <= age]
    for dose in schedule(NOW, who, history, TODAY):
        said = judged(who, dose.vaccine, history)
        if said.dose is not None and said.dose.number == dose.dose_number:
            assert (dose.status is Standing.TOO_EARLY) == (said.may_from is not None)
            assert dose.due_on is None or dose.status is not Standing.TOO_EARLY or dose.due_on == said.may_from


@pytest.mark.parametrize("version", programmes())
def test_every_version_is_whole(version: str) -> None:
    """Sources are named, conditions are known, doses are in order, and nobody has signed what nobody has read."""
    programme = programmes()[version]
    assert programme.source
    assert programme.observation.source
    known = set(programme.conditions)
    assert len(known) == len(programme.condition)
    for vaccine in programme.vaccine:
        assert [d.number for d in vaccine.dose] == sorted({d.number for d in vaccine.dose})
        assert all((d.due_days or 0) <= (d.latest_days or 10**6) for d in vaccine.dose)
    for rule in (*programme.contraindication, *(r for v in programme.vaccine for r in v.contraindication)):
        assert rule.condition in known
        assert rule.source
