"""Who is next at a station, and who has a patient: the rules of the queue."""

from datetime import datetime

from models.calls import Call
from models.policy import Policy
from models.problems import Conflict, Missing, WrongStage
from models.staff import SERVES, Person, Role, Station
from models.urgency import TriageColour
from models.visit import Visit
from models.words import clock, spoken

BY_URGENCY = (TriageColour.RED, TriageColour.ORANGE, TriageColour.YELLOW, None, TriageColour.GREEN)
"""RED first; who has no colour yet stands before GREEN, for nobody knows how urgent they are."""

AN_URGENT_ORDER = BY_URGENCY.index(TriageColour.ORANGE)
"""An urgent order puts its patient among the most URGENT at the station that it waits at."""


def serving(station: Station) -> frozenset[Role]:
    return frozenset({SERVES[station], Role.SUPERVISOR})


def call_of(visit: Visit, station: Station) -> Call:
    """What became of the wait so far."""
    since = next(wait.since for wait in visit.waiting if wait.station is station)
    return visit.call_at(station) or Call(station=station, since=since)


def taken(visit: Visit, station: Station, actor: Person, at: datetime, room: str | None = None) -> Visit:
    """The visit whose patient is with that person; who has them already, has them since then."""
    call = call_of(visit, station)
    since = call.taken_at if call.taken_by == actor.id else at
    given = {"taken_by": actor.id, "taken_at": since, "room": room or own_room(call, actor), "called_by": None}
    return visit.having_call(call.model_copy(update=given))


def own_room(call: Call, actor: Person) -> str | None:
    """Where this person called the patient to, or has them."""
    return call.room if actor.id in (call.called_by, call.taken_by) else None


def is_under_way(call: Call, policy: Policy, at: datetime) -> bool:
    """Whether somebody called the patient and waits for them."""
    if call.called_by is None or call.called_at is None:
        return False
    return at < call.called_at + policy.lasting(policy.calling.call_lasts)


def require_waiting(visit: Visit, station: Station) -> None:
    if station not in visit.waiting_at:
        places = ", ".join(visit.waiting_at) or "no station"
        raise WrongStage(f"The patient does not wait at {station} but at {places}.")


def require_not_with_another(visit: Visit, station: Station, actor: Person) -> None:
    call = visit.call_at(station)
    if call is None or call.taken_by in (None, actor.id) or call.taken_at is None:
        return
    given_back = Missing(what=f"release_patient at {spoken(station)}", roles=(SERVES[station], Role.SUPERVISOR))
    where = f" in {call.room}" if call.room else ""
    raise Conflict(
        f"Somebody else has the patient{where}, since {clock(call.taken_at)}. They, or a supervisor, release them.",
        missing=[given_back],
    )


def require_not_called_elsewhere(call: Call, policy: Policy, actor: Person, at: datetime) -> None:
    if not is_under_way(call, policy, at) or call.called_by == actor.id or call.called_at is None:
        return
    until = call.called_at + policy.lasting(policy.calling.call_lasts)
    where = f"to {call.room}" if call.room else "by another desk"
    raise Conflict(f"The patient was called {where} at {clock(call.called_at)} and may answer until {clock(until)}.")
