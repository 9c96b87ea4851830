"""How staff meet trouble: they send again with the same key; and what must be true of a visit whatever happened."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx2

from activities.audit import verify
from api.app import create_app, opened_clinic
from integrations.database import writing_pool
from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.walks import VITALS, Walk, fresh

ANSWER_SECONDS = 10
"""No write takes longer than this, whatever is broken: a bound of the contract."""

PATIENT = 45
"""So many seconds at most, until what was broken works again."""


@dataclass(frozen=True)
class Slip:
    """One action as a front-end holds it: sent as often as need be, always with the same key."""

    walk: Walk
    who: Role | str
    method: str
    path: str
    body: dict[str, Any]
    key: str
    visit_id: str

    @property
    def location(self) -> str:
        return f"/api/commands/{self.key}?visit_id={self.visit_id}"

    async def sent(self) -> httpx2.Response:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self.walk.does(self.who, self.method, self.path, self.body, self.key)

    async def accepted(self) -> None:
        """Sent, and stored without being done; the answer says where to look."""
        answer = await self.sent()
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == self.location

    async def until_answered(self) -> httpx2.Response:
        """Sent again until the answer is final."""
        answers: list[httpx2.Response] = []

        async def is_final() -> bool:
            answers.append(await self.sent())
            return answers[-1].status_code not in (202, 503)

        await eventually(is_final, PATIENT)
        return answers[-1]

    async def became(self, status: str) -> dict[str, Any]:
        """What is said of it when it has come to that."""

        async def has_become() -> bool:
            return bool((await self.look())["status"] == status)

        await eventually(has_become, PATIENT)
        return await self.look()

    async def look(self) -> dict[str, Any]:
        answer = await self.walk.does(self.who, "GET", self.location)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def payment(walk: Walk, visit_id: str, amount: Any) -> Slip:
    body = {"visit_id": visit_id, "amount": str(amount), "payment_type": "CASH"}
    return Slip(walk, Role.CASHIER, "POST", "/api/payments", body, fresh(), visit_id)


def diagnosis(walk: Walk, visit_id: str) -> Slip:
    body = {"visit_id": visit_id, "diagnosis_code": "B54", "diagnosis_name": "Malaria, unspecified"}
    return Slip(walk, Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body, fresh(), visit_id)


def encounter(walk: Walk, visit_id: str) -> Slip:
    body = {"visit_id": visit_id, "notes": "n"}
    return Slip(walk, Role.CLINICAL_OFFICER, "POST", "/api/patient-encounters", body, fresh(), visit_id)


def triage(walk: Walk, visit_id: str) -> Slip:
    body = {"vital_signs": VITALS, "triage_category": "NORMAL"}
    return Slip(walk, Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit_id}", body, fresh(), visit_id)


def take_in(walk: Walk, visit_id: str) -> Slip:
    body = {"status": "IN_CONSULTATION"}
    return Slip(walk, Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit_id}", body, fresh(), visit_id)


def registration(walk: Walk, form: dict[str, Any]) -> Slip:
    key = fresh()
    return Slip(walk, Role.RECEPTIONIST, "POST", "/api/patients", form, key, key)


@asynccontextmanager
async def impatient(clinic: WholeClinic, patience_seconds: float) -> AsyncIterator[WholeClinic]:
    """Another API process on the same servers, which waits less long for an answer."""
    settings = clinic.settings.model_copy(update={"patience_seconds": patience_seconds})
    async with opened_clinic(settings) as opened:
        transport = httpx2.ASGITransport(app=create_app(opened), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://clinic", timeout=30) as http:
            yield replace(clinic, settings=settings, clinic=opened, http=http, desks={})


async def together(sending: Callable[[Slip], Awaitable[Any]], *slips: Slip) -> list[Any]:
    """What came of all of them, sent at once."""
    return await asyncio.gather(*(sending(slip) for slip in slips))


async def one_by_one(sending: Callable[[Slip], Awaitable[Any]], *slips: Slip) -> list[Any]:
    return [await sending(slip) for slip in slips]


async def require_sound(clinic: WholeClinic, visit_id: str) -> dict[str, Any]:
    """The visit's row, which fits its commands, audit entries, payments and charges: none too many, none too few."""
    [visit] = await clinic.rows("select * from visits where id = %s", visit_id)
    done = await clinic.rows(
        "select id, answer from commands where visit_id = %s and status = 'DONE' order by written_at", visit_id
    )
    entries = await clinic.rows("select seq from audit_logs where visit_id = %s order by seq", visit_id)
    in_order = list(range(1, visit["version"] + 1))
    assert [row["answer"].get("visit", row["answer"])["version"] for row in done] == in_order
    assert [entry["seq"] for entry in entries] == in_order
    paid = await clinic.rows("select amount from payments where visit_id = %s and status = 'COMPLETED'", visit_id)
    charged = await clinic.rows("select amount from charges where visit_id = %s and taken_back_by is null", visit_id)
    assert visit["amount_paid"] == sum((row["amount"] for row in paid), Decimal(0))
    assert visit["total_amount"] == sum((row["amount"] for row in charged), Decimal(0))
    return visit


async def require_whole_audit(clinic: WholeClinic) -> None:
    async with writing_pool(clinic.settings) as pool:
        assert await verify(pool) is None


async def keys_done(clinic: WholeClinic, visit_id: str) -> list[str]:
    """What was done on the visit, in the order in which it was written."""
    wanted = "select id from commands where visit_id = %s and status = 'DONE' order by written_at"
    return [str(row["id"]) for row in await clinic.rows(wanted, visit_id)]


async def refusals_told(clinic: WholeClinic, slip: Slip) -> list[dict[str, Any]]:
    """The events that tell the sender of a late refusal."""
    me = (await slip.walk.does(slip.who, "GET", "/api/me")).json()
    rows = await clinic.rows(
        "select audience, payload from events where kind = 'command:refused' and payload ->> 'commandId' = %s", slip.key
    )
    assert all(me["id"] in who for row in rows for who in row["audience"])
    return [row["payload"] for row in rows]
