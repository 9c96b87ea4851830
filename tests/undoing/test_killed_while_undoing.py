"""A worker dies around an undoing: it is done once, and nobody who waits is forgotten or asked twice."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from activities.records import Records, Turn
from integrations.database import writing_pool
from models.actions import EnterInError
from models.actions.base import Start
from models.command import Command
from models.staff import Person, Role
from tests.laboratory.bench import LOW, OFFICER, SUPERVISOR
from tests.undoing.records_desk import RecordsDesk, until_late
from tests.workflow.test_clock import waits
from workers.recovery import recover

ANSWER = {"feedback": "Operated on", "feedback_from": "Ward 3"}


async def test_marked_while_no_worker_was_there(bare_records: RecordsDesk) -> None:
    desk = bare_records
    async with desk.clinic.worker():
        visit, test = await desk.ordered()
        await desk.report(test, LOW)
        await desk.told(visit, 1)
        await waits(desk.loop(test))
    answer = await desk.marks(OFFICER, visit, "LAB_REQUEST", test)
    assert answer.status_code == 202
    async with desk.clinic.worker():
        assert await desk.loop(test).result() == "CORRECTED"
        await desk.no_task(visit, "ACKNOWLEDGE_CRITICAL")
        assert (await desk.walk.visit(visit["id"]))["total_amount"] == "300.00"


async def test_killed_while_feedback_is_waited_for(bare_records: RecordsDesk) -> None:
    desk = bare_records
    async with desk.clinic.worker_process() as doomed:
        visit = await desk.walk.seen()
        sent = await desk.referred_out(visit)
        run = desk.waiting_for(sent["id"])
        await waits(run)
        doomed.kill()
        await doomed.wait()
    async with desk.clinic.worker():
        await desk.skipper.fast_forward(run, until_late(await desk.task(visit, "FOLLOW_UP_REFERRAL")))
        await waits(run, 2)
        (task,) = await desk.tasks(visit, "FOLLOW_UP_REFERRAL")
        assert (task["escalations"], task["escalated_to"]) == (1, SUPERVISOR)
        await run.terminate("lost")
        await recover(desk.clinic.clinic.temporal, desk.clinic.settings)
        await desk.acts(OFFICER, visit, "record_referral_feedback", referral_id=sent["id"], **ANSWER)
        assert await desk.waiting_for(sent["id"]).result() == "DONE"
        await desk.no_task(visit, "FOLLOW_UP_REFERRAL")


async def test_a_worker_that_finds_a_mark_written_lets_everybody_hear_of_it(bare_records: RecordsDesk) -> None:
    """The first attempt died after its commit: the second finds the command, and whom it was to tell."""
    desk = bare_records
    async with desk.clinic.worker():
        visit, test = await desk.ordered()
        await desk.report(test, LOW)
    secret = desk.clinic.settings.command_secret.get_secret_value().encode()
    (row,) = await desk.clinic.rows("select id, facility_id from users where user_name = 'supervisor'")
    command = Command(
        id=uuid4(),
        visit_id=UUID(visit["id"]),
        actor=Person(id=row["id"], facility_id=row["facility_id"], roles=(Role.SUPERVISOR,)),
        at=datetime.now(UTC),
        action=EnterInError(record="LAB_REQUEST", record_id=UUID(test), reason="Of another patient"),
    ).signed(secret)
    async with writing_pool(desk.clinic.settings, size=2) as pool:
        records = Records(pool, secret)
        before = (await records.load(UUID(visit["id"]))).visit
        first = await records.record(Turn(visit=before, command=command))
        second = await records.record(Turn(visit=before, command=command))
    assert (first.repeated, second.repeated) == (False, True)
    assert Start(kind="CriticalResult", id=UUID(test)) in first.starts
    assert second.starts == first.starts
    assert second.visit == first.visit
    taken_back = "select count(*) as lines from charges where visit_id = %s and taken_back_by = %s"
    assert (await desk.clinic.rows(taken_back, visit["id"], command.id))[0]["lines"] == 1
