"""The pharmacy's stock: batches with their expiry, what leaves them first, and the ledger of what moved."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from models.base import Date, Line, Note, Number, Value
from models.problems import OutOfStock

LARGEST = 10_000_000
"""Pieces of one delivery."""

LARGEST_BATCH = 1_000_000_000
"""Pieces of one batch: what its column holds, with room to spare."""


class MoveKind(StrEnum):
    RECEIVED = "RECEIVED"
    DISPENSED = "DISPENSED"
    RETURNED = "RETURNED"
    ADJUSTED = "ADJUSTED"
    COUNTED = "COUNTED"


class Batch(Value):
    """What is left of one batch, in pieces. It may be handed out on `expires_on` for the last time."""

    id: UUID
    batch_number: str
    expires_on: date
    on_hand: int

    def giving(self, pieces: int) -> "Picked":
        return Picked(batch_id=self.id, batch_number=self.batch_number, expires_on=self.expires_on, quantity=pieces)


class Stock(Value):
    """The batches of one drug that have anything left, held for the transaction that asked."""

    code: str
    batches: tuple[Batch, ...] = ()

    def usable(self, today: date) -> tuple[Batch, ...]:
        """What may be handed out, the first to expire first."""
        good = (batch for batch in self.batches if batch.on_hand > 0 and batch.expires_on >= today)
        return tuple(sorted(good, key=lambda batch: (batch.expires_on, batch.batch_number, batch.id)))

    def on_hand(self, today: date) -> int:
        return sum(batch.on_hand for batch in self.usable(today))


class Picked(Value):
    """So many pieces from one batch."""

    batch_id: UUID
    batch_number: str
    expires_on: date
    quantity: int


class StockMove(Value):
    """One line of the ledger. `quantity`: pieces, below zero where they left the shelf."""

    batch_id: UUID
    code: str
    kind: MoveKind
    quantity: int
    prescription_id: UUID | None = None
    reason: str = ""
    notes: str = ""


def pick(stock: Stock, pieces: int, today: date) -> tuple[Picked, ...]:
    """Pieces from the batches that expire first; expired ones are never picked. Raises OutOfStock for too few."""
    picked: list[Picked] = []
    missing = pieces
    for batch in stock.usable(today):
        taken = min(missing, batch.on_hand)
        if taken:
            picked.append(batch.giving(taken))
        missing -= taken
    if missing:
        raise short(stock.code, pieces, pieces - missing)
    return tuple(picked)


def short(code: str, pieces: int, on_hand: int) -> OutOfStock:
    owe = f"hand out {on_hand} and owe the rest (OWED, quantity_dispensed: {on_hand})" if on_hand else "owe it (OWED)"
    return OutOfStock(
        f"{code}: {on_hand} of {pieces} are on the shelf and not expired. Nothing was handed out. Now {owe}, hand out "
        "another drug (substitution), or set it aside until it comes (OUT_OF_STOCK)."
    )


def leaving(picked: Iterable[Picked], code: str, prescription_id: UUID) -> tuple[StockMove, ...]:
    return tuple(
        StockMove(
            batch_id=one.batch_id,
            code=code,
            kind=MoveKind.DISPENSED,
            quantity=-one.quantity,
            prescription_id=prescription_id,
        )
        for one in picked
    )


def put_back(picked: Iterable[Picked], code: str, prescription_id: UUID, reason: str) -> tuple[StockMove, ...]:
    """What undoes `leaving`: each piece to the batch that it came from."""
    return tuple(
        move.model_copy(update={"kind": MoveKind.RETURNED, "quantity": -move.quantity, "reason": reason})
        for move in leaving(picked, code, prescription_id)
    )


Pieces = Annotated[int, Number, Field(ge=1, le=LARGEST)]


class Receipt(Value):
    """A delivery of one batch. The same batch may come again; its expiry is then the same."""

    medication_name: Line
    batch_number: Line
    expires_on: Date
    quantity: Pieces
    notes: Note = ""


def not_nothing(quantity: int) -> int:
    if quantity == 0:
        raise ValueError("must not be 0; below zero pieces are gone, above they came back")
    return quantity


class Adjustment(Value):
    """Pieces that came back or are gone, and why; below zero they are gone."""

    quantity: Annotated[int, Number, Field(ge=-LARGEST, le=LARGEST), AfterValidator(not_nothing)]
    reason: Literal["DAMAGED", "EXPIRED", "LOST", "FOUND", "RETURNED", "TRANSFERRED", "RECALLED", "CORRECTION"]
    notes: Note = ""

    @model_validator(mode="after")
    def complete(self) -> "Adjustment":
        is_back = self.reason in ("FOUND", "RETURNED")
        if self.reason not in ("TRANSFERRED", "CORRECTION") and is_back is (self.quantity < 0):
            raise ValueError(f"{self.reason} pieces {'come back: above' if is_back else 'are gone: below'} zero")
        return self


class Count(Value):
    """How many pieces somebody counted on the shelf."""

    counted: Annotated[int, Number, Field(ge=0, le=LARGEST)]
    notes: Note = ""
