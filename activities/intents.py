"""The intents behind M-Pesa payments, as rows: written before anything is done, settled once."""

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from temporalio.exceptions import ApplicationError

from activities.placing import close_tasks
from activities.tasks import open_task
from integrations.database import Connection
from models.base import Value
from models.mobile_money import UNCLEAR, Asked, account_references, as_receipt, check_task, receipt_id

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
FOUND = "select m.*, p.status from mobile_payments m join payments p on p.id = m.id where m.id = %s"
HELD = f"{FOUND} for update of m"
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


class Settlement(Value):
    """What became of it. `receipt`: as M-Pesa told it, where it did."""

    payment_id: UUID
    state: Literal["PAID", "FAILED"]
    code: str = ""
    receipt: str = ""


async def intended(db: Connection, payment_id: UUID, text: str = HELD) -> dict[str, Any]:
    """The intent, written first where it is new. Inside a transaction; ours until that ends, unless `text` is FOUND."""
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


async def settle(db: Connection, settlement: Settlement) -> dict[str, Any]:
    """The intent as it stands afterwards.

    Money that was found while M-Pesa said no is there all the same. Money whose receipt is another payment's is not
    credited again, but looked into.
    """
    row = await intended(db, settlement.payment_id, FOUND)
    receipt = await own_receipt(db, row, settlement.receipt)
    state: str = "PAID" if receipt else settlement.state
    code = settlement.code if state == settlement.state else "0"
    if receipt == "":
        state, code = "FAILED", "RECEIPT_USED"
    await db.execute(SETTLE, (state, receipt or None, code, row["id"]))
    if state == "FAILED" and code in UNCLEAR:
        await open_task(db, check_task(Asked.model_validate({name: row[name] for name in Asked.model_fields}), code))
    if state == "PAID":
        await close_tasks(db, row["id"], "check")
    return await intended(db, row["id"])


async def own_receipt(db: Connection, row: dict[str, Any], told: str) -> str | None:
    """The receipt of this payment's money, None where nobody knows it yet, empty where it is another payment's."""
    if known := await (await db.execute(OWN_RECEIPT, (row["id"],))).fetchone():
        return str(known["receipt"])
    if not told:
        return None
    receipt = as_receipt(told)
    if await (await db.execute(TAKE_RECEIPT, {**row, "receipt": receipt})).fetchone() is None:
        return ""
    await close_tasks(db, receipt_id(receipt), "place", "check")
    return receipt


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
