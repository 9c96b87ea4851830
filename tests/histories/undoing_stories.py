"""What happens in the recorded histories of referrals to other facilities, and of records entered in error."""

from datetime import timedelta

from models.staff import Role
from tests.histories.recorder import Recorder, Run
from tests.laboratory.bench import LOW, OFFICER
from tests.undoing.records_desk import RecordsDesk


async def referral_answered_late(told: Recorder) -> Run:
    """The patient left by it; the supervisor hears that nobody has answered; then somebody does."""
    desk = RecordsDesk(told.clinic, told.walk)
    async with told.clinic.worker():
        visit = await told.walk.seen()
        sent = await desk.referred_out(visit)
        run = desk.waiting_for(sent["id"])
        await told.until_timers(run, 1)
        await told.walk.paid(visit["id"])
        await told.walk.discharged(visit["id"])
        await desk.skipper.fast_forward(run, timedelta(days=3))
        await told.until_timers(run, 2)
        form = {"referral_id": sent["id"], "feedback": "Operated on", "feedback_from": "Ward 3"}
        await desk.acts(OFFICER, visit, "record_referral_feedback", **form)
        assert await run.result() == "DONE"
        return run


async def referral_taken_back(told: Recorder) -> Run:
    desk = RecordsDesk(told.clinic, told.walk)
    async with told.clinic.worker():
        visit = await told.walk.seen()
        sent = await desk.referred_out(visit)
        run = desk.waiting_for(sent["id"])
        await told.until_timers(run, 1)
        await desk.acts(OFFICER, visit, "cancel_referral", referral_id=sent["id"], reason="Feels well")
        assert await run.result() == "CANCELLED"
        return run


async def visit_with_errors(told: Recorder) -> Run:
    """A critical result of another patient, a triage and a consultation are marked; the visit goes on from there."""
    desk = RecordsDesk(told.clinic, told.walk)
    async with told.clinic.worker():
        visit, test = await desk.ordered()
        run = await told.run(visit["id"])
        await desk.report(test, LOW)
        await desk.told(visit, 1)
        await desk.marked(OFFICER, visit, "LAB_REQUEST", test)
        assert await desk.loop(test).result() == "CORRECTED"
        encounters = await desk.listed(f"/api/patient-encounters?visit_id={visit['id']}")
        for encounter in encounters:
            await desk.marked(Role.SUPERVISOR, visit, "ENCOUNTER", encounter["id"])
        await run.signal("submit", {"kind": "cancel_visit", "reason": "All of it was another patient's"})
        await run.result()
        return run


UNDOING_STORIES = (referral_answered_late, referral_taken_back, visit_with_errors)
