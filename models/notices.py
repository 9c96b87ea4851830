"""What the clinic owes a patient to hear: a reminder, that a report waits, a report. Never what it says."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.base import Value
from models.messages import Template
from models.staff import Role
from models.tasks import NewTask, TaskKind

REMIND_AT = time(10, 0)
"""On the day before, by the clinic's clock."""

TOO_LATE = timedelta(hours=2)
"""So shortly before an appointment nobody is reminded any more."""

PATIENCE = timedelta(hours=4)
"""Results that no clinician has gone through with the patient for so long: the patient has left."""

DAY_BEGINS, DAY_ENDS = time(8, 0), time(20, 0)
"""When a phone may ring, by the clinic's clock, where nothing is urgent."""


class Channel(StrEnum):
    SMS = "SMS"
    EMAIL = "EMAIL"


class Standing(StrEnum):
    """What is known of a message; NOT_WANTED: what it is about has changed, and it was not sent."""

    INTENDED = "INTENDED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SUPPRESSED = "SUPPRESSED"
    NOT_WANTED = "NOT_WANTED"


class Notice(Value):
    """One message: about which appointment, obligation or visit.

    `moment`: of the appointment; when a visit is due; of a visit's end, where it had ended before.
    """

    template: Template
    about: UUID
    moment: datetime | None = None

    @property
    def key(self) -> str:
        """By which it goes out once."""
        parts = [self.template, str(self.about)]
        return " ".join([*parts, self.moment.astimezone(UTC).isoformat()] if self.moment else parts)


def notice_of(key: str) -> Notice:
    """The notice that has this key."""
    template, about, *moment = key.split(" ")
    return Notice(
        template=Template(template),
        about=UUID(about),
        moment=datetime.fromisoformat(moment[0]) if moment else None,
    )


class Told(Value):
    """What became of a notice."""

    status: Standing


class Reminding(Value):
    """An appointment, and from when until when its patient is to be reminded."""

    at: datetime
    is_open: bool
    opens: datetime
    closes: datetime


def reminding(at: datetime, zone: ZoneInfo, *, is_open: bool) -> Reminding:
    day_before = at.astimezone(zone).date() - timedelta(days=1)
    opens = datetime.combine(day_before, REMIND_AT, zone)
    return Reminding(at=at, is_open=is_open, opens=opens, closes=at - TOO_LATE)


class Papers(Value):
    """Where a visit stands with the reports it leads to. `ready_at`: when the last of its tests was answered, where
    none is open any more; `was_explained`: a clinician saw the patient after that. `ended_again`: when, where the visit
    was reopened before: its report goes out anew. `has_departed`: the patient left by themselves, and was not
    discharged."""

    has_email: bool
    is_over: bool
    was_discharged: bool
    ready_at: datetime | None = None
    was_explained: bool = False
    ended_again: datetime | None = None
    has_died: bool = False
    has_departed: bool = False


class Owed(Value):
    """What a patient is to hear, by which way, and not before when."""

    notice: Notice
    channel: Channel
    after: datetime | None = None


def owed(visit_id: UUID, papers: Papers, zone: ZoneInfo) -> Owed | None:
    """What a visit owes its patient at the moment.

    By e-mail the report itself, as soon as all tests are answered, and after discharge the report of the visit. Without
    an e-mail address, an SMS that a report waits: but not to somebody who waits beside the laboratory, nor to somebody
    who has heard it from the clinician already. Whoever has died is written to no more. Whoever left before the end
    gets results, but no report of a discharge.
    """
    if papers.has_died:
        return None
    if papers.has_email and papers.is_over and not papers.has_departed:
        notice = Notice(template=Template.VISIT_REPORT, about=visit_id, moment=papers.ended_again)
        return Owed(notice=notice, channel=Channel.EMAIL) if papers.was_discharged else None
    if papers.ready_at is None:
        return None
    if papers.has_email:
        return Owed(notice=Notice(template=Template.RESULTS_REPORT, about=visit_id), channel=Channel.EMAIL)
    if papers.was_explained:
        return None
    waits = timedelta(0) if papers.is_over else PATIENCE
    ready = Notice(template=Template.RESULTS_READY, about=visit_id)
    return Owed(notice=ready, channel=Channel.SMS, after=by_day(papers.ready_at + waits, zone))


def by_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same moment, or the next morning where it lies in the night."""
    local = moment.astimezone(zone)
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return moment
    day = local.date() + timedelta(days=local.time() >= DAY_ENDS)
    return datetime.combine(day, DAY_BEGINS, zone)


MISSED: dict[Template, str] = {
    Template.APPOINTMENT_REMINDER: "Remind the patient of their appointment",
    Template.RESULTS_READY: "Tell the patient that a report waits for them",
    Template.RESULTS_REPORT: "Tell the patient that a report waits for them",
    Template.VISIT_REPORT: "Give the patient the report of their visit",
    Template.PAYMENT_RECEIVED: "Give the patient their receipt",
    Template.MISSED_APPOINTMENT: "Call the patient, who did not come to an appointment",
    Template.NEXT_VISIT_DUE: "Tell the patient that their next visit is due",
    Template.OWED_ARRIVED: "Tell the patient that what the pharmacy owes them has come",
}

ASKED_ALREADY = frozenset({Template.MISSED_APPOINTMENT})
"""Where a person calls anyway: a message that reaches nobody asks for nothing more."""

OF_APPOINTMENTS = frozenset({Template.APPOINTMENT_REMINDER, Template.MISSED_APPOINTMENT})
OF_OBLIGATIONS = frozenset({Template.NEXT_VISIT_DUE, Template.OWED_ARRIVED})
"""What each template is about; the others are about a visit."""


def told_by_a_person(message: Mapping[str, Any]) -> NewTask:
    """The task in place of a message (its row) that reached nobody. Its words hold ids, no name and no number."""
    notice = notice_of(message["key"])
    named = {**dict.fromkeys(OF_APPOINTMENTS, "appointment"), **dict.fromkeys(OF_OBLIGATIONS, "obligation")}
    about = f"{named[notice.template]} {notice.about}, " if notice.template in named else ""
    return NewTask(
        about=message["id"],
        name="tell",
        facility_id=message["facility_id"],
        kind=TaskKind.TELL_PATIENT,
        role=Role.RECEPTIONIST,
        words=f"{MISSED[notice.template]} ({about}patient {message['patient_id']}): no message reached them.",
        due_at=notice.moment,
        visit_id=message["visit_id"],
        closes_itself=False,
    )
