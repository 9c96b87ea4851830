"""The clinic's worker: visits and their database activities, on the queue `visits`."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from activities.after_care import AfterCare
from activities.appointment_days import AppointmentDays
from activities.appointments import Appointments
from activities.approvals import Approvals
from activities.audit import AuditSeals
from activities.call_backs import CallBacks
from activities.claims import Claims
from activities.coverage import Coverages
from activities.critical import CriticalResults
from activities.day_end import DayEnds
from activities.identity import Identities
from activities.notices import Notices
from activities.outbox import Outbox
from activities.overdue import Overdues
from activities.recalls import Recalls
from activities.reconciliation import Reconciliations
from activities.records import Records
from activities.tasks import Tasks
from integrations.database import Pool, writing_pool
from integrations.services.line import outside_client
from integrations.settings import Settings
from integrations.temporal import connect
from integrations.vault import Vault
from workers.build import deployment_of
from workers.logs import log_discreetly
from workers.outside import messenger, service_workers
from workers.payers import payer_workers
from workers.reconciling import TemporalRuns
from workers.registration import register_in_the_sandbox
from workers.runner import RUNNER
from workers.schedules import ensure_schedule
from workflows.after_care import AfterCareWorkflow
from workflows.appointment import AppointmentWorkflow
from workflows.appointment_day import AppointmentDayWorkflow
from workflows.approval import ApprovalWorkflow
from workflows.call_back import CallBackWorkflow
from workflows.claim import ClaimWorkflow
from workflows.counter_payment import CounterPaymentWorkflow
from workflows.coverage import CoverageCheckWorkflow
from workflows.critical_result import CriticalResultWorkflow
from workflows.day_end import DayEndWorkflow
from workflows.interceptors import SafeHandlers
from workflows.mobile_payment import MobilePaymentWorkflow
from workflows.obligation import ObligationWorkflow
from workflows.patient_merge import PatientMergeWorkflow
from workflows.reconciliation import ReconciliationWorkflow
from workflows.reminder import ReminderWorkflow
from workflows.results_notice import ResultsNoticeWorkflow
from workflows.seal import AuditSealWorkflow
from workflows.visit import VisitWorkflow

WORKFLOWS: list[type[Any]] = [
    VisitWorkflow,
    AppointmentWorkflow,
    AuditSealWorkflow,
    MobilePaymentWorkflow,
    CounterPaymentWorkflow,
    ReminderWorkflow,
    AppointmentDayWorkflow,
    AfterCareWorkflow,
    ResultsNoticeWorkflow,
    CoverageCheckWorkflow,
    ClaimWorkflow,
    CriticalResultWorkflow,
    ObligationWorkflow,
    ApprovalWorkflow,
    PatientMergeWorkflow,
    ReconciliationWorkflow,
    CallBackWorkflow,
    DayEndWorkflow,
]
"""All that the clinic's worker runs; recorded histories of each are replayed with the same list."""


def clinic_worker(client: Client, pool: Pool, settings: Settings) -> Worker:
    secret = settings.command_secret.get_secret_value().encode()
    records = Records(pool, secret, settings.policies)
    appointments, tasks = Appointments(pool, secret), Tasks(pool)
    overdues, days = Overdues(pool), AppointmentDays(pool)
    notices, critical = Notices(pool), CriticalResults(pool)
    news = messenger(client, settings)
    nights = DayEnds(pool, secret, settings.policies, news)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=[
            records.load,
            records.record,
            records.record_unreadable,
            overdues.tell,
            overdues.settle,
            appointments.load,
            appointments.write,
            days.look,
            days.settle,
            AfterCare(pool).look,
            Recalls(pool).due,
            AuditSeals(pool).seal_day,
            Identities(pool, secret, settings.policies).write,
            tasks.open,
            tasks.reopen,
            tasks.close,
            tasks.escalate,
            notices.reminder,
            notices.reports,
            critical.know,
            critical.tell,
            critical.owed,
            CallBacks(pool).owed,
            Approvals(pool).know,
            Outbox(pool).give_up,
            Reconciliations(pool, TemporalRuns(client, settings), settings.policies).reconcile,
            *claim_activities(pool, settings),
            nights.end,
            nights.remind,
            news.tell_visit,
        ],
        interceptors=[SafeHandlers()],
        workflow_runner=RUNNER,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=10),
        deployment_config=deployment_of(settings),
    )


def claim_activities(pool: Pool, settings: Settings) -> list[Any]:
    """What is written about claims and cover on the clinic's own queue."""
    secret = settings.command_secret.get_secret_value().encode()
    claims = Claims(pool, secret, Vault(settings.keyring), settings.claim_follow_seconds)
    coverages = Coverages(pool)
    return [claims.know, claims.note, claims.write, coverages.begin, coverages.answer, coverages.heard]


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
        telling = asyncio.create_task(register_in_the_sandbox(settings))
        await stop.wait()
        telling.cancel()


@asynccontextmanager
async def at_work(client: Client, settings: Settings) -> AsyncIterator[None]:
    """The clinic's worker and one for each outside service, until the end of the block."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(writing_pool(settings))
        http = await stack.enter_async_context(outside_client(settings))
        for worker in (
            clinic_worker(client, pool, settings),
            *service_workers(client, pool, http, settings),
            *payer_workers(client, pool, http, settings),
        ):
            await stack.enter_async_context(worker)
        yield
