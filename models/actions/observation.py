"""After a vaccine: the patient is watched, and what is seen is written down."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, after_care
from models.actions.triage import recoloured
from models.base import Moment, Note, Words
from models.catalogue import Resource, RowOf, Want
from models.events import CLINICIANS, Event
from models.problems import AlreadyDone, Conflict, NotFound, invalid
from models.staff import Role
from models.urgency import TriageCategory


class RecordReaction(Action):
    """An adverse event following immunization (AEFI), of this visit's dose or of an earlier one.

    After an anaphylaxis the visit is an emergency, which a clinician sees, and this vaccine is contraindicated for the
    patient from then on.
    """

    roles = frozenset({Role.IMMUNIZATION_NURSE, Role.CLINICAL_OFFICER})
    resource = Resource.REACTION
    said = "Reaction to a vaccine recorded"

    kind: Literal["record_reaction"] = "record_reaction"
    immunization_id: UUID
    reaction: Words
    severity: Literal["MILD", "MODERATE", "SEVERE"]
    anaphylaxis: bool = False
    onset_at: Moment | None = None
    action_taken: Note = ""
    notes: Note = ""

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.IMMUNIZATION, id=self.immunization_id),)

    def apply(self, case: Case) -> Change:
        dose = case.known.row
        if dose is None:
            raise NotFound("There is no such immunization.")
        if dose["patient_id"] != case.visit.patient_id:
            raise Conflict("This immunization is another patient's.")
        if dose.get("entered_in_error_at"):
            raise Conflict("This immunization was entered in error; there was no such dose.")
        if self.onset_at and self.onset_at > case.at:
            raise invalid("onset_at", "lies in the future")
        visit = case.visit.raised_to(TriageCategory.EMERGENCY) if self.anaphylaxis else case.visit
        return Change(
            visit=visit,
            rows=(case.row(Resource.REACTION, self.fields()),),
            events=(self.told(case), *recoloured(case, visit)),
            starts=after_care(visit.patient_id) if self.anaphylaxis else (),
        )

    def told(self, case: Case) -> Event:
        payload = {
            "visitId": case.visit_id,
            "immunizationId": self.immunization_id,
            "severity": self.severity,
            "anaphylaxis": self.anaphylaxis,
        }
        return Event(kind="immunization:reaction", audience=(*CLINICIANS, Role.IMMUNIZATION_NURSE), payload=payload)


class EndObservation(Action):
    """Let the patient go before the observation is over, with the reason."""

    roles = frozenset({Role.IMMUNIZATION_NURSE, Role.CLINICAL_OFFICER})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Observation ended early"

    kind: Literal["end_observation"] = "end_observation"
    reason: Words

    def apply(self, case: Case) -> Change:
        if not case.visit.is_observed(case.at):
            raise AlreadyDone("The patient is not under observation.")
        visit = case.visit.having(observe_until=case.at, observation_note=self.reason, observation_ended_at=case.at)
        return Change(visit=visit)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id
