"""What happens in the recorded histories of drugs that are owed to a patient."""

from datetime import timedelta

from tests.histories.recorder import Recorder, Run
from tests.pharmacy.counter import Counter
from workflows.visit import workflow_id as visit_run_id


def counter_of(told: Recorder) -> Counter:
    return Counter(told.clinic, told.walk)


async def drugs_owed_late(told: Recorder) -> Run:
    """The supervisor hears that it is late, a part is handed out, then the rest."""
    counter = counter_of(told)
    async with told.clinic.worker():
        visit = await counter.walk.seen()
        prescription = await counter.prescribed(visit, "Zinc", 10)
        await counter.handed_out(prescription, "OWED", quantity_dispensed=2)
        debt = counter.debt(await counter.owed(visit))
        await told.until_timers(debt, 1)
        await counter.skipper.fast_forward(debt, timedelta(days=3, minutes=1))
        await told.until_timers(debt, 2)
        await counter.leaves(visit)
        await counter.handed_out(prescription, "PARTIALLY_DISPENSED", quantity_dispensed=3)
        await counter.handed_out(prescription)
        assert await debt.result() == "DONE"
        return debt


async def visit_with_owed_drugs(told: Recorder) -> Run:
    """The run that handing out after the discharge starts: it tells the obligation, and ends."""
    counter = counter_of(told)
    async with told.clinic.worker():
        visit = await counter.walk.seen()
        prescription = await counter.prescribed(visit, "Zinc", 10)
        await counter.handed_out(prescription, "OWED")
        first = await told.run(visit["id"])
        await counter.leaves(visit)
        await first.result()
        await counter.handed_out(prescription)
        await told.client.get_workflow_handle(visit_run_id(visit["id"])).result()
        late = await told.run(visit["id"])
        assert late.run_id != first.run_id
        return late


PHARMACY_STORIES = (drugs_owed_late, visit_with_owed_drugs)
