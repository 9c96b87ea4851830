"""What the clinic asks of SMS, in its own words."""

from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from models.base import Value


class Sent(Value):
    """The service took the message; that is not delivery. `provider_id`: its name in delivery reports.

    `code` and `status` are the service's own (`101`, `Success`), `cost` its text (`KES 0.8000`), `raw` all it said of
    this phone.
    """

    provider_id: str
    code: str
    status: str = ""
    cost: str = ""
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)


class Delivery(StrEnum):
    UNDER_WAY = "UNDER_WAY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class DeliveryReport(Value):
    """What became of a message. It arrives unsigned, perhaps twice, perhaps out of order: only a final one counts.

    `status` and `failure_reason` are the service's own words.
    """

    provider_id: str
    status: str
    delivery: Delivery
    failure_reason: str = ""
    network_code: str = ""
    phone: str = Field(default="", repr=False)
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def is_final(self) -> bool:
        return self.delivery is not Delivery.UNDER_WAY


class OptOut(Value):
    """Somebody wants no SMS any more. `phone` as E.164; `sender`: the name that wrote to them."""

    phone: str = Field(repr=False)
    sender: str = ""


class Sms(Protocol):
    async def send(self, to: str, text: str) -> Sent:
        """Send one text to one Kenyan mobile number, once: the service has no idempotency key.

        SaidNo: not sent, and never will be. Away: not sent, also where the account there is empty or on hold.
        Unknown: it may have been sent; whether to send it again is the clinic's choice.
        """
