"""One worker for each outside service, on the service's own queue: what is down holds up nobody else."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx2
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker

from activities.counter_money import CounterMoney, Wake
from activities.gate import Gate
from activities.letters import LetterDesk
from activities.messages import MessageDesk
from activities.messenger import Messenger
from activities.mobile_money import MobileMoneyDesk
from activities.placing import Home
from integrations.database import Pool
from integrations.services.mail.client import SmtpMail
from integrations.services.mpesa.client import Daraja
from integrations.services.sms.client import AfricasTalking
from integrations.settings import Settings
from models.command import Command
from models.services import Service, queue_of
from workers.build import deployment_of
from workflows.mobile_payment import Callback, PaymentOpening
from workflows.starting import visit_start
from workflows.starting_money import start_payment_run
from workflows.visit import SUBMIT


def service_workers(client: Client, pool: Pool, http: httpx2.AsyncClient, settings: Settings) -> list[Worker]:
    secret = settings.command_secret.get_secret_value().encode()
    callbacks = settings.mpesa_callback_url or settings.own_url
    gate = Gate(pool, Service.MPESA)
    daraja = Daraja(settings, http)
    desk = MobileMoneyDesk(pool, gate, daraja, secret, callbacks)
    wake = payment_waker(client, settings)
    counter = CounterMoney(pool, gate, daraja, secret, callbacks, settings.facility_code, wake)
    messages = MessageDesk(pool, Gate(pool, Service.SMS), AfricasTalking(settings, http))
    letters = LetterDesk(pool, Gate(pool, Service.SMTP), SmtpMail(settings))
    return [
        service_worker(
            client,
            settings,
            Service.MPESA,
            [
                desk.intend,
                desk.prompt,
                desk.withdraw,
                desk.ask,
                desk.verify,
                desk.settle,
                counter.note,
                counter.ask,
                counter.place,
                counter.doubt,
                counter.wake,
            ],
        ),
        service_worker(client, settings, Service.SMS, [messages.send]),
        service_worker(client, settings, Service.SMTP, [letters.send]),
    ]


def service_worker(
    client: Client, settings: Settings, service: Service, activities: list[Callable[..., Awaitable[object]]]
) -> Worker:
    return Worker(
        client,
        task_queue=queue_of(service),
        activities=activities,
        max_concurrent_activities=20,
        graceful_shutdown_timeout=timedelta(seconds=10),
        deployment_config=deployment_of(settings),
    )


def messenger(client: Client, settings: Settings) -> Messenger:
    """Tells visits as the API stores commands: a signal, with a run from the rows where none is open."""

    async def tell(command: Command) -> None:
        start = visit_start(settings.own_url, command.visit_id)
        await client.start_workflow(
            start.pop("run"),
            start.pop("opening"),
            task_queue=settings.task_queue,
            start_signal=SUBMIT,
            start_signal_args=[command],
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **start,
        )

    return Messenger(tell, settings.command_secret.get_secret_value().encode())


def payment_waker(client: Client, settings: Settings) -> Wake:
    """Lets a payment look at its rows again; where its run has ended, a new one does."""

    async def wake(home: Home) -> None:
        opening = PaymentOpening(payment_id=home.payment_id, visit_id=home.visit_id, facility_id=home.facility_id)
        await start_payment_run(client, settings.task_queue, opening, Callback())

    return wake
