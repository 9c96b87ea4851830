"""Reminders: each moment that a patient is appointed for is told once, or a person tells it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models.staff import Role
from tests.clinic import eventually
from tests.messages.conftest import PostOffice, phones, waiting
from tests.services.test_messages import CLINICAL
from workers.recovery import recover

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON, MUCH_LATER = 5 * HOUR, 10 * DAY


async def test_a_patient_is_reminded_once_on_the_day_before(post_office: PostOffice) -> None:
    phone = next(phones)
    appointment = await post_office.booked(MUCH_LATER, phone_number=phone)
    run = post_office.reminder(appointment)
    await waiting(run)
    await post_office.skipper.fast_forward(run, MUCH_LATER - 2 * DAY)
    assert not await post_office.received(phone)
    await post_office.skipper.fast_forward(run, 2 * DAY)
    assert await run.result() == "SENT"
    await post_office.message(appointment, "DELIVERED")
    (sms,) = await post_office.received(phone)
    assert "you have an appointment on" in sms["details"]["text"]
    assert not CLINICAL.search(sms["details"]["text"].removeprefix("Njia Development Clinic"))


async def test_a_near_appointment_is_reminded_of_at_once(post_office: PostOffice) -> None:
    phone = next(phones)
    appointment = await post_office.booked(SOON, phone_number=phone)
    await post_office.message(appointment, "DELIVERED")
    assert len(await post_office.received(phone)) == 1


async def test_an_appointment_within_two_hours_is_not_reminded_of(post_office: PostOffice) -> None:
    appointment = await post_office.booked(HOUR)
    run = post_office.reminder(appointment)
    await waiting(run)
    await post_office.skipper.fast_forward(run, 2 * HOUR)
    assert await run.result() == "NOTHING"
    assert not await post_office.messages(appointment)


async def test_a_reminder_moves_with_its_appointment(post_office: PostOffice) -> None:
    phone = next(phones)
    appointment = await post_office.booked(MUCH_LATER, phone_number=phone)
    run = post_office.reminder(appointment)
    await waiting(run)
    moved = datetime.now(UTC) + 2 * MUCH_LATER
    await post_office.changed(appointment, appointment_date=moved.isoformat())
    await waiting(run, timers=2)
    await post_office.skipper.fast_forward(run, 2 * MUCH_LATER - 2 * DAY)
    assert not await post_office.received(phone)
    await post_office.skipper.fast_forward(run, 2 * DAY)
    assert await run.result() == "SENT"
    (message,) = await post_office.messages(appointment)
    assert message["key"].endswith(moved.isoformat())
    assert len(await post_office.received(phone)) == 1


async def test_who_was_reminded_and_is_moved_is_reminded_of_the_new_moment_too(post_office: PostOffice) -> None:
    phone = next(phones)
    appointment = await post_office.booked(SOON, phone_number=phone)
    await post_office.message(appointment, "DELIVERED")
    await post_office.changed(appointment, notes="Bring the card")
    await post_office.changed(appointment, appointment_date=(datetime.now(UTC) + 2 * SOON).isoformat())

    async def was_told_twice() -> bool:
        return len(await post_office.received(phone)) == 2

    await eventually(was_told_twice)
    assert len(await post_office.messages(appointment)) == 2


async def test_a_cancelled_appointment_is_not_reminded_of(post_office: PostOffice) -> None:
    appointment = await post_office.booked(MUCH_LATER)
    run = post_office.reminder(appointment)
    await waiting(run)
    await post_office.changed(appointment, status="CANCELLED")
    assert await run.result() == "NOTHING"
    assert not await post_office.messages(appointment)


async def discharged_with_a_follow_up(post_office: PostOffice, phone: str) -> dict[str, Any]:
    visit = await post_office.walk.seen(phone_number=phone)
    await post_office.walk.paid(visit["id"])
    answer = await post_office.walk.discharged(visit["id"], follow_up={"in_days": 30})
    return dict(answer["appointment"])


async def test_a_follow_up_is_reminded_of(post_office: PostOffice) -> None:
    phone = next(phones)
    appointment = await discharged_with_a_follow_up(post_office, phone)
    run = post_office.reminder(appointment)
    await waiting(run)
    await post_office.skipper.fast_forward(run, 31 * DAY)
    assert await run.result() == "SENT"
    assert len(await post_office.received(phone)) == 1


async def test_a_follow_up_that_is_cancelled_takes_its_reminder_along(post_office: PostOffice) -> None:
    appointment = await discharged_with_a_follow_up(post_office, next(phones))
    run = post_office.reminder(appointment)
    await waiting(run)
    await post_office.changed(appointment, status="CANCELLED")
    assert await run.result() == "NOTHING"


async def test_a_phone_that_wants_no_messages_gets_none(post_office: PostOffice) -> None:
    phone = next(phones)
    await post_office.sandbox.act("sms", "opt-outs", phone=phone)

    async def is_known() -> bool:
        return bool(await post_office.clinic.rows("select 1 from opt_outs where phone_number = %s", phone))

    await eventually(is_known)
    message = await post_office.message(await post_office.booked(SOON, phone_number=phone), "SUPPRESSED")
    assert message["reason"] == "opted-out"
    assert not await post_office.received(phone)
    assert not await post_office.tasks(message)


async def test_a_phone_that_the_service_says_wants_none_is_asked_no_more(post_office: PostOffice) -> None:
    phone = "+254798000406"
    await post_office.message(await post_office.booked(SOON, phone_number=phone), "SUPPRESSED")
    assert await post_office.clinic.rows("select 1 from opt_outs where phone_number = %s", phone)


async def test_who_has_no_mobile_phone_is_told_by_reception(post_office: PostOffice) -> None:
    appointment = await post_office.booked(SOON, phone_number="0202222222", first_name="Zawadi")
    message = await post_office.message(appointment, "FAILED")
    (task,) = await post_office.tasks(message)
    assert (task["kind"], task["status"], message["reason"]) == ("TELL_PATIENT", "OPEN", "no-mobile-number")
    assert appointment["id"] in task["words"]
    assert not any(secret in task["words"] for secret in ("Zawadi", "2222222"))
    done = {"kind": "complete", "outcome": "Called"}
    answer = await post_office.walk.does(Role.RECEPTIONIST, "POST", f"/api/tasks/{task['id']}/actions", done)
    assert answer.json()["status"] == "DONE", answer.text


async def test_a_number_that_is_refused_becomes_a_task(post_office: PostOffice) -> None:
    message = await post_office.message(await post_office.booked(SOON, phone_number="0798000403"), "FAILED")
    assert message["reason"] == "403"
    assert len(await post_office.tasks(message)) == 1


async def test_an_answer_lost_after_the_effect_sends_nothing_twice(post_office: PostOffice) -> None:
    phone = next(phones)
    await post_office.sandbox.breaks("sms", "timeout_after_effect", count=1, seconds=10)
    appointment = await post_office.booked(SOON, phone_number=phone)
    message = await post_office.message(appointment, "UNKNOWN")
    run = post_office.reminder(appointment)
    await waiting(run)
    await run.terminate("lost")
    await recover(post_office.clinic.clinic.temporal, post_office.clinic.settings)
    await waiting(run)  # it has asked again, and was told that nobody knows
    assert len(await post_office.received(phone)) == 1
    assert (await post_office.messages(appointment))[-1]["id"] == message["id"]


async def test_an_outage_delays_a_reminder_and_loses_none(post_office: PostOffice) -> None:
    phone = next(phones)
    await post_office.sandbox.breaks("sms", "down", count=2)
    await post_office.message(await post_office.booked(SOON, phone_number=phone), "DELIVERED")
    assert len(await post_office.received(phone)) == 1


async def test_what_could_not_be_sent_in_time_is_told_by_a_person(post_office: PostOffice) -> None:
    phone = next(phones)
    await post_office.sandbox.breaks("sms", "down")
    appointment = await post_office.booked(2 * HOUR + timedelta(seconds=10), phone_number=phone)
    message = await post_office.message(appointment, "FAILED")
    assert message["reason"] == "too-late"
    assert len(await post_office.tasks(message)) == 1
    await post_office.sandbox.mend("sms")
    assert not await post_office.received(phone)


async def test_a_reminder_whose_workflow_was_lost_comes_all_the_same_and_once(post_office: PostOffice) -> None:
    phone, reached = next(phones), next(phones)
    lost = await post_office.booked(MUCH_LATER, phone_number=phone)
    told = await post_office.booked(SOON, phone_number=reached)
    await post_office.message(told, "DELIVERED")
    for appointment in (lost, told):
        await waiting(post_office.reminder(appointment))
        await post_office.reminder(appointment).terminate("lost")
    await recover(post_office.clinic.clinic.temporal, post_office.clinic.settings)
    for appointment, after in ((lost, MUCH_LATER), (told, SOON)):
        run = post_office.reminder(appointment)
        await waiting(run)
        await post_office.skipper.fast_forward(run, after)
        assert await run.result() == "SENT" if appointment is lost else "DELIVERED"
    assert [len(await post_office.received(one)) for one in (phone, reached)] == [1, 1]
