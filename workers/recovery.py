"""After the Temporal server was lost: a run for every open visit, and for all that runs beside, from their rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, exists, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from activities.counter_money import Told
from integrations.database import reading_engine
from integrations.settings import Settings
from models.appointments import OPEN
from models.tables import AppointmentRow, CounterPaymentRow, LabRequestRow, PatientRow, PaymentRow, VisitRow
from workers.recovery_claims import claims_to_go_on, covers_to_ask
from workers.recovery_laboratory import results_to_hear
from workflows.beside import Beside, reminder_of, results_of
from workflows.mobile_payment import PaymentOpening
from workflows.starting import start_visit_run
from workflows.starting_money import start_payment_run, start_receipt_run

LATELY = timedelta(days=2)
"""Within which the report of a visit may not have gone out yet."""


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


async def appointments_to_come(settings: Settings) -> list[UUID]:
    """Every appointment that is kept yet: its patient is to be reminded, or was."""
    async with reading(settings) as db:
        to_come = (AppointmentRow.status == OPEN, AppointmentRow.appointment_date > datetime.now(UTC))
        return list((await db.execute(select(AppointmentRow.id).where(*to_come))).scalars())


async def visits_with_reports(settings: Settings) -> list[UUID]:
    """Every visit that may owe its patient a report. What went out already does not go out again."""
    answered = exists().where(
        LabRequestRow.visit_id == VisitRow.id, LabRequestRow.status.in_(("COMPLETED", "CORRECTED"))
    )
    discharged = and_(VisitRow.completed_at > datetime.now(UTC) - LATELY, PatientRow.email.is_not(None))
    wanted = select(VisitRow.id).join(PatientRow, PatientRow.id == VisitRow.patient_id)
    async with reading(settings) as db:
        found = await db.execute(wanted.where(or_(and_(VisitRow.completed_at.is_(None), answered), discharged)))
        return list(found.scalars())


async def unplaced_receipts(settings: Settings) -> list[str]:
    """Every receipt that was named and is not decided, or whose money has not arrived where it belongs."""
    receipt, payment = CounterPaymentRow, PaymentRow
    arrived = select(payment.id).where(payment.id == receipt.payment_id, payment.status == "COMPLETED").exists()
    wanted = select(receipt.receipt).where(
        or_(receipt.state == "TOLD", and_(receipt.payment_id.is_not(None), not_(arrived)))
    )
    async with reading(settings) as db:
        return list((await db.execute(wanted.order_by(receipt.created_at))).scalars())


async def recover(client: Client, settings: Settings) -> int:
    """Start a run for each open visit that has none, and say how many visits are open. May be repeated."""
    found = await open_visits(settings)
    for visit_id in found:
        await start_visit_run(client, settings.own_url, settings.task_queue, visit_id)
    for opening in await pending_payments(settings):
        await start_payment_run(client, settings.task_queue, opening)
    for receipt in await unplaced_receipts(settings):
        await start_receipt_run(client, settings.task_queue, Told(receipt=receipt))
    beside = [reminder_of(id) for id in await appointments_to_come(settings)]
    async with reading(settings) as db:
        beside += [*await claims_to_go_on(db), *await covers_to_ask(db), *await results_to_hear(db)]
    for one in (*beside, *(results_of(id) for id in await visits_with_reports(settings))):
        await start_beside(client, settings.task_queue, one)
    return len(found)


async def start_beside(client: Client, task_queue: str, beside: Beside) -> None:
    """Nothing happens where it runs already."""
    await client.start_workflow(
        beside.run,
        beside.opening,
        id=beside.id,
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=beside.summary,
    )
