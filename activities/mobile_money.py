"""M-Pesa: one prompt for one intent, and what became of it. Nothing here prompts a phone twice."""

from typing import Any, Literal
from uuid import UUID

from psycopg.errors import UniqueViolation
from pydantic import Field
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.counter_money import money_of
from activities.door import writing
from activities.gate import Gate
from activities.intents import FOUND, Prompted, Settlement, intended, prompted, settle
from activities.placing import Placed, place, placed, stored
from integrations.database import Pool
from integrations.services.mpesa.port import MobileMoney, Push
from models.base import Value
from models.envelope import keyed

MARK = "update mobile_payments set state = %s where id = %s and state = %s"
WITHDRAW = "update mobile_payments set state = 'FAILED', result_code = 'NOT_SENT' where id = %s and state = 'INTENDED'"
PUSHED = """
    update mobile_payments set state = 'PUSHED', checkout_request_id = %s, merchant_request_id = %s where id = %s
"""
ADOPT = "update mobile_payments set checkout_request_id = %s where id = %s and checkout_request_id is null"


class Question(Value):
    """About one prompt; without its name only what M-Pesa has told of money counts."""

    payment_id: UUID
    checkout_request_id: str = Field(default="", repr=False)


class Found(Value):
    """What M-Pesa says about a prompt: PENDING, PAID or FAILED, with its result code."""

    standing: Literal["PENDING", "PAID", "FAILED"]
    code: str = ""
    may_be_paid_yet: bool = True


class Verdict(Value):
    """About a shown receipt: PAID is this payment's; UNVERIFIED asks M-Pesa first; else why it is not.

    `placed`: where the money went, if that was not known before.
    """

    state: Literal["PAID", "UNVERIFIED", "UNKNOWN", "UNANSWERED", "OTHER_AMOUNT", "RECEIPT_USED"]
    placed: Placed | None = None


def callback_path(secret: bytes, payment_id: UUID) -> str:
    """Where M-Pesa tells the outcome of one prompt: nobody can guess it, and it names neither service nor person."""
    return f"/callbacks/p/{payment_id}/{keyed(secret, 'callback', str(payment_id))[:40]}"


class MobileMoneyDesk:
    """The activities of the queue `service-mpesa` about payments that somebody asked for."""

    def __init__(self, pool: Pool, gate: Gate, money: MobileMoney, secret: bytes, callback_base: str) -> None:
        self.pool = pool
        self.gate = gate
        self.money = money
        self.secret = secret
        self.callback_base = callback_base

    @activity.defn(name="intend_payment")
    async def intend(self, payment_id: UUID) -> Prompted:
        """Write down what is wanted, before anything is done for it."""
        async with writing(self.pool) as db:
            return prompted(await intended(db, payment_id))

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
            reference=row["account_reference"],
            callback_url=self.callback_base + callback_path(self.secret, payment_id),
        )
        try:
            async with self.gate.call():
                pushed = await self.money.stk_push(push)
        except ApplicationError as failed:
            if failed.type in ("Away", "NotNow"):
                await self.write(MARK, "INTENDED", payment_id, "UNKNOWN")
            raise
        await self.write(PUSHED, pushed.checkout_request_id, pushed.merchant_request_id, payment_id)
        return prompted({**row, "state": "PUSHED", "checkout_request_id": pushed.checkout_request_id})

    async def claim(self, payment_id: UUID) -> dict[str, Any]:
        """The intent as it was before, now marked as not to be repeated."""
        async with writing(self.pool) as db:
            row = await intended(db, payment_id)
            await db.execute(MARK, ("UNKNOWN", payment_id, "INTENDED"))
            return row

    async def write(self, text: str, *values: Any) -> None:
        async with self.pool.connection() as db:
            await db.execute(text, values)

    @activity.defn(name="withdraw_prompt")
    async def withdraw(self, payment_id: UUID) -> Prompted:
        """A prompt that was not sent in time is not sent later; one that may have been sent stays as it is."""
        async with writing(self.pool) as db:
            await db.execute(WITHDRAW, (payment_id,))
            return prompted(await intended(db, payment_id))

    @activity.defn(name="ask_about_prompt")
    async def ask(self, question: Question) -> Found:
        """What became of a prompt; a question may be repeated as often as wanted. Confirmed money needs none."""
        async with writing(self.pool) as db:
            row = await intended(db, question.payment_id)
        if row["receipt"]:
            return Found(standing="PAID", code="0")
        if not question.checkout_request_id or not await self.is_named(row, question.checkout_request_id):
            return Found(standing="PENDING")
        async with self.gate.call():
            state = await self.money.query(question.checkout_request_id)
        return Found(standing=state.standing.value, code=state.code, may_be_paid_yet=state.may_be_paid_yet)

    async def is_named(self, row: dict[str, Any], name: str) -> bool:
        """Whether the prompt has that name; one whose answer was lost takes it, unless it is another's."""
        if row["checkout_request_id"]:
            return bool(row["checkout_request_id"] == name)
        try:
            await self.write(ADOPT, name, row["id"])
        except UniqueViolation:
            return False
        return True

    @activity.defn(name="verify_shown_receipt")
    async def verify(self, payment_id: UUID) -> Verdict:
        """Whether the receipt that the patient showed is this payment's money."""
        async with writing(self.pool) as db:
            asked = await intended(db, payment_id, FOUND)
            row = await stored(db, asked["shown_receipt"])
            if row is None or row["state"] == "TOLD":
                return Verdict(state="UNVERIFIED")
            if row["state"] in ("UNKNOWN", "UNANSWERED"):
                return Verdict(state=row["state"])
            is_news = row["state"] == "UNPLACED"
            if is_news:
                where = await place(db, money_of(row, row["amount"]), row["paid_at"])
            else:
                where = await placed(db, row["receipt"], row["amount"], row["payment_id"], row["visit_id"])
        if where.home and where.home.payment_id == payment_id:
            return Verdict(state="PAID")
        state: Literal["OTHER_AMOUNT", "RECEIPT_USED"] = (
            "OTHER_AMOUNT" if where.amount < asked["amount"] else "RECEIPT_USED"
        )
        return Verdict(state=state, placed=where if is_news else None)

    @activity.defn(name="settle_payment")
    async def settle(self, settlement: Settlement) -> Prompted:
        """Write what became of it, once and for all that is known now."""
        async with writing(self.pool) as db:
            return prompted(await settle(db, settlement))
