"""A visit outlives its runs, and notices who else wrote its row."""

import asyncio
from decimal import Decimal

from temporalio.client import WorkflowExecutionStatus

from models.actions import TakePayment
from models.paying import PaymentType
from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.faults.desk import Slip, diagnosis, encounter, payment, require_sound, together
from tests.faults.messages import run_of, signed
from tests.walks import Walk, fresh


async def test_a_second_writer_is_noticed_and_nothing_is_overwritten(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.seen()
    paid_elsewhere = "update visits set amount_paid = amount_paid + 100, version = version + 1 where id = %s"
    await open_clinic.rows(paid_elsewhere, visit["id"])
    whole = await payment(walk, visit["id"], 300).sent()
    assert (whole.status_code, whole.json()["errors"][0]["field"]) == (422, "amount")
    rest = await payment(walk, visit["id"], 200).sent()
    assert (rest.status_code, rest.json()["visit"]["balance"]) == (201, "0.00")
    [row] = await open_clinic.rows("select version, amount_paid, status from visits where id = %s", visit["id"])
    assert row == {"version": visit["version"] + 2, "amount_paid": 300, "status": "READY_FOR_DISCHARGE"}


async def test_what_a_second_writer_made_possible_is_not_refused(walk: Walk, open_clinic: WholeClinic) -> None:
    """By signal: an update is refused early by the visit as its run knows it, and may be sent again."""
    visit = await walk.seen()
    owing_more = "update visits set total_amount = total_amount + 100, version = version + 1 where id = %s"
    await open_clinic.rows(owing_more, visit["id"])
    command = await signed(
        open_clinic, Role.CASHIER, visit["id"], TakePayment(amount=Decimal(400), payment_type=PaymentType.CASH)
    )
    await run_of(open_clinic, visit["id"]).signal("submit", command)

    async def is_done() -> object:
        return await open_clinic.rows("select 1 from commands where id = %s and status = 'DONE'", command.id)

    await eventually(is_done)
    assert (await walk.visit(visit["id"]))["balance"] == "0.00"


async def test_a_visit_whose_run_was_ended_carries_on_from_its_rows(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.seen()
    before = payment(walk, visit["id"], 100)
    first = await before.sent()
    former = await run_of(open_clinic, visit["id"]).describe()
    await run_of(open_clinic, visit["id"]).terminate()
    answers = await together(Slip.sent, before, payment(walk, visit["id"], 200), diagnosis(walk, visit["id"]))
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].json() == first.json()
    run = await run_of(open_clinic, visit["id"]).describe()
    assert (run.status, run.run_id != former.run_id) == (WorkflowExecutionStatus.RUNNING, True)
    await walk.discharged(visit["id"])
    assert (await require_sound(open_clinic, visit["id"]))["version"] == 8


async def test_a_visit_whose_run_is_ended_in_the_middle_of_work_loses_nothing(
    walk: Walk, open_clinic: WholeClinic
) -> None:
    visit = await walk.seen()
    slips = [payment(walk, visit["id"], 10) for _ in range(4)] + [diagnosis(walk, visit["id"]) for _ in range(4)]

    async def end() -> None:
        await run_of(open_clinic, visit["id"]).terminate()

    answers, _ = await asyncio.gather(together(Slip.until_answered, *slips), end())
    assert [answer.status_code for answer in answers] == [201] * 8
    assert (await require_sound(open_clinic, visit["id"]))["version"] == visit["version"] + 8


async def test_late_actions_on_a_closed_visit_without_a_run_are_refused_and_old_keys_answered(
    walk: Walk, open_clinic: WholeClinic
) -> None:
    visit = await walk.seen()
    paying, goodbye = payment(walk, visit["id"], 300), fresh()
    paid = await paying.sent()
    closed = await walk.discharged(visit["id"], goodbye)
    handle = run_of(open_clinic, visit["id"])
    assert await handle.result() == "COMPLETED"
    for slip in (diagnosis(walk, visit["id"]), encounter(walk, visit["id"]), payment(walk, visit["id"], 1)):
        late = await slip.sent()
        assert (late.status_code, late.json()["type"]) == (409, "/problems/visit-closed")
    again = await paying.sent()
    assert (again.status_code, again.json()) == (201, paid.json())
    assert await walk.discharged(visit["id"], goodbye) == closed
    assert await handle.result() == "COMPLETED"
    assert (await require_sound(open_clinic, visit["id"]))["version"] == closed["version"]
