"""Opening hours: when the doors open next, and how long something takes that nobody does while they are closed."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import model_validator

from models.base import Value

NAIROBI = ZoneInfo("Africa/Nairobi")
FARTHEST = 366
"""Days ahead that are looked at."""


class Day(StrEnum):
    """The days of the week, in the order in which Python counts them."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


class Hours(Value):
    """When the doors open and close, in the facility's zone."""

    opens: time
    closes: time

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("opens must lie before closes")
        return self


Week = Mapping[Day, Hours]
"""A day that is not named is closed; a week that names no day says nothing, and nothing is ever closed."""


def spells(week: Week, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each time that the clinic is open, from the facility day of `since` on."""
    first: date = since.astimezone(NAIROBI).date()
    for ahead in range(FARTHEST):
        day = first + timedelta(days=ahead)
        hours = week.get(list(Day)[day.weekday()])
        if hours:
            yield datetime.combine(day, hours.opens, NAIROBI), datetime.combine(day, hours.closes, NAIROBI)


def next_opening(week: Week, moment: datetime) -> datetime | None:
    """When the doors open next, after that moment; None where nobody said."""
    return next((opens for opens, _ in spells(week, moment) if opens > moment), None)


def open_for(week: Week, since: datetime, lasting: timedelta) -> datetime:
    """When so much time has passed during which the clinic was open; in the zone of `since`."""
    left = lasting
    for opens, closes in spells(week, since):
        begins = max(opens, since)
        if begins >= closes:
            continue
        if begins + left <= closes:
            return (begins + left).astimezone(since.tzinfo)
        left -= closes - begins
    return since + lasting


def open_between(week: Week, since: datetime, until: datetime) -> timedelta:
    """How long of that time the clinic was open; all of it where nobody said when it closes."""
    if not week:
        return until - since
    days = takewhile(lambda spell: spell[0] < until, spells(week, since))
    return sum((max(min(closes, until) - max(opens, since), timedelta(0)) for opens, closes in days), timedelta(0))


def day_of(moment: datetime) -> date:
    """The facility day, by the clocks on the wall."""
    return moment.astimezone(NAIROBI).date()


def midnight_after(moment: datetime) -> datetime:
    """When that facility day is over."""
    return datetime.combine(day_of(moment) + timedelta(days=1), time(0), NAIROBI)
