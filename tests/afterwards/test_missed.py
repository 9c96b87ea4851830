"""Who does not come to an appointment is noticed, invited once, and called."""

from models.staff import Role
from tests.afterwards.later import A_DAY, AN_HOUR, RECEPTION, SUPERVISOR, Later
from tests.messages.conftest import phones
from tests.services.test_messages import CLINICAL


async def test_who_does_not_come_is_missed_invited_once_and_called(later: Later) -> None:
    phone = next(phones)
    appointment = await later.expected(phone_number=phone)
    run = await later.day(appointment)
    await later.passes(run)
    missed = await later.is_now(appointment, "MISSED")
    task = await later.call_is(appointment, "OPEN")
    assert (task["role"], task["due_at"] is not None) == ("RECEPTIONIST", True)
    assert missed["fulfilled_by"] is None
    (event,) = await later.heard(appointment)
    assert event["audience"] == ["RECEPTIONIST", "SUPERVISOR"]
    await later.invited(appointment)
    (sms,) = [one for one in await later.post_office.received(phone) if "expected you" in one["details"]["text"]]
    assert not CLINICAL.search(sms["details"]["text"].removeprefix("Njia Development Clinic"))
    listed = (await later.walk.does(RECEPTION, "GET", "/api/tasks?limit=200")).json()["items"]
    assert str(task["id"]) in {one["id"] for one in listed}


async def test_who_comes_on_the_day_has_kept_the_appointment(later: Later) -> None:
    appointment = await later.expected()
    run = await later.day(appointment)
    visit = await later.comes(appointment["patient_id"])
    kept = await later.is_now(appointment, "FULFILLED")
    assert kept["fulfilled_by"] == visit["id"]
    assert await run.result() == "FULFILLED"
    assert not await later.calls(appointment)
    assert not await later.invitations(appointment)


async def test_nobody_calling_is_told_up_the_ladder(later: Later) -> None:
    appointment = await later.expected()
    run = await later.day(appointment)
    await later.passes(run)
    await later.invited(appointment)
    await later.passes(run, 2 * A_DAY)
    task = await later.call_is(appointment, "OPEN", escalated_to="ADMIN")
    assert task["escalations"] == 2
    assert await run.result() == "MISSED"
    done = {"kind": "complete", "outcome": "Moved to another town"}
    await later.walk.done(RECEPTION, "POST", f"/api/tasks/{task['id']}/actions", done)


async def test_a_missed_appointment_is_given_a_new_day(later: Later) -> None:
    appointment = await later.expected()
    run = await later.day(appointment)
    await later.passes(run)
    await later.call_is(appointment, "OPEN")
    path = f"/api/appointments/{appointment['id']}"
    refused = await later.walk.does(RECEPTION, "PUT", path, {"notes": "Bring the card"})
    assert refused.status_code == 409
    moved = await later.walk.done(RECEPTION, "PUT", path, {"appointment_date": "2030-01-01T09:00:00+03:00"})
    assert (moved["status"], moved["times_missed"], moved["version"]) == ("SCHEDULED", 1, 3)
    assert (await later.call_is(appointment, "DONE"))["outcome"] == "A new day was agreed on."
    reminder = later.post_office.reminder(appointment)
    assert (await reminder.describe()).status
    audit = await later.walk.does(SUPERVISOR, "GET", f"/api/audit-logs?resource_id={appointment['id']}")
    assert [entry["user_id"] for entry in audit.json()["items"]].count(None) == 0


async def test_what_reception_says_before_the_day_is_over_is_settled_by_who_came(later: Later) -> None:
    appointment = await later.expected()
    path = f"/api/appointments/{appointment['id']}"
    await later.walk.done(RECEPTION, "PUT", path, {"status": "MISSED"})
    run = await later.day(appointment)
    await later.comes(appointment["patient_id"])
    assert await run.result() == "FULFILLED"
    assert (await later.appointment(appointment))["status"] == "FULFILLED"


async def test_who_comes_later_is_not_called_any_more(later: Later) -> None:
    appointment = await later.was_expected()
    await later.begins(appointment)
    await later.call_is(appointment, "OPEN")
    await later.comes(appointment["patient_id"])
    assert (await later.call_is(appointment, "CANCELLED"))["outcome"] == "The patient came later."
    assert (await later.appointment(appointment))["status"] == "MISSED"


async def test_the_reminder_hands_over_at_the_hour(later: Later) -> None:
    visit = await later.gone()
    body = {"patient_id": visit["patient_id"], "appointment_date": "2030-01-01T09:00:00+03:00"}
    appointment = await later.walk.done(Role.CLINICAL_OFFICER, "POST", "/api/appointments", body)
    text = "update appointments set appointment_date = now() + interval '90 seconds' where id = %s"
    await later.clinic.rows(text, appointment["id"])
    reminder = later.post_office.reminder(appointment)
    await later.walk.done(RECEPTION, "PUT", f"/api/appointments/{appointment['id']}", {"notes": "Bring the card"})
    await later.passes(reminder, AN_HOUR)
    await reminder.result()
    run = await later.day(appointment)
    await later.passes(run)
    await later.is_now(appointment, "MISSED")


async def test_who_wants_no_messages_is_called_only(later: Later) -> None:
    phone = next(phones)
    await later.clinic.rows("insert into opt_outs (phone_number) values (%s)", phone)
    appointment = await later.was_expected_by(phone)
    await later.begins(appointment)
    await later.call_is(appointment, "OPEN")
    await later.post_office.message(appointment, "SUPPRESSED")
    assert not await later.post_office.received(phone)


async def test_who_has_no_mobile_phone_is_asked_for_once(later: Later) -> None:
    """Reception calls anyway: there is no second task because of the message."""
    appointment = await later.was_expected_by("0202222222")
    await later.begins(appointment)
    await later.post_office.message(appointment, "FAILED")
    text = "select kind from tasks where words like %s"
    named = await later.clinic.rows(text, f"%{appointment['patient_id']}%")
    assert [task["kind"] for task in named] == ["CALL_BACK_MISSED"]
