"""A worker dies before, while and after a phone is prompted: it is prompted once, and its money credited once."""

import pytest

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
)
from workers.recovery import recover


@pytest.fixture
def bare(closed_till: Till, monkeypatch: pytest.MonkeyPatch) -> Till:
    """Without a worker; those that the test starts find the sandbox, and are called by it."""
    for name in ("sandbox_port", "mpesa_callback_url", "outside_seconds"):
        monkeypatch.setenv(f"NJIA_{name.upper()}", str(getattr(closed_till.clinic.settings, name)))
    return closed_till


async def one_prompt_and_its_money(till: Till, visit_id: str, payment_id: str) -> None:
    await settled(till, payment_id, "COMPLETED", seconds=100)
    visit = await till.walk.visit(visit_id)
    assert (visit["amount_paid"], visit["balance"]) == ("300.00", "0.00")
    assert len(await pushes(till, visit)) == 1


async def test_killed_before_the_phone_was_prompted(bare: Till) -> None:
    async with bare.clinic.worker_process() as doomed:
        visit = await bare.walk.seen()
        await bare.sandbox.breaks("mpesa", "down")
        payment = await asked(bare, visit["id"])

        async def has_tried() -> bool:
            return bool(await bare.clinic.rows("select 1 from services where name = 'mpesa' and failures > 0"))

        await eventually(has_tried)
        doomed.kill()
        await doomed.wait()
    await bare.sandbox.mend("mpesa")
    async with bare.clinic.worker():
        await one_prompt_and_its_money(bare, visit["id"], payment["id"])


async def test_killed_while_the_phone_was_prompted(bare: Till) -> None:
    async with bare.clinic.worker_process() as doomed:
        visit = await bare.walk.seen()
        await bare.sandbox.breaks("mpesa", "timeout_after_effect", count=1, seconds=30)
        payment = await asked(bare, visit["id"])

        async def is_prompted() -> bool:
            return bool(await pushes(bare, visit))

        await eventually(is_prompted)
        doomed.kill()
        await doomed.wait()
    async with bare.clinic.worker():
        await one_prompt_and_its_money(bare, visit["id"], payment["id"])


async def test_killed_after_the_phone_was_prompted(bare: Till) -> None:
    async with bare.clinic.worker_process() as doomed:
        visit = await bare.walk.seen()
        payment = await asked(bare, visit["id"], phone_number=SILENT)
        await prompt_of(bare, payment["id"])
        doomed.kill()
        await doomed.wait()
    await answers(bare, payment["id"], "0")  # the callback is stored by the server without a worker
    async with bare.clinic.worker():
        await one_prompt_and_its_money(bare, visit["id"], payment["id"])


async def test_killed_while_money_at_the_counter_waits_to_be_asked_about(bare: Till) -> None:
    async with bare.clinic.worker_process() as doomed:
        visit = await bare.walk.seen()
        await bare.sandbox.breaks("mpesa", "lost_callback", count=1, path="status")
        receipt = await paid_at_counter(bare, 300, visit["op_number"])
        await receipt_is(bare, receipt, "TOLD")
        doomed.kill()
        await doomed.wait()
    async with bare.clinic.worker():
        await receipt_is(bare, receipt, "PLACED")

        async def is_credited() -> bool:
            return bool((await bare.walk.visit(visit["id"]))["amount_paid"] == "300.00")

        await eventually(is_credited)
    rows = await bare.clinic.rows("select status from payments where visit_id = %s", visit["id"])
    assert [row["status"] for row in rows] == ["COMPLETED"]


async def test_money_that_is_told_while_the_temporal_server_is_away_waits_in_its_row(bare: Till) -> None:
    async with bare.clinic.worker():
        visit = await bare.walk.seen()
    await bare.clinic.temporal.stop()
    try:
        receipt = await paid_at_counter(bare, 300, visit["op_number"])
        await receipt_is(bare, receipt, "TOLD")
        body = {"TransID": receipt, "TransAmount": "300.00", "BusinessShortCode": "600100"}
        again = await bare.clinic.http.post(bare.told_path, json=body)
        assert again.status_code == 200  # it is kept, and that is all that M-Pesa needs to know
    finally:
        await bare.clinic.temporal.start()
    async with bare.clinic.worker():
        await recover(bare.clinic.clinic.temporal, bare.clinic.settings)
        await balance_is(bare, visit["id"], "0.00")
