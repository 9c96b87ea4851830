"""The call to a patient who left before being looked at to the end: each attempt is written down."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Start
from models.base import Words
from models.catalogue import Resource
from models.departures import Attempt, CallOutcome
from models.opening_hours import open_for
from models.problems import AlreadyDone, Conflict
from models.staff import Person, Role
from models.visit import Visit


class PatientCalledBack(Action):
    """What came of an attempt. Where nobody answered, the next one is due later, until all that the policy wants were
    made. `notes`: what was said, or how it was tried."""

    roles = frozenset({Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Patient called back"

    kind: Literal["patient_called_back"] = "patient_called_back"
    outcome: CallOutcome
    notes: Words

    def check(self, visit: Visit, actor: Person) -> None:
        if visit.departure is None or visit.departure.call_back is None:
            raise Conflict("No call is owed to this patient.")
        if not visit.departure.call_back.is_open:
            raise AlreadyDone("The call is done: see the attempts in the visit's departure.")

    def apply(self, case: Case) -> Change:
        departure = case.visit.departure
        assert departure is not None
        assert departure.call_back is not None
        attempt = Attempt(outcome=self.outcome, notes=self.notes, by=case.actor.id, at=case.at)
        policy = case.known.policy
        call = departure.call_back.model_copy(
            update={
                "attempts": (*departure.call_back.attempts, attempt),
                "due_at": open_for(policy.hours, case.at, policy.lasting(policy.call_back.again_after)),
            }
        )
        visit = case.visit.having(departure=departure.model_copy(update={"call_back": call}))
        return Change(visit=visit, starts=(Start(kind="CallBack", id=call.id),))

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id
