"""What the payer has answered, where a money gate depends on it."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change
from models.catalogue import Resource
from models.claims import CoverStatus
from models.staff import Person
from models.visit import Visit


class HearCover(Action):
    """The payer of `patient_id` has said whether the visit is covered. Of another patient's visit nothing changes."""

    roles = frozenset()
    by_the_clinic = True
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Cover answered"

    kind: Literal["hear_cover"] = "hear_cover"
    patient_id: UUID
    status: CoverStatus

    def check(self, visit: Visit, actor: Person) -> None:
        """Whatever the visit's stage."""

    def apply(self, case: Case) -> Change:
        if case.visit.patient_id != self.patient_id:
            return Change(visit=case.visit)
        return Change(visit=case.visit.having(cover=self.status))

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id
