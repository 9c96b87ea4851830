"""A worker dies between a request and its decision: the request is asked once, and decided once."""

from datetime import timedelta

from tests.money.purse import Purse
from tests.workflow.test_clock import waits
from workers.recovery import recover


async def test_killed_between_request_and_decision(bare: Purse) -> None:
    async with bare.clinic.worker_process() as doomed:
        visit = await bare.walk.seen()
        waiver = await bare.asks_waiver(visit, "300")
        await bare.task(visit, "DECIDE_WAIVER")
        await waits(bare.run(waiver))
        doomed.kill()
        await doomed.wait()
    stored = await bare.decides_waiver(visit, waiver)
    assert stored.status_code == 202
    async with bare.clinic.worker():
        assert await bare.run(waiver).result() == "APPROVED"
        await bare.stands(visit, waived=300, owed=0)
        assert len(await bare.tasks(visit, "DECIDE_WAIVER", "DONE")) == 1


async def test_a_request_is_asked_again_after_the_temporal_server_lost_it(bare: Purse) -> None:
    async with bare.clinic.worker():
        visit = await bare.walk.seen()
        waiver = await bare.asks_waiver(visit, "300")
        await waits(bare.run(waiver))
        await bare.skipper.fast_forward(bare.run(waiver), timedelta(minutes=61))
        await waits(bare.run(waiver), 2)
        assert (await bare.task(visit, "DECIDE_WAIVER"))["escalations"] == 1
        await bare.run(waiver).terminate("as if it were lost")
        await recover(bare.clinic.clinic.temporal, bare.clinic.settings)
        await waits(bare.run(waiver))
        assert (await bare.task(visit, "DECIDE_WAIVER"))["escalations"] == 1
        assert (await bare.decides_waiver(visit, waiver, approved=False)).status_code == 201
        assert await bare.run(waiver).result() == "REFUSED"
        await bare.stands(visit, waived=0, owed=300)
