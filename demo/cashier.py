"""The cashier: settles what the bill says still stands, in the way this patient pays."""

import asyncio
import secrets
import string
from decimal import Decimal
from time import monotonic
from typing import Any

from demo.answers import Stopped
from demo.chart import Chart
from demo.clinic import Clinic
from demo.steps import Pay, Role
from demo.tally import Refusal

DESK = Role.CASHIER
CENT = Decimal("0.01")
CONFIRMATION_SECONDS = 60.0


async def settle(clinic: Clinic, chart: Chart, pay: Pay) -> None:
    """Pay the balance, in parts where the payer does; nothing owed is nothing to do."""
    payer = chart.journey.person.payer
    owed = await balance(clinic, chart)
    if owed <= 0 or (pay.in_advance and payer.kind in ("SHA", "INSURANCE")):
        return
    if payer.kind == "SHA":
        await clinic.act("SHA invoice", DESK, "POST", "/api/sha-invoices", invoice(chart, pay))
        return
    for amount in parts(owed, payer.parts):
        body = payment(chart, amount)
        await clinic.act(f"pay ({payer.kind})", DESK, "POST", "/api/payments", body)
    await confirmed(clinic, chart)


async def balance(clinic: Clinic, chart: Chart) -> Decimal:
    """What still stands, in KES."""
    bill = await clinic.read(DESK, f"{chart.visit}/bill")
    return Decimal(bill["balance"])


async def confirmed(clinic: Clinic, chart: Chart) -> None:
    """Wait until the balance is gone: a push to a phone counts only when it is true."""
    deadline = monotonic() + CONFIRMATION_SECONDS
    while (owed := await balance(clinic, chart)) > 0:
        if monotonic() > deadline:
            raise Stopped(Refusal("pay", "unconfirmed", f"paid, yet {owed} KES still stand"))
        await asyncio.sleep(1)


def parts(owed: Decimal, count: int) -> list[Decimal]:
    """`owed` in `count` amounts above zero that add up to it to the cent."""
    share = (owed / count).quantize(CENT)
    if count == 1 or share <= 0:
        return [owed]
    return [share] * (count - 1) + [owed - share * (count - 1)]


def payment(chart: Chart, amount: Decimal) -> dict[str, Any]:
    payer = chart.journey.person.payer
    form = {"visit_id": str(chart.visit_id), "amount": str(amount), "payment_type": payer.kind}
    reference = mpesa_code() if payer.kind == "MPESA" else payer.number
    return form | ({"payment_reference": reference} if reference else {})


def invoice(chart: Chart, pay: Pay) -> dict[str, Any]:
    """Without an amount, so that the whole balance is covered."""
    form = {
        "visit_id": str(chart.visit_id),
        "sha_number": chart.journey.person.payer.number,
        "service_given": pay.service_given,
        "diagnosis": chart.journey.story.diagnosis,
    }
    return {name: value for name, value in form.items() if value is not None}


def mpesa_code() -> str:
    """As the patient shows it at the desk. Not from the seed: a code is used once, over all runs."""
    letters = string.ascii_uppercase + string.digits
    return "DEMO" + "".join(secrets.choice(letters) for _ in range(6))
