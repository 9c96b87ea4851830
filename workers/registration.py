"""Tells outside services where they reach us: once at go-live, and a sandbox at every start, for it forgets."""

import logging

from activities.counter_money import asked_first_path, told_path
from integrations.services.line import outside_client
from integrations.services.mpesa.client import Daraja
from integrations.services.outside import OutsideFailure
from integrations.services.payers import callback_path
from integrations.services.sha.client import EClaims
from integrations.services.sms.paths import callback_base
from integrations.settings import Settings
from models.claims import Gateway
from models.services import Service

log = logging.getLogger(__name__)
SANDBOX_FACILITY = "FID-00-000000-0"


async def register(settings: Settings, service: Service, tenant: str = "") -> tuple[str, ...]:
    """The addresses as they were registered. Raises OutsideFailure; ValueError where a service is told otherwise."""
    if service is Service.MPESA:
        return await register_mpesa(settings)
    if service is Service.SHA:
        return await register_sha(settings, tenant)
    if service is Service.SMS:
        base = callback_base(settings)
        raise ValueError(f"enter these in its dashboard: {base}/reports and {base}/opt-outs")
    raise ValueError(f"{service} calls nobody")


async def register_mpesa(settings: Settings) -> tuple[str, ...]:
    """Where payments at the counter are confirmed, and where M-Pesa asks before it takes them."""
    base = settings.mpesa_callback_url or settings.own_url
    secret = settings.command_secret.get_secret_value().encode()
    urls = base + told_path(secret), base + asked_first_path(secret)
    async with outside_client(settings) as http:
        await Daraja(settings, http).register_urls(*urls)
    return urls


async def register_sha(settings: Settings, tenant: str) -> tuple[str, ...]:
    """Where SHA tells that a claim has changed. `tenant`: our name there."""
    base, path = settings.sha_callback_url or settings.own_url, callback_path(settings, Gateway.SHA)
    async with outside_client(settings) as http:
        calls = EClaims(settings, http).status_calls
        endpoint = await calls.register_endpoint(tenant, base)
        await calls.register_operation(endpoint.endpoint_id, path)
    return (base + path,)


async def register_in_the_sandbox(settings: Settings) -> None:
    """Real services are told by `njia service register` only."""
    if settings.environment != "development":
        return
    facility = settings.sha_facility_id or SANDBOX_FACILITY
    for service, address in ((Service.MPESA, settings.mpesa_url), (Service.SHA, settings.sha_url)):
        try:
            if not address:
                await register(settings.model_copy(update={"sha_facility_id": facility}), service, "development")
        except OutsideFailure as missing:
            log.warning("the sandbox was not told where we are reached: %s", missing)
