"""The plain values that everything else is made of."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Value(BaseModel):
    """An immutable fact. Unknown fields are refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def storable(text: str) -> str:
    """PostgreSQL keeps no NUL character; say so before anything is written."""
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


def storable_details(details: dict[str, Any]) -> dict[str, Any]:
    if "\\u0000" in ascii(details).replace("\\x00", "\\u0000"):
        raise ValueError("must not contain the NUL character")
    return details


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(storable)]
"""A name, a code or a dose: one short line, never empty."""

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(storable)]
"""What a person writes down; may be empty."""

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(storable)
]
"""What a person must write down."""

Scalar = (
    Annotated[str, StringConstraints(max_length=1000)]
    | int
    | Annotated[float, Field(allow_inf_nan=False)]
    | bool
    | None
)
Details = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=100)], Scalar],
    Field(max_length=100),
    AfterValidator(storable_details),
]
"""Named values as a device or a form sends them."""

CENT = Decimal("0.01")


def in_cents(amount: Decimal) -> Decimal:
    """The same amount, always written with two places: 3E2 and 300 are 300.00."""
    return amount.quantize(CENT)


Money = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
"""Kenyan shillings, two places."""

Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2), AfterValidator(in_cents)]
Amount = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2), AfterValidator(in_cents)]
"""Kenyan shillings above zero."""

Moment = AwareDatetime
NOTHING = Decimal("0.00")

__all__ = ["NOTHING", "Amount", "Details", "Line", "Moment", "Money", "Note", "Price", "Value", "Words", "datetime"]
