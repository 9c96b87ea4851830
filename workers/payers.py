"""One worker for each gateway to payers, on the gateway's own queue."""

from typing import Any

import httpx2
from temporalio.client import Client
from temporalio.worker import Worker

from activities.coverage import CoverDesk
from activities.gate import Gate
from activities.payers import PayerDesk
from integrations.database import Pool
from integrations.services.payers import PayerService
from integrations.services.sha.client import EClaims
from integrations.services.sha.payer import Sha
from integrations.services.slade.client import HealthCloud
from integrations.services.slade.payer import Slade
from integrations.services.smart.client import Provider
from integrations.services.smart.payer import Smart
from integrations.settings import Settings
from integrations.vault import Vault
from models.services import Service
from workers.outside import service_worker


def payer_workers(client: Client, pool: Pool, http: httpx2.AsyncClient, settings: Settings) -> list[Worker]:
    payers: dict[Service, PayerService] = {
        Service.SHA: Sha(EClaims(settings, http)),
        Service.SLADE: Slade(HealthCloud(settings, http)),
        Service.SMART: Smart(Provider(settings, http)),
    }
    return [payer_worker(client, pool, service, payer, settings) for service, payer in payers.items()]


def payer_worker(client: Client, pool: Pool, service: Service, payer: PayerService, settings: Settings) -> Worker:
    gate = Gate(pool, service)
    desk = PayerDesk(pool, gate, payer, Vault(settings.keyring), settings.claims_per_minute)
    work: list[Any] = [
        desk.send_code,
        desk.open,
        desk.fill,
        desk.attach,
        desk.take_turn,
        desk.submit,
        desk.resubmit,
        desk.look,
        desk.close,
    ]
    return service_worker(client, settings, service, [*work, CoverDesk(gate, payer).check])
