"""Where Africa's Talking tells what became of messages, and who wants no more. The path is the key."""

from integrations.settings import Settings
from models.envelope import keyed


def callback_path(settings: Settings) -> str:
    """Below it lie `/reports` and `/opt-outs`. Nobody can guess it, and it names no service."""
    return f"/callbacks/s/{keyed(settings.command_secret.get_secret_value().encode(), 'callback', 'sms')[:40]}"


def callback_base(settings: Settings) -> str:
    """What stands in the service's dashboard: the setting, else this clinic's own address."""
    return settings.sms_callback_url.rstrip("/") or settings.own_url + callback_path(settings)
