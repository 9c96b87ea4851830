"""After the Temporal server was lost: a run for every open visit, which carries on from its rows."""

from uuid import UUID

from sqlalchemy import select
from temporalio.client import Client

from integrations.database import reading_engine
from integrations.settings import Settings
from models.tables import VisitRow
from workflows.starting import start_visit_run


async def open_visits(settings: Settings) -> list[UUID]:
    """Every visit that has not ended, oldest first."""
    engine = reading_engine(settings)
    try:
        async with engine.connect() as db:
            wanted = select(VisitRow.id).where(VisitRow.completed_at.is_(None)).order_by(VisitRow.arrived_at)
            return list((await db.execute(wanted)).scalars())
    finally:
        await engine.dispose()


async def recover(client: Client, settings: Settings) -> int:
    """Start a run for each open visit that has none, and say how many visits are open. May be repeated."""
    found = await open_visits(settings)
    for visit_id in found:
        await start_visit_run(client, settings.own_url, settings.task_queue, visit_id)
    return len(found)
