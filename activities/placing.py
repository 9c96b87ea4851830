"""Where true money belongs: to the payment that asked for it, to the visit that its payer named, or to nobody yet."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from activities.tasks import CLOSE, open_task, tell
from integrations.database import Connection
from models.base import Value
from models.mobile_money import Money, as_reference, place_task, receipt_id

STORED = "select * from counter_payments where receipt = %s for update"
# A prompt that was never sent cannot have been paid.
OF_A_PROMPT = """
    select id, visit_id, amount from mobile_payments
    where account_reference = %(reference)s and amount = %(amount)s and receipt is null and shown_receipt is null
        and state <> 'INTENDED' for update
"""
# A patient may show at the desk the receipt of a prompt that is still under way. Where no confirmation says which
# account was paid, the same visit, amount and time tell.
OF_A_PROMPT_UNDER_WAY = """
    select p.id, p.visit_id, p.amount from mobile_payments shown
        join mobile_payments p on p.visit_id = shown.visit_id and p.shown_receipt is null
    where shown.shown_receipt = %(receipt)s and %(reference)s = '' and p.receipt is null and p.amount = %(amount)s
        and p.state in ('PUSHED', 'UNKNOWN', 'PAID')
        and %(paid_at)s::timestamptz between p.created_at - interval '1 minute'
            and coalesce(p.settled_at, now()) + interval '1 minute'
    order by p.created_at limit 1 for update of p
"""
SHOWN = """
    select id, visit_id, amount from mobile_payments
    where shown_receipt = %(receipt)s and receipt is null and state <> 'PAID' and amount <= %(amount)s
    order by state = 'FAILED', created_at limit 1 for update
"""
NAMED_VISITS = """
    select id, total_amount - amount_paid + amount_refunded - amount_covered - amount_waived as balance from visits
    where facility_id in (select id from facilities) and op_number = %(reference)s
        or id in (select visit_id from mobile_payments where account_reference = %(reference)s)
    for no key update
"""
UNDER_WAY = """
    select coalesce(sum(amount), 0) as amount from counter_payments c
    where visit_id = %s and payment_id is not null and not exists (select 1 from payments where id = c.payment_id)
"""
PLACE = """
    update counter_payments set state = %(state)s, amount = %(amount)s, paid_at = %(paid_at)s,
        payment_id = %(payment_id)s, visit_id = %(visit_id)s, settled_at = now()
    where receipt = %(receipt)s
"""
ATTACH = "update mobile_payments set receipt = %s where id = %s"
FACILITY = "select facility_id from visits where id = %s"


class Home(Value):
    """Where money belongs: to a payment that had asked for it, or, `is_credit`, to one that is made for it."""

    payment_id: UUID
    visit_id: UUID
    facility_id: UUID
    is_credit: bool


class Placed(Value):
    """True money, and where it belongs; without `home` a cashier is asked."""

    receipt: str
    amount: Decimal
    home: Home | None = None


async def stored(db: Connection, receipt: str) -> dict[str, Any] | None:
    """What is known of a receipt, ours until the transaction ends."""
    return await (await db.execute(STORED, (receipt,))).fetchone()


async def place(db: Connection, money: Money, paid_at: datetime | None) -> Placed:
    """Decide and write, inside a transaction that holds the receipt's row. May be repeated while it is unplaced."""
    reference = as_reference(money.reference)
    facts = {"receipt": money.receipt, "amount": money.amount, "reference": reference, "paid_at": paid_at}
    payment = await asked_for(db, facts)
    visit_id = payment["visit_id"] if payment else await fitting_visit(db, facts)
    payment_id = payment["id"] if payment else money.id
    if visit_id is None:
        await db.execute(PLACE, {**facts, "state": "UNPLACED", "payment_id": None, "visit_id": None})
        await open_task(db, place_task(money, money.amount, "place"))
        return Placed(receipt=money.receipt, amount=money.amount)
    await db.execute(PLACE, {**facts, "state": "PLACED", "payment_id": payment_id, "visit_id": visit_id})
    if payment:
        await db.execute(ATTACH, (money.receipt, payment_id))
        if money.amount > payment["amount"]:
            await open_task(db, place_task(money, money.amount - payment["amount"], "rest"))
    await close_tasks(db, money.id, "place", "check")
    return await placed(db, money.receipt, money.amount, payment_id, visit_id)


async def asked_for(db: Connection, facts: dict[str, Any]) -> dict[str, Any] | None:
    """The payment that this money belongs to: a prompt comes first, for it cannot be paid by other money."""
    for wanted in (OF_A_PROMPT, OF_A_PROMPT_UNDER_WAY, SHOWN):
        if row := await (await db.execute(wanted, facts)).fetchone():
            return row
    return None


async def fitting_visit(db: Connection, facts: dict[str, Any]) -> UUID | None:
    """The one visit that the payer named, where it owes as much; what is about to be credited is owed no more."""
    if not facts["reference"]:
        return None
    rows = await (await db.execute(NAMED_VISITS, facts)).fetchall()
    if len(rows) != 1:
        return None
    waiting = await (await db.execute(UNDER_WAY, (rows[0]["id"],))).fetchone()
    owed = rows[0]["balance"] - (waiting["amount"] if waiting else 0)
    return rows[0]["id"] if owed >= facts["amount"] else None


async def placed(db: Connection, receipt: str, amount: Decimal, payment_id: UUID, visit_id: UUID) -> Placed:
    """What has been decided before is decided the same way again."""
    row = await (await db.execute(FACILITY, (visit_id,))).fetchone()
    assert row is not None, "its visit is a foreign key"
    home = Home(
        payment_id=payment_id,
        visit_id=visit_id,
        facility_id=row["facility_id"],
        is_credit=payment_id == receipt_id(receipt),
    )
    return Placed(receipt=receipt, amount=amount, home=home)


async def close_tasks(db: Connection, about: UUID, *names: str) -> None:
    """The money has found its place: nobody need look for it. What was never opened stays so."""
    for id in (uuid5(about, name) for name in names):
        closed = await db.execute(CLOSE, ("DONE", "The money has found its place.", id))
        await tell(db, "closed", await closed.fetchone())
