"""Which critical values and obligations are still owed a run, from their rows."""

from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.tables import LabRequestRow, ObligationRow, TaskRow
from models.tasks import TaskKind
from workflows.beginning import Beside
from workflows.beside import critical_of
from workflows.obligation import obligation_of

ASKED = (
    TaskKind.ACKNOWLEDGE_CRITICAL,
    TaskKind.TELL_PATIENT,
    TaskKind.HAND_OUT_OWED,
    TaskKind.FOLLOW_UP_REFERRAL,
)


async def results_to_hear(db: AsyncConnection) -> list[Beside]:
    """Every critical value that nobody has acknowledged, and every result or medicine that is owed; oldest first."""
    request, owed = LabRequestRow, ObligationRow
    critical = select(request.id).where(
        request.critical_since.is_not(None), request.acknowledged_at.is_(None), request.entered_in_error_at.is_(None)
    )
    untold = select(owed.id).where(owed.status == "OPEN")
    return [
        *(critical_of(id) for id in (await db.execute(critical.order_by(request.critical_since))).scalars()),
        *(obligation_of(id) for id in (await db.execute(untold.order_by(owed.due_at))).scalars()),
    ]


async def tasks_to_close(db: AsyncConnection) -> list[Beside]:
    """Of what is done already, that whose task is open yet: its run closes it when it looks, and nobody else can."""
    task = TaskRow
    wanted = select(task.id, task.visit_id).where(task.status == "OPEN", task.kind.in_(ASKED), task.closes_itself)
    asked = {row.id: row.visit_id for row in await db.execute(wanted)}
    return [
        *(critical_of(id) for id in await acknowledged(db, asked)),
        *(obligation_of(id) for id in await settled(db, asked)),
    ]


async def acknowledged(db: AsyncConnection, asked: dict[UUID, UUID | None]) -> list[UUID]:
    test = LabRequestRow
    wanted = select(test.id, test.critical_since).where(
        test.acknowledged_at.is_not(None), test.visit_id.in_(asked.values())
    )
    return [
        id
        for id, since in await db.execute(wanted.order_by(test.critical_since))
        if since and uuid5(id, f"acknowledge {since.isoformat()}") in asked
    ]


async def settled(db: AsyncConnection, asked: dict[UUID, UUID | None]) -> list[UUID]:
    obligation = ObligationRow
    wanted = select(obligation.id).where(obligation.status != "OPEN", obligation.visit_id.in_(asked.values()))
    found = (await db.execute(wanted.order_by(obligation.due_at))).scalars()
    return [id for id in found if {uuid5(id, name) for name in ("tell", "hand out", "follow up")} & asked.keys()]
