"""What was observed of a day: waits that are over, visits that began, and how long each took, as percentiles.

Below `FEWEST` observations a percentile says nothing, and is left out. Times in minutes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from models.base import Value
from models.deadlines import Step
from models.endings import Departure, UndoneEnd
from models.opening_hours import open_between
from models.policy import Policy
from models.status import Status
from models.stays import HowEnded
from models.urgency import TriageCategory, TriageColour

FEWEST = 3


class Times(Value):
    """How long something took: how often it was seen, in half of the cases at most p50, in nine of ten at most p90."""

    count: int
    p50: float | None = None
    p90: float | None = None


class Stayed(Value):
    """A wait that is over, as `stays` has it."""

    visit_id: UUID
    step: Step
    triage_category: TriageCategory | None
    triage_colour: TriageColour | None
    since: datetime
    called_at: datetime | None
    taken_at: datetime | None
    ended_at: datetime
    ended_how: HowEnded

    @property
    def began_at(self) -> datetime | None:
        """When the patient was taken on, or came to a call; None where nobody said so."""
        return self.taken_at or self.called_at

    @property
    def reached_at(self) -> datetime:
        return self.began_at or self.ended_at


class Arrived(Value):
    """A visit that began in the time that is looked at."""

    id: UUID
    arrived_at: datetime
    completed_at: datetime | None
    status: Status
    departure: Departure | None
    undone_ends: tuple[UndoneEnd, ...]

    @property
    def over_at(self) -> datetime | None:
        """When the patient went; who left without a word, when they were last seen."""
        return self.departure.left_at if self.departure else self.completed_at

    def minutes_until(self, moment: datetime) -> float:
        """From the arrival, without the time in which the visit was over: the patient had left and came back, say."""
        away = sum((absence(one, moment) for one in self.undone_ends), timedelta(0))
        return max(0.0, minutes(moment - self.arrived_at - away))


def minutes(time: timedelta) -> float:
    return time.total_seconds() / 60


def times(values: Iterable[float]) -> Times:
    found = sorted(values)
    if len(found) < FEWEST:
        return Times(count=len(found))
    return Times(count=len(found), p50=percentile(found, 50), p90=percentile(found, 90))


def percentile(ordered: Sequence[float], percent: int, digits: int = 1) -> float:
    """The smallest value that so many in a hundred do not exceed (nearest rank); a value that really was."""
    return round(ordered[max(0, ceil(len(ordered) * percent / 100) - 1)], digits)


def absence(end: UndoneEnd, moment: datetime) -> timedelta:
    """How long until that moment a visit was over that was opened again."""
    gone = end.departure.left_at if end.departure else end.completed_at
    return max(min(end.at, moment) - gone, timedelta(0))


def wait_of(stay: Stayed, policy: Policy) -> float:
    """A step that nobody waits for while the clinic is closed counts in opening hours, as its deadline does."""
    over = max(stay.since, stay.reached_at)
    if policy.rests(stay.step, stay.triage_colour):
        return minutes(open_between(policy.hours, stay.since, over))
    return minutes(over - stay.since)


def service_of(stay: Stayed) -> float | None:
    """What the work took, where it is known when it began."""
    return max(0.0, minutes(stay.ended_at - stay.began_at)) if stay.began_at else None


def waited_for(stays: Iterable[Stayed]) -> list[Stayed]:
    """Those that came to what they were for. ENCOUNTER is the consultation's service time, no wait."""
    return [stay for stay in stays if stay.ended_how is HowEnded.DONE and stay.step is not Step.ENCOUNTER]
