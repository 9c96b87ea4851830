"""Which calls to patients who left are still owed a run, from their visits."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.tables import VisitRow
from models.tables.visits import CALL_IS_OPEN
from workflows.beginning import Beside
from workflows.beside import call_back_of


async def calls_to_make(db: AsyncConnection) -> list[Beside]:
    """Oldest first."""
    wanted = select(VisitRow.departure).where(text(CALL_IS_OPEN)).order_by(VisitRow.completed_at)
    return [call_back_of(UUID(found["call_back"]["id"])) for found in (await db.execute(wanted)).scalars()]
