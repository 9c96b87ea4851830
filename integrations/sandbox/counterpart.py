"""What a service brings to the sandbox, and what the sandbox gives it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from integrations.sandbox.callbacks import Callbacks
from integrations.sandbox.faults import Faults
from integrations.sandbox.ledger import Ledger
from integrations.settings import Settings


@dataclass(frozen=True)
class Stand:
    """Where a service works in the sandbox: it writes its effects into `ledger`, makes its calls with `callbacks`.

    Faults of the wire and of callbacks need nothing from the service; one that does not speak HTTP asks `faults`.
    """

    settings: Settings
    ledger: Ledger
    faults: Faults
    callbacks: Callbacks

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Control:
    """Something that a person can make happen over there: a button on the page, and `POST /_sandbox/{service}/{name}`.

    `act` gets the fields as text and answers what the caller is shown; ValueError says why it cannot be.
    """

    name: str
    title: str
    fields: tuple[str, ...]
    act: Callable[[dict[str, str]], Awaitable[Any]]


def plain_rejection(path: str) -> Response:
    return JSONResponse({"error": "Bad Request", "message": "Refused on request"}, 400)


def plain_breakdown(path: str) -> Response:
    return JSONResponse({"error": "Internal Server Error", "message": "Broken on request"}, 500)


@dataclass(frozen=True)
class Counterpart:
    """One service in the sandbox; its routes are served below `/{name}`.

    `effects` and `tokens` are regular expressions over the path below it, that say which requests change something and
    which are for a token; the rest are readings. `running` is open while the sandbox is: for a service with a server
    of its own. `notes` are shown on the page.
    """

    name: str
    title: str
    routes: APIRouter = field(default_factory=APIRouter)
    effects: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    rejection: Callable[[str], Response] = plain_rejection
    breakdown: Callable[[str], Response] = plain_breakdown
    controls: tuple[Control, ...] = ()
    notes: tuple[str, ...] = ()
    running: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext
