"""Each account, disturbed by hand: the difference is named once, kept, left alone, and gone when it is."""

from typing import Any, NamedTuple

import pytest

from models.reconciliation import Code, Repair
from models.staff import Role
from tests.reconciling.house import House


class Disturbed(NamedTuple):
    """What somebody writes into the database, how it is put back, and what is said then. `%s` is the visit."""

    wrong: str
    right: str
    code: Code


CASES = {
    "a line of the bill was removed": Disturbed(
        "update charges set amount = amount + 5 where visit_id = %s",
        "update charges set amount = amount - 5 where visit_id = %s",
        Code.LEDGER_BILLED,
    ),
    "a payment was written down lower": Disturbed(
        "update payments set amount = amount - 1 where visit_id = %s and status = 'COMPLETED'",
        "update payments set amount = amount + 1 where visit_id = %s and status = 'COMPLETED'",
        Code.LEDGER_PAID,
    ),
    "an amount was left pending": Disturbed(
        "update visits set amount_pending = 7 where id = %s",
        "update visits set amount_pending = 0 where id = %s",
        Code.LEDGER_PENDING,
    ),
    "an invoice was cancelled by hand": Disturbed(
        "update sha_invoices set status = 'CANCELLED' where visit_id = %s",
        "update sha_invoices set status = 'PENDING' where visit_id = %s",
        Code.LEDGER_COVERED,
    ),
    "a waiver was written by hand": Disturbed(
        "update visits set amount_waived = 7 where id = %s",
        "update visits set amount_waived = 0 where id = %s",
        Code.LEDGER_WAIVED,
    ),
    "a deposit was written by hand": Disturbed(
        "update visits set amount_deposited = 7 where id = %s",
        "update visits set amount_deposited = 0 where id = %s",
        Code.LEDGER_DEPOSITED,
    ),
    "a refund was written by hand": Disturbed(
        "insert into refunds (id, facility_id, visit_id, patient_id, recorded_by, recorded_at, reason, status, due_at, "
        "ladder, outcome, amount, paid_at) select gen_random_uuid(), facility_id, id, patient_id, gen_random_uuid(), "
        "now(), '', 'PAID', now(), '[]', '', 7, now() from visits where id = %s",
        "delete from refunds where visit_id = %s",
        Code.LEDGER_REFUNDED,
    ),
    "a test was closed by hand": Disturbed(
        "update lab_requests set status = 'COMPLETED' where visit_id = %s",
        "update lab_requests set status = 'PENDING' where visit_id = %s",
        Code.ORDER_GONE,
    ),
    "a referral was opened by hand": Disturbed(
        "update referrals set status = 'PENDING' where visit_id = %s",
        "update referrals set status = 'COMPLETED' where visit_id = %s",
        Code.ORDER_UNKNOWN,
    ),
    "pieces were counted by hand": Disturbed(
        "update prescriptions set quantity_dispensed = quantity_dispensed + 1 where visit_id = %s",
        "update prescriptions set quantity_dispensed = quantity_dispensed - 1 where visit_id = %s",
        Code.ORDER_PIECES,
    ),
    "the visit's colour was changed": Disturbed(
        "update visits set triage_colour = null where id = %s",
        "update visits set triage_colour = 'YELLOW' where id = %s",
        Code.VISIT_COLOUR,
    ),
    "the payment status was changed": Disturbed(
        "update visits set payment_status = 'WAIVED' where id = %s",
        "update visits set payment_status = 'PAID' where id = %s",
        Code.VISIT_PAYMENT_STATUS,
    ),
    "the version was moved": Disturbed(
        "update visits set version = version + 1 where id = %s",
        "update visits set version = version - 1 where id = %s",
        Code.VISIT_VERSION,
    ),
    "the audit was counted wrong": Disturbed(
        "update visits set audit_length = audit_length + 1 where id = %s",
        "update visits set audit_length = audit_length - 1 where id = %s",
        Code.VISIT_AUDIT,
    ),
    "the row is no visit any more": Disturbed(
        """update visits set open_orders = open_orders || '[{"kind": "NONE"}]' where id = %s""",
        "update visits set open_orders = open_orders - -1 where id = %s",
        Code.VISIT_UNREADABLE,
    ),
}


@pytest.fixture(scope="module")
async def visit(house: House) -> dict[str, Any]:
    """With a bill, a payment, an invoice, a test, a prescription of which a part was handed out, a referral."""
    walk = house.walk
    seen = await walk.seen(category="URGENT")
    await walk.test_ordered(seen["id"])
    order = await walk.prescribed(seen["id"])
    body = {"status": "PARTIALLY_DISPENSED", "quantity_dispensed": 5}
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order['id']}", body)
    await walk.paid(seen["id"], "100")
    referral = {"kind": "refer", "station": "MCH", "reason": "Counselling"}
    await walk.done(Role.CLINICAL_OFFICER, "POST", f"/api/visits/{seen['id']}/actions", referral)
    services = (await walk.does(Role.MCH_NURSE, "GET", "/api/mch-services")).json()["items"]
    given = {"kind": "record_mch_service", "service_id": services[0]["id"]}
    await walk.done(Role.MCH_NURSE, "POST", f"/api/visits/{seen['id']}/actions", given)
    await house.claims.invoiced(seen["id"])
    await house.claims.becomes(seen["id"], "AWAITING_CONSENT")
    return await walk.visit(seen["id"])


