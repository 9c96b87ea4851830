"""Who works at the clinic, and where."""

from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from models.base import Value


class Role(StrEnum):
    RECEPTIONIST = "RECEPTIONIST"
    TRIAGE_NURSE = "TRIAGE_NURSE"
    CLINICAL_OFFICER = "CLINICAL_OFFICER"
    LAB_TECHNICIAN = "LAB_TECHNICIAN"
    PHARMACIST = "PHARMACIST"
    IMMUNIZATION_NURSE = "IMMUNIZATION_NURSE"
    FAMILY_PLANNING_COUNSELOR = "FAMILY_PLANNING_COUNSELOR"
    MCH_NURSE = "MCH_NURSE"
    CASHIER = "CASHIER"
    SUPERVISOR = "SUPERVISOR"
    ADMIN = "ADMIN"


class Station(StrEnum):
    """A place where a patient is served."""

    TRIAGE = "TRIAGE"
    CONSULTATION = "CONSULTATION"
    LABORATORY = "LABORATORY"
    PHARMACY = "PHARMACY"
    IMMUNIZATION = "IMMUNIZATION"
    FAMILY_PLANNING = "FAMILY_PLANNING"
    MCH = "MCH"
    CASHIER = "CASHIER"


SERVES: dict[Station, Role] = {
    Station.TRIAGE: Role.TRIAGE_NURSE,
    Station.CONSULTATION: Role.CLINICAL_OFFICER,
    Station.LABORATORY: Role.LAB_TECHNICIAN,
    Station.PHARMACY: Role.PHARMACIST,
    Station.IMMUNIZATION: Role.IMMUNIZATION_NURSE,
    Station.FAMILY_PLANNING: Role.FAMILY_PLANNING_COUNSELOR,
    Station.MCH: Role.MCH_NURSE,
    Station.CASHIER: Role.CASHIER,
}
"""Who serves at each station."""

CLINICAL = frozenset(
    {
        Role.TRIAGE_NURSE,
        Role.CLINICAL_OFFICER,
        Role.LAB_TECHNICIAN,
        Role.PHARMACIST,
        Role.IMMUNIZATION_NURSE,
        Role.FAMILY_PLANNING_COUNSELOR,
        Role.MCH_NURSE,
    }
)
"""Who may read clinical records (supervisors may too)."""

THE_CLINIC = uuid5(NAMESPACE_URL, "njia:clinic")
"""Who acts when no person does: the clinic's own workflows, whose commands are signed like any other."""

SUPERVISING = frozenset({Role.SUPERVISOR, Role.ADMIN})


class Person(Value):
    """A signed-in member of staff, as every command names its sender."""

    id: UUID
    facility_id: UUID
    roles: tuple[Role, ...]

    def is_any_of(self, roles: frozenset[Role]) -> bool:
        return not roles.isdisjoint(self.roles)
