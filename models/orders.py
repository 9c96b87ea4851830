"""Work that a station has to do on a visit."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from models.base import NOTHING, Value
from models.staff import Station


class OrderKind(StrEnum):
    LAB_REQUEST = "LAB_REQUEST"
    PRESCRIPTION = "PRESCRIPTION"
    REFERRAL = "REFERRAL"
    REVIEW = "REVIEW"


class Order(Value):
    """Open work at a station. `charged` is what it added to the bill; quantities are pieces of a drug."""

    id: UUID
    kind: OrderKind
    station: Station
    since: datetime
    person_id: UUID
    urgent: bool = False
    quantity: int = 0
    dispensed: int = 0
    charged: Decimal = NOTHING

    pays_first: bool = False
    """It began behind a money gate: what it costs is settled before it is done."""
    quoted: Decimal = NOTHING
    """Of what is charged when it is done: what it will cost, where somebody said so."""
    gated: bool = False
    """It waits for payment at the moment."""
    cleared_at: datetime | None = None
    """When it ceased to."""

    @property
    def said(self) -> str:
        return f"{self.kind.lower().replace('_', ' ')} at {self.station.lower().replace('_', ' ')}"

    @property
    def kept(self) -> Decimal:
        """What stays on the bill when the order is cancelled: the price of the pieces that were handed out."""
        return self.charged / self.quantity * self.dispensed if self.quantity else NOTHING


class Untold(Value):
    """A result that came when the patient had left: somebody owes it to them."""

    obligation_id: UUID
    lab_request_id: UUID


class OwedDrug(Value):
    """What the patient was prescribed and has paid for, and could not get: the clinic owes it."""

    obligation_id: UUID
    order: Order

    @property
    def pieces(self) -> int:
        return self.order.quantity - self.order.dispensed
