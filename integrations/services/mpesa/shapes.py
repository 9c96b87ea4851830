"""What M-Pesa tells by calling us. Pure functions of the decoded body, which each keeps as `raw`.

`push_outcome`, `confirmation` and `transaction_state` raise Unreadable for what says too little to act on.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import Field

from integrations.services.mpesa.requests import EAT
from integrations.services.outside import Reading, Unreadable
from models.base import Value


class Told(Value):
    """What M-Pesa tells us by itself. Never trusted alone: anybody may have sent it."""

    receipt: str = ""
    amount: Decimal | None = None
    at: datetime | None = None
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)


class PushOutcome(Told):
    """The call after a prompt. `receipt`, `amount` and `at` only where it was paid, and even then perhaps not."""

    merchant_request_id: str
    checkout_request_id: str
    code: str
    reason: str = ""
    phone: str = Field(default="", repr=False)

    @property
    def paid(self) -> bool:
        return self.code == "0"


class Confirmation(Told):
    """A payment that reached the short code; `receipt` is unique. `reference` is what the payer typed, or we asked for.

    The payer's number comes masked or hashed: nothing may be matched on it, so it stays in `raw`.
    """

    short_code: str
    reference: str = ""
    kind: str = ""


class TransactionState(Told):
    """The answer to an inquiry. `status`: M-Pesa's word (`Completed`), empty where there is no such transaction."""

    conversation_id: str
    originator_conversation_id: str = ""
    code: str
    reason: str = ""
    status: str = ""

    @property
    def paid(self) -> bool:
        return self.code == "0" and self.status.lower() == "completed"


class _PushCall(Reading):
    merchant_request_id: str = Field(alias="MerchantRequestID", default="")
    checkout_request_id: str = Field(alias="CheckoutRequestID", min_length=1)
    result_code: str = Field(alias="ResultCode", min_length=1)
    result_desc: str | None = Field(alias="ResultDesc", default=None)
    metadata: Any = Field(alias="CallbackMetadata", default=None)


class _Confirmed(Reading):
    kind: str | None = Field(alias="TransactionType", default=None)
    trans_id: str = Field(alias="TransID", min_length=1)
    trans_time: str | None = Field(alias="TransTime", default=None)
    trans_amount: str = Field(alias="TransAmount", min_length=1)
    short_code: str = Field(alias="BusinessShortCode")
    reference: str | None = Field(alias="BillRefNumber", default=None)


class _Result(Reading):
    code: str = Field(alias="ResultCode", min_length=1)
    desc: str | None = Field(alias="ResultDesc", default=None)
    conversation_id: str = Field(alias="ConversationID", min_length=1)
    originator_conversation_id: str | None = Field(alias="OriginatorConversationID", default=None)
    parameters: Any = Field(alias="ResultParameters", default=None)


def push_outcome(body: Any) -> PushOutcome:
    """Read the call after a prompt. Unreadable where it does not even say which prompt and how it ended."""
    call = _PushCall.read(inside(body, "Body", "stkCallback"))
    said = named(listed(call.metadata, "Item"), "Name")
    return PushOutcome(
        merchant_request_id=call.merchant_request_id,
        checkout_request_id=call.checkout_request_id,
        code=call.result_code.strip(),
        reason=call.result_desc or "",
        receipt=str(said.get("MpesaReceiptNumber") or ""),
        amount=shillings(said.get("Amount")),
        at=moment(said.get("TransactionDate")),
        phone=str(said.get("PhoneNumber") or ""),
        raw=body,
    )


def confirmation(body: Any) -> Confirmation:
    """Read the confirmation of a payment to the short code. Unreadable without receipt, short code or amount."""
    told = _Confirmed.read(body)
    amount = shillings(told.trans_amount)
    if amount is None:
        raise Unreadable("Confirmation: TransAmount")
    return Confirmation(
        receipt=told.trans_id,
        amount=amount,
        at=moment(told.trans_time),
        short_code=told.short_code,
        reference=(told.reference or "").strip(),
        kind=told.kind or "",
        raw=body,
    )


def transaction_state(body: Any) -> TransactionState:
    """Read the answer to an inquiry, which arrives as a call."""
    result = _Result.read(inside(body, "Result"))
    said = named(listed(result.parameters, "ResultParameter"), "Key")
    return TransactionState(
        conversation_id=result.conversation_id,
        originator_conversation_id=result.originator_conversation_id or "",
        code=result.code.strip(),
        reason=result.desc or "",
        status=str(said.get("TransactionStatus") or ""),
        receipt=str(said.get("ReceiptNo") or ""),
        amount=shillings(said.get("Amount")),
        at=moment(said.get("FinalisedTime")),
        raw=body,
    )


def inside(body: Any, *names: str) -> Any:
    for name in names:
        if not isinstance(body, dict) or name not in body:
            raise Unreadable(f"no {name}")
        body = body[name]
    return body


def listed(holder: Any, name: str) -> list[Any]:
    """A list that may be missing, null, or one thing alone."""
    items = holder.get(name) if isinstance(holder, dict) else None
    return items if isinstance(items, list) else [items]


def named(items: Iterable[Any], name: str) -> Mapping[str, Any]:
    """`[{"Name": "Amount", "Value": 1.0}, {"Name": "Balance"}]` as a mapping; the first of a name counts."""
    said: dict[str, Any] = {}
    for item in items:
        if isinstance(item, dict) and item.get(name):
            said.setdefault(str(item[name]), item.get("Value"))
    return said


def shillings(value: Any) -> Decimal | None:
    """An amount that came as a number or as text (`"1,200.00"`); None where it is none."""
    try:
        amount = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount.quantize(Decimal("0.01")) if amount.is_finite() else None


def moment(value: Any) -> datetime | None:
    """Daraja's `20191219102115`, as number or text, in East Africa Time."""
    try:
        return datetime.strptime(str(value), "%Y%m%d%H%M%S").replace(tzinfo=EAT)
    except ValueError:
        return None
