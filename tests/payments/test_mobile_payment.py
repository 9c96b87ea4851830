"""M-Pesa: one prompt for one intent, and money that is credited once, whatever happens to the call."""

import asyncio
from uuid import uuid4

from models.staff import Role
from tests.clinic import eventually
from tests.payments.conftest import Till
from tests.payments.steps import asked, pushes, settled
from workers.recovery import recover


async def test_a_payment_by_phone_is_pending_until_it_is_true(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"])
    assert (payment["status"], payment["visit"]["balance"]) == ("PENDING", "300.00")
    paid = await settled(till, payment["id"], "COMPLETED")
    assert paid["payment_reference"]
    after = await till.walk.visit(visit["id"])
    assert (after["balance"], after["payment_status"], after["status"]) == ("0.00", "PAID", "READY_FOR_DISCHARGE")
    assert len(await pushes(till, visit)) == 1


async def test_a_payer_who_declines_leaves_the_balance_as_it_was(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number="0799001032")
    await settled(till, payment["id"], "FAILED")
    after = await till.walk.visit(visit["id"])
    assert (after["balance"], after["payment_status"]) == ("300.00", "UNPAID")
    again = await asked(till, visit["id"])
    await settled(till, again["id"], "COMPLETED")


async def test_a_lost_callback_is_made_up_for_by_asking(till: Till) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "lost_callback", count=1)
    payment = await asked(till, visit["id"])
    await settled(till, payment["id"], "COMPLETED")
    assert (await till.walk.visit(visit["id"]))["amount_paid"] == "300.00"


async def test_a_doubled_callback_credits_once(till: Till) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "duplicate_callback", count=1)
    payment = await asked(till, visit["id"])
    await settled(till, payment["id"], "COMPLETED")
    assert (await till.walk.visit(visit["id"]))["amount_paid"] == "300.00"


async def test_an_answer_lost_after_the_effect_prompts_nobody_twice(till: Till) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "timeout_after_effect", count=1, seconds=40)
    payment = await asked(till, visit["id"])
    await settled(till, payment["id"], "COMPLETED")
    assert len(await pushes(till, visit)) == 1
    assert (await till.walk.visit(visit["id"]))["amount_paid"] == "300.00"


async def test_what_is_asked_for_already_is_not_asked_for_again(till: Till) -> None:
    visit = await till.walk.seen()
    await asked(till, visit["id"], phone_number="0799000404")  # this phone stays silent
    body = {"visit_id": visit["id"], "amount": "300", "payment_type": "MPESA"}
    answer = await till.walk.does(Role.CASHIER, "POST", "/api/payments", body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    cash = await till.walk.paid(visit["id"])
    assert cash["visit"]["balance"] == "0.00"


async def test_the_cashier_may_close_the_page(till: Till) -> None:
    """The browser is gone before the answer; nobody asks for the payment again."""
    visit, key = await till.walk.seen(), str(uuid4())
    page = asyncio.create_task(asked(till, visit["id"], key))

    async def is_stored() -> bool:
        return bool(await till.clinic.rows("select 1 from payments where id = %s", key))

    await eventually(is_stored)
    page.cancel()
    await asyncio.gather(page, return_exceptions=True)

    async def is_credited() -> bool:
        rows = await till.clinic.rows("select 1 from visits where id = %s and amount_paid = 300", visit["id"])
        return bool(rows)

    await eventually(is_credited, 60)
    told = "select 1 from events where kind = 'payment:received' and payload ->> 'paymentId' = %s"
    assert len(await till.clinic.rows(told, key)) == 1


async def test_a_double_click_asks_once(till: Till) -> None:
    visit, key = await till.walk.seen(), uuid4()
    first, again = await asked(till, visit["id"], key), await asked(till, visit["id"], key)
    assert first == again
    await settled(till, first["id"], "COMPLETED")
    assert len(await pushes(till, visit)) == 1


async def test_a_callback_at_a_guessed_path_is_not_found(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number="0799000404")
    path = f"/callbacks/p/{payment['id']}/{'0' * 40}"
    forged = {"Body": {"stkCallback": {"MerchantRequestID": "1", "CheckoutRequestID": "1", "ResultCode": 0}}}
    answer = await till.clinic.http.post(path, json=forged)
    assert answer.status_code == 404
    assert not await till.clinic.rows("select 1 from callbacks where body like %s", b"%stkCallback%1%x%")


async def test_a_payment_whose_workflow_was_lost_is_settled_after_recovery(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number="0799000404")  # silent until it is told to answer
    client = till.clinic.clinic.temporal

    async def was_prompted() -> bool:
        return bool(await pushes(till, visit))

    await eventually(was_prompted)
    await client.get_workflow_handle(f"payment-{payment['id']}").terminate("lost")
    await recover(client, till.clinic.settings)
    row = (await till.clinic.rows("select * from mobile_payments where id = %s", payment["id"]))[0]
    told = await till.sandbox.act("mpesa", "answers", checkout_request_id=row["checkout_request_id"], code="0")
    assert told.is_success, told.text
    await settled(till, payment["id"], "COMPLETED")
    assert len(await pushes(till, visit)) == 1
