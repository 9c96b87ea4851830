"""Triage: vital signs and how urgent the patient is."""

from typing import Any, Literal

from models.actions.base import Action, Case, Change, require_open
from models.base import Note, Words
from models.catalogue import Resource
from models.problems import AlreadyDone, invalid
from models.staff import Person, Role
from models.visit import TriageCategory, Visit
from models.vitals import SCORED_PRESSURE_FROM_YEARS, VitalSigns


class RecordTriage(Action):
    """Vital signs and category, taken by a triage nurse before the consultation."""

    roles = frozenset({Role.TRIAGE_NURSE})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Triage assessment completed"

    kind: Literal["record_triage"] = "record_triage"
    vital_signs: VitalSigns
    triage_category: TriageCategory
    chief_complaint: Words | None = None
    notes: Note = ""

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if visit.triage_category is not None:
            raise AlreadyDone(f"The patient was triaged already, as {visit.triage_category}.")
        if self.vital_signs.systolic_bp is None and (visit.age_years or 0) >= SCORED_PRESSURE_FROM_YEARS:
            raise invalid("vital_signs.systolic_bp", "is mandatory from 12 years on")

    def apply(self, case: Case) -> Change:
        vital_signs = self.vital_signs.model_dump(mode="json", exclude_none=True)
        encounter = case.row(
            Resource.ENCOUNTER,
            {
                "encounter_type": "TRIAGE",
                "provider_id": case.actor.id,
                "vital_signs": vital_signs,
                "notes": self.notes,
                "findings": "",
                "recommendations": "",
            },
        )
        visit = case.visit.having(
            triage_category=self.triage_category, chief_complaint=self.chief_complaint or case.visit.chief_complaint
        )
        return Change(visit=visit, rows=(encounter,))

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "encounter": change.rows[0].whole}

    def audit_id(self, case: Case) -> Any:
        return case.visit_id
