"""What happens in the recorded histories of comparing rows and workflows."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from activities.records import Records, Turn
from integrations.database import writing_pool
from models.actions import TakeIn
from models.command import Command
from models.staff import Person, Role
from tests.clinic import eventually
from tests.histories.recorder import Recorder, Run
from workflows.reconciliation import ReconciliationWorkflow
from workflows.visit import LOOK_AGAIN

LATE = "select escalations from overdues where visit_id = %s"
LONG_AGO = """
    update visits set clocks = jsonb_set(clocks, '{0,due_at}', to_jsonb(now() - interval '2 hours')) where id = %s
"""


async def reconciliation(told: Recorder) -> Run:
    async with told.clinic.worker():
        await told.walk.triaged()
        queue = told.clinic.settings.task_queue
        run = await told.client.start_workflow(
            ReconciliationWorkflow.run, id="reconciliation-recorded", task_queue=queue
        )
        await run.result()
        return run


async def visit_told_to_look_again(told: Recorder) -> Run:
    """The row moves behind the run's back; the run looks, and goes on to the visit's end."""
    async with told.clinic.worker():
        visit = await told.walk.triaged()
        run = await told.run(visit["id"])
        await taken_in_behind_its_back(told, UUID(visit["id"]))
        await run.signal(LOOK_AGAIN)
        await told.walk.encounter(visit["id"])
        return await told.closed(visit["id"])


async def visit_that_watches_its_clocks_anew(told: Recorder) -> Run:
    """The row's first deadline has passed behind the run's back; told to look, it tells who should have been told."""
    async with told.clinic.worker():
        visit = await told.walk.triaged()
        run = await told.run(visit["id"])
        await told.clinic.rows(LONG_AGO, visit["id"])
        await run.signal(LOOK_AGAIN)

        async def is_told() -> bool:
            return [row["escalations"] for row in await told.clinic.rows(LATE, visit["id"])] == [3]

        await eventually(is_told)
        await taken_in_behind_its_back(told, UUID(visit["id"]))
        await run.signal(LOOK_AGAIN)
        await told.walk.encounter(visit["id"])
        return await told.closed(visit["id"])


async def visit_freed_from_the_ui(told: Recorder) -> Run:
    """A supervisor sends signals by name: one is refused, one makes no sense, one ends the visit."""
    async with told.clinic.worker():
        visit = await told.walk.seen()
        run = await told.run(visit["id"])
        await run.signal("cancel_visit", "Somebody waits at the gate")
        await run.signal("release_patient", {"station": 7})
        await run.signal("patient_left", "Nobody has seen them since noon")
        await run.result()
        return run


async def taken_in_behind_its_back(told: Recorder, visit_id: UUID) -> None:
    secret = told.clinic.settings.command_secret.get_secret_value().encode()
    (row,) = await told.clinic.rows("select id, facility_id from users where user_name = 'clinical_officer'")
    actor = Person(id=row["id"], facility_id=row["facility_id"], roles=(Role.CLINICAL_OFFICER,))
    command = Command(id=uuid4(), visit_id=visit_id, actor=actor, at=datetime.now(UTC), action=TakeIn())
    async with writing_pool(told.clinic.settings, size=2) as pool:
        records = Records(pool, secret)
        visit = (await records.load(visit_id)).visit
        outcome = await records.record(Turn(visit=visit, command=command.signed(secret)))
    assert outcome.problem is None


RECONCILING_STORIES = (
    reconciliation,
    visit_told_to_look_again,
    visit_that_watches_its_clocks_anew,
    visit_freed_from_the_ui,
)
