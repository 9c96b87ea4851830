"""What becomes of an appointment on its day, in the clinic's time, whatever is known by then."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.appointment_day import CAME, CAME_LATER, DIED, GRACE, Circumstances, day_of, weigh
from models.appointments import ChangeAppointment, check_change
from models.command import NAIROBI
from models.problems import AlreadyDone, Invalid
from tests.pathway.people import MORNING

VISIT = UUID(int=9)
STATUSES = ("SCHEDULED", "MISSED", "FULFILLED", "COMPLETED", "CANCELLED")


@pytest.mark.parametrize("at", ["2026-11-22T21:00:00Z", "2026-11-23T06:00:00Z", "2026-11-23T20:59:59Z"])
def test_a_day_is_that_of_the_wall_clock(at: str) -> None:
    day = day_of(datetime.fromisoformat(at), NAIROBI)
    assert day.begins == datetime(2026, 11, 22, 21, tzinfo=UTC)
    assert day.ends == datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert day.settles_at == day.ends + GRACE


circumstances = st.builds(
    Circumstances,
    status=st.sampled_from(STATUSES),
    came=st.one_of(st.none(), st.just(VISIT)),
    came_later=st.booleans(),
    is_settled=st.booleans(),
    is_stale=st.booleans(),
    has_died=st.booleans(),
)


@given(circumstances)
def test_nobody_is_called_who_came_who_died_or_whom_people_spoke_of(now: Circumstances) -> None:
    found = weigh(now)
    if found.calls:
        assert found.status == "MISSED"
        assert now.is_settled
        assert not any((now.came, now.came_later, now.has_died, now.is_stale))
    if now.status in ("COMPLETED", "CANCELLED"):
        assert (found.status, found.calls, found.outcome) == (now.status, False, "")
    elif now.came:
        assert (found.status, found.outcome) == ("FULFILLED", CAME)


@given(circumstances)
def test_what_was_said_once_is_said_again(now: Circumstances) -> None:
    after = now.model_copy(update={"status": weigh(now).status})
    assert weigh(after).status == after.status


@pytest.mark.parametrize(
    ("facts", "status", "outcome"),
    [
        ({"has_died": True}, "CANCELLED", ""),
        ({"has_died": True, "status": "MISSED"}, "MISSED", DIED),
        ({"came_later": True}, "MISSED", CAME_LATER),
        ({"is_settled": False, "status": "FULFILLED"}, "SCHEDULED", ""),
    ],
)
def test_the_end_of_the_day_in_words(facts: dict[str, object], status: str, outcome: str) -> None:
    found = weigh(Circumstances.model_validate({"status": "SCHEDULED", "is_settled": True, **facts}))
    assert (found.status, found.calls, found.outcome) == (status, False, outcome)


def test_a_missed_appointment_takes_a_new_day_and_nothing_else() -> None:
    tomorrow = MORNING + timedelta(days=1)
    check_change(ChangeAppointment(appointment_date=tomorrow, notes="Called"), "MISSED", MORNING)
    with pytest.raises(Invalid):
        check_change(ChangeAppointment(appointment_date=MORNING), "MISSED", MORNING)
    for wrong in (ChangeAppointment(notes="x"), ChangeAppointment(appointment_date=tomorrow, status="COMPLETED")):
        with pytest.raises(AlreadyDone, match="MISSED"):
            check_change(wrong, "MISSED", MORNING)
