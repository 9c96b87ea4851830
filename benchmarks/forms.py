"""The forms of the visits that are measured: invented, as an action's fields and as a request."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from models.staff import Role

ROLES = (Role.RECEPTIONIST, Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER)
VISIT = "/api/visits/{id}"


@dataclass(frozen=True)
class Form:
    """One action: `kind` and `body` as the model knows it, and how it is sent; `told` where the request differs."""

    kind: str
    role: Role
    method: str
    path: str
    fields: dict[str, Any]
    told: dict[str, Any] | None = None

    @property
    def body(self) -> dict[str, Any]:
        return self.fields if self.told is None else self.told


def registration() -> Form:
    """A new patient each time."""
    fields = {
        "first_name": "Taa",
        "last_name": "Mfano",
        "gender": "FEMALE",
        "age": 30,
        "phone_number": "0712345678",
        "national_id": f"BENCH-{uuid4().hex[:20]}",
        "insurance_type": "CASH",
        "registration_type": "NEW_PATIENT",
        "chief_complaint": "Fever and headache",
        "payment_type": "CASH",
    }
    return Form("register_patient", Role.RECEPTIONIST, "POST", "/api/patients", fields)


VITALS = {
    "temperature_c": "38.5",
    "pulse_bpm": 95,
    "systolic_bp": 140,
    "diastolic_bp": 90,
    "respiratory_rate": 18,
    "avpu": "ALERT",
    "mobility": "WALKING",
    "trauma": False,
}
TRIAGE = Form(
    "record_triage", Role.TRIAGE_NURSE, "PUT", VISIT, {"vital_signs": VITALS, "triage_category": "NORMAL", "notes": ""}
)
TAKE_IN = Form("take_in", Role.CLINICAL_OFFICER, "PUT", VISIT, {}, {"status": "IN_CONSULTATION"})
ENCOUNTER = Form(
    "record_encounter",
    Role.CLINICAL_OFFICER,
    "POST",
    "/api/patient-encounters",
    {"notes": "Fever for three days, no cough.", "findings": "Alert, no neck stiffness.", "recommendations": "Fluids."},
)
DIAGNOSIS = Form(
    "record_diagnosis",
    Role.CLINICAL_OFFICER,
    "POST",
    "/api/diagnoses",
    {"diagnosis_code": "B54", "diagnosis_name": "Malaria, not confirmed", "notes": "To be confirmed by smear."},
)
