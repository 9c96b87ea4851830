"""Wherever a day is reckoned it is the day in Nairobi, three hours ahead of the servers' clocks."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid5
from zoneinfo import ZoneInfo

import pytest

from activities.records import policy_for
from api.lists import day_in
from models.actions import Discharge, FollowUp, PatientLeft, PatientReturned, ReopenVisit
from models.appointments import OPEN
from models.catalogue import Resource
from models.demographics import completed_years
from models.notices import reminding
from models.on_duty import last_ended, owner_of
from models.opening_hours import day_of
from models.policy import HOUSE, Policies
from models.staff import Role
from models.status import Status
from tests.pathway.desk import Desk, come_again, registered, seen
from tests.pathway.people import CLINICIAN, NAMES, NURSE, SECOND_CLINICIAN, STAFF, person, registration

NAIROBI = ZoneInfo("Africa/Nairobi")
LEFT, BACK = PatientLeft(notes="Nobody answers"), PatientReturned()
EVES = (
    datetime(2026, 11, 23, 20, 50, tzinfo=UTC),
    datetime(2026, 11, 30, 20, 50, tzinfo=UTC),
    datetime(2026, 12, 31, 20, 50, tzinfo=UTC),
    datetime(2028, 2, 28, 20, 50, tzinfo=UTC),
    datetime(2028, 2, 29, 20, 50, tzinfo=UTC),
)
"""Ten minutes before midnight in Nairobi: an ordinary day, ends of months, of a year, and a leap day's."""


def a_desk_at(moment: datetime) -> Desk:
    """Whose next command comes at that moment."""
    return Desk(now=moment - timedelta(minutes=1))


@pytest.mark.parametrize("eve", EVES)
def test_the_day_turns_at_midnight_in_nairobi_and_not_in_greenwich(eve: datetime) -> None:
    today = eve.astimezone(NAIROBI).date()
    assert [day_of(eve + timedelta(minutes=m)) for m in (0, 9, 10, 190)] == [today, today, *[today + timedelta(1)] * 2]
    begin, end = day_in(today, NAIROBI)
    assert (begin.hour, end - begin) == (21, timedelta(days=1))
    assert begin <= eve < end <= eve + timedelta(minutes=10)


@pytest.mark.parametrize("eve", EVES)
def test_who_comes_back_before_midnight_goes_on_and_after_it_begins_anew(eve: datetime) -> None:
    desk = a_desk_at(eve)
    desk.does(Role.RECEPTIONIST, registration())
    desk.does(NURSE, LEFT)
    desk.does(Role.RECEPTIONIST, BACK)
    assert desk.visit.status is Status.REGISTERED
    desk.does(NURSE, LEFT)
    assert desk.visit.departure
    desk.now = desk.visit.departure.resumable_until - timedelta(minutes=1)
    problem = desk.refused(Role.RECEPTIONIST, BACK)
    assert problem.type == "/problems/visit-closed"
    assert day_of(desk.now) == day_of(eve) + timedelta(days=1)
    desk.does(CLINICIAN, ReopenVisit(reason="They were here all the time"))


def test_who_was_last_seen_yesterday_left_yesterday() -> None:
    desk = a_desk_at(EVES[0])
    desk.does(Role.RECEPTIONIST, registration())
    desk.now += timedelta(minutes=30)
    desk.does(NURSE, PatientLeft(notes="The bench was empty", last_seen_at=EVES[0] + timedelta(minutes=5)))
    assert desk.refused(Role.RECEPTIONIST, BACK).type == "/problems/visit-closed"


@pytest.mark.parametrize("eve", EVES)
def test_a_follow_up_of_late_evening_counts_from_that_evening(eve: datetime) -> None:
    desk = seen()
    desk.pay()
    desk.now = eve - timedelta(minutes=1)
    change = desk.does(CLINICIAN, Discharge(discharge_notes="Stable", follow_up=FollowUp(in_days=1)))
    (row,) = [row for row in change.rows if row.resource is Resource.APPOINTMENT]
    at = row.values["appointment_date"]
    assert at == datetime.combine(day_of(eve) + timedelta(days=1), time(9), NAIROBI)
    asked = reminding(at, NAIROBI, is_open=row.values["status"] == OPEN)
    assert asked.opens.astimezone(NAIROBI).isoformat() == f"{day_of(eve)}T10:00:00+03:00"


