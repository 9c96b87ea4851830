"""What happens in the recorded histories of requests that a supervisor decides, and of cover that opens gates."""

from datetime import timedelta
from uuid import UUID

from tests.clinic import eventually
from tests.histories.recorder import Recorder, Run
from tests.money.purse import Purse
from workflows import coverage


def purse_of(told: Recorder) -> Purse:
    return Purse(told.clinic, told.walk)


async def waiver_lapsed(told: Recorder) -> Run:
    """Two rungs of the ladder, then the end of the waiting: the visit is told, and the task closed."""
    purse = purse_of(told)
    async with told.clinic.worker():
        visit = await purse.walk.seen()
        run = purse.run(await purse.asks_waiver(visit, "300"))
        await told.until_timers(run, 1)
        for timers in (2, 3):
            await purse.skipper.fast_forward(run, timedelta(minutes=61))
            await told.until_timers(run, timers)
        await purse.skipper.fast_forward(run, timedelta(hours=24))
        assert await run.result() == "EXPIRED"
        return run


async def refund_decided_late(told: Recorder) -> Run:
    """Its ladder has no end; the decision closes the task."""
    purse = purse_of(told)
    async with told.clinic.worker():
        visit = await purse.walk.seen()
        await purse.deposits(visit, "400")
        refund = await purse.asks_refund(visit, "100")
        run = purse.run(refund)
        await told.until_timers(run, 1)
        await purse.skipper.fast_forward(run, timedelta(minutes=61))
        await told.until_timers(run, 2)
        assert (await purse.decides_refund(visit, refund)).status_code == 201
        assert await run.result() == "APPROVED"
        return run


async def coverage_heard_by_a_visit_that_pays_first(told: Recorder) -> Run:
    """The payer is away while the patient comes; when it has answered, the visit hears of it."""
    purse = purse_of(told)
    async with told.clinic.worker():
        await told.sandbox.breaks("sha", "down")
        visit = await purse.walk.registered(payment_type="SHA", insurance_type="SHA")
        pays_first = "update visits set gates = '[\"LABORATORY\"]' where id = %s"
        await told.clinic.rows(pays_first, visit["id"])
        await told.sandbox.mend("sha")
        run = told.client.get_workflow_handle(coverage.workflow_id(UUID(visit["id"])))
        assert await run.result() == "ACTIVE"

        async def has_heard() -> bool:
            heard = "select 1 from commands where visit_id = %s and kind = 'hear_cover' and status = 'DONE'"
            return bool(await told.clinic.rows(heard, visit["id"]))

        await eventually(has_heard)
        return run


MONEY_STORIES = (waiver_lapsed, refund_decided_late, coverage_heard_by_a_visit_that_pays_first)
