"""Which evenings left visits behind that nobody has gone on with yet: their owners are reminded all the same."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.tables import HandoverRow, TaskRow
from workflows.beginning import Beside
from workflows.day_end import DayEndOpening, DayEndWorkflow, workflow_id


async def nights_to_mind(db: AsyncConnection) -> list[Beside]:
    """Oldest first. Whoever was reminded is not reminded twice."""
    wanted = select(HandoverRow.day).join(TaskRow, TaskRow.id == HandoverRow.task_id).where(TaskRow.status == "OPEN")
    days = (await db.execute(wanted.distinct().order_by(HandoverRow.day))).scalars()
    return [Beside(DayEndWorkflow.run, DayEndOpening(day=day), workflow_id(day), "The end of a day") for day in days]
