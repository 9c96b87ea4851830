"""What a patient does not tolerate: told at any desk, refuted or marked as an error, never deleted."""

from typing import Any, Literal
from uuid import UUID

from pydantic import model_validator

from models.actions.base import Action, Case, Change, Row
from models.actions.medication_safety import catalogue_for
from models.base import Line, Note, Words
from models.catalogue import Resource, RowOf, Want
from models.medication_words import AllergyCategory, AllergyType, ClinicalStatus, Criticality, VerificationStatus
from models.problems import AlreadyDone, Conflict, NotFound
from models.staff import Person, Role
from models.visit import Visit

NURSES = frozenset({Role.TRIAGE_NURSE, Role.IMMUNIZATION_NURSE, Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE})
HEARING = NURSES | {Role.CLINICAL_OFFICER, Role.PHARMACIST}
"""Who hears of an allergy from the patient."""

JUDGING = frozenset({Role.CLINICAL_OFFICER, Role.PHARMACIST})
"""Who may say that it is none, or none any more."""


class RecordAllergy(Action):
    """The patient does not tolerate something: a drug, an ingredient, a class ("penicillin"), or a food.

    What the medicines catalogue knows is looked at with every prescription; `code` in the answer is how it knows it.
    """

    roles = HEARING
    resource = Resource.ALLERGY
    said = "Allergy recorded"

    kind: Literal["record_allergy"] = "record_allergy"
    substance: Line
    type: AllergyType = AllergyType.ALLERGY
    category: AllergyCategory = AllergyCategory.MEDICATION
    criticality: Criticality = Criticality.UNABLE_TO_ASSESS
    verification_status: Literal[VerificationStatus.UNCONFIRMED, VerificationStatus.CONFIRMED] = (
        VerificationStatus.UNCONFIRMED
    )
    reaction: Note = ""
    notes: Note = ""

    def check(self, visit: Visit, actor: Person) -> None:
        """Before triage, and after the visit: a reaction shows itself at home."""

    def apply(self, case: Case) -> Change:
        catalogue = catalogue_for(case)
        values = {
            **self.fields(),
            "code": catalogue.substance(self.substance),
            "catalogue": catalogue.version,
            "clinical_status": ClinicalStatus.ACTIVE,
            "changed_at": None,
            "changed_by": None,
            "change_reason": "",
        }
        return Change(visit=case.visit, rows=(case.row(Resource.ALLERGY, values),))


class ChangeAllergy(Action):
    """An allergy of the visit's patient turned out otherwise, and why. What is refuted, entered in error, inactive or
    resolved warns no more; it stays readable. Entered in error is the end of it."""

    roles = JUDGING
    resource = Resource.ALLERGY
    writes = "UPDATE"
    said = "Allergy changed"

    kind: Literal["change_allergy"] = "change_allergy"
    allergy_id: UUID
    verification_status: VerificationStatus | None = None
    clinical_status: ClinicalStatus | None = None
    reason: Words

    @model_validator(mode="after")
    def complete(self) -> "ChangeAllergy":
        if self.verification_status is None and self.clinical_status is None:
            raise ValueError("give verification_status or clinical_status, or both")
        return self

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.ALLERGY, id=self.allergy_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        """Whenever it is known."""

    def apply(self, case: Case) -> Change:
        row = case.known.row
        if row is None:
            raise NotFound("There is no such allergy.")
        if row["patient_id"] != case.visit.patient_id:
            raise Conflict("This allergy is another patient's. Check the visit.")
        if row["verification_status"] == VerificationStatus.ENTERED_IN_ERROR:
            raise AlreadyDone("This allergy was entered in error. Record it anew where it is one after all.")
        said: dict[str, Any] = self.model_dump(include={"verification_status", "clinical_status"}, exclude_none=True)
        values = {**said, "changed_at": case.at, "changed_by": case.actor.id, "change_reason": self.reason}
        return Change(visit=case.visit, rows=(Row(resource=Resource.ALLERGY, id=row["id"], values=values, former=row),))

    def audit_id(self, case: Case) -> UUID:
        return self.allergy_id
