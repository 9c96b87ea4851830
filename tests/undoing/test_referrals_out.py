"""Referrals to other facilities: the clinic asks what came of them until it knows, also when the patient has left."""

from datetime import timedelta
from typing import Any

from models.staff import Role
from tests.clinic import eventually
from tests.laboratory.bench import OFFICER
from tests.undoing.records_desk import RecordsDesk, until_late
from tests.walks import fresh
from tests.workflow.test_clock import waits

A_DAY = timedelta(days=1)
ANSWER = {"feedback": "Appendix removed, recovers well", "feedback_from": "Dr Wema, ward 3"}


async def left(records: RecordsDesk, **changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A visit that ended by a referral, and the referral."""
    visit = await records.walk.seen()
    sent = await records.referred_out(visit, **changed)
    await records.walk.paid(visit["id"])
    await records.walk.discharged(visit["id"])
    return await records.done_with(visit), sent


async def escalated(records: RecordsDesk, visit: dict[str, Any], times: int) -> None:
    async def is_told() -> bool:
        (task,) = await records.tasks(visit, "FOLLOW_UP_REFERRAL")
        return bool(task["escalations"] == times and task["escalated_to"] == "SUPERVISOR")

    await eventually(is_told)


async def test_who_leaves_by_a_referral_has_been_referred_and_feedback_is_asked_for(records: RecordsDesk) -> None:
    visit, sent = await left(records)
    assert (visit["status"], visit["referred_out"]) == ("REFERRED", [sent["id"]])
    (owed,) = await records.owed(visit)
    assert (owed["kind"], owed["referral_id"], owed["due_at"]) == ("REFERRAL_FEEDBACK", sent["id"], sent["feedback_by"])
    task = await records.task(visit, "FOLLOW_UP_REFERRAL")
    assert (task["role"], task["owner_id"], task["due_at"]) == (OFFICER, sent["referred_by"], sent["feedback_by"])
    answer = await records.acts(OFFICER, visit, "record_referral_feedback", referral_id=sent["id"], **ANSWER)
    assert (answer["status"], answer["feedback"]) == ("COMPLETED", ANSWER["feedback"])
    assert await records.waiting_for(sent["id"]).result() == "DONE"
    await records.no_task(visit, "FOLLOW_UP_REFERRAL")
    (kept,) = await records.listed(f"/api/referrals?patient_id={visit['patient_id']}")
    assert (kept["feedback_from"], kept["facility_name"]) == (ANSWER["feedback_from"], "County hospital")
    assert (await records.walk.visit(visit["id"]))["referred_out"] == []
    body = {"kind": "record_referral_feedback", "referral_id": sent["id"], **ANSWER}
    again = await records.walk.does(OFFICER, "POST", f"/api/visits/{visit['id']}/actions", body)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-done")


async def test_feedback_that_is_late_is_asked_for_by_the_supervisor_again_and_again(records: RecordsDesk) -> None:
    visit, sent = await left(records, urgency="ROUTINE")
    run = records.waiting_for(sent["id"])
    await records.task(visit, "FOLLOW_UP_REFERRAL")
    await waits(run)
    await records.skipper.fast_forward(run, 13 * A_DAY)
    (task,) = await records.tasks(visit, "FOLLOW_UP_REFERRAL")
    assert task["escalations"] == 0
    await records.skipper.fast_forward(run, until_late(task) - 13 * A_DAY)
    await escalated(records, visit, 1)
    await waits(run, 2)
    await records.skipper.fast_forward(run, A_DAY)
    await escalated(records, visit, 2)
    await records.acts(OFFICER, visit, "record_referral_feedback", referral_id=sent["id"], **ANSWER)
    assert await run.result() == "DONE"


async def test_a_referral_that_is_taken_back_is_not_followed_up(records: RecordsDesk) -> None:
    visit = await records.walk.seen()
    sent = await records.referred_out(visit)
    await records.task(visit, "FOLLOW_UP_REFERRAL")
    answer = await records.acts(OFFICER, visit, "cancel_referral", referral_id=sent["id"], reason="Feels well")
    assert (answer["status"], answer["cancel_reason"]) == ("CANCELLED", "Feels well")
    assert await records.waiting_for(sent["id"]).result() == "CANCELLED"
    await records.no_task(visit, "FOLLOW_UP_REFERRAL")
    await records.walk.paid(visit["id"])
    assert (await records.walk.discharged(visit["id"]))["status"] == "COMPLETED"


async def test_a_referral_within_the_clinic_is_taken_back_and_the_patient_waits_for_the_clinician(
    records: RecordsDesk,
) -> None:
    visit = await records.walk.triaged()
    path = f"/api/visits/{visit['id']}/referrals"
    sent = await records.walk.done(Role.TRIAGE_NURSE, "POST", path, {"station": "MCH", "reason": "ANC"})
    assert sent["visit"]["waiting_at"] == ["MCH"]
    body = {"kind": "cancel_referral", "referral_id": sent["id"], "reason": "Not pregnant"}
    no = await records.walk.does("triage_nurse_2", "POST", f"/api/visits/{visit['id']}/actions", body)
    assert (no.status_code, no.json()["roles"]) == (403, ["CLINICAL_OFFICER"])
    answer = await records.acts(Role.TRIAGE_NURSE, visit, "cancel_referral", referral_id=sent["id"], reason="Not so")
    assert (answer["visit"]["status"], answer["visit"]["waiting_at"]) == ("TRIAGED", ["CONSULTATION"])


async def test_a_referral_that_was_an_error_did_not_end_the_visit(records: RecordsDesk) -> None:
    visit, sent = await left(records)
    answer = await records.marked(OFFICER, visit, "REFERRAL", sent["id"])
    assert (answer["visit"]["status"], answer["visit"]["referred_out"]) == ("COMPLETED", [])
    assert await records.waiting_for(sent["id"]).result() == "CANCELLED"


async def test_the_obligation_of_a_referral_is_not_closed_by_telling_the_patient(records: RecordsDesk) -> None:
    visit, sent = await left(records)
    (owed,) = await records.owed(visit)
    body = {"kind": "tell_patient", "obligation_id": owed["id"], "outcome": "Called"}
    no = await records.walk.does(OFFICER, "POST", f"/api/visits/{visit['id']}/actions", body)
    assert (no.status_code, "record_referral_feedback" in no.json()["detail"]) == (409, True)
    assert (await records.owed(visit))[0]["referral_id"] == sent["id"]


async def test_the_same_referral_sent_twice_is_one_referral(records: RecordsDesk) -> None:
    visit, key = await records.walk.seen(), fresh()
    body = {
        "kind": "refer_out",
        "facility_name": "County hospital",
        "urgency": "ROUTINE",
        "reason": "X-ray",
        "clinical_summary": "Fall from a tree",
        "feedback_by": "2027-01-15",
    }
    path = f"/api/visits/{visit['id']}/actions"
    first = await records.walk.done(OFFICER, "POST", path, body, key)
    again = await records.walk.done(OFFICER, "POST", path, body, key)
    assert first == again
    assert first["feedback_by"].startswith("2027-01-15T14:00"), "when work ends in Nairobi"
    assert len(await records.owed(visit)) == 1
