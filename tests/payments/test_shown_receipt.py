"""The patient has paid at the counter and shows the receipt: nobody is prompted, and M-Pesa is asked."""

from decimal import Decimal

from models.staff import Role
from tests.clinic import eventually
from tests.payments.conftest import Till
from tests.payments.steps import (
    SILENT,
    answers,
    asked,
    balance_is,
    paid_at_counter,
    prompt_of,
    pushes,
    receipt_is,
    settled,
    task,
)

ALL = Decimal("300.00")


async def unconfirmed(till: Till, amount: int, reference: str) -> str:
    """A payment at the counter that M-Pesa tells nobody of."""
    await till.sandbox.breaks("mpesa", "lost_callback", count=1, path="confirmation")
    return await paid_at_counter(till, amount, reference)


async def test_a_receipt_that_is_true_is_credited_and_nobody_is_prompted(till: Till) -> None:
    visit = await till.walk.seen()
    receipt = await unconfirmed(till, 300, "by hand")
    payment = await asked(till, visit["id"], payment_reference=f"{receipt[:3]} {receipt[3:].lower()}")
    assert (payment["status"], payment["visit"]["balance"]) == ("PENDING", "300.00")
    paid = await settled(till, payment["id"], "COMPLETED")
    assert paid["payment_reference"] == receipt
    assert (await till.walk.visit(visit["id"]))["balance"] == "0.00"
    assert await pushes(till, visit) == []


async def test_a_receipt_that_m_pesa_does_not_know_fails_and_is_looked_into(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], payment_reference="WRONG00001")
    await settled(till, payment["id"], "FAILED")
    opened = await task(till, payment["id"], "check")
    assert opened
    assert (opened["kind"], opened["visit_id"]) == ("CHECK_PAYMENT", visit["id"])
    after = await till.walk.visit(visit["id"])
    assert (after["balance"], after["amount_paid"]) == ("300.00", "0.00")
    await till.walk.paid(visit["id"])  # what failed stands in nobody's way


async def test_one_receipt_never_credits_two_visits(till: Till) -> None:
    first, second = await till.walk.seen(), await till.walk.seen()
    receipt = await unconfirmed(till, 300, "shared")
    one = await asked(till, first["id"], payment_reference=receipt)
    other = await asked(till, second["id"], payment_reference=receipt)
    statuses = {await decided(till, payment["id"]) for payment in (one, other)}
    assert statuses == {"COMPLETED", "FAILED"}
    paid = [Decimal((await till.walk.visit(visit["id"]))["amount_paid"]) for visit in (first, second)]
    assert sum(paid) == ALL


async def decided(till: Till, payment_id: str) -> str:
    """How the payment ended."""
    shown: dict[str, str] = {}

    async def is_decided() -> bool:
        shown.update((await till.walk.does(Role.CASHIER, "GET", f"/api/payments/{payment_id}")).json())
        return shown["status"] != "PENDING"

    await eventually(is_decided, 60)
    return shown["status"]


async def test_a_receipt_of_less_than_was_claimed_fails(till: Till) -> None:
    visit = await till.walk.seen()
    receipt = await unconfirmed(till, 100, "less")
    payment = await asked(till, visit["id"], payment_reference=receipt)
    await settled(till, payment["id"], "FAILED")
    known = await receipt_is(till, receipt, "UNPLACED")
    assert known["amount"] == Decimal("100.00")
    true = await asked(till, visit["id"], amount="100", payment_reference=receipt)
    await settled(till, true["id"], "COMPLETED")
    await balance_is(till, visit["id"], "200.00")


async def test_what_is_no_receipt_is_refused_at_the_desk(till: Till) -> None:
    visit = await till.walk.seen()
    body = {"visit_id": visit["id"], "amount": "300", "payment_type": "MPESA", "payment_reference": "paid by her son!"}
    answer = await till.walk.does(Role.CASHIER, "POST", "/api/payments", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "payment_reference"


async def test_the_receipt_of_a_prompt_that_is_under_way_is_the_prompts(till: Till) -> None:
    """The callback is late; the patient shows the message, and the cashier takes it for a second payment."""
    visit = await till.walk.seen()
    prompt = await asked(till, visit["id"], amount="100", phone_number=SILENT)
    await till.sandbox.breaks("mpesa", "lost_callback", count=2)
    await answers(till, prompt["id"], "0")
    name = (await prompt_of(till, prompt["id"]))["checkout_request_id"]
    [money] = await till.sandbox.ledger("mpesa", kind="payment", key=name)
    shown = await asked(till, visit["id"], amount="100", payment_reference=money["number"])
    await settled(till, prompt["id"], "COMPLETED")
    await settled(till, shown["id"], "FAILED")
    assert (await till.walk.visit(visit["id"]))["amount_paid"] == "100.00"
