"""Types that take what the exchange sends: arrays as null, amounts as text, anything where nothing should be."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator

from integrations.services.outside import Reading
from models.base import in_cents


def as_text(value: Any) -> Any:
    """Any plain value as text; null and what is not plain as nothing."""
    return "" if value is None or isinstance(value, dict | list) else str(value)


def as_amount(value: Any) -> Any:
    try:
        amount = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    return in_cents(amount) if amount.is_finite() else None


def as_rows(value: Any) -> Any:
    """The objects of a list that may be null, missing, one object alone, or hold other things."""
    return [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]


def as_day(value: Any) -> Any:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def as_moment(value: Any) -> Any:
    """A moment with its offset; None where there is none."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def as_flag(value: Any) -> Any:
    """True or False where it is said, as a word or not; else None."""
    return {"true": True, "false": False}.get(str(value).lower())


def as_count(value: Any) -> Any:
    return value if isinstance(value, int) and value > 0 else 1


Text = Annotated[str, BeforeValidator(as_text)]
Amount = Annotated[Decimal | None, BeforeValidator(as_amount)]
Day = Annotated[date | None, BeforeValidator(as_day)]
Moment = Annotated[datetime | None, BeforeValidator(as_moment)]
Flag = Annotated[bool | None, BeforeValidator(as_flag)]
Count = Annotated[int, BeforeValidator(as_count)]
Rows = BeforeValidator(as_rows)
Objects = Annotated[list[dict[str, Any]], Rows]


class Shape(Reading):
    """A reading that shows of itself only what it names: the fields that it keeps besides are about a patient."""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        named = type(self).model_fields
        return ((name, value) for name, value in super().__repr_args__() if name in named)
