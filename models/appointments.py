"""Appointments: booked at reception or by a clinician, moved, kept, missed or cancelled."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from models.base import Line, Moment, Note, Value
from models.envelope import Envelope
from models.problems import AlreadyDone, invalid
from models.staff import Role

MAKERS = frozenset({Role.CLINICAL_OFFICER, Role.RECEPTIONIST})
"""Who books and changes appointments."""

OPEN = "SCHEDULED"
FULFILLED = "FULFILLED"
"""A visit of that day shows that the patient came. `COMPLETED`: somebody said so."""
MISSED = "MISSED"

NEW: dict[str, Any] = {"status": OPEN, "fulfilled_by": None, "times_missed": 0, "version": 1}
"""How every appointment begins."""

FARTHEST = timedelta(days=3653)
"""How far ahead one may book: ten years; what lies beyond is a slip of the pen."""


class BookAppointment(Value):
    """`POST /api/appointments`."""

    kind: Literal["book_appointment"] = "book_appointment"
    patient_id: UUID
    appointment_date: Moment
    appointment_type: Line = "FOLLOW_UP"
    provider_id: UUID | None = None
    notes: Note = ""
    status: Literal["SCHEDULED"] = "SCHEDULED"


class ChangeAppointment(Value):
    """`PUT /api/appointments/{id}`: a new date, other words, or what became of it."""

    kind: Literal["change_appointment"] = "change_appointment"
    appointment_date: Moment | None = None
    appointment_type: Line | None = None
    provider_id: UUID | None = None
    notes: Note | None = None
    status: Literal["SCHEDULED", "COMPLETED", "MISSED", "CANCELLED"] | None = None

    @model_validator(mode="after")
    def changes_something(self) -> "ChangeAppointment":
        if not self.changes():
            raise ValueError("give at least one field to change")
        return self

    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.model_dump(exclude={"kind"}).items() if value is not None}

    def books_anew(self, status: str) -> bool:
        """A new day for an appointment that was missed."""
        return status == MISSED and self.appointment_date is not None and self.status in (None, OPEN)


AppointmentAction = Annotated[BookAppointment | ChangeAppointment, Field(discriminator="kind")]


class AppointmentCommand(Envelope):
    """What travels from the API to an appointment's workflow."""

    appointment_id: UUID
    action: AppointmentAction

    @property
    def visit_id(self) -> None:
        """It is about no visit."""
        return None


class Appointment(Value):
    """What its workflow must know."""

    id: UUID
    at: datetime
    status: str

    @property
    def is_open(self) -> bool:
        return self.status == OPEN


def check_booking(action: BookAppointment, now: datetime) -> None:
    check_moment(action.appointment_date, now)


def check_moment(moment: datetime, now: datetime) -> None:
    if moment <= now:
        raise invalid("appointment_date", "lies in the past; choose a moment to come")
    if moment > now + FARTHEST:
        raise invalid("appointment_date", "lies more than ten years ahead; check the year")


def check_change(action: ChangeAppointment, status: str, now: datetime) -> None:
    """An appointment that is over stays as it was; one that was missed may be given a new day."""
    if status == MISSED and not action.books_anew(status):
        raise AlreadyDone(f"The appointment is {status} already. Give it a new appointment_date, or book a new one.")
    if status != OPEN and not action.books_anew(status):
        raise AlreadyDone(f"The appointment is {status} already. Book a new one.")
    if action.appointment_date:
        check_moment(action.appointment_date, now)
