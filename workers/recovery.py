"""After the Temporal server was lost: a run for every open visit and every pending payment, from their rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from integrations.database import reading_engine
from integrations.settings import Settings
from models.tables import PaymentRow, VisitRow
from workflows.mobile_payment import MobilePaymentWorkflow, PaymentOpening
from workflows.mobile_payment import workflow_id as payment_workflow_id
from workflows.starting import start_visit_run


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AsyncConnection]:
    engine = reading_engine(settings)
    try:
        async with engine.connect() as db:
            yield db
    finally:
        await engine.dispose()


async def open_visits(settings: Settings) -> list[UUID]:
    """Every visit that has not ended, oldest first."""
    async with reading(settings) as db:
        wanted = select(VisitRow.id).where(VisitRow.completed_at.is_(None)).order_by(VisitRow.arrived_at)
        return list((await db.execute(wanted)).scalars())


async def pending_payments(settings: Settings) -> list[PaymentOpening]:
    """Every payment that was asked for by phone and is not decided."""
    async with reading(settings) as db:
        wanted = select(PaymentRow.id, PaymentRow.visit_id, PaymentRow.facility_id)
        rows = await db.execute(wanted.where(PaymentRow.status == "PENDING", PaymentRow.payment_type == "MPESA"))
        return [
            PaymentOpening(payment_id=id, visit_id=visit_id, facility_id=facility_id)
            for id, visit_id, facility_id in rows
            if visit_id
        ]


async def recover(client: Client, settings: Settings) -> int:
    """Start a run for each open visit that has none, and say how many visits are open. May be repeated."""
    found = await open_visits(settings)
    for visit_id in found:
        await start_visit_run(client, settings.own_url, settings.task_queue, visit_id)
    for opening in await pending_payments(settings):
        await client.start_workflow(
            MobilePaymentWorkflow.run,
            opening,
            id=payment_workflow_id(opening.payment_id),
            task_queue=settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="M-Pesa payment",
        )
    return len(found)
