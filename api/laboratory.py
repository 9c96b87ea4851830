"""The laboratory's own lists: what is to be done, and by which catalogue its values are judged."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from api.actions import REFUSALS
from api.clinic import Reading
from api.lists import URGENCY
from api.records import CLINICAL_READERS
from api.security import Signed
from api.shapes import list_of
from models.actions.base import require_role
from models.laboratory import LabCatalogue, catalogue_of
from models.tables import LabRequestRow, VisitRow
from models.urgency import TriageCategory

routes = APIRouter(prefix="/api", tags=["lab_request"], responses=REFUSALS)
OPEN = ("PENDING", "PRELIMINARY")


class WorklistItem(BaseModel):
    """One test that waits for its result. `patient_has_left`: it is awaited, and nobody stands at the desk."""

    lab_request_id: UUID
    visit_id: UUID
    patient_id: UUID
    op_number: str
    test_type: str
    urgency: str
    status: str
    notes: str
    triage_category: TriageCategory | None
    since: datetime
    patient_has_left: bool


@routes.get("/lab-worklist", response_model=list_of(WorklistItem))
async def worklist(actor: Signed, db: Reading) -> Any:
    """Every open test of the facility: urgent ones first, then by the patient's urgency, then as they were ordered."""
    require_role(CLINICAL_READERS, actor, "Reading the laboratory's worklist")
    request, visit = LabRequestRow, VisitRow
    wanted = (
        select(
            request.id.label("lab_request_id"),
            request.visit_id,
            request.patient_id,
            visit.op_number,
            request.test_type,
            request.urgency,
            request.status,
            request.notes,
            visit.triage_category,
            request.recorded_at.label("since"),
            visit.completed_at.is_not(None).label("patient_has_left"),
        )
        .join(visit, visit.id == request.visit_id)
        .where(
            request.facility_id == actor.facility_id, request.status.in_(OPEN), request.entered_in_error_at.is_(None)
        )
        .order_by(request.urgency != "URGENT", URGENCY, request.recorded_at, request.id)
    )
    return {"items": [dict(row) for row in (await db.execute(wanted)).mappings()], "next_cursor": None}


@routes.get("/lab-tests", response_model=LabCatalogue, response_model_exclude_none=True)
async def lab_tests(actor: Signed) -> Any:
    """The test catalogue of today: analytes, units, ranges and critical values, each with its source."""
    return catalogue_of(datetime.now(UTC))
