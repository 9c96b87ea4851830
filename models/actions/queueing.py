"""The queue of a station: call the patient, no answer, take them, give them back. The place in the queue is kept."""

from abc import abstractmethod
from typing import Any, ClassVar, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, require_open, require_role
from models.actions.consultation import reviews
from models.base import Line
from models.calls import Call
from models.catalogue import PlaceInQueue, Resource, Want
from models.events import Event
from models.problems import AlreadyDone, Missing, WrongStage
from models.queueing import (
    call_of,
    own_room,
    require_not_called_elsewhere,
    require_not_with_another,
    require_waiting,
    serving,
    taken,
)
from models.staff import SERVES, Person, Role, Station
from models.visit import Visit


class Queueing(Action):
    """What is done with a patient who waits at a station, by those who serve there."""

    roles = frozenset({*SERVES.values(), Role.SUPERVISOR})
    resource = Resource.VISIT
    writes = "UPDATE"

    event: ClassVar[str]
    """What the boards hear."""

    station: Station

    def wants(self) -> tuple[Want, ...]:
        return (PlaceInQueue(station=self.station),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_role(serving(self.station), actor, self.said)
        require_waiting(visit, self.station)

    def apply(self, case: Case) -> Change:
        visit = self.after(case, call_of(case.visit, self.station))
        return Change(visit=visit, events=(self.told(case, call_of(visit, self.station)),))

    @abstractmethod
    def after(self, case: Case, call: Call) -> Visit:
        """The visit with what becomes of the wait, or raise Refused."""

    def told(self, case: Case, call: Call) -> Event:
        """To the station, to reception, where the displays of the waiting room are signed in, and to supervisors. The
        number is called out, never a name; `position`: None where the patient is with somebody."""
        payload = {
            "visitId": case.visit_id,
            "opNumber": case.visit.op_number,
            "station": self.station,
            "room": call.room,
            "position": None if call.taken_by else case.known.ahead + 1,
            "calls": call.times,
            "missed": call.missed,
        }
        audience = (SERVES[self.station], Role.RECEPTIONIST, Role.SUPERVISOR)
        return Event(kind=self.event, audience=audience, payload=payload)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id

    def audited(self, change: Change) -> str:
        return f"{self.said} at {self.station}"


class CallPatient(Queueing):
    """Call the patient to a room. Again, as often as it takes; while another desk's call is under way, nobody else."""

    said = "Patient called"
    event = "queue:called"

    kind: Literal["call_patient"] = "call_patient"
    room: Line | None = None

    def check(self, visit: Visit, actor: Person) -> None:
        super().check(visit, actor)
        require_own(visit, self.station, actor)

    def after(self, case: Case, call: Call) -> Visit:
        require_not_called_elsewhere(call, case.known.policy, case.actor, case.at)
        room = self.room or own_room(call, case.actor)
        given = {"called_at": case.at, "called_by": case.actor.id, "room": room, "times": call.times + 1}
        return case.visit.having_call(call.model_copy(update=given))


class NoAnswer(Queueing):
    """The patient did not come. They keep their place; the queue says how often they were called in vain."""

    said = "Patient did not answer"
    event = "queue:no_answer"

    kind: Literal["no_answer"] = "no_answer"

    def check(self, visit: Visit, actor: Person) -> None:
        super().check(visit, actor)
        require_not_with_another(visit, self.station, actor)
        if call_of(visit, self.station).called_by is None:
            missing = Missing(what="call_patient", roles=(SERVES[self.station],))
            raise WrongStage("Nobody calls the patient. Call them first.", missing=[missing])

    def after(self, case: Case, call: Call) -> Visit:
        require_not_called_elsewhere(call, case.known.policy, case.actor, case.at)
        given = {"called_by": None, "missed": call.missed + 1}
        return case.visit.having_call(call.model_copy(update=given))


class TakePatient(Queueing):
    """The patient is with me, and with nobody else, until the work is done or they are released."""

    said = "Patient taken"
    event = "queue:taken"

    kind: Literal["take_patient"] = "take_patient"
    room: Line | None = None

    def check(self, visit: Visit, actor: Person) -> None:
        super().check(visit, actor)
        require_own(visit, self.station, actor)
        call = call_of(visit, self.station)
        if call.taken_by == actor.id and call.called_by is None and self.room in (None, call.room):
            raise AlreadyDone("The patient is with you already.")

    def after(self, case: Case, call: Call) -> Visit:
        require_not_called_elsewhere(call, case.known.policy, case.actor, case.at)
        return taken(case.visit, self.station, case.actor, case.at, self.room)


class ReleasePatient(Queueing):
    """Give the patient back to the queue, at the place that they had. A supervisor may for somebody who has gone."""

    said = "Patient released"
    event = "queue:released"

    kind: Literal["release_patient"] = "release_patient"

    def check(self, visit: Visit, actor: Person) -> None:
        super().check(visit, actor)
        if call_of(visit, self.station).taken_by is None:
            raise AlreadyDone("Nobody has the patient.")
        if not actor.is_any_of(frozenset({Role.SUPERVISOR})):
            require_not_with_another(visit, self.station, actor)

    def after(self, case: Case, call: Call) -> Visit:
        given = {"taken_by": None, "taken_at": None, "called_by": None, "room": None}
        return case.visit.having_call(call.model_copy(update=given))


def require_own(visit: Visit, station: Station, actor: Person) -> None:
    """Nobody else has the patient; results wait for the clinician who ordered them."""
    require_not_with_another(visit, station, actor)
    if station is not Station.CONSULTATION or not reviews(visit) or actor.is_any_of(frozenset({Role.SUPERVISOR})):
        return
    if visit.provider_id != actor.id:
        missing = Missing(what="take the patient in", roles=(Role.CLINICAL_OFFICER,))
        raise WrongStage(
            "The results wait for the clinician who ordered them. Take the patient in to take over.",
            missing=[missing],
        )
