"""What happens in the recorded histories of visits that end and come back."""

from datetime import UTC, datetime
from typing import Any

from models.staff import Role
from tests.claims.backlog import pause, resume
from tests.claims.conftest import CODE
from tests.histories.claim_stories import counter_of, run_of, until_paid
from tests.histories.recorder import Recorder, Run

OFFICER, SUPERVISOR = Role.CLINICAL_OFFICER, Role.SUPERVISOR


async def acts(told: Recorder, who: Role | str, visit: dict[str, Any], kind: str, **form: Any) -> dict[str, Any]:
    return await told.walk.done(who, "POST", f"/api/visits/{visit['id']}/actions", {"kind": kind, **form})


async def visit_reopened(told: Recorder) -> Run:
    """The run that begins with the reopening, works, and ends with the next discharge."""
    async with told.clinic.worker():
        visit = await told.walk.seen()
        test = await told.walk.test_ordered(visit["id"])
        await told.walk.paid(visit["id"])
        first = await told.run(visit["id"])
        await told.walk.discharged(visit["id"], results_to_follow=True, follow_up={"in_days": 30})
        await first.result()
        await acts(told, OFFICER, visit, "reopen_visit", reason="The dressing was forgotten")
        run = await told.run(visit["id"])
        assert run.run_id != first.run_id
        await told.walk.results(test["id"])
        await told.walk.encounter(visit["id"])
        await told.walk.discharged(visit["id"])
        assert await run.result() == "COMPLETED"
        return run


async def visit_reopened_with_nothing_to_begin(told: Recorder) -> Run:
    """Nobody has to hear of it: the run that was about to end goes on."""
    async with told.clinic.worker():
        visit = await told.walk.registered()
        run = await told.run(visit["id"])
        await acts(told, SUPERVISOR, visit, "cancel_visit", reason="Opened twice")
        await run.result()
        await acts(told, OFFICER, visit, "reopen_visit", reason="It was the right one")
        run = await told.run(visit["id"])
        await acts(told, SUPERVISOR, visit, "cancel_visit", reason="Opened twice")
        assert await run.result() == "CANCELLED"
        return run


async def visit_death_taken_back(told: Recorder) -> Run:
    async with told.clinic.worker():
        visit = await told.walk.seen()
        await told.walk.prescribed(visit["id"])
        body = {"patient_id": visit["patient_id"], "appointment_date": "2036-01-01T09:00:00+03:00"}
        await told.walk.done(Role.RECEPTIONIST, "POST", "/api/appointments", body)
        form = {"time_of_death": datetime.now(UTC).isoformat(), "circumstances": "Cardiac arrest"}
        run = await told.run(visit["id"])
        await acts(told, OFFICER, visit, "record_death", **form)
        assert await run.result() == "DECEASED"
        await acts(told, "clinical_officer_2", visit, "undo_death", reason="Written on the wrong visit")
        run = await told.run(visit["id"])
        await acts(told, OFFICER, visit, "record_death", **form)
        assert await run.result() == "DECEASED"
        return run


async def claim_held_while_the_visit_was_open_again(told: Recorder) -> Run:
    """It was about to go out; it waits, is written out anew, agreed with again, and goes out once."""
    counter = counter_of(told)
    async with told.clinic.worker():
        visit = await counter.consulted()
        await counter.invoiced(visit["id"])
        await counter.sent(1, visit["id"])
        await counter.otp(visit["id"], CODE)
        await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
        await told.walk.discharged(visit["id"])
        await pause(counter, "The portal is being mended")
        await counter.otp(visit["id"], CODE)
        made = await counter.becomes(visit["id"], "QUEUED")
        run = await run_of(told, made)
        await acts(told, OFFICER, visit, "reopen_visit", reason="The dressing was forgotten")
        await resume(counter)
        await counter.becomes(visit["id"], "OPEN")
        await told.walk.discharged(visit["id"])
        await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
        await counter.otp(visit["id"], CODE)
        await counter.becomes(visit["id"], "SUBMITTED", "IN_REVIEW", "PAID")
        await until_paid(counter, made)
        assert await run.result() == "PAID"
        return run


async def claim_of_a_cancelled_visit(told: Recorder) -> Run:
    """It waited for the patient's code when it heard."""
    counter = counter_of(told)
    async with told.clinic.worker():
        visit = await counter.consulted()
        await counter.invoiced(visit["id"])
        await counter.task(visit["id"], "ASK_VISIT_CODE")
        run = await run_of(told, await counter.claim_of(visit["id"]))
        await acts(told, SUPERVISOR, visit, "cancel_visit", reason="The wrong person was registered")
        assert await run.result() == "CLOSED"
        return run


ENDING_STORIES = (
    visit_reopened,
    visit_reopened_with_nothing_to_begin,
    visit_death_taken_back,
    claim_held_while_the_visit_was_open_again,
    claim_of_a_cancelled_visit,
)
