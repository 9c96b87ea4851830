"""The cashier: settles what the bill says still stands, in the way this patient pays."""

import asyncio
from decimal import ROUND_DOWN, Decimal
from time import monotonic
from typing import Any

from demo.answers import Body, Stopped
from demo.catalogue import Catalogue
from demo.chart import Chart
from demo.clinic import Clinic
from demo.people import PayerKind
from demo.steps import Pay, Role
from demo.tally import Refusal

DESK = Role.CASHIER
CENT, SHILLING = Decimal("0.01"), Decimal("1")
# The clinic gives a prompt up that it could not send within two minutes, and follows one that was sent for longer.
CONFIRMATION_SECONDS = 240.0
PROMPTS = 3


async def settle(clinic: Clinic, catalogue: Catalogue, chart: Chart, pay: Pay) -> None:
    """Pay the balance, in parts where the payer does; nothing owed is nothing to do."""
    payer = chart.journey.person.payer
    owed = await balance(clinic, chart)
    if owed <= 0 or (pay.in_advance and payer.kind in ("SHA", "INSURANCE")):
        return
    match payer.kind:
        case "SHA":
            await clinic.act("SHA invoice", DESK, "POST", "/api/sha-invoices", sha_invoice(chart, pay))
            chart.is_claimed = True
        case "INSURANCE":
            body = insurer_invoice(chart, pay, catalogue)
            await clinic.act("insurer invoice", DESK, "POST", f"{chart.visit}/actions", body)
            chart.is_claimed = True
        case "MPESA":
            await pay_by_phone(clinic, chart, owed.quantize(SHILLING, ROUND_DOWN))
            await pay_cash(clinic, chart, owed % SHILLING, 1)
        case "CASH":
            await pay_cash(clinic, chart, owed, payer.parts)


async def balance(clinic: Clinic, chart: Chart) -> Decimal:
    """What still stands, in KES."""
    bill = await clinic.read(DESK, f"{chart.visit}/bill")
    return Decimal(bill["balance"])


async def pay_cash(clinic: Clinic, chart: Chart, owed: Decimal, count: int) -> None:
    """In so many parts."""
    for amount in parts(owed, count) if owed > 0 else ():
        await clinic.act("pay (CASH)", DESK, "POST", "/api/payments", payment(chart, amount, "CASH"))


async def pay_by_phone(clinic: Clinic, chart: Chart, amount: Decimal) -> None:
    """Whole shillings. The patient's phone is prompted, again where that came to nothing."""
    for _ in range(PROMPTS if amount > 0 else 0):
        body = payment(chart, amount, "MPESA")
        done = await clinic.act("pay (MPESA)", DESK, "POST", "/api/payments", body)
        paid = await outcome(clinic, str(done.key))
        if paid["status"] == "COMPLETED":
            chart.receipts.append(paid["payment_reference"])
            return
    if amount > 0:
        raise Stopped(Refusal("pay (MPESA)", "failed", f"{PROMPTS} prompts came to nothing"))


async def outcome(clinic: Clinic, payment_id: str) -> Body:
    """The payment once it is more than pending: a prompt to a phone counts only when it is true."""
    deadline = monotonic() + CONFIRMATION_SECONDS
    while (paid := await clinic.read(DESK, f"/api/payments/{payment_id}"))["status"] == "PENDING":
        if monotonic() > deadline:
            raise Stopped(Refusal("pay (MPESA)", "unconfirmed", f"pending for {CONFIRMATION_SECONDS:.0f} s"))
        await asyncio.sleep(1)
    return paid


def parts(owed: Decimal, count: int) -> list[Decimal]:
    """`owed` in `count` amounts above zero that add up to it to the cent."""
    share = (owed / count).quantize(CENT)
    if count == 1 or share <= 0:
        return [owed]
    return [share] * (count - 1) + [owed - share * (count - 1)]


def payment(chart: Chart, amount: Decimal, kind: PayerKind) -> dict[str, Any]:
    return {"visit_id": str(chart.visit_id), "amount": str(amount), "payment_type": kind}


def sha_invoice(chart: Chart, pay: Pay) -> dict[str, Any]:
    """Without an amount, so that the whole balance is covered."""
    form = {
        "visit_id": str(chart.visit_id),
        "sha_number": chart.journey.person.payer.number,
        "service_given": pay.service_given,
        "diagnosis": chart.journey.story.diagnosis,
    }
    return {name: value for name, value in form.items() if value is not None}


def insurer_invoice(chart: Chart, pay: Pay, catalogue: Catalogue) -> dict[str, Any]:
    """The general door's form, over the whole balance."""
    member_number = chart.journey.person.payer.number or ""
    return {
        "kind": "bill_insurer",
        "insurer_id": catalogue.insurer(member_number).id,
        "member_number": member_number,
        "service_given": pay.service_given,
    }
