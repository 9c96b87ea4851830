"""A patient who had left comes back on the same day: the same visit goes on."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change
from models.actions.reopening import undone
from models.base import Note
from models.catalogue import AffairsOfVisit, PatientOfVisit, Resource, Want
from models.events import EVERYONE, Event
from models.problems import AlreadyDone, Conflict, VisitClosed
from models.staff import Person, Role
from models.visit import Visit

CAME_BACK = "The patient came back."


class PatientReturned(Action):
    """The visit goes on where it was, with the orders that had been cancelled; its place in the queues goes by its
    arrival. Clocks count anew, and a nurse looks again at once at who was URGENT or worse. Until midnight only."""

    roles = frozenset({Role.RECEPTIONIST, Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Patient came back"

    kind: Literal["patient_returned"] = "patient_returned"
    notes: Note = ""

    def wants(self) -> tuple[Want, ...]:
        return (AffairsOfVisit(), PatientOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.end is None:
            raise AlreadyDone("The visit is open.")
        if visit.departure is None:
            raise Conflict(f"The patient did not leave by themselves: the visit ended as {visit.end}.")

    def apply(self, case: Case) -> Change:
        departure = case.visit.departure
        assert departure is not None
        if case.at >= departure.resumable_until:
            raise VisitClosed("The patient left on an earlier day. Register a new visit.")
        if (case.known.patient or {}).get("deceased_at"):
            raise Conflict("The patient has died since. If that is wrong, a second person uses undo_death first.")
        if case.known.affairs.open_visits and not case.visit.doubled:
            named = ", ".join(case.known.affairs.open_visits)
            raise Conflict(f"The patient has an open visit already ({named}). Go on with that one, or end it first.")
        change = undone(case, self.notes or CAME_BACK)
        visit = change.visit.having(look_again_since=case.at)
        return change.model_copy(update={"visit": visit, "events": (*change.events, told(case))})

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


def told(case: Case) -> Event:
    payload = {"visitId": case.visit_id, "opNumber": case.visit.op_number, "updatedBy": case.actor.id}
    return Event(kind="patient:returned", audience=EVERYONE, payload=payload)
