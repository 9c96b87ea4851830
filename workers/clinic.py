"""The clinic's worker: visits and their database activities, on the queue `visits`."""

import asyncio
import signal
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.appointments import Appointments
from activities.audit import AuditSeals
from activities.records import Records
from integrations.database import Pool, writing_pool
from integrations.settings import Settings
from integrations.temporal import connect
from workers.schedules import ensure_schedule
from workflows.appointment import AppointmentWorkflow
from workflows.interceptors import SafeHandlers
from workflows.seal import AuditSealWorkflow
from workflows.visit import VisitWorkflow

RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "models", "activities", "integrations", "phonenumbers", "sqlalchemy", "psycopg", "psycopg_pool", "alembic"
    )
)
"""Our own modules and the database's are deterministic or used by activities only: importing them once is enough."""


def clinic_worker(client: Client, pool: Pool, settings: Settings) -> Worker:
    secret = settings.command_secret.get_secret_value().encode()
    records, appointments = Records(pool, secret), Appointments(pool, secret)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[VisitWorkflow, AppointmentWorkflow, AuditSealWorkflow],
        activities=[
            records.load,
            records.record,
            records.record_unreadable,
            appointments.load,
            appointments.write,
            AuditSeals(pool).seal_day,
        ],
        interceptors=[SafeHandlers()],
        workflow_runner=RUNNER,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )


async def main(settings: Settings) -> None:
    """Work until asked to stop; what is under way is finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    client = await connect(settings)
    await ensure_schedule(client, settings)
    async with writing_pool(settings) as pool, clinic_worker(client, pool, settings):
        await stop.wait()
