"""What tests of the insurers share: a visit to be claimed, and a service that answers with recorded answers."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from models.claims import ClaimDiagnosis, ClaimForm, ClaimLine, Document, Member
from tests.services.harness import Scripted, serving

ARRIVED, LEFT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC), datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
MALARIA = ClaimDiagnosis(name="Malaria", icd10="B54", icd11="1F4Z")
PAPER = Document(kind="LAB_RESULTS", file_name="malaria-smear.pdf", content=b"%PDF-1.7 smear")
numbers = itertools.count(1)


def a_line(code: str, price: str, quantity: int = 1) -> ClaimLine:
    return ClaimLine(
        id=UUID(int=next(numbers)),
        code=code,
        description=code.replace("_", " ").title(),
        service="CONSULTATION",
        quantity=quantity,
        unit_price=Decimal(price),
        at=ARRIVED,
    )


def a_form(ending: str = "100", amount: str = "1250.00", **changed: Any) -> ClaimForm:
    """A claim of its own, over a bill of 1,250 KES, for a member whose number ends so."""
    number = next(numbers)
    member = Member(
        member_number=f"MFANO/{number:05d}{ending}",
        first_name="Wanjiru",
        last_name="Kamau",
        phone_number="+254712345678",
        payer_code="457",
        payer_name="Mfano Insurance",
    )
    form = ClaimForm(
        claim_id=uuid4(),
        number=f"CLM{number:06d}",
        visit_number=f"OP-{number}",
        visit_start=ARRIVED,
        visit_end=LEFT,
        member=member,
        diagnoses=(MALARIA,),
        lines=(a_line("CONSULTATION", "500.00"), a_line("BLOOD_TEST", "375.00", 2)),
        amount=Decimal(amount),
        practitioner="A1234",
    )
    return form.model_copy(update=changed)


class Recorded(Scripted):
    """A service that gives anybody a token and answers the rest as its script says."""

    async def __call__(self, request: Request) -> Response:
        if "token" in request.url.path and "oauth" in request.url.path:
            return JSONResponse({"access_token": "recorded-token", "expires_in": "3599"})
        return await super().__call__(request)


@asynccontextmanager
async def recorded_service() -> AsyncIterator[Recorded]:
    recorded = Recorded()
    app = FastAPI()
    app.add_api_route("/{path:path}", recorded.__call__, methods=["GET", "POST", "PUT"], response_model=None)
    async with serving(app) as recorded.base:
        yield recorded
