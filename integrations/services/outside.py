"""What all outside services share: how a call can end, and how their answers are read.

A call that does not succeed ends in exactly one of four ways, and the way decides whether it may be repeated. Only
`service` and `code` stand in an exception's text: the words of a service may hold a name or a number of a patient, so
they wait in `detail`, to be shown only where what is stored is encrypted.
"""

import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# A phone number, an identity number, an address or a token, wherever a service repeats them in its words.
TELLTALE = re.compile(r"\S*@\S+|[\w+/=.-]{24,}|\+?\d[\d -]{4,}\d")

CODE = re.compile(r"[\w.-]{1,60}")


def scrubbed(words: object, length: int = 300) -> str:
    """A service's own words without numbers, addresses and tokens. Names cannot be recognised and may remain."""
    return TELLTALE.sub("…", str(words or ""))[:length]


def plain(code: object) -> str:
    """A code as it may stand in an exception's text; what does not look like one says nothing."""
    text = str(code)
    return text if CODE.fullmatch(text) and not TELLTALE.search(text) else "odd-code"


class OutsideFailure(Exception):
    """The call did not succeed. `code`: ours (`no-connection`, `http-502`) or the service's (`400.002.02`)."""

    ending = "failed"

    def __init__(self, service: str, code: str, detail: object = "") -> None:
        self.service, self.code = service, plain(code)
        super().__init__(f"{service} {self.ending} ({self.code})")
        self.detail = scrubbed(detail)


class SaidNo(OutsideFailure):
    """The service understood and refused, or we know that it would: repeating changes nothing."""

    ending = "said no"


class Away(OutsideFailure):
    """Not reached, or certain that nothing happened, or a reading that failed: repeat later.

    `retry_after`: seconds that the service asked us to wait, where it did.
    """

    ending = "is away"

    def __init__(self, service: str, code: str, detail: object = "", retry_after: float | None = None) -> None:
        super().__init__(service, code, detail)
        self.retry_after = retry_after


class Unknown(OutsideFailure):
    """The effect may have happened: find out before any repeat."""

    ending = "gave no certain answer"


class StillPending(OutsideFailure):
    """The service has not decided yet: ask again later."""

    ending = "has not decided"


class Unreadable(ValueError):
    """A body is not what it should be. The text names fields and never a value."""


class Reading(BaseModel):
    """What a service sent: unknown fields stay, numbers may come as text and text as numbers; `raw` is all of it."""

    model_config = ConfigDict(
        extra="allow", frozen=True, populate_by_name=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )

    raw: dict[str, Any] = Field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, body: Any) -> Self:
        """Parse a decoded JSON body. Unreadable where a field that we cannot do without is missing or senseless."""
        if not isinstance(body, dict):
            raise Unreadable(f"{cls.__name__}: not an object")
        try:
            return cls.model_validate({**body, "raw": body})
        except ValidationError as wrong:
            fields = sorted({".".join(map(str, error["loc"])) for error in wrong.errors(include_input=False)})
            raise Unreadable(f"{cls.__name__}: {', '.join(fields)}") from None
