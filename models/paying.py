"""How a visit is paid for, and how far it is."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from models.base import Money, Value

LARGEST_BILL = Decimal("9999999999.99")
"""What a column of money holds, in KES."""


class PaymentType(StrEnum):
    CASH = "CASH"
    MPESA = "MPESA"
    SHA = "SHA"
    NHIF = "NHIF"
    INSURANCE = "INSURANCE"


class PaymentStatus(StrEnum):
    UNPAID = "UNPAID"
    PARTIAL = "PARTIAL"
    PAID = "PAID"
    COVERED = "COVERED"
    WAIVED = "WAIVED"


class Fee(Value):
    """What the consultation costs, where it is paid first; `gated`, `cleared_at` as of an order."""

    amount: Money
    gated: bool = False
    cleared_at: datetime | None = None


class Waived(Value):
    """A waiver that was approved, and what still counts of it."""

    id: UUID
    amount: Money


class AskedFor(Value):
    """A waiver that waits to be decided, or a refund that waits to be decided or, `is_approved`, to be paid out."""

    id: UUID
    amount: Money
    by: UUID
    at: datetime
    is_approved: bool = False
    task_id: UUID | None = None
    """The cashier's task to pay it out, where it has one of its own."""
