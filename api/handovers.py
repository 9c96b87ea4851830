"""What was still open when a day ended: whose it was over night, and what came of it."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select

from api.actions import REFUSALS
from api.clinic import Reading
from api.paging import Cursor, Limit, page
from api.security import Signed
from api.shapes import list_of, record_shape
from models.actions.base import require_role
from models.base import Date
from models.staff import SUPERVISING
from models.tables import HandoverRow

routes = APIRouter(prefix="/api/supervision", tags=["supervision"], responses=REFUSALS)
TABLE: Any = HandoverRow.__table__


@routes.get("/handovers", response_model=list_of(record_shape(HandoverRow)))
async def handovers(
    actor: Signed, db: Reading, day: Date | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Any:
    """Visits that were open at the end of a facility day (SUPERVISOR, ADMIN), newest first: owner, next step in words,
    why they were open, who has taken them (`acknowledged_at`), and since when they go on (`settled_at`)."""
    require_role(SUPERVISING, actor, "Reading handovers")
    wanted = select(TABLE).where(TABLE.c.facility_id == actor.facility_id)
    if day:
        wanted = wanted.where(TABLE.c.day == day)
    return await page(db, wanted, TABLE.c.made_at, TABLE.c.id, limit, cursor)
