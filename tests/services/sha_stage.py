"""What the tests of SHA share: a clinic's claim of a synthetic member, the sandbox, and a service with a script."""

import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from integrations.sandbox.app import opened_sandbox
from integrations.services.payers import PayerService
from integrations.services.sha.sandbox import sha
from integrations.settings import Settings
from models.claims import ClaimDiagnosis, ClaimForm, ClaimLine, ClaimState, Member, Phase, Purpose, Session
from tests.services.harness import Sandbox, serving, until

CODE = "123456"
CLIENT_SECRET = "the-client-secret-of-the-clinic"
numbers: Iterator[int] = itertools.count(1_000)

CONSULTATION, LABORATORY, PHARMACY, LONG_TERM = "SHA-12-001", "SHA-12-002", "SHA-12-004", "SHA-18-001"
MALARIA = ClaimDiagnosis(name="Malaria", icd10="B54", icd11="1F4Z")


@asynccontextmanager
async def sha_sandbox(**changed: Any) -> AsyncIterator[Sandbox]:
    """SHA alone on a free port. An accepted connection inherits what its door is told: without it, every answer whose
    head and body go out apart waits 40 ms for an acknowledgement."""
    told = {"sandbox_seconds": 0.05, "sha_client_id": "clinic", "sha_client_secret": CLIENT_SECRET, **changed}
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    settings = Settings(sandbox_port=door.getsockname()[1], **told)
    async with (
        opened_sandbox(settings, (sha,)) as app,
        serving(app, door) as base,
        httpx2.AsyncClient(base_url=base, timeout=20) as http,
    ):
        yield Sandbox(base, settings, http)


def member(ending: str = "") -> Member:
    """Somebody new; `ending` makes the payer treat the person as the sandbox's notes say."""
    number = f"2{next(numbers)}{ending or '000'}"
    return Member(national_id=number, first_name="Achieng", last_name="Otieno", phone_number="+254712345678")


def line(service: str = CONSULTATION, price: str = "500", quantity: int = 1) -> ClaimLine:
    return ClaimLine(
        id=uuid4(),
        code="ITEM",
        description="Item",
        service=service,
        quantity=quantity,
        unit_price=Decimal(price),
        at=datetime.now(UTC),
    )


def form(*lines: ClaimLine, ending: str = "", **changed: Any) -> ClaimForm:
    """A finished visit with a consultation and a test, all of it for SHA to pay."""
    charged = lines or (line(), line(LABORATORY, "250", 2))
    told: dict[str, Any] = {
        "claim_id": uuid4(),
        "number": f"DEV-{next(numbers)}",
        "visit_number": "OP-1",
        "visit_start": datetime.now(UTC),
        "visit_end": datetime.now(UTC),
        "member": member(ending),
        "services": tuple(dict.fromkeys(one.service for one in charged)),
        "diagnoses": (MALARIA,),
        "lines": charged,
        "amount": sum((one.amount for one in charged), Decimal("0.00")),
        "practitioner": "CO12345",
    }
    return ClaimForm(**{**told, **changed})


async def opened(payer: PayerService, claim: ClaimForm) -> Session:
    """The patient reads out the code, and the claim is open."""
    await payer.send_code(claim, Purpose.VISIT, None)
    return await payer.open(claim, CODE)


async def handed_in(payer: PayerService, claim: ClaimForm) -> Session:
    session = await opened(payer, claim)
    await payer.fill(claim, session)
    await payer.send_code(claim, Purpose.DISCHARGE, session)
    assert (await payer.submit(claim, session, CODE)).phase is Phase.SUBMITTED
    return session


async def reaches(payer: PayerService, claim: ClaimForm, session: Session, phase: Phase) -> ClaimState:
    """The state, once it is that phase; TimeoutError where it never is."""

    async def is_there() -> bool:
        return (await payer.look(claim, session)).phase is phase

    await until(is_there)
    return await payer.look(claim, session)


@dataclass
class Script:
    """An exchange that answers recorded answers by path, the last of a path for ever; `asked` is what it was asked."""

    base: str = ""
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def says(self, path: str, *answers: tuple[int, Any]) -> None:
        self.answers[path] = list(answers)

    def count(self, path: str) -> int:
        return sum(1 for _, where, _ in self.asked if where == path)

    async def __call__(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append((request.method, path, dict(request.headers)))
        if path == "/tenants/token" and path not in self.answers:
            return JSONResponse({"access_token": "recorded-token", "expires_in": 3600, "token_type": "Bearer"})
        waiting = self.answers[path]
        status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return JSONResponse(body, status) if not isinstance(body, str) else Response(body, status)


@asynccontextmanager
async def scripted_exchange() -> AsyncIterator[Script]:
    script = Script()
    app = FastAPI()
    app.add_api_route("/{path:path}", script.__call__, methods=["GET", "POST", "PATCH"], response_model=None)
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    async with serving(app, door) as script.base:
        yield script
