"""Deposits, waivers and refunds: each once, each decided by another, and the bill adds up at every step."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from models.staff import Role
from tests.money.purse import ADMIN, CASHIER, SUPERVISOR, Purse
from tests.walks import fresh
from tests.workflow.test_clock import waits

HOUR = timedelta(hours=1)


async def test_a_deposit_counts_as_the_bill_grows_and_its_rest_goes_back(purse: Purse) -> None:
    visit = await purse.walk.taken_in()
    paid = await purse.deposits(visit, "1000")
    assert (paid["status"], paid["purpose"], paid["visit"]["held"]) == ("COMPLETED", "DEPOSIT", "1000.00")
    seen = (await purse.walk.encounter(visit["id"]))["visit"]
    assert (seen["balance"], seen["held"], seen["payment_status"]) == ("-700.00", "700.00", "PAID")
    assert (await purse.walk.does(CASHIER, "GET", f"/api/payments/{paid['id']}/receipt")).status_code == 200
    above = {"visit_id": visit["id"], "amount": "1", "payment_type": "CASH"}
    assert (await purse.walk.does(CASHIER, "POST", "/api/payments", above)).status_code == 422
    await purse.walk.discharged(visit["id"])
    await purse.task(visit, "REFUND_PATIENT")
    refund = await purse.asks_refund(visit, "700")
    assert (await purse.pays_out(visit, refund)).json()["type"] == "/problems/wrong-stage"
    assert (await purse.decides_refund(visit, refund)).status_code == 201
    answer = await purse.pays_out(visit, refund)
    assert (answer.status_code, answer.json()["visit"]["held"]) == (201, "0.00"), answer.text
    assert await purse.tasks(visit, "REFUND_PATIENT") == []
    await purse.task(visit, "DECIDE_REFUND", "DONE")
    assert (await purse.bill(visit))["refunded"] == 700


async def test_a_double_click_pays_a_refund_once(purse: Purse) -> None:
    visit = await purse.walk.seen()
    await purse.deposits(visit, "800")
    refund = await purse.asks_refund(visit, "500")
    assert (await purse.asks(CASHIER, visit, "request_refund", amount="1", reason="x")).status_code == 409
    assert (await purse.decides_refund(visit, refund)).status_code == 201
    key = fresh()
    twice = await asyncio.gather(purse.pays_out(visit, refund, key), purse.pays_out(visit, refund, key))
    assert [answer.status_code for answer in twice] == [201, 201]
    assert twice[0].json() == twice[1].json()
    third = await purse.pays_out(visit, refund)
    assert third.json()["type"] == "/problems/already-done"
    await purse.stands(visit, paid=800, refunded=500, owed=0)


async def test_a_refund_is_never_above_what_was_paid_beyond_the_bill(purse: Purse) -> None:
    visit = await purse.walk.seen()
    await purse.deposits(visit, "350")
    assert (await purse.asks(CASHIER, visit, "request_refund", amount="51", reason="x")).status_code == 422
    refund = await purse.asks_refund(visit, "50")
    await purse.task(visit, "DECIDE_REFUND")
    test = await purse.walk.test_ordered(visit["id"])
    late = await purse.decides_refund(visit, refund)
    assert (late.status_code, late.json()["detail"]) == (409, "The refund is CANCELLED already.")
    await purse.task(visit, "DECIDE_REFUND", "CANCELLED")
    assert (await purse.bill(visit))["owed"] == Decimal(test["visit"]["balance"])


async def test_whoever_asks_does_not_decide(purse: Purse) -> None:
    visit = await purse.walk.seen()
    waiver = await purse.asks_waiver(visit, "300", SUPERVISOR)
    own = await purse.decides_waiver(visit, waiver)
    assert (own.status_code, own.json()["missing"][0]["what"]) == (409, "a second person")
    other = await purse.asks(ADMIN, visit, "decide_waiver", waiver_id=waiver, approved=True, reason="Seen")
    assert (other.status_code, other.json()["visit"]["payment_status"]) == (201, "WAIVED")


async def test_twenty_desks_approve_the_same_waiver_once(purse: Purse) -> None:
    visit = await purse.walk.seen()
    waiver = await purse.asks_waiver(visit, "200")
    answers = await asyncio.gather(*(purse.decides_waiver(visit, waiver) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 202, 409}  # 202: stored, and decided in its turn
    assert (await purse.decides_waiver(visit, waiver)).json()["type"] == "/problems/already-done"
    text = "select count(*) as n from commands where visit_id = %s and kind = 'decide_waiver' and status = 'DONE'"
    assert (await purse.clinic.rows(text, visit["id"]))[0]["n"] == 1
    await purse.stands(visit, waived=200, owed=100)


async def test_a_waiver_is_never_above_what_is_owed_or_was_asked_for(purse: Purse) -> None:
    visit = await purse.walk.seen()
    assert (await purse.asks(CASHIER, visit, "request_waiver", amount="301", reason="x")).status_code == 422
    waiver = await purse.asks_waiver(visit, "250")
    assert (await purse.decides_waiver(visit, waiver, amount="251")).status_code == 422
    await purse.walk.paid(visit["id"], "100")
    assert (await purse.decides_waiver(visit, waiver)).status_code == 422
    decided = await purse.decides_waiver(visit, waiver, amount="200")
    assert decided.json()["visit"]["payment_status"] == "PAID"
    assert (await purse.bill(visit))["waived"] == 200


async def test_a_waiver_shrinks_when_less_is_owed_without_it(purse: Purse) -> None:
    visit = await purse.walk.seen()
    test = await purse.walk.test_ordered(visit["id"])
    await purse.walk.paid(visit["id"], "200")
    waiver = await purse.asks_waiver(visit, "600")
    assert (await purse.decides_waiver(visit, waiver)).status_code == 201
    await purse.acts(Role.CLINICAL_OFFICER, visit, "cancel_order", order_id=test["id"], reason="Not needed")
    await purse.stands(visit, waived=100, owed=0, held=0)
    shown = await purse.read(f"/api/waivers/{waiver}")
    assert (shown["amount_approved"], shown["amount_counted"]) == ("600.00", "100.00")


async def test_a_waiver_of_what_is_paid_meanwhile_is_not_needed(purse: Purse) -> None:
    visit = await purse.walk.seen()
    waiver = await purse.asks_waiver(visit, "300")
    await purse.walk.paid(visit["id"])
    assert await purse.run(waiver).result() == "CANCELLED"
    await purse.walk.discharged(visit["id"])
    late = await purse.decides_waiver(visit, waiver)
    assert late.json()["type"] == "/problems/already-done"


async def test_a_waiver_that_nobody_decides_climbs_and_lapses(purse: Purse) -> None:
    visit = await purse.walk.seen()
    waiver = await purse.asks_waiver(visit, "300")
    run = purse.run(waiver)
    await waits(run)
    task = await purse.task(visit, "DECIDE_WAIVER")
    assert task["due_at"] == (await purse.read(f"/api/waivers/{waiver}"))["due_at"]
    for timers in (2, 3, 4):
        await purse.skipper.fast_forward(run, timedelta(minutes=61) if timers == 2 else timedelta(minutes=31))
        await waits(run, timers)
    assert (await purse.task(visit, "DECIDE_WAIVER"))["escalations"] >= 2
    await purse.skipper.fast_forward(run, 24 * HOUR)
    assert await run.result() == "EXPIRED"
    assert (await purse.task(visit, "DECIDE_WAIVER", "CANCELLED"))["outcome"] == "EXPIRED"
    told = await purse.clinic.rows(
        "select audience from events where kind = 'waiver:decided' and payload->>'id' = %s", waiver
    )
    assert [event["audience"][0] for event in told] == ["CASHIER"]
    await purse.asks_waiver(visit, "300")
    assert (await purse.bill(visit))["owed"] == 300


async def test_the_days_cash_is_the_sum_of_its_records(purse: Purse) -> None:
    before = await purse.read("/api/cashier/day")
    visit = await purse.walk.seen()
    await purse.deposits(visit, "800")
    refund = await purse.asks_refund(visit, "500")
    await purse.decides_refund(visit, refund)
    await purse.pays_out(visit, refund)
    shown, own = await purse.read("/api/cashier/day"), await purse.read("/api/cashier/day", CASHIER)
    for name, more in (("taken", 800), ("refunded", 500), ("net", 300)):
        assert Decimal(shown[name]) - Decimal(before[name]) == more
    ledger = await purse.clinic.rows(
        """select coalesce(sum(amount), 0) as taken from payments where status = 'COMPLETED'
        and (processed_at at time zone 'Africa/Nairobi')::date = %s""",
        shown["date"],
    )
    assert Decimal(shown["taken"]) == ledger[0]["taken"]
    assert {line["cashier_id"] for line in own["lines"]} == {(await purse.read("/api/me", CASHIER))["id"]}
    assert (await purse.read("/api/cashier/day?date=2020-01-01"))["lines"] == []


async def test_midnight_in_nairobi_parts_two_days_of_cash(purse: Purse) -> None:
    """A bill that is paid in parts over night: each part on its day, nothing lost, the visit open until it is whole."""
    visit = await purse.walk.seen()
    parts = [await purse.walk.paid(visit["id"], "100"), await purse.walk.paid(visit["id"], "200")]
    for part, moment in zip(parts, ("2026-01-05T23:59:59+03:00", "2026-01-06T00:00:00+03:00"), strict=True):
        await purse.clinic.rows("update payments set processed_at = %s where id = %s", moment, part["id"])
    days = [await purse.read(f"/api/cashier/day?date=2026-01-0{day}") for day in (5, 6)]
    assert [day["taken"] for day in days] == ["100.00", "200.00"]
    assert (await purse.walk.discharged(visit["id"]))["status"] == "COMPLETED"
