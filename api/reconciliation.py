"""Where the clinic's accounts do not agree, for those who see to it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select

from api.actions import REFUSALS
from api.clinic import Reading
from api.paging import Cursor, Limit, page
from api.security import Signed
from api.shapes import list_of, record_shape
from models.actions.base import require_role
from models.staff import SUPERVISING
from models.tables import ReconciliationFindingRow

routes = APIRouter(prefix="/api/supervision", tags=["supervision"], responses=REFUSALS)
TABLE: Any = ReconciliationFindingRow.__table__


@routes.get("/differences", response_model=list_of(record_shape(ReconciliationFindingRow)))
async def differences(
    actor: Signed,
    db: Reading,
    gone: Annotated[bool, Query(description="Also those that are gone.")] = False,
    visit_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """What did not agree at the last look, newest first: in words, since when, who sees to it and how, and what was
    done about it by itself (SUPERVISOR, ADMIN)."""
    require_role(SUPERVISING, actor, "Reading what does not agree")
    wanted = select(TABLE).where(TABLE.c.facility_id == actor.facility_id)
    if not gone:
        wanted = wanted.where(TABLE.c.gone_at.is_(None))
    if visit_id:
        wanted = wanted.where(TABLE.c.visit_id == visit_id)
    return await page(db, wanted, TABLE.c.first_seen, TABLE.c.id, limit, cursor)
