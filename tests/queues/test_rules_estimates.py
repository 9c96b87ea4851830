"""What a patient is told about their turn: from the clinic's own times, never too precise, and held against the day."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.estimates import ENOUGH, Pace, Served, Service, pace, percentile, told, until_turn
from models.misjudging import Waited, misjudged
from tests.pathway.people import NAMES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NURSES = [uuid5(NAMES, str(number)) for number in range(9)]
minutes = st.integers(1, 120).map(lambda number: timedelta(minutes=number))


def minute(number: float) -> timedelta:
    return timedelta(minutes=number)


def service(length: int | None, ended: int = 5, by: UUID = NURSES[0]) -> Service:
    """One that took so many minutes, and ended so many minutes ago."""
    end = NOW - minute(ended)
    return Service(began=None if length is None else end - minute(length), ended=end, by=by)


def test_from_little_nothing_is_concluded() -> None:
    two = [service(10), service(20), service(None)]
    assert pace(NOW, two, []) is None
    known = pace(NOW, two, [service(30, ended=7 * 24 * 60)])
    assert known is not None
    assert (known.each, known.rests_on, known.servers) == (minute(20), ENOUGH, 1)


def test_what_was_long_ago_does_not_count_once_enough_is_known_of_today() -> None:
    known = pace(NOW, [service(10), service(11), service(12)], [service(90, ended=7 * 24 * 60)] * 5)
    assert known is not None
    assert (known.each, known.rests_on) == (minute(11), 3)


def test_where_nobody_is_at_work_nobody_is_told_anything() -> None:
    long_ago = [service(10, ended=61), service(10, ended=62), service(10, ended=63)]
    assert pace(NOW, long_ago, []) is None
    busy = pace(NOW, long_ago, [], [Served(NOW - minute(4), NURSES[1])])
    assert busy is not None
    assert (busy.servers, busy.rests) == (1, (minute(6),))


def test_who_takes_longer_than_usual_is_as_good_as_done() -> None:
    known = pace(NOW, [service(10)] * 3, [], [Served(NOW - minute(30), NURSES[0])])
    assert known is not None
    assert known.rests == (timedelta(0),)


def test_the_next_of_two_rooms_comes_when_the_first_is_free() -> None:
    two_rooms = Pace(each=minute(10), rests_on=3, servers=2, rests=(minute(4), minute(7)))
    waits = [until_turn(ahead, two_rooms) for ahead in range(4)]
    assert waits == [minute(4), minute(7), minute(14), minute(17)]
    assert [told(wait) for wait in waits] == [5, 10, 15, 20]


@given(st.builds(Pace, minutes, st.just(3), st.integers(1, 6), st.lists(minutes, max_size=1).map(tuple)))
def test_nobody_is_told_less_than_who_stands_before_them(known: Pace) -> None:
    waits = [until_turn(ahead, known) for ahead in range(20)]
    assert all(one <= other for one, other in pairwise(waits))
    assert all(told(one) % 5 == 0 and timedelta(0) <= minute(told(one)) - one < minute(5) for one in waits)


@given(minutes, st.integers(1, 5), st.lists(minutes, max_size=5), st.integers(0, 30))
def test_more_rooms_never_make_the_wait_longer(each: timedelta, rooms: int, rests: list[timedelta], ahead: int) -> None:
    few = Pace(each, 3, max(rooms, len(rests)), tuple(rests))
    more = Pace(each, 3, few.servers + 1, few.rests)
    assert until_turn(ahead, more) <= until_turn(ahead, few)


@given(st.integers(1, 20), st.integers(1, 4), st.integers(0, 12))
def test_a_line_that_is_walked_through_minute_by_minute_agrees(each: int, rooms: int, ahead: int) -> None:
    """Each room that is free takes the next one; after so many, it is this patient's turn."""
    busy_until, left, now = [0] * rooms, ahead, 0
    while True:
        for room, until in enumerate(busy_until):
            if until <= now and left >= 0:
                busy_until[room], left = now + each, left - 1
        if left < 0:
            break
        now += 1
    assert until_turn(ahead, Pace(minute(each), 3, rooms)) == minute(now)


def a_day(each: int, rooms: int, arrivals: list[int]) -> tuple[list[Waited], list[Service]]:
    """A day at a station where each patient takes as long as the other; arrivals in minutes after opening."""
    free = [NOW] * rooms
    waits, services = [], []
    for number, arrival in enumerate(sorted(arrivals)):
        came = NOW + minute(arrival) + timedelta(seconds=number)
        room = min(range(rooms), key=lambda one: free[one])
        began = max(came, free[room])
        free[room] = began + minute(each)
        waits.append(Waited(turn=(4, came, str(number)), since=came, began=began, over=began))
        services.append(Service(began=began, ended=free[room], by=NURSES[room]))
    return waits, services


@given(st.integers(5, 20), st.lists(st.integers(0, 200), min_size=5, max_size=40))
def test_where_each_patient_takes_as_long_no_estimate_is_wrong_by_five_minutes(each: int, arrivals: list[int]) -> None:
    """What was told on arrival is found again from the day's lines, and held against what happened."""
    waits, services = a_day(each, 1, arrivals)
    assert all(error < minute(5) for error in misjudged(waits, services, [], []))


@given(st.lists(st.integers(0, 30), min_size=8, max_size=20))
def test_every_estimate_that_was_possible_is_held_against_what_happened(arrivals: list[int]) -> None:
    """Enough is known from earlier weeks; from the first patient on somebody is at work."""
    waits, services = a_day(10, 1, arrivals)
    earlier = [service(10, ended=7 * 24 * 60)] * 3
    seen_at_work = sum(1 for one in waits if any(s.began is not None and s.began < one.since for s in services))
    assert 0 < len(misjudged(waits, services, [], earlier)) <= seen_at_work


def test_a_slow_morning_shows_as_an_error() -> None:
    """Usually ten minutes; today the one before takes forty."""
    earlier = [service(10, ended=7 * 24 * 60)] * 3
    before = Service(began=NOW, ended=NOW + minute(40), by=NURSES[0])
    came = Waited(turn=(4, NOW, "b"), since=NOW + minute(1), began=NOW + minute(40), over=NOW + minute(40))
    assert misjudged([came], [before], [], earlier) == [minute(29)]


def test_who_is_more_urgent_comes_first_in_hindsight_too() -> None:
    earlier = [service(10, ended=7 * 24 * 60)] * 3
    served = [Served(NOW, NURSES[0])]
    red = Waited(turn=(0, NOW, "r"), since=NOW + minute(2), began=NOW + minute(10), over=NOW + minute(10))
    green = Waited(turn=(4, NOW, "g"), since=NOW + minute(1), began=NOW + minute(20), over=NOW + minute(20))
    assert misjudged([red, green], [], served, earlier) == [minute(2), minute(9)]


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.9, 4), (0.25, 1), (0.75, 3)])
def test_percentiles_are_values_that_there_were(share: float, value: int) -> None:
    assert percentile([minute(n) for n in (4, 1, 3, 2)], share) == minute(value)
    assert percentile([], share) is None
