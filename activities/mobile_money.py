"""M-Pesa: one prompt for one intent, and what became of it. Nothing here prompts a phone twice."""

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from psycopg.errors import UniqueViolation
from pydantic import Field
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.gate import Gate
from integrations.database import Connection, Pool
from integrations.services.mpesa.port import MobileMoney, Push
from models.base import Value
from models.envelope import keyed

INTEND = """
    insert into mobile_payments (id, facility_id, visit_id, phone_number, amount, account_reference, state)
    select p.id, p.facility_id, p.visit_id, coalesce(p.phone_number, patients.phone_number), p.amount, v.op_number,
           'INTENDED'
    from payments p join visits v on v.id = p.visit_id join patients on patients.id = p.patient_id
    where p.id = %s on conflict (id) do nothing
"""
FOUND = "select * from mobile_payments where id = %s for update"
MARK = "update mobile_payments set state = %s where id = %s"
PUSHED = """
    update mobile_payments set state = 'PUSHED', checkout_request_id = %s, merchant_request_id = %s where id = %s
"""
SETTLED = """
    update mobile_payments set state = %s, receipt = coalesce(%s, receipt), result_code = %s, settled_at = now()
    where id = %s
"""


class Prompted(Value):
    """What is known of a prompt. `checkout_request_id` is empty where nobody knows whether the phone was prompted."""

    payment_id: UUID
    state: str
    amount: Decimal
    checkout_request_id: str = Field(default="", repr=False)
    code: str = ""


class Found(Value):
    """What M-Pesa says about a prompt: PENDING, PAID or FAILED, with its result code."""

    standing: Literal["PENDING", "PAID", "FAILED"]
    code: str = ""
    may_be_paid_yet: bool = True


class Settlement(Value):
    payment_id: UUID
    state: str
    code: str = ""
    receipt: str | None = None


def callback_path(secret: bytes, payment_id: UUID) -> str:
    """Where M-Pesa tells the outcome of one prompt: nobody can guess it, and it names neither service nor person."""
    return f"/callbacks/p/{payment_id}/{keyed(secret, 'callback', str(payment_id))[:40]}"


class MobileMoneyDesk:
    """The activities of the queue `service-mpesa`."""

    def __init__(self, pool: Pool, gate: Gate, money: MobileMoney, secret: bytes, callback_base: str) -> None:
        self.pool = pool
        self.gate = gate
        self.money = money
        self.secret = secret
        self.callback_base = callback_base

    @activity.defn(name="prompt_phone")
    async def prompt(self, payment_id: UUID) -> Prompted:
        """Prompt the payer's phone, once.

        The intent is marked before the call. Whoever finds the mark has died in between or lost the answer: nobody
        knows then whether the phone was prompted, so it is not prompted again.
        """
        row = await self.claim(payment_id)
        if row["state"] != "INTENDED":
            return prompted(row)
        push = Push(
            phone=row["phone_number"],
            amount=row["amount"],
            reference=row["account_reference"][:12],
            callback_url=self.callback_base + callback_path(self.secret, payment_id),
        )
        try:
            async with self.gate.call():
                pushed = await self.money.stk_push(push)
        except ApplicationError as failed:
            if failed.type in ("Away", "NotNow"):
                await self.mark(payment_id, "INTENDED")
            raise
        async with self.pool.connection() as db:
            await db.execute(PUSHED, (pushed.checkout_request_id, pushed.merchant_request_id, payment_id))
        return prompted({**row, "state": "PUSHED", "checkout_request_id": pushed.checkout_request_id})

    async def claim(self, payment_id: UUID) -> dict[str, Any]:
        """The intent as it was before, now marked as not to be repeated."""
        async with self.pool.connection() as db, db.transaction():
            await db.execute(INTEND, (payment_id,))
            row = await found(db, payment_id)
            if row["state"] == "INTENDED":
                await db.execute(MARK, ("UNKNOWN", payment_id))
            return row

    async def mark(self, payment_id: UUID, state: str) -> None:
        async with self.pool.connection() as db:
            await db.execute(MARK, (state, payment_id))

    @activity.defn(name="load_prompt")
    async def load(self, payment_id: UUID) -> Prompted | None:
        """What the rows know of the prompt; None where there was none yet."""
        async with self.pool.connection() as db:
            row = await (await db.execute(FOUND, (payment_id,))).fetchone()
        return prompted(row) if row else None

    @activity.defn(name="ask_about_prompt")
    async def ask(self, checkout_request_id: str) -> Found:
        """What became of a prompt; a question may be repeated as often as wanted."""
        async with self.gate.call():
            state = await self.money.query(checkout_request_id)
        return Found(standing=state.standing.value, code=state.code, may_be_paid_yet=state.may_be_paid_yet)

    @activity.defn(name="settle_prompt")
    async def settle(self, settlement: Settlement) -> None:
        """Write what became of the intent; a receipt that another payment has already is left out."""
        values = (settlement.state, settlement.receipt or None, settlement.code, settlement.payment_id)
        async with self.pool.connection() as db:
            try:
                await db.execute(SETTLED, values)
            except UniqueViolation:
                await db.execute(SETTLED, (settlement.state, None, settlement.code, settlement.payment_id))


async def found(db: Connection, payment_id: UUID) -> dict[str, Any]:
    row = await (await db.execute(FOUND, (payment_id,))).fetchone()
    if row is None:
        raise ApplicationError("there is no such payment", type="NoSuchPayment", non_retryable=True)
    return row


def prompted(row: dict[str, Any]) -> Prompted:
    return Prompted(
        payment_id=row["id"],
        state=row["state"],
        amount=row["amount"],
        checkout_request_id=row["checkout_request_id"] or "",
        code=row["result_code"] or "",
    )
