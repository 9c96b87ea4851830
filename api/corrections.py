"""Correcting what reception wrote down about a patient."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from api.actions import REFUSALS
from api.clinic import Clinic, TheClinic
from api.dispatch import look_again
from api.errands import Answer, TheErrand
from api.shapes import record_shape
from models.actions.base import require_role
from models.administration import PatientCorrection
from models.staff import Role
from models.tables import PatientRow, VisitRow

routes = APIRouter(prefix="/api", tags=["patient"], responses=REFUSALS)
RECEPTION = frozenset({Role.RECEPTIONIST})


@routes.put("/patients/{id}", response_model=record_shape(PatientRow))
async def correct_patient(id: UUID, errand: TheErrand, form: PatientCorrection, clinic: TheClinic) -> Answer:
    """Correct demographics (RECEPTIONIST); the former values stay in the audit.

    An open visit goes on by the right age. Who was triaged by other limits is triaged again: a task says so.
    """
    require_role(RECEPTION, errand.actor, "Patient corrected")
    corrected = await clinic.administration.correct_patient(errand, id, form)
    if form.births:
        await tell_visits(clinic, id)
    return corrected


async def tell_visits(clinic: Clinic, patient_id: UUID) -> None:
    """The rows were written; whoever works on them has them in mind."""
    async with clinic.reading.connect() as db:
        still_open = select(VisitRow.id).where(VisitRow.patient_id == patient_id, VisitRow.completed_at.is_(None))
        visits = (await db.execute(still_open)).scalars().all()
    for visit_id in visits:
        await look_again(clinic, visit_id)
