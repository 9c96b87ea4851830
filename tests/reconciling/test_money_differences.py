"""Waivers, refunds and deposits, disturbed by hand: the difference is named once, and gone when it is."""

from typing import Any

import pytest

from models.reconciliation import Code
from tests.reconciling.house import House
from tests.reconciling.test_differences import Disturbed, is_named_once

COUNTED = {
    "a waiver was counted lower": Disturbed(
        "update waivers set amount_counted = amount_counted - 1 where visit_id = %s and status = 'APPROVED'",
        "update waivers set amount_counted = amount_counted + 1 where visit_id = %s and status = 'APPROVED'",
        Code.LEDGER_WAIVED,
    ),
    "a refund was written down lower": Disturbed(
        "update refunds set amount = amount - 1 where visit_id = %s and status = 'PAID'",
        "update refunds set amount = amount + 1 where visit_id = %s and status = 'PAID'",
        Code.LEDGER_REFUNDED,
    ),
    "a deposit was called a payment": Disturbed(
        "update payments set purpose = 'BILL' where visit_id = %s and purpose = 'DEPOSIT'",
        "update payments set purpose = 'DEPOSIT' where visit_id = %s and amount = 600",
        Code.LEDGER_DEPOSITED,
    ),
}
ASKED = {
    "a request was forgotten": Disturbed(
        "update visits set refund = null where id = %s",
        """update visits set refund = (select jsonb_build_object('id', r.id, 'amount', r.amount, 'by', r.recorded_by,
            'at', r.recorded_at) from refunds r where r.visit_id = visits.id and r.status = 'PENDING') where id = %s""",
        Code.ORDER_UNKNOWN,
    ),
    "more is asked for than was": Disturbed(
        "update refunds set amount = amount + 1 where visit_id = %s and status = 'PENDING'",
        "update refunds set amount = amount - 1 where visit_id = %s and status = 'PENDING'",
        Code.ORDER_PIECES,
    ),
}


async def with_a_deposit(house: House) -> dict[str, Any]:
    """More was paid than the consultation costs."""
    seen = await house.walk.seen()
    await house.purse.deposits(seen, "600")
    return seen


@pytest.fixture(scope="module")
async def counted(house: House) -> dict[str, Any]:
    """Of the deposit something went back; of the bill that grew afterwards, something is waived."""
    visit, purse = await with_a_deposit(house), house.purse
    refund = await purse.asks_refund(visit, "40")
    assert (await purse.decides_refund(visit, refund)).status_code == 201
    assert (await purse.pays_out(visit, refund)).status_code == 201
    await house.walk.test_ordered(visit["id"])
    waiver = await purse.asks_waiver(visit, "100")
    assert (await purse.decides_waiver(visit, waiver, amount="50")).status_code == 201
    return await house.walk.visit(visit["id"])


@pytest.fixture(scope="module")
async def asked(house: House) -> dict[str, Any]:
    """A refund waits to be decided."""
    visit = await with_a_deposit(house)
    await house.purse.asks_refund(visit, "30")
    return await house.walk.visit(visit["id"])


@pytest.mark.parametrize("case", COUNTED)
async def test_a_sum_that_is_not_that_of_its_records_is_named(house: House, counted: dict[str, Any], case: str) -> None:
    await is_named_once(house, counted, COUNTED[case])


@pytest.mark.parametrize("case", ASKED)
async def test_a_request_that_only_one_side_knows_is_named(house: House, asked: dict[str, Any], case: str) -> None:
    await is_named_once(house, asked, ASKED[case])


async def test_a_refund_that_waits_to_be_paid_out_is_not_one_that_waits_to_be_decided(
    house: House, asked: dict[str, Any]
) -> None:
    change = "update refunds set status = %s where visit_id = %s"
    await house.clinic.rows(change, "APPROVED", asked["id"])
    codes = {(one.code, one.subject) for one in await house.found(repair=False)}
    assert codes >= {(Code.ORDER_UNKNOWN, "REFUND_TO_PAY_OUT"), (Code.ORDER_GONE, "REFUND")}
    await house.clinic.rows(change, "PENDING", asked["id"])
    await house.agrees()
