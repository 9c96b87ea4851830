"""Correcting what reception wrote down about a patient."""

from uuid import UUID

from fastapi import APIRouter

from api.actions import REFUSALS
from api.clinic import TheClinic
from api.errands import Answer, TheErrand
from api.shapes import record_shape
from models.actions.base import require_role
from models.administration import PatientCorrection
from models.staff import Role
from models.tables import PatientRow

routes = APIRouter(prefix="/api", tags=["patient"], responses=REFUSALS)
RECEPTION = frozenset({Role.RECEPTIONIST})


@routes.put("/patients/{id}", response_model=record_shape(PatientRow))
async def correct_patient(id: UUID, errand: TheErrand, form: PatientCorrection, clinic: TheClinic) -> Answer:
    """Correct demographics (RECEPTIONIST); the former values stay in the audit."""
    require_role(RECEPTION, errand.actor, "Patient corrected")
    return await clinic.administration.correct_patient(errand, id, form)
