"""How patients flow: percentiles that really were, silence where too little was seen, and where it jams."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.actions import OrderLabTest
from models.deadlines import Step
from models.departures import LeftBecause
from models.endings import Departure, UndoneEnd
from models.flow import Flow, bottleneck, doors, flow, left, service_times, step_times, waiting_now
from models.observed import FEWEST, Arrived, Stayed, percentile, times, wait_of
from models.policy import HOUSE, When
from models.staff import Station
from models.status import Status
from models.stays import HowEnded
from models.urgency import TriageCategory, TriageColour
from tests.pathway.desk import seen
from tests.pathway.people import CLINICIAN

STRICT_LAB = HOUSE.policy[0].model_copy(update={"gates": {Station.LABORATORY: When.BEFORE}})
MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
POLICY = HOUSE.policy[0]


def stay(step: Step, wait: float, service: float | None = None, **changed: Any) -> Stayed:
    """So many minutes of waiting, then so many of being served (None: nobody took the patient on)."""
    taken = None if service is None else MORNING + timedelta(minutes=wait)
    facts: dict[str, Any] = {
        "visit_id": uuid4(),
        "step": step,
        "triage_category": TriageCategory.NORMAL,
        "triage_colour": TriageColour.GREEN,
        "since": MORNING,
        "called_at": None,
        "taken_at": taken,
        "ended_at": MORNING + timedelta(minutes=wait + (service or 0)),
        "ended_how": HowEnded.DONE,
    }
    return Stayed(**{**facts, **changed})


def arrived(id: UUID | None = None, **changed: Any) -> Arrived:
    facts: dict[str, Any] = {
        "id": id or uuid4(),
        "arrived_at": MORNING,
        "completed_at": None,
        "status": Status.IN_SERVICES,
        "departure": None,
        "undone_ends": (),
    }
    return Arrived(**{**facts, **changed})


@given(st.lists(st.integers(0, 600), min_size=FEWEST))
def test_a_percentile_is_a_time_that_really_was_and_so_many_took_no_longer(values: list[int]) -> None:
    found = times(values)
    assert found.p50 in values
    assert found.p90 in values
    assert sum(value <= (found.p90 or 0) for value in values) >= 0.9 * len(values)
    assert (found.p50 or 0) <= (found.p90 or 0)


@given(st.lists(st.integers(0, 600), max_size=FEWEST - 1))
def test_of_too_few_nothing_is_said_but_how_many(values: list[int]) -> None:
    found = times(values)
    assert (found.count, found.p50, found.p90) == (len(values), None, None)


@pytest.mark.parametrize(("percent", "value"), [(50, 5.0), (90, 9.0), (100, 10.0)])
def test_percentiles_go_by_the_nearest_rank(percent: int, value: float) -> None:
    assert percentile([float(n) for n in range(1, 11)], percent) == value


def test_a_wait_ends_when_somebody_takes_the_patient_on_and_the_rest_is_service() -> None:
    (whole, normal) = step_times(
        [stay(Step.PHARMACY, 10, 5), stay(Step.PHARMACY, 20, 6), stay(Step.PHARMACY, 30, 7)], POLICY
    )
    assert (whole.triage_category, normal.triage_category) == (None, TriageCategory.NORMAL)
    assert (whole.wait.p50, whole.service.p50) == (20.0, 6.0)


def test_where_nobody_said_when_the_work_began_all_of_it_is_waiting() -> None:
    (whole, _) = step_times([stay(Step.LABORATORY, minutes) for minutes in (10, 20, 30)], POLICY)
    assert (whole.wait.p50, whole.service.count) == (20.0, 0)


def test_the_consultation_is_served_while_the_clinician_writes_the_encounter() -> None:
    found = service_times([stay(Step.ENCOUNTER, 0, minutes) for minutes in (11, 12, 13)])
    assert found[Step.CONSULTATION, None].p50 == 12.0
    assert (Step.ENCOUNTER, None) not in found


def test_a_wait_that_came_to_nothing_is_no_service() -> None:
    gone = [stay(Step.TRIAGE, 90, ended_how=HowEnded.LEFT) for _ in range(5)]
    assert step_times(gone, POLICY) == ()


def test_from_the_door_to_the_clinician_by_colour_and_how_many_in_time() -> None:
    waits = {TriageColour.ORANGE: (5, 9, 30), TriageColour.GREEN: (10, 20, 30)}
    stays = [
        stay(Step.CONSULTATION, wait, 0, triage_colour=colour) for colour, found in waits.items() for wait in found
    ]
    found = doors([arrived(one.visit_id) for one in stays], stays, POLICY)
    orange = found.clinician_by_colour[TriageColour.ORANGE]
    assert (orange.p50, orange.p90, orange.within_target) == (9.0, 30.0, 0.667)
    assert found.clinician_by_colour[TriageColour.GREEN].within_target == 1.0
    assert (found.clinician.count, found.triage.count) == (6, 0)


def test_only_the_first_way_to_the_clinician_counts_and_only_of_who_arrived_then() -> None:
    visit = uuid4()
    again = stay(Step.CONSULTATION, 5, 0, visit_id=visit, since=MORNING + timedelta(hours=2))
    found = doors(
        [arrived(visit)], [again, stay(Step.CONSULTATION, 7, 0, visit_id=visit), stay(Step.TRIAGE, 1)], POLICY
    )
    assert (found.clinician.count, found.triage.count) == (1, 0)


def test_a_call_that_the_patient_came_to_ends_the_wait() -> None:
    called = [stay(Step.LABORATORY, 30, called_at=MORNING + timedelta(minutes=wait)) for wait in (10, 11, 12)]
    (whole, _) = step_times(called, POLICY)
    assert (whole.wait.p50, whole.service.p50) == (11.0, 19.0)


def test_what_is_not_done_at_night_is_waited_for_in_opening_hours_only() -> None:
    """On Monday from 16:30 to Tuesday 08:10, in Nairobi."""
    evening, morning = datetime(2026, 11, 23, 13, 30, tzinfo=UTC), datetime(2026, 11, 24, 5, 10, tzinfo=UTC)
    over_night: dict[str, Any] = {"since": evening, "ended_at": morning}
    assert wait_of(stay(Step.CASHIER, 0, **over_night), POLICY) == 40
    assert wait_of(stay(Step.LABORATORY, 0, **over_night), POLICY) == 940
    assert wait_of(stay(Step.CASHIER, 0, **over_night, triage_colour=TriageColour.RED), POLICY) == 940
    assert wait_of(stay(Step.CASHIER, 0, **over_night), POLICY.model_copy(update={"hours": {}})) == 940


def absence(begin: int, end: int) -> UndoneEnd:
    """Left so many minutes after the arrival, noticed half an hour later, and came back."""
    gone, back = MORNING + timedelta(minutes=begin), MORNING + timedelta(minutes=end)
    departure = Departure(
        stage=Status.TRIAGED,
        left_at=gone,
        by=uuid4(),
        was_seen=False,
        reason=LeftBecause.WAITED_TOO_LONG,
        waited_minutes=begin,
        step_minutes=begin,
        resumable_until=back,
    )
    facts: dict[str, Any] = {"reason": "Came back", "by": uuid4(), "at": back, "notes": None, "departure": departure}
    return UndoneEnd(end=Status.LEFT_WITHOUT_BEING_SEEN, completed_at=gone + timedelta(minutes=30), **facts)


def test_the_time_in_which_a_patient_had_left_is_no_way_to_the_clinician() -> None:
    visits = [arrived(undone_ends=(absence(60, 360),)) for _ in range(3)]
    stays = [stay(Step.TRIAGE, 10, visit_id=one.id) for one in visits]
    stays += [stay(Step.CONSULTATION, 370, 0, visit_id=one.id) for one in visits]
    found = doors(visits, stays, POLICY)
    assert (found.triage.p50, found.clinician.p50) == (10.0, 70.0)


def whole(visits: list[Arrived], stays: list[Stayed]) -> Flow:
    """Of the facility day of the morning."""
    begin = MORNING - timedelta(hours=9)
    end = begin + timedelta(days=1)
    return flow(begin, end, visits, stays, [], [], {}, POLICY, lambda moment: f"{moment:%H}", end)


def test_who_arrived_before_midnight_and_was_seen_after_it_came_to_the_clinician_too() -> None:
    late = MORNING + timedelta(hours=14)
    visits = [arrived(arrived_at=late) for _ in range(3)]
    after = late + timedelta(hours=2)
    stays = [stay(Step.CONSULTATION, 0, visit_id=one.id, since=late, ended_at=after) for one in visits]
    found = whole(visits, stays)
    assert found.door_to.clinician.p50 == 120.0
    assert found.steps == (), "the wait ended on the next day, and counts there"


def test_a_visit_that_was_cancelled_did_not_arrive() -> None:
    gone = arrived(status=Status.LEFT_WITHOUT_BEING_SEEN)
    found = whole([gone, arrived(), arrived(status=Status.CANCELLED, completed_at=MORNING)], [])
    assert found.left_without_being_seen.model_dump() == {"arrived": 2, "left": 1, "rate": 0.5, "by_step": {}}
    assert sum(found.arrivals_by_hour.values()) == 2


def test_a_stay_ends_when_the_patient_was_last_seen_and_a_referral_is_an_end() -> None:
    over = MORNING + timedelta(hours=3)
    left_early = absence(45, 50).departure
    visits = [
        arrived(status=Status.COMPLETED, completed_at=over, departure=left_early),
        arrived(status=Status.COMPLETED, completed_at=over, undone_ends=(absence(60, 90),)),
        arrived(status=Status.REFERRED, completed_at=over),
        arrived(status=Status.DECEASED, completed_at=over),
    ]
    found = whole(visits, []).length_of_stay
    assert (found.count, found.p50, found.p90) == (3, 150.0, 180.0)


def test_who_left_twice_is_counted_by_what_they_waited_for_the_last_time() -> None:
    again = MORNING + timedelta(hours=5)
    gone = arrived(status=Status.LEFT_WITHOUT_BEING_SEEN, completed_at=again)
    first = stay(Step.TRIAGE, 30, visit_id=gone.id, ended_how=HowEnded.LEFT)
    last = stay(Step.CONSULTATION, 0, visit_id=gone.id, ended_how=HowEnded.LEFT, ended_at=again)
    assert left([gone], [first, last]).by_step == {Step.CONSULTATION: 1}


def test_who_left_unseen_is_counted_once_and_by_what_they_waited_for() -> None:
    gone = arrived(status=Status.LEFT_WITHOUT_BEING_SEEN, completed_at=MORNING + timedelta(minutes=90))
    stays = [stay(step, 90, visit_id=gone.id, ended_how=HowEnded.LEFT) for step in (Step.CONSULTATION, Step.RETRIAGE)]
    found = left([gone, arrived(), arrived(), arrived()], stays)
    assert (found.arrived, found.left, found.rate) == (4, 1, 0.25)
    assert found.by_step == {Step.CONSULTATION: 1}
    assert left([], []).rate is None


def test_the_bottleneck_is_the_wait_that_is_longest_for_what_the_clinic_wants() -> None:
    slow = [stay(Step.CASHIER, minutes) for minutes in (50, 60, 70)]
    longer = [stay(Step.LABORATORY, minutes) for minutes in (80, 85, 90)]
    found = bottleneck([*slow, *longer], POLICY)
    assert found is not None
    assert (found.step, found.ratio) == (Step.CASHIER, 2.33)
    assert found.words == "Cashier: one wait in ten takes longer than 70 minutes; the clinic wants 30."
    assert bottleneck((), POLICY) is None


@pytest.mark.parametrize(("slowest", "jams"), [(10, False), (30, False), (31, True)])
def test_where_nine_waits_in_ten_are_in_time_nothing_jams(slowest: int, jams: bool) -> None:
    found = bottleneck([stay(Step.CASHIER, minutes) for minutes in (5, 6, slowest)], POLICY)
    assert (found is not None) == jams


def test_each_wait_is_held_against_what_the_clinic_wants_for_that_colour() -> None:
    """50 minutes are long for ORANGE, which should take 10, and short for GREEN, which may take 240."""
    short = [stay(Step.CONSULTATION, 50, 0) for _ in range(5)]
    assert bottleneck(short, POLICY) is None
    found = bottleneck([*short, stay(Step.CONSULTATION, 50, 0, triage_colour=TriageColour.ORANGE)], POLICY)
    assert found is not None
    assert found.words == "Consultation: one wait in ten takes longer than 5 times what the clinic wants of it."


def test_who_must_pay_first_waits_at_the_cashier_and_not_at_the_bench() -> None:
    desk = seen(policy=STRICT_LAB)
    desk.does(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    assert [one.station for one in waiting_now([desk.visit], desk.now)] == ["CASHIER"]
    desk.pay()
    (bench,) = waiting_now([desk.visit], desk.now)
    assert (bench.station, bench.longest_since) == ("LABORATORY", desk.now)
