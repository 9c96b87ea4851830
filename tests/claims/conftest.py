"""A clinic whose payers stand in the sandbox, and a clerk who works on claims."""

import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from api.app import create_app
from models.staff import Role
from tests.clinic import WholeClinic, eventually, whole_clinic
from tests.services.harness import Sandbox, sandbox_of, serving
from tests.walks import Walk

PAYERS = ("sha", "slade", "smart")
CODE = "123456"
"""What the sandbox sends to every phone."""

CODED = {"diagnosis_code": "B54", "diagnosis_name": "Malaria, unspecified"}


@dataclass
class Counter:
    """The clinic with its clerk, and the payers' side of the line."""

    clinic: WholeClinic
    sandbox: Sandbox
    walk: Walk

    async def consulted(self, payment_type: str = "SHA", **changed: Any) -> dict[str, Any]:
        """A visit that was seen and diagnosed; everything is still owed."""
        insurance = {"SHA": "SHA", "INSURANCE": "INSURANCE", "NHIF": "NHIF"}.get(payment_type, "CASH")
        visit = await self.walk.seen(payment_type=payment_type, insurance_type=insurance, **changed)
        await self.diagnosed(visit["id"])
        return visit

    async def diagnosed(self, visit_id: str, **changed: str) -> None:
        body = {"visit_id": visit_id, **CODED, **changed}
        await self.walk.done(Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body)

    async def invoiced(self, visit_id: str) -> dict[str, Any]:
        number = f"SHA{random.randrange(10**9):09d}-1"
        body = {"visit_id": visit_id, "sha_number": number, "service_given": "Consultation"}
        return await self.walk.done(Role.CASHIER, "POST", "/api/sha-invoices", body)

    async def billed(self, visit_id: str, insurer: str, member_number: str = "M-77001") -> dict[str, Any]:
        listed = (await self.walk.does(Role.CASHIER, "GET", "/api/insurers")).json()["items"]
        insurer_id = next(one["id"] for one in listed if one["code"] == insurer)
        body = {"kind": "bill_insurer", "insurer_id": insurer_id, "member_number": member_number}
        return await self.walk.done(Role.CASHIER, "POST", f"/api/visits/{visit_id}/actions", body)

    async def otp(self, visit_id: str, code: str | None = None, **more: Any) -> dict[str, Any]:
        body = {**({"otp": code} if code else {}), **more}
        return await self.walk.done(Role.CASHIER, "POST", f"/api/visits/{visit_id}/claim/otp", body)

    async def claim_of(self, visit_id: str) -> dict[str, Any]:
        """The visit's claim with its history; empty where there is none yet."""
        listed = await self.walk.does(Role.CASHIER, "GET", f"/api/claims?visit_id={visit_id}")
        items = listed.json()["items"]
        if not items:
            return {}
        return dict((await self.walk.does(Role.CASHIER, "GET", f"/api/claims/{items[0]['id']}")).json())

    async def becomes(self, visit_id: str, *statuses: str, seconds: float = 60) -> dict[str, Any]:
        """The visit's claim once it has one of these statuses."""
        seen: dict[str, Any] = {}

        async def is_so() -> bool:
            seen.update(await self.claim_of(visit_id))
            return seen.get("status") in statuses

        try:
            await eventually(is_so, seconds)
        except TimeoutError:
            raise AssertionError(f"the claim is {seen.get('status')}: {seen.get('reason')}") from None
        return seen

    async def agreed(self, visit_id: str) -> None:
        """Both codes of the patient, each when it is asked for."""
        await self.becomes(visit_id, "AWAITING_CONSENT")
        await self.sent(1, visit_id)
        await self.otp(visit_id, CODE)
        await self.becomes(visit_id, "AWAITING_AGREEMENT")
        await self.otp(visit_id, CODE)

    async def sent(self, count: int, visit_id: str) -> None:
        """Wait until a task asks for the code, so that it was sent."""

        async def is_so() -> bool:
            return len(await self.tasks(visit_id)) >= count

        await eventually(is_so)

    async def tasks(self, visit_id: str, status: str = "OPEN") -> list[dict[str, Any]]:
        answer = await self.walk.does(Role.SUPERVISOR, "GET", f"/api/tasks?visit_id={visit_id}&status={status}")
        return list(answer.json()["items"])

    async def task(self, visit_id: str, kind: str) -> dict[str, Any]:
        """The open task of that kind, once it is there."""
        found: dict[str, Any] = {}

        async def is_so() -> bool:
            found.update(next((one for one in await self.tasks(visit_id) if one["kind"] == kind), {}))
            return bool(found)

        await eventually(is_so)
        return found

    async def acts(self, claim: dict[str, Any], **action: Any) -> dict[str, Any]:
        return await self.walk.done(Role.CASHIER, "POST", f"/api/claims/{claim['id']}/actions", action)

    async def handed_in(self, claim: dict[str, Any]) -> int:
        """How often the payer got this claim."""
        items = await self.sandbox.ledger(claim["gateway"], kind="claim")
        return sum(claim["payer_reference"] in str(entry) or claim["number"] in str(entry) for entry in items)


@asynccontextmanager
async def opened_counter(**changed: Any) -> AsyncIterator[Counter]:
    """Everything but a worker."""
    door = socket.create_server(("127.0.0.1", 0))
    own = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with sandbox_of(sandbox_seconds=0.3) as sandbox:
        wished = {
            "sandbox_port": sandbox.settings.sandbox_port,
            "sandbox_seconds": 0.3,
            "claims_per_minute": 6000,
            "claim_follow_seconds": 0.5,
            "public_url": own,
            **changed,
        }
        async with whole_clinic(**wished) as clinic, serving(create_app(clinic.clinic), door):
            yield Counter(clinic, sandbox, Walk(clinic))


@pytest.fixture(scope="module")
async def open_counter() -> AsyncIterator[Counter]:
    """With a worker."""
    async with opened_counter() as counter, counter.clinic.worker():
        yield counter


@pytest.fixture
async def counter(open_counter: Counter) -> AsyncIterator[Counter]:
    """Every fault of the sandbox is mended afterwards."""
    yield open_counter
    for service in PAYERS:
        await open_counter.sandbox.mend(service)
    await open_counter.clinic.rows("delete from services")
