"""Which requests for a supervisor, and which answers of payers, are still owed a run, from their rows."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.approvals import task_id
from models.tables import BreakGlassRow, CoverageRow, RefundRow, TaskRow, VisitRow, WaiverRow
from models.tables.money import Decision
from models.tasks import TaskKind
from workflows.beginning import Beside
from workflows.beside import approval_of, cover_run
from workflows.coverage import CoverageOpening

TABLES: dict[TaskKind, type[Decision]] = {
    TaskKind.DECIDE_WAIVER: WaiverRow,
    TaskKind.DECIDE_REFUND: RefundRow,
    TaskKind.REVIEW_BREAK_GLASS: BreakGlassRow,
}


async def approvals_to_ask(db: AsyncConnection) -> list[Beside]:
    """Every waiver, refund and opened gate that nobody has decided; of each kind the oldest first."""
    found: list[Beside] = []
    for table in TABLES.values():
        wanted = select(table.id).where(table.status == "PENDING").order_by(table.due_at)
        found += [approval_of(id) for id in (await db.execute(wanted)).scalars()]
    return found


async def approvals_to_close(db: AsyncConnection) -> list[Beside]:
    """Of what is decided already, that whose task is open yet: its run closes it when it looks, and nobody else can."""
    task, found = TaskRow, list[Beside]()
    for kind, table in TABLES.items():
        wanted = select(task.id, task.visit_id).where(task.status == "OPEN", task.kind == kind)
        asked = {row.id: row.visit_id for row in await db.execute(wanted)}
        decided = select(table.id).where(table.status != "PENDING", table.visit_id.in_(asked.values()))
        ids = (await db.execute(decided.order_by(table.due_at))).scalars()
        found += [approval_of(id) for id in ids if task_id(id) in asked]
    return found


async def covers_to_hear(db: AsyncConnection) -> list[Beside]:
    """Every visit that pays first unless its payer does, and has not heard what the payer said: it is asked again."""
    wanted = (
        select(VisitRow.id, VisitRow.facility_id)
        .join(CoverageRow, CoverageRow.visit_id == VisitRow.id)
        .where(VisitRow.completed_at.is_(None), func.jsonb_array_length(VisitRow.gates) > 0)
        .where(CoverageRow.answered_at.is_not(None), CoverageRow.status != VisitRow.cover)
        .where(CoverageRow.patient_id == VisitRow.patient_id)
    )
    rows = await db.execute(wanted.order_by(VisitRow.arrived_at))
    return [cover_run(CoverageOpening(visit_id=id, facility_id=facility)) for id, facility in rows]
