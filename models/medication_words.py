"""FHIR's words about allergies, prescriptions and what is handed out, as this clinic uses them."""

from enum import StrEnum


class ClinicalStatus(StrEnum):
    """AllergyIntolerance.clinicalStatus."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    RESOLVED = "resolved"


class VerificationStatus(StrEnum):
    """AllergyIntolerance.verificationStatus."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    ENTERED_IN_ERROR = "entered-in-error"


class AllergyType(StrEnum):
    """AllergyIntolerance.type."""

    ALLERGY = "allergy"
    INTOLERANCE = "intolerance"


class AllergyCategory(StrEnum):
    """AllergyIntolerance.category."""

    MEDICATION = "medication"
    FOOD = "food"
    ENVIRONMENT = "environment"
    BIOLOGIC = "biologic"


class Criticality(StrEnum):
    """AllergyIntolerance.criticality."""

    LOW = "low"
    HIGH = "high"
    UNABLE_TO_ASSESS = "unable-to-assess"


class RequestStatus(StrEnum):
    """MedicationRequest.status."""

    ACTIVE = "active"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    ENTERED_IN_ERROR = "entered-in-error"


class DispenseStatus(StrEnum):
    """MedicationDispense.status."""

    PREPARATION = "preparation"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    DECLINED = "declined"
    ENTERED_IN_ERROR = "entered-in-error"


OUT_OF_STOCK = "OUT-OF-STOCK"
"""MedicationDispense.statusReason: a code of the Kenya Emergency Care guide (medication-dispense-status-reason-cs)."""

REQUEST_STATUS = {
    "PENDING": RequestStatus.ACTIVE,
    "PARTIALLY_DISPENSED": RequestStatus.ACTIVE,
    "OWED": RequestStatus.ACTIVE,
    "OUT_OF_STOCK": RequestStatus.ON_HOLD,
    "DISPENSED": RequestStatus.COMPLETED,
}
"""Of a prescription's own status; derived, never set by two screens."""


def request_status(status: str, dispensed: int) -> RequestStatus:
    """`dispensed`: pieces handed out so far. What is cancelled after some were handed out was stopped."""
    if status == "CANCELLED":
        return RequestStatus.STOPPED if dispensed else RequestStatus.CANCELLED
    return REQUEST_STATUS[status]
