"""The immunization service."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Case
from models.actions.services import Service
from models.base import Date, Line, Note
from models.catalogue import Catalogue, Resource
from models.problems import invalid
from models.staff import Role, Station


class RecordImmunization(Service):
    """One dose of a vaccine. KEPI vaccines are free."""

    roles = frozenset({Role.IMMUNIZATION_NURSE})
    resource = Resource.IMMUNIZATION
    said = "Vaccine administered"
    station = Station.IMMUNIZATION
    catalogue = Catalogue.VACCINES
    chooses = "vaccine_id"
    provider = "administered_by"

    kind: Literal["record_immunization"] = "record_immunization"
    vaccine_id: UUID
    immunization_date: Date | None = None
    batch_number: Line
    site: Line
    route: Line
    dosage: Line
    status: Literal["COMPLETED"] = "COMPLETED"
    notes: Note = ""

    def stored(self, case: Case) -> dict[str, Any]:
        if self.immunization_date and self.immunization_date > case.today:
            raise invalid("immunization_date", "lies in the future; a dose is recorded when it was given")
        return {**self.fields(), "immunization_date": self.immunization_date or case.today}
