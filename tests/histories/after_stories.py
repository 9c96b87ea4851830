"""What happens in the recorded histories of what comes after a visit."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from models.staff import Role
from tests.afterwards.later import A_DAY, Later
from tests.afterwards.recalling import Recalls, in_days
from tests.histories.recorder import Recorder, Run
from tests.messages.conftest import PostOffice
from tests.pharmacy.counter import Counter
from workflows.after_care import workflow_id as after_care_id
from workflows.patient_merge import workflow_id as merge_id
from workflows.reminder import workflow_id as reminder_id

A_MINUTE = timedelta(minutes=1)


def later_of(told: Recorder) -> Later:
    return Later(PostOffice(told.clinic, told.sandbox, told.walk))


def recalls_of(told: Recorder) -> Recalls:
    return Recalls(PostOffice(told.clinic, told.sandbox, told.walk))


async def appointment_day_missed(told: Recorder) -> Run:
    """Nobody comes: the patient is invited, and the ladder climbed to its end."""
    later = later_of(told)
    async with told.clinic.worker():
        appointment = await later.expected()
        run = await later.day(appointment)
        await later.passes(run)
        await later.invited(appointment)
        await later.passes(run, 2 * A_DAY)
        assert await run.result() == "MISSED"
        return run


async def appointment_day_kept(told: Recorder) -> Run:
    """It hears that the patient is here."""
    later = later_of(told)
    async with told.clinic.worker():
        appointment = await later.expected()
        run = await later.day(appointment)
        await later.comes(appointment["patient_id"])
        assert await run.result() == "FULFILLED"
        return run


async def reminder_that_hands_over(told: Recorder) -> Run:
    """Too late for a message; at its hour the appointment's day begins."""
    later = later_of(told)
    async with told.clinic.worker():
        visit = await later.gone()
        soon = (datetime.now(UTC) + A_MINUTE).isoformat()
        body = {"patient_id": visit["patient_id"], "appointment_date": soon}
        appointment = await later.walk.done("receptionist", "POST", "/api/appointments", body)
        run = told.client.get_workflow_handle(reminder_id(appointment["id"]))
        await told.until_timers(run, 1)
        await later.passes(run, 2 * A_MINUTE)
        assert await run.result() == "NOTHING"
        return run


async def recall_over_months(told: Recorder) -> Run:
    """Reminded of, traced in vain for months, and closed by the method's end."""
    recalls = recalls_of(told)
    async with told.clinic.worker():
        visit = await recalls.walk.seen()
        await recalls.injects(visit)
        owed = await recalls.recalled(visit["patient_id"], in_days(91))
        run = recalls.watching(owed)
        await told.until_timers(run, 1)
        await recalls.passes(run, 92 * A_DAY)
        await told.sent(owed["id"])
        await recalls.passes(run, 90 * A_DAY)
        await recalls.tracing(owed, escalations=2)
        await recalls.injects(visit, status="DISCONTINUED")
        assert await run.result() == "DONE"
        return run


async def after_care_of_a_child(told: Recorder) -> Run:
    """Two doses: the second look hears of the first, or begins anew."""
    recalls = recalls_of(told)
    async with told.clinic.worker():
        visit = await recalls.child()
        await recalls.gives(visit, "PENTA")
        await recalls.recalled(visit["patient_id"])
        run = told.client.get_workflow_handle(after_care_id(visit["patient_id"]))
        assert await run.result() == "DONE"
        described = await run.describe()
        return told.client.get_workflow_handle(described.id, run_id=described.run_id)


async def drugs_owed_that_came(told: Recorder) -> Run:
    """The delivery is told in the morning, or at once by day; then the pieces are handed out."""
    counter = Counter(told.clinic, told.walk)
    async with told.clinic.worker():
        code = await counter.drug()
        visit = await counter.walk.seen()
        prescription = await counter.prescribed(visit, code, 4)
        await counter.handed_out(prescription, "OWED")
        owed = await counter.owed(visit)
        run = counter.debt(owed)
        await counter.task(visit)
        await counter.receive(code, 10)
        await told.until_timers(run, 2)
        await told.sent(owed["id"])
        await counter.handed_out(prescription)
        assert await run.result() == "DONE"
        return run


async def patients_merged_and_looked_after(told: Recorder) -> Run:
    """Both registrations are looked at again."""
    recalls = recalls_of(told)
    async with told.clinic.worker():
        first, second = await recalls.gone(), await recalls.walk.seen()
        await recalls.injects(second)
        await recalls.recalled(second["patient_id"])
        key = str(uuid4())
        body = {"patient_id": second["patient_id"], "reason": "Registered twice", "override_reason": "The same"}
        path = f"/api/patients/{first['patient_id']}/merge"
        await told.walk.done(Role.SUPERVISOR, "POST", path, body, key=key)
        run = told.client.get_workflow_handle(merge_id(UUID(key)))
        assert await run.result() == "DONE"
        return run


AFTER_STORIES = (
    appointment_day_missed,
    appointment_day_kept,
    reminder_that_hands_over,
    recall_over_months,
    after_care_of_a_child,
    drugs_owed_that_came,
    patients_merged_and_looked_after,
)
