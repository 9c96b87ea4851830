"""Appointments: when they may be, and that what is over stays as it was."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from models.appointments import BookAppointment, ChangeAppointment, check_booking, check_change
from models.problems import AlreadyDone, Invalid
from tests.pathway.people import MORNING

TOMORROW = MORNING + timedelta(days=1)


def booking(**changed: Any) -> BookAppointment:
    return BookAppointment.model_validate({"patient_id": UUID(int=1), "appointment_date": TOMORROW, **changed})


def test_an_appointment_lies_ahead_and_within_ten_years() -> None:
    check_booking(booking(), MORNING)
    for when in ("2026-11-22T05:00:00Z", "2020-01-01T09:00:00+03:00", "2036-12-01T09:00:00+03:00"):
        with pytest.raises(Invalid, match="appointment_date"):
            check_booking(booking(appointment_date=when), MORNING)


def test_a_moment_that_no_calendar_of_ours_could_read_back_is_refused() -> None:
    """Ahead of UTC the year 9999 still has a tomorrow, which the database keeps and Python cannot read."""
    with pytest.raises(Invalid, match="year"):
        check_booking(booking(appointment_date="9999-12-31T23:59:59-12:00"), MORNING)


@pytest.mark.parametrize("when", ["2026-12-01", "2026-12-01T09:00:00", "tomorrow", None])
def test_a_moment_says_its_offset(when: Any) -> None:
    with pytest.raises(ValidationError, match="appointment_date"):
        booking(appointment_date=when)


@pytest.mark.parametrize("status", ["COMPLETED", "MISSED", "CANCELLED"])
def test_an_appointment_that_is_over_stays_as_it_was(status: str) -> None:
    with pytest.raises(AlreadyDone, match=status):
        check_change(ChangeAppointment(notes="Later"), status, MORNING)


def test_a_change_says_something_and_moves_only_into_the_future() -> None:
    with pytest.raises(ValidationError, match="at least one field"):
        ChangeAppointment()
    check_change(ChangeAppointment(appointment_date=TOMORROW), "SCHEDULED", MORNING)
    with pytest.raises(Invalid):
        check_change(ChangeAppointment(appointment_date=MORNING), "SCHEDULED", MORNING)