def test_today_is_no_follow_up_though_it_is_yesterday_in_greenwich() -> None:
    desk = seen()
    desk.pay()
    desk.now = datetime(2026, 11, 30, 21, 29, tzinfo=UTC)
    same = Discharge(discharge_notes="Stable", follow_up=FollowUp(date=date(2026, 12, 1)))
    assert desk.refused(CLINICIAN, same).errors[0].field == "follow_up.date"


def test_numbers_go_on_over_midnight_and_over_new_year() -> None:
    first = a_desk_at(EVES[2])
    first.does(Role.RECEPTIONIST, registration())
    first.does(Role.RECEPTIONIST, LEFT)
    second = Desk(shelf=first.shelf, now=EVES[2] + timedelta(minutes=20), id=uuid5(NAMES, "next year"))
    second.does(Role.RECEPTIONIST, come_again(first))
    assert (first.visit.op_number, second.visit.op_number) == ("OP00001", "OP00002")
    assert day_of(second.visit.arrived_at).year == day_of(first.visit.arrived_at).year + 1


@pytest.mark.parametrize("eve", EVES)
def test_a_birthday_begins_at_midnight_in_nairobi(eve: datetime) -> None:
    tomorrow = day_of(eve) + timedelta(days=1)
    born = tomorrow.replace(year=tomorrow.year - 12, day=min(tomorrow.day, 28))
    before, after = (completed_years(born, day_of(eve + timedelta(minutes=m))) for m in (0, 10))
    if tomorrow.day <= 28:
        assert (before, after) == (11, 12)


def test_a_policy_counts_from_midnight_in_nairobi_on() -> None:
    old = HOUSE.policy[0]
    new = old.model_copy(update={"version": "next", "effective_from": date(2026, 12, 1)})
    policies = Policies(policy=(old, new))
    for minutes, version in ((0, old.version), (10, "next"), (190, "next")):
        assert policy_for(policies, None, EVES[1] + timedelta(minutes=minutes)).version == version


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 23, 20, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 21, 1, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 24, 5, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2027, 1, 1, 3, 0, tzinfo=UTC), date(2026, 12, 31)),
    ],
)
def test_a_late_evening_run_ends_the_day_that_has_ended(moment: datetime, day: date) -> None:
    assert last_ended(HOUSE, moment) == day


SUPERVISORS = [person(Role.SUPERVISOR, name=name) for name in ("one", "two", "three")]


def test_the_owner_is_the_clinician_who_has_the_patient_while_on_the_staff() -> None:
    visit, day = seen().visit, date(2026, 11, 23)
    owner = owner_of(visit, [CLINICIAN, *SUPERVISORS], day)
    assert (owner.id, owner.role) == (CLINICIAN.id, Role.CLINICAL_OFFICER)
    assert owner_of(visit, [SECOND_CLINICIAN, *SUPERVISORS], day).role is Role.SUPERVISOR


def test_supervisors_take_turns_and_the_same_night_is_always_the_same_ones() -> None:
    visit = registered().visit
    nights = [owner_of(visit, SUPERVISORS, date(2026, 11, 23) + timedelta(days=n)).id for n in range(6)]
    assert nights[:3] == nights[3:]
    assert set(nights) == {one.id for one in SUPERVISORS}
    assert owner_of(visit, SUPERVISORS[::-1], date(2026, 11, 23)).id == nights[0]


def test_where_nobody_is_there_it_is_the_roles() -> None:
    owner = owner_of(registered().visit, [STAFF[Role.CASHIER]], date(2026, 11, 23))
    assert (owner.id, owner.role) == (None, Role.TRIAGE_NURSE)
