"""The money behind Daraja's counterpart: phones that pay, refuse or stay silent, and what is told about it."""

import hashlib
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from integrations.sandbox.counterpart import Stand
from integrations.services.mpesa.requests import timestamp

RESULTS = {
    0: "The service request is processed successfully.",
    1: "The balance is insufficient for the transaction.",
    1019: "Transaction has expired.",
    1032: "Request cancelled by user.",
    1037: "DS timeout user cannot be reached.",
    2001: "The initiator information is invalid.",
}
CHOSEN = "25479900"
"""0799 00XXXX: XXXX is the result code with which this phone answers; every other phone pays."""

SILENT = 404
KEPT = 20_000

Thing = TypeVar("Thing")


def now() -> datetime:
    return datetime.now(UTC)


def some(length: int, of: str = string.digits) -> str:
    """Random characters: a sandbox that starts again must not repeat a receipt."""
    return "".join(secrets.choice(of) for _ in range(length))


def mark(callback_url: str) -> str:
    """What tells one intent from another: a visit has one reference, each of its payments an address of its own."""
    return hashlib.sha256(callback_url.encode()).hexdigest()[:16]


class Shelf(dict[str, Thing]):
    """Things by their number; the oldest is let go of when it is full."""

    def __setitem__(self, number: str, thing: Thing) -> None:
        super().__setitem__(number, thing)
        if len(self) > KEPT:
            del self[next(iter(self))]


@dataclass(frozen=True)
class Payment:
    receipt: str
    phone: str
    amount: int
    reference: str
    at: datetime = field(default_factory=now)


@dataclass
class Prompt:
    """A prompt on a phone. `code`: None until the phone has answered."""

    phone: str
    amount: int
    reference: str
    callback_url: str
    merchant_request_id: str
    checkout_request_id: str
    code: int | None = None
    payment: Payment | None = None

    @property
    def chosen_code(self) -> int:
        """How this phone will answer."""
        return int(self.phone.removeprefix(CHOSEN)) if self.phone.startswith(CHOSEN) else 0

    @property
    def result(self) -> str:
        """M-Pesa's words for its code."""
        return RESULTS.get(self.code or 0, "The transaction failed.")


class Money:
    """Prompts and payments of one sandbox."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.prompts: Shelf[Prompt] = Shelf()
        self.payments: Shelf[Payment] = Shelf()
        self.confirmation_url = ""

    def prompt(self, phone: str, amount: int, reference: str, callback_url: str) -> Prompt:
        """Prompt a phone; it answers a little later, unless it is one that stays silent."""
        ids = f"{some(5)}-{some(8)}-1", f"ws_CO_{timestamp(now())}{some(9)}"
        prompt = Prompt(phone, amount, reference, callback_url, *ids)
        self.prompts[prompt.checkout_request_id] = prompt
        self.stand.ledger.take(
            "push", reference, prompt.checkout_request_id, mark(callback_url), phone=phone, amount=amount
        )
        if prompt.chosen_code != SILENT:
            self.stand.callbacks.later(
                self.stand.settings.sandbox_seconds, lambda: self.answer(prompt, prompt.chosen_code)
            )
        return prompt

    def answer(self, prompt: Prompt, code: int) -> None:
        """The phone answers, once: money moves where the code is 0, and the clinic is called."""
        if prompt.code is not None:
            return
        prompt.code = code
        if code == 0:
            prompt.payment = self._take(prompt.phone, prompt.amount, prompt.reference, prompt.checkout_request_id)
        self.stand.callbacks.call("push", prompt.reference, prompt.callback_url, outcome_of(prompt))
        if prompt.payment:
            self._confirm(prompt.payment)

    def pay_at_counter(self, phone: str, amount: int, reference: str) -> Payment:
        """Somebody pays to the clinic's number by the menu of the phone."""
        payment = self._take(phone, amount, reference)
        self._confirm(payment)
        return payment

    def _take(self, phone: str, amount: int, reference: str, key: str = "") -> Payment:
        payment = Payment(some(10, string.ascii_uppercase + string.digits), phone, amount, reference)
        self.payments[payment.receipt] = payment
        self.stand.ledger.take(
            "payment", key or payment.receipt, payment.receipt, phone=phone, amount=amount, reference=reference
        )
        return payment

    def _confirm(self, payment: Payment) -> None:
        """Tell of a payment, where the clinic has registered for that."""
        if self.confirmation_url:
            body = confirmation_of(payment, self.stand.settings.mpesa_short_code)
            self.stand.callbacks.call("confirmation", payment.reference, self.confirmation_url, body)


def outcome_of(prompt: Prompt) -> dict[str, Any]:
    """The call after a prompt; only one that was paid has metadata."""
    call: dict[str, Any] = {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.checkout_request_id,
        "ResultCode": prompt.code,
        "ResultDesc": prompt.result,
    }
    if paid := prompt.payment:
        items = {
            "Amount": float(paid.amount),
            "MpesaReceiptNumber": paid.receipt,
            "TransactionDate": int(timestamp(paid.at)),
            "PhoneNumber": int(paid.phone),
        }
        said = [{"Name": name, "Value": value} for name, value in items.items()]
        call["CallbackMetadata"] = {"Item": [*said[:2], {"Name": "Balance"}, *said[2:]]}
    return {"Body": {"stkCallback": call}}


def confirmation_of(payment: Payment, short_code: str) -> dict[str, Any]:
    """The confirmation of a payment; the payer's number is hashed, as production does."""
    return {
        "TransactionType": "Pay Bill",
        "TransID": payment.receipt,
        "TransTime": timestamp(payment.at),
        "TransAmount": f"{payment.amount}.00",
        "BusinessShortCode": short_code,
        "BillRefNumber": payment.reference,
        "InvoiceNumber": "",
        "OrgAccountBalance": "",
        "ThirdPartyTransID": "",
        "MSISDN": hashlib.sha256(payment.phone.encode()).hexdigest(),
        "FirstName": "SANDBOX",
    }


def status_of(payment: Payment | None, short_code: str, ids: dict[str, str]) -> dict[str, Any]:
    """The answer to an inquiry, as it is sent to its `ResultURL`."""
    result: dict[str, Any] = {"ResultType": 0, "ResultCode": 0, "ResultDesc": RESULTS[0], **ids}
    result["TransactionID"] = some(10, string.ascii_uppercase)
    if payment is None:
        result |= {"ResultCode": 1, "ResultDesc": "There is no such transaction."}
    else:
        said = {
            "DebitPartyName": f"{payment.phone} - SANDBOX",
            "CreditPartyName": f"{short_code} - CLINIC",
            "TransactionStatus": "Completed",
            "ReasonType": "Pay Bill Online",
            "FinalisedTime": int(timestamp(payment.at)),
            "Amount": float(payment.amount),
            "ReceiptNo": payment.receipt,
        }
        items = [{"Key": "TransactionReason"}, *({"Key": name, "Value": value} for name, value in said.items())]
        result["ResultParameters"] = {"ResultParameter": items}
    return {"Result": {**result, "ReferenceData": {"ReferenceItem": {"Key": "Occasion"}}}}
