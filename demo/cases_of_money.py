"""Rare cases at the cashier: what cannot be paid, what is paid before, and what goes back."""

from decimal import Decimal

from demo.chart import Chart
from demo.stage import CASHIER, DESK, SUPERVISOR, Case, Stage, expect, refused
from demo.steps import Role

DEPOSIT, WAIVED = Decimal(1000), Decimal(100)
PARTS = ("total", "held", "paid", "refunded", "waived", "covered", "owed")


async def patient_cannot_pay(stage: Stage) -> None:
    """Reception asks, a supervisor approves a part of it, and the patient pays the rest."""
    chart = await stage.seen()
    owed = await stage.owes(chart)
    asked = await stage.does(DESK, chart, "request_waiver", amount=str(owed), reason="Has no work at the moment")
    await stage.task(chart, "DECIDE_WAIVER")
    form = {"waiver_id": asked["id"], "approved": True, "amount": str(WAIVED), "reason": "So much is in the fund"}
    await refused(stage.does(CASHIER, chart, "decide_waiver", **form), "not-your-role")
    expect(await stage.owes(chart) == owed, "somebody need not pay before anybody decided that")
    await stage.does(SUPERVISOR, chart, "decide_waiver", **form)
    expect(await stage.owes(chart) == owed - WAIVED, "the bill does not show what need not be paid")
    await stage.no_task(chart, "DECIDE_WAIVER")
    await stage.pays(chart)
    await adds_up(stage, chart, waived=WAIVED, paid=owed - WAIVED, owed=Decimal(0))
    await stage.leaves(chart)


async def deposit_is_too_large(stage: Stage) -> None:
    """Paid before the bill is there; what is left of it goes back once, by the word of a second person."""
    chart = await stage.triaged()
    await stage.does(CASHIER, chart, "take_deposit", amount=str(DEPOSIT), payment_type="CASH")
    await stage.examined(chart)
    left = -await stage.owes(chart)
    expect(0 < left < DEPOSIT, f"of KES {DEPOSIT} KES {left} are left after the consultation")
    await stage.leaves(chart)
    await stage.task(chart, "REFUND_PATIENT")
    form = {"amount": str(left), "reason": "Less was done than expected"}
    refund = {"refund_id": (await stage.does(SUPERVISOR, chart, "request_refund", **form))["id"]}
    await refused(stage.does(CASHIER, chart, "pay_out_refund", **refund, payment_type="CASH"), "wrong-stage")
    word = {**refund, "approved": True, "reason": "The bill says so"}
    await refused(stage.does(SUPERVISOR, chart, "decide_refund", **word), "wrong-stage")
    await stage.does(Role.ADMIN, chart, "decide_refund", **word)
    await stage.does(CASHIER, chart, "pay_out_refund", **refund, payment_type="CASH")
    await refused(stage.does(CASHIER, chart, "pay_out_refund", **refund, payment_type="CASH"), "already-done")
    await stage.no_task(chart, "REFUND_PATIENT")
    await adds_up(stage, chart, paid=DEPOSIT, refunded=left, held=Decimal(0), owed=Decimal(0))


async def adds_up(stage: Stage, chart: Chart, **wanted: Decimal) -> None:
    """Those parts of the bill are so much, and all of them are in balance."""
    shown = await stage.clinic.read(CASHIER, f"{chart.visit}/bill")
    part = {name: Decimal(shown[name]) for name in PARTS}
    settled = part["paid"] - part["refunded"] + part["waived"] + part["covered"]
    expect(part["total"] + part["held"] == settled + part["owed"], f"the bill does not add up: {part}")
    expect({name: part[name] for name in wanted} == wanted, f"the bill says {part}")


MONEY = (
    Case("somebody cannot pay", "a supervisor waives a part; the bill adds up", patient_cannot_pay),
    Case("a deposit is too large", "the rest goes back once; who asks does not decide", deposit_is_too_large),
)
