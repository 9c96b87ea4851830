"""While the clinic is closed nobody is called for what waits until the morning; for all else clocks run on."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.deadlines import Step
from models.next_steps import clocks_of
from models.opening_hours import NAIROBI, Day, Hours, midnight_after, next_opening, open_for, spells
from models.policy import HOUSE, Policy
from models.status import Status
from models.urgency import TriageColour
from models.visit import Visit
from tests.pathway.desk import Desk, seen

WEEKDAY, SATURDAY = Hours(opens=time(8), closes=time(17)), Hours(opens=time(8), closes=time(13))
WEEK = {**dict.fromkeys(list(Day)[:5], WEEKDAY), Day.SAT: SATURDAY}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POLICY = HOUSE.policy[0]


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    """By the clocks in Nairobi; 23 November 2026 is a Monday."""
    return datetime(year, month, day, hour, minute, tzinfo=NAIROBI)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (at(23, 7, 59), at(23, 8)),
        (at(23, 8), at(24, 8)),
        (at(23, 18), at(24, 8)),
        (at(27, 18), at(28, 8)),
        (at(28, 18), at(30, 8)),
        (at(29, 12), at(30, 8)),
        (at(30, 23, 59), at(1, 8, month=12)),
        (at(31, 18, month=12), at(1, 8, month=1, year=2027)),
        (datetime(2026, 11, 23, 21, 30, tzinfo=UTC), at(24, 8)),
    ],
)
def test_the_doors_open_next(moment: datetime, opens: datetime) -> None:
    assert next_opening(WEEK, moment) == opens


@pytest.mark.parametrize(
    ("since", "lasting", "due"),
    [
        (at(23, 10), 30 * MINUTE, at(23, 10, 30)),
        (at(23, 16, 45), 30 * MINUTE, at(24, 8, 15)),
        (at(23, 16, 30), 30 * MINUTE, at(23, 17)),
        (at(23, 20), 30 * MINUTE, at(24, 8, 30)),
        (at(23, 6), 30 * MINUTE, at(23, 8, 30)),
        (at(28, 12, 45), 30 * MINUTE, at(30, 8, 15)),
        (at(27, 16), 7 * HOUR, at(30, 9)),
        (at(31, 16, 50, month=12), 20 * MINUTE, at(1, 8, 10, month=1, year=2027)),
    ],
)
def test_minutes_count_while_the_doors_are_open(since: datetime, lasting: timedelta, due: datetime) -> None:
    assert open_for(WEEK, since, lasting) == due


def test_a_clinic_that_names_no_hours_is_never_closed() -> None:
    assert open_for({}, at(29, 2), HOUR) == at(29, 3)
    assert next_opening({}, at(29, 2)) is None


MOMENTS = st.integers(0, 3 * 366 * 24 * 60 * 60).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=3)), st.timedeltas(timedelta(0), timedelta(hours=9)))
def test_more_time_ends_later_and_never_before_it_has_passed(
    since: datetime, lasting: timedelta, more: timedelta
) -> None:
    due = open_for(WEEK, since, lasting)
    assert since + lasting <= due <= open_for(WEEK, since, lasting + more)
    assert any(opens <= due <= closes for opens, closes in spells(WEEK, since))


@given(MOMENTS)
def test_a_facility_day_ends_at_midnight_in_nairobi(moment: datetime) -> None:
    midnight = midnight_after(moment)
    assert timedelta(0) < midnight - moment <= timedelta(days=1)
    assert midnight.astimezone(UTC).time() == time(21)


def waiting_to_pay(arrived: datetime) -> Desk:
    desk = Desk(now=arrived)
    walked = seen()
    desk.shelf, desk.current, desk.count = walked.shelf, walked.visit.having(stage_since=arrived), walked.count
    waits = tuple(wait.model_copy(update={"since": arrived}) for wait in walked.visit.waiting)
    desk.current = desk.visit.having(waiting=waits)
    return desk


def clock(visit: Visit, policy: Policy = POLICY) -> Any:
    (found,) = clocks_of(visit, policy)
    return found


def test_who_pays_in_the_morning_is_late_in_the_morning() -> None:
    """A part is paid at 16:50; the rest is due at 8:20, and nobody is called in between."""
    evening = at(23, 16, 50)
    found = clock(waiting_to_pay(evening).visit)
    assert (found.step, found.since, found.due_at) == (Step.CASHIER, evening, at(24, 8, 20))
    assert [found.due_at + rung.after for rung in found.ladder] == [at(24, 8, 20), at(24, 8, 30), at(24, 8, 50)]


def test_the_ladder_goes_on_in_the_morning_too() -> None:
    found = clock(waiting_to_pay(at(23, 16, 25)).visit)
    assert found.due_at == at(23, 16, 55)
    assert [found.due_at + rung.after for rung in found.ladder] == [at(23, 16, 55), at(24, 8, 5), at(24, 8, 25)]


def test_an_emergency_waits_nowhere_over_night() -> None:
    visit = waiting_to_pay(at(23, 16, 50)).visit.having(triage_colour=TriageColour.RED)
    assert clock(visit).due_at == at(23, 17, 20)


def test_who_waits_for_care_is_late_at_any_hour() -> None:
    visit = waiting_to_pay(at(23, 22)).visit
    visit = visit.having(taken_in=True, seen=False, status=Status.IN_CONSULTATION, waiting=())
    assert clock(visit).due_at == at(23, 22, 45)


def test_a_policy_without_the_word_counts_every_minute() -> None:
    policy = POLICY.model_copy(update={"while_open": ()})
    assert clock(waiting_to_pay(at(23, 16, 50)).visit, policy).due_at == at(23, 17, 20)


def test_a_day_ends_on_the_day_itself() -> None:
    form = POLICY.model_dump(mode="json") | {"day_ends": "00:00:00"}
    with pytest.raises(ValidationError, match="23:59"):
        Policy.model_validate(form)


@pytest.mark.parametrize("wrong", [{"within": {"RED": 5}}, {"attempts": 0}, {"attempts": 99}])
def test_a_call_that_nobody_would_make_is_named(wrong: dict[str, Any]) -> None:
    form = POLICY.model_dump(mode="json")
    with pytest.raises(ValidationError):
        Policy.model_validate(form | {"call_back": form["call_back"] | wrong})
