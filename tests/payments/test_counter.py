"""Money that comes by itself: believed when M-Pesa says so, credited once, and never dropped."""

from decimal import Decimal

from activities.counter_money import asked_first_path
from models.mobile_money import receipt_id
from models.staff import Role
from tests.clinic import eventually
from tests.messages.conftest import waiting
from tests.payments.conftest import Till
from tests.payments.steps import (
    SILENT,
    answers,
    asked,
    balance_is,
    confirmation_sent,
    paid_at_counter,
    payments,
    prompt_of,
    receipt_is,
    settled,
    task_about,
)
from workers.recovery import recover
from workflows.counter_payment import workflow_id

HUNDRED, ALL = Decimal("100.00"), Decimal("300.00")


def confirmation(receipt: str, reference: str, amount: str = "300.00") -> dict[str, str]:
    """As M-Pesa sends it, whoever sends it."""
    return {
        "TransactionType": "Pay Bill",
        "TransID": receipt,
        "TransTime": "20261122120000",
        "TransAmount": amount,
        "BusinessShortCode": "600100",
        "BillRefNumber": reference,
    }


async def test_money_at_the_counter_is_credited_to_the_visit_it_names(till: Till) -> None:
    visit = await till.walk.seen()
    receipt = await paid_at_counter(till, 300, f" {visit['op_number'].lower()} ")
    after = await balance_is(till, visit["id"], "0.00")
    assert (after["payment_status"], after["status"]) == ("PAID", "READY_FOR_DISCHARGE")
    assert await payments(till, visit["id"]) == [("COMPLETED", receipt, ALL)]


async def test_money_for_a_visit_that_owes_nothing_is_not_dropped(till: Till) -> None:
    visit = await till.walk.seen()
    await till.walk.paid(visit["id"])
    await till.walk.discharged(visit["id"])
    receipt = await paid_at_counter(till, 100, visit["op_number"])
    known = await receipt_is(till, receipt, "UNPLACED")
    assert known["amount"] == HUNDRED
    assert await task_about(till, receipt, "place")


async def test_a_doubled_confirmation_credits_once(till: Till) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "duplicate_callback", count=1, path="confirmation")
    receipt = await paid_at_counter(till, 100, visit["op_number"])
    await balance_is(till, visit["id"], "200.00")
    again = await confirmation_sent(till, confirmation(receipt, visit["op_number"], "100.00"))
    assert again.status_code == 200
    assert again.json()["ResultCode"] == 0
    other = await paid_at_counter(till, 200, visit["op_number"])
    await balance_is(till, visit["id"], "0.00")
    assert await payments(till, visit["id"]) == [("COMPLETED", receipt, HUNDRED), ("COMPLETED", other, 2 * HUNDRED)]


async def test_a_forged_confirmation_credits_nothing_and_is_looked_into(till: Till) -> None:
    visit = await till.walk.seen()
    await confirmation_sent(till, confirmation("FORGED0001", visit["op_number"]))
    known = await receipt_is(till, "FORGED0001", "UNKNOWN")
    assert known["amount"] is None
    opened = await task_about(till, "FORGED0001", "check")
    assert opened
    assert (opened["kind"], opened["role"]) == ("CHECK_PAYMENT", "CASHIER")
    assert await payments(till, visit["id"]) == []
    assert (await till.walk.visit(visit["id"]))["balance"] == "300.00"


async def test_a_confirmation_at_a_guessed_path_is_not_found(till: Till) -> None:
    body = confirmation("GUESSED001", "OP00001")
    for path in (f"/callbacks/c/{'0' * 40}", f"/callbacks/v/{'0' * 40}", f"{till.told_path}0"):
        assert (await till.clinic.http.post(path, json=body)).status_code == 404
    assert not await till.clinic.rows("select 1 from counter_payments where receipt = 'GUESSED001'")


async def test_the_amount_is_m_pesas_and_not_the_confirmations(till: Till) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "lost_callback", count=1, path="confirmation")
    receipt = await paid_at_counter(till, 10, visit["op_number"])
    await confirmation_sent(till, confirmation(receipt, visit["op_number"], "300.00"))
    await balance_is(till, visit["id"], "290.00")


async def test_money_for_an_unknown_account_opens_one_task(till: Till) -> None:
    receipt = await paid_at_counter(till, 100, "NOBODY")
    await receipt_is(till, receipt, "UNPLACED")
    await confirmation_sent(till, confirmation(receipt, "NOBODY", "100.00"))
    opened = await task_about(till, receipt, "place")
    assert opened
    assert (opened["kind"], opened["role"], opened["status"]) == ("PLACE_MONEY", "CASHIER", "OPEN")
    assert "KES 100.00" in opened["words"]
    assert receipt in opened["words"]
    events = "select 1 from events where kind = 'task:opened' and payload ->> 'taskId' = %s"
    assert len(await till.clinic.rows(events, opened["id"])) == 1


async def test_money_above_the_balance_is_placed_by_a_cashier(till: Till) -> None:
    visit = await till.walk.seen()
    receipt = await paid_at_counter(till, 500, visit["op_number"])
    await receipt_is(till, receipt, "UNPLACED")
    assert (await till.walk.visit(visit["id"]))["balance"] == "300.00"
    taken = await asked(till, visit["id"], payment_reference=receipt.lower())
    await settled(till, taken["id"], "COMPLETED")
    await balance_is(till, visit["id"], "0.00")
    placing, rest = await task_about(till, receipt, "place"), await task_about(till, receipt, "rest")
    assert placing
    assert rest
    assert (placing["status"], rest["status"]) == ("DONE", "OPEN")
    assert "KES 200.00" in rest["words"]
    given_back = {"kind": "complete", "outcome": "Given back in cash"}
    await till.walk.done(Role.CASHIER, "POST", f"/api/tasks/{rest['id']}/actions", given_back)