@pytest.mark.parametrize("case", CASES)
async def test_a_difference_is_named_once_left_alone_and_gone_when_it_is(
    house: House, visit: dict[str, Any], case: str
) -> None:
    await is_named_once(house, visit, CASES[case])


async def is_named_once(house: House, visit: dict[str, Any], case: Disturbed) -> None:
    wrong, right, code = case
    await house.agrees()
    await house.clinic.rows(wrong, visit["id"])
    try:
        (first,) = await house.found()
        (one,) = await house.found()
        assert (first, one.code) == (one, code)
        assert (one.repair, str(one.visit_id)) == (Repair.NONE, visit["id"])
        assert one.words.startswith(visit["op_number"])
        (kept,) = await house.book(code)
        assert (kept["times"], kept["repairs"], kept["gone_at"]) == (2, 0, None)
        assert kept["who"] == one.who
    finally:
        await house.clinic.rows(right, visit["id"])
    await house.agrees()
    (gone,) = await house.book(code, standing=False)
    assert gone["gone_at"] is not None


async def test_a_visit_in_the_wrong_queue_is_named(house: House, visit: dict[str, Any]) -> None:
    (before,) = await house.clinic.rows("select waiting_at from visits where id = %s", visit["id"])
    await house.clinic.rows("update visits set waiting_at = '{TRIAGE}' where id = %s", visit["id"])
    codes = {one.code: one for one in await house.found(repair=False)}
    assert "at TRIAGE by the queues" in codes[Code.VISIT_QUEUE].words
    assert set(codes) == {Code.VISIT_QUEUE, Code.RUN_BEHIND}
    await house.clinic.rows("update visits set waiting_at = %s where id = %s", before["waiting_at"], visit["id"])
    await house.agrees()


async def test_a_shelf_that_does_not_hold_what_moved_is_named_until_it_is_counted(house: House) -> None:
    drug = await house.pharmacy.drug()
    batch = await house.pharmacy.receive(drug, 100)
    await house.agrees()
    await house.clinic.rows("update stock_batches set on_hand = 90 where id = %s", batch["id"])
    (one,) = await house.found()
    assert (one.code, str(one.subject_id), one.who) == (Code.LEDGER_STOCK, batch["id"], Role.PHARMACIST)
    assert "90 pieces on the shelf, 100 by its movements" in one.words
    await house.clinic.rows("update stock_batches set on_hand = 100 where id = %s", batch["id"])
    await house.agrees()


async def test_an_audit_of_the_administration_that_was_cut_off_is_named(house: House) -> None:
    (chain,) = await house.clinic.rows("select * from audit_chains")
    await house.clinic.rows("update audit_chains set length = length + 1 where chain = %s", chain["chain"])
    (one,) = await house.found()
    assert (one.code, one.who) == (Code.AUDIT_CHAIN, Role.ADMIN)
    await house.clinic.rows("update audit_chains set length = length - 1 where chain = %s", chain["chain"])
    await house.agrees()


async def test_supervisors_and_admins_read_what_differs(house: House, visit: dict[str, Any]) -> None:
    await house.clinic.rows("update visits set amount_pending = 7 where id = %s", visit["id"])
    await house.found()
    for role in (Role.SUPERVISOR, Role.ADMIN):
        (item,) = (await house.walk.does(role, "GET", "/api/supervision/differences")).json()["items"]
        assert (item["code"], item["visit_id"], item["who"]) == ("LEDGER_PENDING", visit["id"], "SUPERVISOR")
        assert item["words"].startswith(visit["op_number"])
    assert (await house.walk.does(Role.CASHIER, "GET", "/api/supervision/differences")).status_code == 403
    await house.clinic.rows("update visits set amount_pending = 0 where id = %s", visit["id"])
    await house.agrees()
    assert (await house.walk.does(Role.ADMIN, "GET", "/api/supervision/differences")).json()["items"] == []
    past = await house.walk.does(Role.ADMIN, "GET", f"/api/supervision/differences?gone=true&visit_id={visit['id']}")
    assert any(item["code"] == "LEDGER_PENDING" for item in past.json()["items"])


async def test_what_is_new_is_told_once(house: House, visit: dict[str, Any]) -> None:
    count = "select count(*) as n from events where kind = 'reconciliation:difference'"
    (before,) = await house.clinic.rows(count)
    await house.clinic.rows("update visits set amount_pending = 7 where id = %s", visit["id"])
    for _ in range(3):
        await house.found()
    (after,) = await house.clinic.rows(count)
    assert after["n"] == before["n"] + 1
    await house.clinic.rows("update visits set amount_pending = 0 where id = %s", visit["id"])
    await house.agrees()
