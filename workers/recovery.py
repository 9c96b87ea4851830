"""After the Temporal server was lost: a run for every open visit, and for all that runs beside, from their rows.

`njia reconcile` looks for the same runs: what the rows owe a run is said here alone (`owed_runs`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from activities.counter_money import Told
from integrations.database import reading_engine
from integrations.settings import Settings
from models.appointments import OPEN
from models.mobile_money import receipt_id
from models.tables import AppointmentRow, CounterPaymentRow, MobilePaymentRow, PatientRow, PaymentRow, VisitRow
from workers.recovery_after import after_care_to_look_at, days_to_settle, deliveries_to_tell
from workers.recovery_calls import calls_to_make
from workers.recovery_claims import claims_to_go_on, covers_to_ask
from workers.recovery_laboratory import results_to_hear, tasks_to_close
from workers.recovery_money import approvals_to_ask, approvals_to_close, covers_to_hear
from workers.recovery_nights import nights_to_mind
from workers.recovery_reports import reports_to_send
from workers.schedules import ensure_schedule
from workflows import counter_payment, mobile_payment, visit
from workflows.beginning import Beside
from workflows.beside import reminder_of
from workflows.counter_payment import CounterPaymentWorkflow
from workflows.mobile_payment import MobilePaymentWorkflow, PaymentOpening
from workflows.starting import start_visit_run
from workflows.starting_owed import tell_obligation
from workflows.visit import Opening, VisitWorkflow


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AsyncConnection]:
    engine = reading_engine(settings)
    try:
        async with engine.connect() as db:
            yield db
    finally:
        await engine.dispose()


async def open_visits(db: AsyncConnection) -> list[Beside]:
    """Every visit that has not ended, oldest first."""
    wanted = select(VisitRow.id).where(VisitRow.completed_at.is_(None)).order_by(VisitRow.arrived_at)
    return [visit_run(id) for id in (await db.execute(wanted)).scalars()]


def visit_run(id: UUID) -> Beside:
    return Beside(VisitWorkflow.run, Opening(visit_id=id), visit.workflow_id(id), "Outpatient visit")


async def payments_to_settle(db: AsyncConnection) -> list[Beside]:
    """Every payment that was asked for by phone and is not decided, and those of which the money has come and the
    visit does not know."""
    payment, intent = PaymentRow, MobilePaymentRow
    wanted = (
        select(payment.id, payment.visit_id, payment.facility_id)
        .join(intent, intent.id == payment.id, isouter=True)
        .where(payment.payment_type == "MPESA")
        .where(or_(payment.status == "PENDING", and_(payment.status == "FAILED", intent.state == "PAID")))
    )
    found = [
        PaymentOpening(payment_id=id, visit_id=visit_id, facility_id=facility_id)
        for id, visit_id, facility_id in await db.execute(wanted.order_by(payment.recorded_at))
        if visit_id
    ]
    return [
        Beside(MobilePaymentWorkflow.run, one, mobile_payment.workflow_id(one.payment_id), "M-Pesa payment")
        for one in found
    ]


async def receipts_to_place(db: AsyncConnection) -> list[Beside]:
    """Every receipt that was named and is not decided, or whose money has not arrived where it belongs."""
    receipt, payment = CounterPaymentRow, PaymentRow
    arrived = select(payment.id).where(payment.id == receipt.payment_id, payment.status == "COMPLETED").exists()
    wanted = select(receipt.receipt).where(
        or_(receipt.state == "TOLD", and_(receipt.payment_id.is_not(None), not_(arrived)))
    )
    return [receipt_run(found) for found in (await db.execute(wanted.order_by(receipt.created_at))).scalars()]


def receipt_run(receipt: str) -> Beside:
    id = counter_payment.workflow_id(receipt_id(receipt))
    return Beside(CounterPaymentWorkflow.run, Told(receipt=receipt), id, "M-Pesa receipt")


async def reminders_to_come(db: AsyncConnection) -> list[Beside]:
    """For every appointment that is kept yet: its patient is to be reminded, or was.

    That is all that an appointment's own run does: the next change of the appointment starts another from its row.
    """
    appointment = AppointmentRow
    wanted = (
        select(appointment.id)
        .join(PatientRow, PatientRow.id == appointment.patient_id)
        .where(appointment.status == OPEN, appointment.appointment_date > datetime.now(UTC))
        .where(PatientRow.deceased_at.is_(None))
    )
    return [reminder_of(id) for id in (await db.execute(wanted.order_by(appointment.appointment_date))).scalars()]


async def owed_runs(db: AsyncConnection) -> list[Beside]:
    """Whatever shall be running, as the rows have it now."""
    return [
        *await open_visits(db),
        *await payments_to_settle(db),
        *await receipts_to_place(db),
        *await reminders_to_come(db),
        *await claims_to_go_on(db),
        *await covers_to_ask(db),
        *await covers_to_hear(db),
        *await results_to_hear(db),
        *await reports_to_send(db),
        *await calls_to_make(db),
        *await approvals_to_ask(db),
        *await done_runs(db),
    ]


async def done_runs(db: AsyncConnection) -> list[Beside]:
    """Of what shall be running, that which only has to look, and to close its task."""
    return [*await tasks_to_close(db), *await approvals_to_close(db)]


async def recover(client: Client, settings: Settings) -> int:
    """Start a run for each open visit that has none, and for all else that shall be running; the schedules too.

    Says how many visits are open. May be repeated. Registrations that were being merged need nothing: the rows are
    moved in one transaction, and each visit's run begins from its row.
    """
    await ensure_schedule(client, settings)
    async with reading(settings) as db:
        owed, looks = await owed_runs(db), await looks_to_take(db)
        deliveries = await deliveries_to_tell(db)
    for one in (*owed, *looks):
        await start_owed(client, settings, one)
    for id in deliveries:
        await tell_obligation(client, settings.task_queue, id)
    return sum(one.run is VisitWorkflow.run for one in owed)


async def looks_to_take(db: AsyncConnection) -> list[Beside]:
    """What looks at the rows once more and ends again where there is nothing to do."""
    return [*await days_to_settle(db), *await after_care_to_look_at(db), *await nights_to_mind(db)]


async def start_owed(client: Client, settings: Settings, owed: Beside) -> None:
    """Nothing happens where it runs already."""
    if isinstance(owed.opening, Opening):
        await start_visit_run(client, settings.own_url, settings.task_queue, owed.opening.visit_id)
    else:
        await start_beside(client, settings.task_queue, owed)


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
