"""The clinic's worker: visits and their database activities, on the queue `visits`."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from activities.appointments import Appointments
from activities.audit import AuditSeals
from activities.records import Records
from activities.tasks import Tasks
from integrations.database import Pool, writing_pool
from integrations.services.line import outside_client
from integrations.settings import Settings
from integrations.temporal import connect
from workers.logs import log_discreetly
from workers.outside import messenger, service_workers
from workers.runner import RUNNER
from workers.schedules import ensure_schedule
from workflows.appointment import AppointmentWorkflow
from workflows.interceptors import SafeHandlers
from workflows.mobile_payment import MobilePaymentWorkflow
from workflows.seal import AuditSealWorkflow
from workflows.visit import VisitWorkflow


def clinic_worker(client: Client, pool: Pool, settings: Settings) -> Worker:
    secret = settings.command_secret.get_secret_value().encode()
    records, appointments, tasks = Records(pool, secret), Appointments(pool, secret), Tasks(pool)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[VisitWorkflow, AppointmentWorkflow, AuditSealWorkflow, MobilePaymentWorkflow],
        activities=[
            records.load,
            records.record,
            records.record_unreadable,
            appointments.load,
            appointments.write,
            AuditSeals(pool).seal_day,
            tasks.open,
            tasks.close,
            tasks.escalate,
            messenger(client, settings).tell_visit,
        ],
        interceptors=[SafeHandlers()],
        workflow_runner=RUNNER,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )


async def main(settings: Settings) -> None:
    """Work until asked to stop; what is under way is finished first."""
    log_discreetly()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    client = await connect(settings)
    await ensure_schedule(client, settings)
    async with at_work(client, settings):
        await stop.wait()


@asynccontextmanager
async def at_work(client: Client, settings: Settings) -> AsyncIterator[None]:
    """The clinic's worker and one for each outside service, until the end of the block."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(writing_pool(settings))
        http = await stack.enter_async_context(outside_client(settings))
        for worker in (clinic_worker(client, pool, settings), *service_workers(client, pool, http, settings)):
            await stack.enter_async_context(worker)
        yield