async def test_callback_and_confirmation_of_the_same_money_credit_once(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"])
    paid = await settled(till, payment["id"], "COMPLETED")
    known = await receipt_is(till, paid["payment_reference"], "PLACED")
    assert str(known["payment_id"]) == payment["id"]
    await eventually(lambda: confirmations_made(till, (known["reference"])))
    assert await payments(till, visit["id"]) == [("COMPLETED", known["receipt"], ALL)]
    assert (await till.walk.visit(visit["id"]))["amount_paid"] == "300.00"


async def confirmations_made(till: Till, reference: str) -> bool:
    made = (await till.sandbox.book("mpesa"))["callbacks"]
    return any((call["kind"], call["key"]) == ("confirmation", reference) for call in made)


async def test_a_prompt_whose_callback_is_lost_is_settled_by_the_confirmation_with_its_receipt(till: Till) -> None:
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number=SILENT)
    await till.sandbox.breaks("mpesa", "lost_callback", count=1, path="push")
    await answers(till, payment["id"], "0")
    await settled(till, payment["id"], "COMPLETED")
    known = await till.clinic.rows("select state, amount from counter_payments where payment_id = %s", payment["id"])
    assert known == [{"state": "PLACED", "amount": ALL}]
    assert (await till.walk.visit(visit["id"]))["amount_paid"] == "300.00"


async def test_a_prompt_nobody_knows_of_is_settled_by_the_confirmation(till: Till) -> None:
    """The answer to the prompt and its callback are lost; the account that it was given is known to nobody else."""
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "timeout_after_effect", count=1, seconds=40)
    await till.sandbox.breaks("mpesa", "lost_callback", count=1, path="push")
    payment = await asked(till, visit["id"])
    await settled(till, payment["id"], "COMPLETED", seconds=90)
    after = await till.walk.visit(visit["id"])
    assert (after["amount_paid"], after["balance"]) == ("300.00", "0.00")


async def test_the_account_of_a_prompt_may_be_paid_by_menu(till: Till) -> None:
    """The phone stays silent; the patient types the account by hand, with another amount than was asked for."""
    visit = await till.walk.seen()
    payment = await asked(till, visit["id"], phone_number=SILENT)
    account = (await prompt_of(till, payment["id"]))["account_reference"]
    assert len(account) <= 12
    receipt = await paid_at_counter(till, 100, f"{account[:4]} {account[4:]}")
    await balance_is(till, visit["id"], "200.00")
    assert ("COMPLETED", receipt, HUNDRED) in await payments(till, visit["id"])
    await answers(till, payment["id"], "1032")
    await settled(till, payment["id"], "FAILED")


async def test_a_lost_answer_about_the_receipt_is_asked_for_again(till: Till) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "lost_callback", count=1, path="status")
    await paid_at_counter(till, 300, visit["op_number"])
    await balance_is(till, visit["id"], "0.00")


async def test_m_pesa_may_always_take_money(till: Till) -> None:
    answer = await till.clinic.http.post(asked_first_path(till.secret), json=confirmation("ASKED00001", "NOBODY"))
    assert (answer.status_code, answer.json()["ResultCode"]) == (200, 0)
    assert await till.clinic.rows("select 1 from callbacks where kind = 'validation' and body like %s", b"%ASKED00001%")
    assert not await till.clinic.rows("select 1 from counter_payments where receipt = 'ASKED00001'")


async def test_money_whose_workflow_was_lost_is_placed_after_recovery(till: Till) -> None:
    visit = await till.walk.seen()
    await till.sandbox.breaks("mpesa", "lost_callback", path="status")
    receipt = await paid_at_counter(till, 300, visit["op_number"])
    client = till.clinic.clinic.temporal
    run = client.get_workflow_handle(workflow_id(receipt_id(receipt)))
    await waiting(run)
    await run.terminate("lost")
    await receipt_is(till, receipt, "TOLD")
    await till.sandbox.mend("mpesa")
    await recover(client, till.clinic.settings)
    await balance_is(till, visit["id"], "0.00")
    assert await payments(till, visit["id"]) == [("COMPLETED", receipt, ALL)]


async def test_money_that_was_placed_but_not_told_of_is_told_after_recovery(till: Till) -> None:
    """As a Temporal server that was lost between the two would leave it."""
    visit = await till.walk.seen()
    receipt = f"PLACED{str(visit['id'])[-4:]}".upper()
    await till.clinic.rows(
        "insert into counter_payments (receipt, facility_id, state, amount, payment_id, visit_id) "
        "select %s, facility_id, 'PLACED', 300, %s, id from visits where id = %s",
        receipt,
        receipt_id(receipt),
        visit["id"],
    )
    for _ in range(2):
        await recover(till.clinic.clinic.temporal, till.clinic.settings)
        await balance_is(till, visit["id"], "0.00")
    assert await payments(till, visit["id"]) == [("COMPLETED", receipt, ALL)]
