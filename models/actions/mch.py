"""The mother and child health service."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from models.actions.base import Case
from models.actions.services import Service
from models.base import Date, Details, Note
from models.catalogue import Catalogue, Resource
from models.problems import invalid
from models.staff import Role, Station


class RecordMchService(Service):
    """One contact of antenatal, postnatal or child care."""

    roles = frozenset({Role.MCH_NURSE})
    resource = Resource.MCH_SERVICE
    said = "MCH service provided"
    station = Station.MCH
    catalogue = Catalogue.SERVICES
    chooses = "service_id"

    kind: Literal["record_mch_service"] = "record_mch_service"
    service_id: UUID
    service_date: Date | None = None
    service_details: Details = Field(default_factory=dict)
    findings: Note = ""
    recommendations: Note = ""
    status: Literal["COMPLETED"] = "COMPLETED"
    notes: Note = ""

    def stored(self, case: Case) -> dict[str, Any]:
        if self.service_date and self.service_date > case.today:
            raise invalid("service_date", "lies in the future; a service is recorded when it was given")
        return {**self.fields(), "service_date": self.service_date or case.today}
