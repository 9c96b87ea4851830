"""What the clinic asks of mobile money, in its own words."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from models.base import Value


class Push(Value):
    """A prompt on a phone to pay. Daraja takes whole shillings only, and a reference of 12 characters at most.

    `phone` as E.164; `reference` is what the statement shows and what a reconciliation finds it by; `description` is
    cut to 13 characters; `callback_url` is where the outcome is told, on a path that nobody can guess.
    """

    phone: str = Field(repr=False)
    amount: Decimal
    reference: str
    description: str = "Clinic"
    callback_url: str = Field(repr=False)


class Pushed(Value):
    """The prompt was accepted for sending; `checkout_request_id` is its name from now on."""

    merchant_request_id: str
    checkout_request_id: str


class Standing(StrEnum):
    PENDING = "PENDING"
    PAID = "PAID"
    FAILED = "FAILED"


class PushState(Value):
    """What became of a prompt. It names neither receipt nor amount: those come by callback, confirmation or status.

    `code`: M-Pesa's result code, empty while pending. `raw`: the whole answer.
    """

    standing: Standing
    code: str = ""
    reason: str = ""
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def may_be_paid_yet(self) -> bool:
        """Whether money may still arrive: a phone that could not be reached is no proof that nobody paid."""
        return self.standing is Standing.PENDING or self.code == "1037"


class Inquiry(Value):
    """A question about one transaction, by its receipt or by the conversation that began it; answered by a call."""

    receipt: str = ""
    conversation_id: str = ""
    result_url: str = Field(repr=False)
    timeout_url: str = Field(repr=False)


class Asked(Value):
    """The question was taken; the answer to `result_url` carries the same ids."""

    conversation_id: str
    originator_conversation_id: str


class MobileMoney(Protocol):
    """Calls fail as `integrations.services.outside` says. Only `stk_push` can move money: never repeat it blindly."""

    async def stk_push(self, push: Push) -> Pushed:
        """Prompt the phone, once. SaidNo: not sent. Unknown: the phone may have been prompted, and may pay."""

    async def query(self, checkout_request_id: str) -> PushState:
        """What became of a prompt; may be asked as often as wanted. SaidNo: there is no such prompt."""

    async def transaction_status(self, inquiry: Inquiry) -> Asked:
        """Have the state of a transaction sent; changes nothing, may be repeated."""

    async def register_urls(self, confirmation_url: str, validation_url: str) -> None:
        """Have payments at the counter confirmed to us; once per short code, at go-live."""
