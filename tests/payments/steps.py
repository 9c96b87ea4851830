"""Steps at the till, and what is looked at afterwards."""

from typing import Any
from uuid import UUID, uuid5

import httpx2

from models.mobile_money import receipt_id
from models.staff import Role
from tests.clinic import eventually
from tests.payments.conftest import Till

SILENT, DECLINES, UNREACHABLE = "0799000404", "0799001032", "0799001037"


async def asked(till: Till, visit_id: str, key: Any = None, **changed: Any) -> dict[str, Any]:
    """A payment asked for by phone; its record, still pending."""
    body = {"visit_id": visit_id, "amount": "300", "payment_type": "MPESA", **changed}
    return await till.walk.done(Role.CASHIER, "POST", "/api/payments", body, key)


async def settled(till: Till, payment_id: str, status: str, seconds: float = 60) -> dict[str, Any]:
    """The payment once it has that status."""
    shown: dict[str, Any] = {}

    async def is_so() -> bool:
        shown.update((await till.walk.does(Role.CASHIER, "GET", f"/api/payments/{payment_id}")).json())
        return bool(shown["status"] == status)

    await eventually(is_so, seconds)
    return shown


async def pushes(till: Till, visit: dict[str, Any]) -> list[dict[str, Any]]:
    return [e for e in await till.sandbox.ledger("mpesa", kind="push") if visit["op_number"] in str(e)]


async def prompt_of(till: Till, payment_id: str) -> dict[str, Any]:
    """What is kept of a payment's prompt, once M-Pesa has taken it."""
    found: list[dict[str, Any]] = []

    async def was_sent() -> bool:
        found[:] = await till.clinic.rows("select * from mobile_payments where id = %s", payment_id)
        return bool(found and found[0]["state"] not in ("INTENDED", "UNKNOWN"))

    await eventually(was_sent)
    return found[0]


async def answers(till: Till, payment_id: str, code: str) -> None:
    """A silent phone answers after all."""
    name = (await prompt_of(till, payment_id))["checkout_request_id"]
    told = await till.sandbox.act("mpesa", "answers", checkout_request_id=name, code=code)
    assert told.is_success, told.text


async def paid_at_counter(till: Till, amount: int, reference: str) -> str:
    """Somebody pays by the menu of the phone; the receipt."""
    told = await till.sandbox.act("mpesa", "payments", phone="0712345678", amount=amount, reference=reference)
    assert told.is_success, told.text
    return str(told.json()["receipt"])


async def receipt_is(till: Till, receipt: str, state: str) -> dict[str, Any]:
    """What is known of a receipt, once it is in that state."""
    found: list[dict[str, Any]] = []

    async def is_so() -> bool:
        found[:] = await till.clinic.rows("select * from counter_payments where receipt = %s", receipt)
        return bool(found and found[0]["state"] == state)

    await eventually(is_so, 60)
    return found[0]


async def balance_is(till: Till, visit_id: str, balance: str) -> dict[str, Any]:
    """The visit, once so much is owed."""
    shown: dict[str, Any] = {}

    async def is_so() -> bool:
        shown.update(await till.walk.visit(visit_id))
        return bool(shown["balance"] == balance)

    await eventually(is_so, 60)
    return shown


async def payments(till: Till, visit_id: str) -> list[tuple[str, str, Any]]:
    """Status, reference and amount of each payment of the visit, the oldest first."""
    wanted = "select status, payment_reference, amount from payments where visit_id = %s order by recorded_at"
    return [(r["status"], r["payment_reference"], r["amount"]) for r in await till.clinic.rows(wanted, visit_id)]


async def task(till: Till, about: UUID | str, name: str) -> dict[str, Any] | None:
    """The task of that name about a payment or receipt, as a cashier sees it."""
    answer = await till.walk.does(Role.CASHIER, "GET", f"/api/tasks/{uuid5(UUID(str(about)), name)}")
    return dict(answer.json()) if answer.status_code == 200 else None


async def task_about(till: Till, receipt: str, name: str) -> dict[str, Any] | None:
    return await task(till, receipt_id(receipt), name)


async def confirmation_sent(till: Till, body: dict[str, Any]) -> httpx2.Response:
    """Sent to the address that only M-Pesa should know."""
    return await till.clinic.http.post(till.told_path, json=body)
