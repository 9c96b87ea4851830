"""M-Pesa: one prompt for one intent, and what became of it. Nothing here prompts a phone twice."""

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from psycopg.errors import UniqueViolation
from pydantic import Field
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.counter_money import money_of
from activities.door import writing
from activities.gate import Gate
from activities.placing import Placed, close_tasks, place, placed, stored
from activities.tasks import open_task
from integrations.database import Connection, Pool
from integrations.services.mpesa.port import MobileMoney, Push
from models.base import Value
from models.envelope import keyed
from models.mobile_money import UNCLEAR, Asked, account_references, as_receipt, check_task

WANTED = """
    select p.id, p.facility_id, p.visit_id, p.amount, p.payment_reference, v.op_number,
           coalesce(p.phone_number, patients.phone_number) as phone_number
    from payments p join visits v on v.id = p.visit_id join patients on patients.id = p.patient_id where p.id = %s
"""
INTEND = """
    insert into mobile_payments
        (id, facility_id, visit_id, phone_number, amount, account_reference, shown_receipt, state)
    values (%(id)s, %(facility_id)s, %(visit_id)s, %(phone_number)s, %(amount)s, %(account_reference)s,
        %(shown_receipt)s, 'INTENDED')
    on conflict do nothing
"""
FOUND = """
    select m.*, p.status from mobile_payments m join payments p on p.id = m.id where m.id = %s for update of m
"""
MARK = "update mobile_payments set state = %s where id = %s and state = %s"
WITHDRAW = "update mobile_payments set state = 'FAILED', result_code = 'NOT_SENT' where id = %s and state = 'INTENDED'"
PUSHED = """
    update mobile_payments set state = 'PUSHED', checkout_request_id = %s, merchant_request_id = %s where id = %s
"""
ADOPT = "update mobile_payments set checkout_request_id = %s where id = %s and checkout_request_id is null"
OWN_RECEIPT = "select receipt from counter_payments where payment_id = %s"
TAKE_RECEIPT = """
    insert into counter_payments
        (receipt, facility_id, reference, state, amount, payment_id, visit_id, settled_at)
    values (%(receipt)s, %(facility_id)s, %(account_reference)s, 'PLACED', %(amount)s, %(id)s, %(visit_id)s, now())
    on conflict (receipt) do update set state = 'PLACED', payment_id = excluded.payment_id,
        visit_id = excluded.visit_id, amount = coalesce(counter_payments.amount, excluded.amount), settled_at = now()
    where counter_payments.payment_id is null
    returning receipt
"""
SETTLE = """
    update mobile_payments set state = %s, receipt = coalesce(receipt, %s), result_code = %s, settled_at = now()
    where id = %s
"""


class Prompted(Value):
    """What is known of an intent. `checkout_request_id` is empty where nobody knows whether the phone was prompted.

    `shown_receipt`: nobody is prompted, for it was paid at the counter. `status`: the payment's.
    """

    payment_id: UUID
    state: str
    amount: Decimal
    status: str
    shown_receipt: str = ""
    checkout_request_id: str = Field(default="", repr=False)
    receipt: str = ""
    code: str = ""


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


class Settlement(Value):
    payment_id: UUID
    state: Literal["PAID", "FAILED"]
    code: str = ""
    receipt: str = ""


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
            asked = await intended(db, payment_id, lock=False)
            row = await stored(db, asked["shown_receipt"])
            if row is None or row["state"] == "TOLD":
                return Verdict(state="UNVERIFIED")
            if row["state"] in ("UNKNOWN", "UNANSWERED"):
                return Verdict(state=row["state"])
            if row["state"] == "UNPLACED":
                where = await place(db, money_of(row, row["amount"]), row["paid_at"])
            else:
                where = await placed(db, row["receipt"], row["amount"], row["payment_id"], row["visit_id"])
        if where.payment_id == payment_id:
            return Verdict(state="PAID")
        return Verdict(state="OTHER_AMOUNT" if where.amount < asked["amount"] else "RECEIPT_USED", placed=where)

    @activity.defn(name="settle_payment")
    async def settle(self, settlement: Settlement) -> Prompted:
        """Write what became of it. Money whose receipt is another payment's is not credited again, but looked into."""
        async with writing(self.pool) as db:
            row = await intended(db, settlement.payment_id, lock=False)
            receipt = await own_receipt(db, row, settlement) if settlement.state == "PAID" else None
            is_used = receipt == ""
            state, code = ("FAILED", "RECEIPT_USED") if is_used else (settlement.state, settlement.code)
            await db.execute(SETTLE, (state, receipt or None, code, row["id"]))
            if code in UNCLEAR:
                await open_task(db, check_task(asked_of(row), code))
            if state == "PAID":
                await close_tasks(db, row["id"], "check")
            return prompted(await intended(db, row["id"]))


async def intended(db: Connection, payment_id: UUID, *, lock: bool = True) -> dict[str, Any]:
    """The intent, written first where it is new. Inside a transaction."""
    text = FOUND if lock else FOUND.replace("for update of m", "")
    if row := await (await db.execute(text, (payment_id,))).fetchone():
        return row
    wanted = await (await db.execute(WANTED, (payment_id,))).fetchone()
    if wanted is None:
        raise ApplicationError("there is no such payment", type="NoSuchPayment", non_retryable=True)
    shown = as_receipt(wanted["payment_reference"]) if wanted["payment_reference"] else None
    for reference in account_references(wanted["op_number"], payment_id):
        await db.execute(INTEND, {**wanted, "shown_receipt": shown, "account_reference": reference})
        if row := await (await db.execute(text, (payment_id,))).fetchone():
            return row
    raise ApplicationError("every account reference of this payment is taken", type="NoReference")


async def own_receipt(db: Connection, row: dict[str, Any], settlement: Settlement) -> str | None:
    """The receipt of this payment's money, None where nobody knows it yet, empty where it is another payment's."""
    if known := await (await db.execute(OWN_RECEIPT, (row["id"],))).fetchone():
        return str(known["receipt"])
    if not settlement.receipt:
        return None
    taken = await db.execute(TAKE_RECEIPT, {**row, "receipt": as_receipt(settlement.receipt)})
    if await taken.fetchone() is None:
        return ""
    return as_receipt(settlement.receipt)


def asked_of(row: dict[str, Any]) -> Asked:
    return Asked.model_validate({name: row[name] for name in Asked.model_fields})


def prompted(row: dict[str, Any]) -> Prompted:
    return Prompted(
        payment_id=row["id"],
        state=row["state"],
        amount=row["amount"],
        status=row["status"],
        shown_receipt=row["shown_receipt"] or "",
        checkout_request_id=row["checkout_request_id"] or "",
        receipt=row["receipt"] or "",
        code=row["result_code"] or "",
    )
