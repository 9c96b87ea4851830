"""By day what is open or moved lately is compared, by night everything; what differed once is looked at until it does
not."""

from temporalio.client import WorkflowExecutionStatus

from models.reconciliation import Code
from tests.clinic import eventually
from tests.reconciling.house import House
from workers.schedules import RECONCILIATION, reconciliation

OLD = "update visits set updated_at = updated_at - interval '3 days', completed_at = completed_at - interval '3 days'"


async def test_an_old_visit_is_compared_by_night_and_then_until_it_agrees(house: House) -> None:
    visit = await house.walk.seen()
    await house.walk.paid(visit["id"])
    await house.walk.discharged(visit["id"])
    await house.clinic.rows(f"{OLD} where id = %s", visit["id"])
    await house.clinic.rows("update visits set amount_waived = 0, amount_paid = 1 where id = %s", visit["id"])
    by_day = await house.compared(everything=False)
    assert (by_day.report.visits, by_day.findings) == (0, [])
    by_night = await house.compared()
    assert {one.code for one in by_night.findings} == {Code.LEDGER_PAID, Code.VISIT_PAYMENT_STATUS}
    again = await house.compared(everything=False)
    assert (again.report.visits, again.findings) == (1, by_night.findings)
    await house.clinic.rows("update visits set amount_paid = total_amount where id = %s", visit["id"])
    assert (await house.compared(everything=False)).findings == []
    assert await house.book(Code.LEDGER_PAID) == []
    assert (await house.compared(everything=False)).report.visits == 0


async def test_the_schedule_runs_every_hour_and_never_twice_at_once(house: House) -> None:
    client = house.clinic.clinic.temporal
    described = await client.get_schedule_handle(RECONCILIATION).describe()
    first, second = described.info.next_action_times[:2]
    assert (second - first).total_seconds() == 3600
    assert described.schedule.policy.overlap == reconciliation(house.clinic.settings).policy.overlap
    await client.get_schedule_handle(RECONCILIATION).trigger()

    async def is_done() -> bool:
        runs = [one async for one in client.list_workflows("WorkflowType = 'Reconciliation'")]
        return bool(runs) and all(one.status is WorkflowExecutionStatus.COMPLETED for one in runs)

    await eventually(is_done, 60)
