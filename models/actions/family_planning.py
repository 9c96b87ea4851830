"""The family planning service."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Case
from models.actions.services import Service
from models.base import Date, Note
from models.catalogue import Catalogue, Resource
from models.staff import Role, Station


class RecordFamilyPlanning(Service):
    """Counselling and the method that was chosen."""

    roles = frozenset({Role.FAMILY_PLANNING_COUNSELOR})
    resource = Resource.FAMILY_PLANNING
    said = "Family planning service provided"
    station = Station.FAMILY_PLANNING
    catalogue = Catalogue.METHODS
    chooses = "method_id"

    kind: Literal["record_family_planning"] = "record_family_planning"
    method_id: UUID
    start_date: Date | None = None
    counseling_provided: bool = True
    counseling_notes: Note = ""
    status: Literal["ACTIVE", "COMPLETED", "DISCONTINUED"] = "ACTIVE"
    notes: Note = ""

    def stored(self, case: Case) -> dict[str, Any]:
        return {**self.fields(), "start_date": self.start_date or case.today}
