"""Which critical values and obligations are still owed a run, from their rows."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.tables import LabRequestRow, ObligationRow
from workflows.beside import Beside, critical_of, obligation_of


async def results_to_hear(db: AsyncConnection) -> list[Beside]:
    """Every critical value that nobody has acknowledged, and every result that nobody has told; oldest first."""
    request, owed = LabRequestRow, ObligationRow
    critical = select(request.id).where(request.critical_since.is_not(None), request.acknowledged_at.is_(None))
    untold = select(owed.id).where(owed.status == "OPEN")
    return [
        *(critical_of(id) for id in (await db.execute(critical.order_by(request.critical_since))).scalars()),
        *(obligation_of(id) for id in (await db.execute(untold.order_by(owed.due_at))).scalars()),
    ]
