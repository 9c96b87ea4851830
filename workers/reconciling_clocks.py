"""What the rows say of the clocks of visits: which stand, and who was told of those that were late."""

from collections import defaultdict
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.deadlines import Clock
from models.reconciliation_clocks import Told, Watched
from models.tables import OverdueRow, VisitRow
from workflows import visit

CLOCKS: TypeAdapter[tuple[Clock, ...]] = TypeAdapter(tuple[Clock, ...])


async def watched(db: AsyncConnection) -> dict[str, Watched]:
    """By the visits' runs: every visit that is open, or because of which somebody is still told to look."""
    late = OverdueRow
    to_look = select(late.visit_id).where(late.resolved_at.is_(None))
    wanted = or_(VisitRow.completed_at.is_(None), VisitRow.id.in_(to_look))
    rows = await db.execute(select(VisitRow.id, VisitRow.clocks).where(wanted))
    clocks = {row.id: stand for row in rows if (stand := clocks_of(row.clocks)) is not None}
    told: dict[UUID, list[Told]] = defaultdict(list)
    found = select(late.visit_id, late.step, late.since, late.escalations, late.resolved_at.is_(None).label("is_open"))
    of_these = select(VisitRow.id).where(wanted)
    for row in await db.execute(found.where(late.visit_id.in_(of_these)).order_by(late.due_at)):
        told[row.visit_id].append(Told.model_validate(row._asdict()))
    return {visit.workflow_id(id): Watched(clocks=stand, told=tuple(told[id])) for id, stand in clocks.items()}


def clocks_of(kept: object) -> tuple[Clock, ...] | None:
    """None where they cannot be read: then neither can the visit, and that is named."""
    try:
        return CLOCKS.validate_python(kept)
    except ValidationError:
        return None
