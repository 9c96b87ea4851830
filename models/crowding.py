"""Too many who wait at one station: when boards are told that it is crowded, and when that it is no more."""

from datetime import datetime

from models.base import Value
from models.staff import SERVES, Role, Station
from models.visit import Visit

CROWDED = "queue:crowded"
EASED = "queue:eased"


class Crowd(Value):
    """One time during which a station was crowded. `threshold`: what the policy allowed less than; `waiting`: how many
    waited when it was reached; `ended_at`: None while it lasts."""

    station: Station
    threshold: int
    waiting: int
    began_at: datetime
    ended_at: datetime | None


def eased_at(threshold: int) -> int:
    """To how many the line must fall: four fifths, so that one patient more or less is not told of every time."""
    return threshold * 4 // 5


def touched(before: Visit | None, after: Visit) -> tuple[Station, ...]:
    """Where somebody came or went. In one order, for whoever locks them."""
    return tuple(sorted(set(before.waiting_at if before else ()) ^ set(after.waiting_at)))


def audience(station: Station) -> tuple[Role, ...]:
    return (SERVES[station], Role.RECEPTIONIST, Role.SUPERVISOR, Role.ADMIN)
