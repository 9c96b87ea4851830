"""The plain values that everything else is made of."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class Value(BaseModel):
    """An immutable fact. Unknown fields are refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def storable(text: str) -> str:
    """PostgreSQL keeps no NUL character; say so before anything is written."""
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


def storable_details(details: dict[str, Any]) -> dict[str, Any]:
    for text in (*details.keys(), *details.values()):
        if isinstance(text, str):
            storable(text)
    return details


SECONDS = re.compile(r"[-+]?[\d_.]+")


def written_as_a_day(given: Any) -> Any:
    """A bare number would be read as seconds since 1970, and a slip of the pen become a birthday."""
    if isinstance(given, int | float) or (isinstance(given, str) and SECONDS.fullmatch(given.strip())):
        raise ValueError("is written like 2026-11-22")
    return given


UNENCODED = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")


def written_as_an_instant(given: Any) -> Any:
    """A plus sign that nobody encoded arrives in a query as a space."""
    if isinstance(given, str) and not SECONDS.fullmatch(given.strip()):
        return UNENCODED.sub(r"\1+\2", given.strip())
    raise ValueError("is written like 2026-11-22T10:42:00+03:00")


def written_as_a_number(given: Any) -> Any:
    """Python reads true as 1 and 1_0 as 10; nobody at a desk means that."""
    if isinstance(given, bool) or (isinstance(given, str) and "_" in given):
        raise ValueError("must be a number")
    return given


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

Date = Annotated[date, BeforeValidator(written_as_a_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(written_as_a_day)]
Instant = Annotated[AwareDatetime, BeforeValidator(written_as_an_instant)]
"""A moment as it stands in a query."""

Number = BeforeValidator(written_as_a_number)
"""Beside `int`, `float` or `Decimal` in what people fill in."""

CENT = Decimal("0.01")


def in_cents(amount: Decimal) -> Decimal:
    """The same amount, always written with two places: 3E2 and 300 are 300.00."""
    return amount.quantize(CENT)


Money = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
"""Kenyan shillings, two places."""

Price = Annotated[Decimal, Number, Field(ge=0, max_digits=12, decimal_places=2), AfterValidator(in_cents)]
Amount = Annotated[Decimal, Number, Field(gt=0, max_digits=12, decimal_places=2), AfterValidator(in_cents)]
"""Kenyan shillings above zero."""

NOTHING = Decimal("0.00")

__all__ = [
    "NOTHING",
    "Amount",
    "Date",
    "Details",
    "Instant",
    "Line",
    "Moment",
    "Money",
    "Note",
    "Number",
    "Price",
    "Value",
    "Words",
    "datetime",
]
