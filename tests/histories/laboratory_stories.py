"""What happens in the recorded histories of critical values and of results for patients who have left."""

from models.staff import Role
from tests.histories.recorder import Recorder, Run
from tests.laboratory.bench import A_MINUTE, LAB, LOW, Bench
from workflows.visit import workflow_id as visit_run_id


def bench_of(told: Recorder) -> Bench:
    return Bench(told.clinic, told.walk)


async def critical_result_read_back(told: Recorder) -> Run:
    """Told up the ladder, reported anew in between, and read back in the end."""
    bench = bench_of(told)
    async with told.clinic.worker():
        visit, test = await bench.ordered()
        await bench.report(test, LOW, "PRELIMINARY")
        await bench.told(visit, 1)
        loop = bench.loop(test)
        await told.until_timers(loop, 1)
        await bench.skipper.fast_forward(loop, 16 * A_MINUTE)
        await bench.told(visit, 2)
        await told.until_timers(loop, 2)
        await bench.report(test, LOW)
        await told.until_timers(loop, 3)
        await bench.read_back(visit, test)
        assert await loop.result() == "ACKNOWLEDGED"
        return loop


async def critical_result_corrected(told: Recorder) -> Run:
    """It was no critical value after all."""
    bench = bench_of(told)
    async with told.clinic.worker():
        visit, test = await bench.ordered()
        await bench.report(test, LOW)
        await bench.told(visit, 1)
        await told.until_timers(bench.loop(test), 1)
        form = {"lab_request_id": test, "results": {"hemoglobin": "16.1"}, "reason": "Read upside down"}
        await bench.acts(LAB, visit, "correct_lab_result", **form)
        assert await bench.loop(test).result() == "CORRECTED"
        return bench.loop(test)


async def obligation_told_late(told: Recorder) -> Run:
    """A result for a patient who has left: the supervisor hears that it is late, then the patient is told."""
    bench = bench_of(told)
    async with told.clinic.worker():
        visit, test = await bench.ordered()
        await bench.leaves(visit)
        await bench.report(test)
        (owed,) = await bench.listed(f"/api/obligations?visit_id={visit['id']}")
        debt = bench.debt(owed)
        await told.until_timers(debt, 1)
        await bench.skipper.fast_forward(debt, 24 * 60 * A_MINUTE + A_MINUTE)
        await told.until_timers(debt, 2)
        form = {"obligation_id": owed["id"], "outcome": "Called"}
        await bench.acts(Role.CLINICAL_OFFICER, visit, "tell_patient", **form)
        assert await debt.result() == "DONE"
        return debt


async def visit_with_late_results(told: Recorder) -> Run:
    """The run that a result after discharge starts: it begins the loop and the obligation, and ends."""
    bench = bench_of(told)
    async with told.clinic.worker():
        visit, test = await bench.ordered()
        first = await told.run(visit["id"])
        await bench.leaves(visit)
        await first.result()
        await bench.report(test, LOW)
        await told.client.get_workflow_handle(visit_run_id(visit["id"])).result()
        late = await told.run(visit["id"])
        assert late.run_id != first.run_id
        return late


LABORATORY_STORIES = (
    critical_result_read_back,
    critical_result_corrected,
    obligation_told_late,
    visit_with_late_results,
)
