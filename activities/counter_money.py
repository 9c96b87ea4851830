"""Money that reached the clinic's M-Pesa number: told, asked about, and only then placed."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from temporalio import activity

from activities.door import writing
from activities.gate import Gate
from activities.placing import Home, Placed, place, placed, stored
from activities.tasks import open_task
from integrations.database import Connection, Pool
from integrations.services.mpesa.port import Inquiry, MobileMoney
from models.base import Value
from models.envelope import keyed
from models.mobile_money import Money, as_receipt, as_reference, doubt_task, receipt_id

LONGEST_REFERENCE = 40
"""Of what a payer typed, so much is kept; no account of ours is longer."""

NOTE = """
    insert into counter_payments (receipt, facility_id, reference, state, told_at)
    values (%(receipt)s, (select id from facilities where code = %(facility)s), %(reference)s, 'TOLD', %(told_at)s)
    on conflict (receipt) do update set
        reference = coalesce(nullif(counter_payments.reference, ''), excluded.reference),
        told_at = coalesce(counter_payments.told_at, excluded.told_at),
        state = case when counter_payments.state in ('UNKNOWN', 'UNANSWERED') then 'TOLD'
            else counter_payments.state end
    returning *
"""
HAS_PROMPT = "select 1 from mobile_payments where account_reference = %s and state in ('PUSHED', 'UNKNOWN')"
IS_CREDITED = "select 1 from payments where id = %s and status = 'COMPLETED'"
CONCLUDE = (
    "update counter_payments set state = %s, settled_at = now() where receipt = %s and state = 'TOLD' returning *"
)

Wake = Callable[[Home], Awaitable[None]]
"""Lets a payment's workflow, or a new run of it, look at its rows again."""


class Told(Value):
    """A receipt that somebody named. `told_at`: when M-Pesa's confirmation came; none where a patient showed it."""

    receipt: str
    reference: str = Field(default="", repr=False)
    told_at: datetime | None = None


class Noted(Value):
    """What is known of it. `may_be_a_prompt`: a prompt of that reference is under way, and its call may come first.

    `owed`: its place is found, and nobody has been told (or not heard) of it yet.
    """

    state: str
    may_be_a_prompt: bool = False
    owed: Placed | None = None


class Confirmed(Value):
    """M-Pesa, asked, says that it is true."""

    receipt: str
    amount: Decimal
    paid_at: datetime | None = None


class Doubt(Value):
    receipt: str
    state: Literal["UNKNOWN", "UNANSWERED"]


def told_path(secret: bytes) -> str:
    """Where payments at the counter are confirmed."""
    return f"/callbacks/c/{keyed(secret, 'callback', 'counter')[:40]}"


def asked_first_path(secret: bytes) -> str:
    """Where M-Pesa asks whether a payment may be taken."""
    return f"/callbacks/v/{keyed(secret, 'callback', 'validation')[:40]}"


def answer_path(secret: bytes, id: UUID) -> str:
    """Where M-Pesa answers what became of one receipt; below it, at `/late`, that it will not."""
    return f"/callbacks/t/{id}/{keyed(secret, 'callback', 'status', str(id))[:40]}"


class CounterMoney:
    """The activities of the queue `service-mpesa` about receipts. `facility`: the code of whose number it is."""

    def __init__(
        self, pool: Pool, gate: Gate, money: MobileMoney, secret: bytes, callback_base: str, facility: str, wake: Wake
    ) -> None:
        self.pool = pool
        self.gate = gate
        self.money = money
        self.secret = secret
        self.callback_base = callback_base
        self.facility = facility
        self._wake = wake

    @activity.defn(name="note_receipt")
    async def note(self, told: Told) -> Noted:
        return await note(self.pool, self.facility, told)

    @activity.defn(name="ask_about_receipt")
    async def ask(self, receipt: str) -> None:
        """Have M-Pesa call with what it knows; a question may be repeated as often as wanted."""
        url = self.callback_base + answer_path(self.secret, receipt_id(receipt))
        async with self.gate.call():
            await self.money.transaction_status(Inquiry(receipt=receipt, result_url=url, timeout_url=f"{url}/late"))

    @activity.defn(name="place_money")
    async def place(self, confirmed: Confirmed) -> Placed:
        """Find its place and write it down; what has one keeps it."""
        async with writing(self.pool) as db:
            row = await stored(db, confirmed.receipt)
            assert row is not None, "noted before it is placed"
            if row["payment_id"]:
                return await placed(db, row["receipt"], row["amount"], row["payment_id"], row["visit_id"])
            return await place(db, money_of(row, confirmed.amount), confirmed.paid_at)

    @activity.defn(name="doubt_receipt")
    async def doubt(self, doubt: Doubt) -> None:
        """Nobody stands by it: nothing is credited; where M-Pesa's name was used for it, a person looks."""
        async with writing(self.pool) as db:
            row = await (await db.execute(CONCLUDE, (doubt.state, doubt.receipt))).fetchone()
            if row and row["told_at"]:
                await open_task(db, doubt_task(row["receipt"], row["reference"], row["facility_id"], doubt.state))

    @activity.defn(name="wake_payment")
    async def wake(self, home: Home) -> None:
        await self._wake(home)


async def note(pool: Pool, facility: str, told: Told) -> Noted:
    """Keep that a receipt was named; the first account that was named with it stays."""
    reference = told.reference.replace("\x00", "")[:LONGEST_REFERENCE]
    values = {"receipt": as_receipt(told.receipt), "facility": facility, "reference": reference}
    async with writing(pool) as db:
        row = await (await db.execute(NOTE, {**values, "told_at": told.told_at})).fetchone()
        assert row is not None
        prompt = await (await db.execute(HAS_PROMPT, (as_reference(row["reference"]),))).fetchone()
        return Noted(state=row["state"], may_be_a_prompt=prompt is not None, owed=await owed(db, row))


async def owed(db: Connection, row: dict[str, Any]) -> Placed | None:
    """Where the money belongs, unless it has arrived there."""
    if row["payment_id"] is None or await (await db.execute(IS_CREDITED, (row["payment_id"],))).fetchone():
        return None
    return await placed(db, row["receipt"], row["amount"], row["payment_id"], row["visit_id"])


def money_of(row: dict[str, Any], amount: Decimal) -> Money:
    return Money(receipt=row["receipt"], facility_id=row["facility_id"], amount=amount, reference=row["reference"])
