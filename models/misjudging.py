"""How wrong the estimates of a day were: what each patient would have been told on arrival, against what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.estimates import Served, Service, pace, told, until_turn


@dataclass(frozen=True, slots=True)
class Waited:
    """One wait of the day. `turn` sorts the queue; `began`: when they were taken on, None where nobody said so;
    `over`: when they were no longer in the line, None where they still are."""

    turn: tuple[int, datetime, str]
    since: datetime
    began: datetime | None
    over: datetime | None

    def is_waiting(self, at: datetime) -> bool:
        return self.since <= at and (self.over is None or at <= self.over)


def misjudged(
    waits: Sequence[Waited], services: Sequence[Service], served: Sequence[Served], earlier: Sequence[Service]
) -> list[timedelta]:
    """By how much each was misjudged, of those who could be told something and were taken on."""
    pairs = ((one, told_at_arrival(one, waits, services, served, earlier)) for one in waits if one.began)
    return [
        abs(timedelta(minutes=minutes) - (one.began - one.since))
        for one, minutes in pairs
        if minutes is not None and one.began is not None
    ]


def told_at_arrival(
    one: Waited,
    waits: Sequence[Waited],
    services: Sequence[Service],
    served: Sequence[Served],
    earlier: Sequence[Service],
) -> int | None:
    """What the queue said when they came, as far as it is known now. Who is taken at that very moment still waits."""
    at = one.since
    over = [service for service in services if service.ended <= at]
    under_way = [Served(s.began, s.by) for s in services if s.began is not None and s.began < at < s.ended]
    then = pace(at, over, earlier, [*under_way, *(s for s in served if s.since < at)])
    if then is None:
        return None
    before = sum(1 for other in waits if other.turn < one.turn and other is not one and other.is_waiting(at))
    return told(until_turn(before, then))
