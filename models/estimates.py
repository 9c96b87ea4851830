"""How long until it is a patient's turn: from what the clinic itself took that day, and nothing where it is not known.

A line of patients before several rooms is reckoned through: whoever is free next takes the next one, each takes as long
as is usual today, and who is being served already takes the rest of that.
"""

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from uuid import UUID

ENOUGH = 3
"""Of fewer service times nothing is concluded."""

AT_WORK = timedelta(hours=1)
"""Who took or finished somebody so lately is serving."""

STEP_MINUTES = 5
"""What is told is rounded up to this; more would be false precision."""

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Service:
    """One patient who was served. `began`: None where nobody said so; then it only tells who works."""

    began: datetime | None
    ended: datetime
    by: UUID

    @property
    def length(self) -> timedelta | None:
        return None if self.began is None else self.ended - self.began


@dataclass(frozen=True, slots=True)
class Served:
    """One patient who is being served now."""

    since: datetime
    by: UUID | None


@dataclass(frozen=True, slots=True)
class Pace:
    """What an estimate rests on: how long one patient takes, of how many that is known, and who serves.

    `rests`: how much longer each of those takes who are being served.
    """

    each: timedelta
    rests_on: int
    servers: int
    rests: tuple[timedelta, ...] = ()


def lengths(services: Iterable[Service]) -> list[timedelta]:
    return [one.length for one in services if one.length is not None]


def pace(
    at: datetime, today: Sequence[Service], earlier: Sequence[Service], served: Sequence[Served] = ()
) -> Pace | None:
    """None where too little is known, or nobody is at work. `earlier`: the same weekday of the weeks before, which
    counts while there is not enough of today."""
    known = lengths(today)
    if len(known) < ENOUGH:
        known += lengths(earlier)
    working = {one.by for one in today if at - AT_WORK <= one.ended <= at} | {one.by for one in served if one.by}
    if len(known) < ENOUGH or not working:
        return None
    each = timedelta(seconds=median(length.total_seconds() for length in known))
    rests = tuple(max(each - (at - one.since), NONE) for one in served)
    return Pace(each=each, rests_on=len(known), servers=max(len(working), len(served)), rests=rests)


def until_turn(ahead: int, pace: Pace) -> timedelta:
    """How long until somebody is free for the patient who has so many before them."""
    return next(islice(turns(pace), ahead, None))


def turns(pace: Pace) -> Iterator[timedelta]:
    """When the first in the line is taken, when the second, and so on."""
    free = [*pace.rests, *[NONE] * (pace.servers - len(pace.rests))]
    heapq.heapify(free)
    while True:
        yield heapq.heapreplace(free, free[0] + pace.each)


def told(wait: timedelta) -> int:
    """In minutes, rounded up to five."""
    return -(-max(wait, NONE) // timedelta(minutes=STEP_MINUTES)) * STEP_MINUTES


def percentile(values: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest value that at least that share of them do not exceed."""
    if not values:
        return None
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def in_minutes(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds() / 60, 1)
