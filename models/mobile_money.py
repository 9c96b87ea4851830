"""M-Pesa's names for money: receipts and account references; and what the cashier is told where money is unclear."""

import re
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

from models.base import Value
from models.staff import Role
from models.tasks import NewTask, TaskKind

REFERENCE_LENGTH = 12
"""M-Pesa takes no longer account reference."""

TAIL_LENGTH = 4
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that are read as others."""

LOOK = (
    "Look in the M-Pesa statement. If the money is there, take it as a payment by MPESA with its receipt as reference."
)
UNCLEAR = {
    "NEVER_ANSWERED": f"M-Pesa never said what became of it. {LOOK}",
    "NO_SUCH_RECEIPT": "M-Pesa knows nothing of that receipt. Ask the patient to show the message again.",
    "NOT_CONFIRMED": f"M-Pesa did not confirm that receipt within a day. {LOOK}",
    "OTHER_AMOUNT": "M-Pesa knows that receipt with a smaller amount. Ask the patient, and take what is true.",
    "RECEIPT_USED": "That receipt was credited already, to this visit or to another. It is not credited twice.",
}
"""Why a payment failed, where somebody should look; other codes are M-Pesa's own, and final."""


def as_receipt(typed: str) -> str:
    """A receipt as M-Pesa writes it, however it was typed."""
    return "".join(typed.split()).upper()


def is_receipt(typed: str) -> bool:
    """Whether it may be one; M-Pesa's have ten letters and digits today."""
    return re.fullmatch(r"[0-9A-Z]{6,40}", as_receipt(typed)) is not None


def as_reference(typed: str) -> str:
    """An account reference or OP number without spaces, signs and case: people type it on a phone."""
    return re.sub(r"[\W_]", "", typed).upper()


def account_references(op_number: str, payment_id: UUID) -> Iterator[str]:
    """What one prompt may be called, the best first: the OP number's end, then what is the payment's own.

    Each payment has its own, so that money which names it belongs to no other; where one is taken, the next is tried.
    """
    head = as_reference(op_number)[-(REFERENCE_LENGTH - TAIL_LENGTH) :]
    for attempt in range(100):
        digest = sha256(f"{payment_id}:{attempt}".encode()).digest()
        yield head + "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:TAIL_LENGTH])


def receipt_id(receipt: str) -> UUID:
    """The one id of a receipt: of its workflow, and of the payment that it becomes when nothing else asked for it."""
    return uuid5(NAMESPACE_URL, f"njia:mpesa-receipt:{receipt}")


class Money(Value):
    """Money that M-Pesa says is true. `reference`: what the payer typed, as we were told; empty where nobody said."""

    receipt: str
    facility_id: UUID
    amount: Decimal
    reference: str = ""

    @property
    def id(self) -> UUID:
        return receipt_id(self.receipt)


def place_task(money: Money, amount: Decimal, name: str) -> NewTask:
    """Money without a place. `name`: `place` for all of it, `rest` for what is above the payment that it became."""
    typed = f", account {money.reference!r}" if money.reference else ""
    said = f"KES {amount} of M-Pesa receipt {money.receipt}{typed}"
    words = {
        "place": f"{said} fit no visit, or are above its balance. Take them as a payment by MPESA with that receipt "
        "as reference, or give them back; then say what you did.",
        "rest": f"{said} are above what was taken. Give them back; then say what you did.",
    }[name]
    return NewTask(
        about=money.id,
        name=name,
        facility_id=money.facility_id,
        kind=TaskKind.PLACE_MONEY,
        role=Role.CASHIER,
        words=words,
        closes_itself=False,
    )


def doubt_task(receipt: str, reference: str, facility_id: UUID, why: str) -> NewTask:
    """A confirmation came that M-Pesa does not stand by: forged, or M-Pesa cannot be asked with our credentials."""
    said = {"UNKNOWN": "M-Pesa, asked for it, does not know it", "UNANSWERED": "M-Pesa did not answer for a day"}[why]
    return NewTask(
        about=receipt_id(receipt),
        name="check",
        facility_id=facility_id,
        kind=TaskKind.CHECK_PAYMENT,
        role=Role.CASHIER,
        words=f"A confirmation of M-Pesa receipt {receipt}, account {reference!r}, came; {said}. {LOOK}",
        closes_itself=False,
    )


def check_task(payment: "Asked", code: str) -> NewTask:
    """A payment that failed without anybody being sure."""
    what = f"by receipt {payment.shown_receipt}" if payment.shown_receipt else f"account {payment.account_reference}"
    return NewTask(
        about=payment.id,
        name="check",
        facility_id=payment.facility_id,
        visit_id=payment.visit_id,
        kind=TaskKind.CHECK_PAYMENT,
        role=Role.CASHIER,
        words=f"KES {payment.amount} by M-Pesa, {what}: {UNCLEAR[code]}",
        closes_itself=False,
    )


class Asked(Value):
    """A payment by M-Pesa as it was asked for. `shown_receipt`: paid at the counter, and only to be verified."""

    id: UUID
    facility_id: UUID
    visit_id: UUID
    amount: Decimal
    account_reference: str
    shown_receipt: str | None = None
