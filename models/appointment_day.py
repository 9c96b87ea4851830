"""What becomes of an appointment on its day: the patient came, or did not. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from models.appointments import FULFILLED, MISSED, OPEN
from models.base import Value
from models.deadlines import TWO_STEPS, Ladder
from models.events import Event
from models.notices import by_day
from models.staff import Role
from models.tasks import NewTask, TaskKind

GRACE = timedelta(hours=2)
"""After midnight: so long is waited for what was accepted late in the evening and is not written yet."""

CALLED_BACK_BY = time(17, 0)
"""On the day after, by the clinic's clock: until then somebody has called who did not come."""

INVITED_WITHIN = timedelta(days=3)
"""Later than that no SMS says that somebody did not come."""

CALLED_WITHIN = timedelta(days=7)
"""Whose absence is noticed later than that, after a long outage say, is not called any more."""

REMEMBERED = timedelta(days=30)
"""So long an appointment is looked at again where its patient's visits change."""

LADDER: Ladder = TWO_STEPS
"""Who hears that nobody has called: the supervisor at the deadline, the administrator a day later."""

CAME = "The patient came on that day."
CAME_LATER = "The patient came later."
BOOKED_ANEW = "A new day was agreed on."
DIED = "The patient has died."


class Day(NamedTuple):
    """The day of an appointment by its clinic's clock; `settles_at`: when it is said who came."""

    begins: datetime
    ends: datetime

    @property
    def settles_at(self) -> datetime:
        return self.ends + GRACE


def day_of(at: datetime, zone: ZoneInfo) -> Day:
    on = at.astimezone(zone).date()
    return Day(datetime.combine(on, time(0), zone), datetime.combine(on + timedelta(days=1), time(0), zone))


class Circumstances(Value):
    """An appointment's status and what speaks about it. `came`: the visit of that day, if there was one.

    `is_settled`: its day is over. `is_stale`: since so long that nobody is called any more.
    """

    status: str
    came: UUID | None = None
    came_later: bool = False
    is_settled: bool = False
    is_stale: bool = False
    has_died: bool = False


def standing(now: Circumstances) -> str:
    """What the appointment's status should be. What people said (kept, cancelled) stays as they said it.

    What a visit had shown is shown by it no more where it was another patient's, or should not have been opened.
    """
    if now.status not in (OPEN, MISSED, FULFILLED):
        return now.status
    if now.came:
        return FULFILLED
    if not now.is_settled:
        return MISSED if now.status == MISSED else OPEN
    return "CANCELLED" if now.has_died and now.status == OPEN else MISSED


class Weighed(Value):
    """What is to be done: the status that the appointment has, and its task. `outcome`: why nobody calls (any more)."""

    status: str
    calls: bool = False
    outcome: str = ""


def weigh(now: Circumstances) -> Weighed:
    status = standing(now)
    if status == FULFILLED:
        return Weighed(status=status, outcome=CAME)
    if status != MISSED or not now.is_settled:
        return Weighed(status=status)
    if now.has_died or now.came_later:
        return Weighed(status=status, outcome=DIED if now.has_died else CAME_LATER)
    return Weighed(status=status, calls=not now.is_stale)


class AppointmentDay(Value):
    """An appointment as its workflow must know it. `task`: the standing of the call-back, None where there is none."""

    id: UUID
    status: str
    at: datetime
    settles_at: datetime
    invites_at: datetime
    invites_until: datetime
    task: NewTask
    task_status: str | None

    @property
    def awaits_its_end(self) -> bool:
        """People may still come, or may have come."""
        return self.status == OPEN or (self.status == MISSED and self.task_status is None)

    @property
    def is_to_be_called(self) -> bool:
        return self.status == MISSED and self.task_status == "OPEN"


def appointment_day(row: Mapping[str, Any], zone: ZoneInfo, task_status: str | None) -> AppointmentDay:
    settles_at = day_of(row["appointment_date"], zone).settles_at
    return AppointmentDay(
        id=row["id"],
        status=row["status"],
        at=row["appointment_date"],
        settles_at=settles_at,
        invites_at=by_day(settles_at, zone),
        invites_until=settles_at + INVITED_WITHIN,
        task=call_back(row, zone),
        task_status=task_status,
    )


def call_back(row: Mapping[str, Any], zone: ZoneInfo) -> NewTask:
    """For reception: find out why, and agree on a new day. One for each day that was missed."""
    at: datetime = row["appointment_date"]
    after = at.astimezone(zone).date() + timedelta(days=1)
    return NewTask(
        about=row["id"],
        name=f"call back {at.astimezone(UTC).isoformat()}",
        facility_id=row["facility_id"],
        kind=TaskKind.CALL_BACK_MISSED,
        role=Role.RECEPTIONIST,
        words=f"A patient did not come to an appointment (patient {row['patient_id']}, appointment {row['id']}): "
        f"call, and give it a new day (PUT /api/appointments/{row['id']}).",
        due_at=datetime.combine(after, CALLED_BACK_BY, zone),
        visit_id=row["visit_id"],
        closes_itself=False,
    )


def missed_event(row: Mapping[str, Any]) -> Event:
    """To reception. No name and no reason: they are read where they are kept."""
    payload = {"appointmentId": row["id"], "patientId": row["patient_id"], "appointmentDate": row["appointment_date"]}
    return Event(kind="appointment:missed", audience=(Role.RECEPTIONIST, Role.SUPERVISOR), payload=payload)
