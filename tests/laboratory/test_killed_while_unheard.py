"""A worker dies while a critical value waits to be heard: nobody is told twice, and nobody is forgotten."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from activities.records import Records, Turn
from activities.tasks import Tasks
from integrations.database import writing_pool
from models.actions import ReportLabTest
from models.actions.base import Start
from models.command import Command
from models.staff import Person, Role
from tests.clinic import WholeClinic
from tests.laboratory.bench import A_MINUTE, LAB, LOW, Bench
from tests.laboratory.test_critical_loop import ALL_RUNGS
from tests.late_answers import heard, late_answer, until_heard
from tests.workflow.test_clock import waits


async def test_killed_between_two_rungs(bare: Bench) -> None:
    async with bare.clinic.worker_process() as doomed:
        visit, test = await bare.ordered()
        await bare.report(test, LOW)
        await bare.told(visit, 1)
        await waits(bare.loop(test))
        doomed.kill()
        await doomed.wait()
    async with bare.clinic.worker():
        await bare.skipper.fast_forward(bare.loop(test), 16 * A_MINUTE)
        await bare.told(visit, 2)
        await waits(bare.loop(test), 2)
        await bare.skipper.fast_forward(bare.loop(test), 16 * A_MINUTE)
        await bare.told(visit, 3)
        assert await bare.steps(visit) == ALL_RUNGS
        assert len(await bare.events("lab:critical", test)) == 3
        await bare.read_back(visit, test)
        assert await bare.loop(test).result() == "ACKNOWLEDGED"


async def test_acknowledged_while_no_worker_was_there(bare: Bench) -> None:
    async with bare.clinic.worker():
        visit, test = await bare.ordered()
        await bare.report(test, LOW)
        await bare.told(visit, 1)
        await waits(bare.loop(test))
    body = {"kind": "acknowledge_critical", "lab_request_id": test, "read_back": LOW}
    answer = await bare.walk.does(Role.CLINICAL_OFFICER, "POST", f"/api/visits/{visit['id']}/actions", body)
    assert answer.status_code == 202
    async with bare.clinic.worker():
        assert await bare.loop(test).result() == "ACKNOWLEDGED"
        assert await bare.steps(visit) == ALL_RUNGS[:1]


async def lab_technician(clinic: WholeClinic) -> Person:
    (row,) = await clinic.rows("select id, facility_id from users where user_name = 'lab_technician'")
    return Person(id=row["id"], facility_id=row["facility_id"], roles=(LAB,))


async def test_a_worker_that_finds_a_report_written_begins_the_loop_all_the_same(bare: Bench) -> None:
    """The first attempt died after its commit: the second finds the command, and what it was to begin."""
    async with bare.clinic.worker():
        visit, test = await bare.ordered()
    secret = bare.clinic.settings.command_secret.get_secret_value().encode()
    command = Command(
        id=uuid4(),
        visit_id=UUID(visit["id"]),
        actor=await lab_technician(bare.clinic),
        at=datetime.now(UTC),
        action=ReportLabTest(lab_request_id=UUID(test), status="COMPLETED", results={"hemoglobin": LOW}),
    ).signed(secret)
    async with writing_pool(bare.clinic.settings, size=2) as pool:
        records = Records(pool, secret)
        before = (await records.load(UUID(visit["id"]))).visit
        first = await records.record(Turn(visit=before, command=command))
        second = await records.record(Turn(visit=before, command=command))
    assert (first.repeated, second.repeated) == (False, True)
    assert Start(kind="CriticalResult", id=UUID(test)) in first.starts
    assert second.starts == first.starts


async def test_a_value_that_is_corrected_while_its_loop_closes_is_read_back_too(bare: Bench) -> None:
    with late_answer(Tasks, "close") as closing:
        async with bare.clinic.worker():
            visit, test = await bare.ordered()
            await bare.report(test, LOW)
            await bare.task(visit, "ACKNOWLEDGE_CRITICAL")
            closing.waits = lambda task: True
            await bare.read_back(visit, test)
            await closing.there.wait()
            before = await heard(bare.loop(test))
            form = {"lab_request_id": test, "results": {"hemoglobin": "5.2"}, "reason": "Read upside down"}
            await bare.acts(LAB, visit, "correct_lab_result", **form)
            await until_heard(bare.loop(test), before)
            closing.goes.set()
            await bare.task(visit, "ACKNOWLEDGE_CRITICAL")
            await bare.read_back(visit, test, "5.2")
            assert await bare.loop(test).result() == "ACKNOWLEDGED"
            await bare.no_task(visit, "ACKNOWLEDGE_CRITICAL")
