"""Tells M-Pesa where payments at the counter are to be confirmed: once at go-live, and a sandbox at every start."""

import logging

from activities.counter_money import asked_first_path, told_path
from integrations.services.line import outside_client
from integrations.services.mpesa.client import Daraja
from integrations.services.outside import OutsideFailure
from integrations.settings import Settings

log = logging.getLogger(__name__)


async def register(settings: Settings) -> tuple[str, str]:
    """The addresses of confirmation and validation, as they were registered. Raises OutsideFailure."""
    base = settings.mpesa_callback_url or settings.own_url
    secret = settings.command_secret.get_secret_value().encode()
    urls = base + told_path(secret), base + asked_first_path(secret)
    async with outside_client(settings) as http:
        await Daraja(settings, http).register_urls(*urls)
    return urls


async def register_in_the_sandbox(settings: Settings) -> None:
    """A sandbox forgets with each start; the real service is told by `njia mpesa register` only."""
    if settings.environment != "development" or settings.mpesa_url:
        return
    try:
        await register(settings)
    except OutsideFailure as missing:
        log.warning("the sandbox was not told where to confirm payments: %s", missing)
