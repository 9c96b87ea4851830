"""Whose visit it was turns out later: an appointment is kept by its own patient only, and nobody is called in vain."""

from datetime import UTC, datetime

from models.staff import Role
from tests.afterwards.later import OFFICER, RECEPTION, SUPERVISOR, Later
from tests.clinic import eventually

MORE = {"reason": "Two of one name"}


async def merged(later: Later, survivor: str, other: str) -> None:
    body = {"patient_id": other, "reason": "Registered twice", "override_reason": "The same person"}
    await later.walk.done(SUPERVISOR, "POST", f"/api/patients/{survivor}/merge", body)


async def test_a_visit_that_was_opened_in_error_keeps_no_appointment(later: Later) -> None:
    appointment = await later.expected()
    await later.day(appointment)
    visit = await later.comes(appointment["patient_id"])
    await later.is_now(appointment, "FULFILLED")
    await later.acts(RECEPTION, visit, "cancel_visit", reason="Opened for the wrong person")
    kept = await later.is_now(appointment, "SCHEDULED")
    assert kept["fulfilled_by"] is None
    await later.acts(OFFICER, visit, "reopen_visit", reason="It was the right one")
    await later.is_now(appointment, "FULFILLED")


async def test_a_visit_of_another_patient_keeps_that_patients_appointment(later: Later) -> None:
    hers, his = await later.expected(), await later.expected()
    for one in (hers, his):
        await later.day(one)
    visit = await later.comes(his["patient_id"])
    await later.is_now(his, "FULFILLED")
    await later.acts(RECEPTION, visit, "wrong_patient", patient_id=hers["patient_id"], **MORE)
    await later.is_now(hers, "FULFILLED")
    await later.is_now(his, "SCHEDULED")


async def test_the_other_registration_of_the_same_person_had_come(later: Later) -> None:
    appointment = await later.was_expected()
    await later.begins(appointment)
    await later.call_is(appointment, "OPEN")
    other = await later.gone()
    await later.clinic.rows("update visits set arrived_at = arrived_at - interval '2 days' where id = %s", other["id"])
    await merged(later, other["patient_id"], appointment["patient_id"])
    kept = await later.is_now(appointment, "FULFILLED")
    assert kept["fulfilled_by"] == other["id"]
    path = f"/api/patients/{other['patient_id']}/unmerge"
    await later.walk.done(SUPERVISOR, "POST", path, {"reason": "They are two people"})
    await later.is_now(appointment, "MISSED")
    await later.call_is(appointment, "OPEN")


async def test_nobody_calls_the_dead_and_no_message_goes_to_them(later: Later) -> None:
    appointment = await later.expected()
    await later.clinic.rows("update patients set deceased_at = now() where id = %s", appointment["patient_id"])
    run = await later.day(appointment)
    await later.passes(run)
    assert await run.result() == "CANCELLED"
    assert not await later.calls(appointment)
    assert not await later.invitations(appointment)


async def test_who_dies_in_a_later_visit_is_not_called_any_more(later: Later) -> None:
    appointment = await later.was_expected()
    await later.begins(appointment)
    await later.call_is(appointment, "OPEN")
    visit = await later.comes(appointment["patient_id"])
    await later.call_is(appointment, "CANCELLED", outcome="The patient came later.")
    form = {"time_of_death": datetime.now(UTC).isoformat(), "circumstances": "Cardiac arrest"}
    await later.acts(OFFICER, visit, "record_death", **form)

    async def is_settled() -> bool:
        return bool((await later.appointment(appointment))["status"] == "MISSED")

    await eventually(is_settled)
    await later.call_is(appointment, "CANCELLED")


async def test_a_cancelled_or_kept_appointment_is_left_alone(later: Later) -> None:
    for said in ("CANCELLED", "COMPLETED"):
        appointment = await later.expected()
        path = f"/api/appointments/{appointment['id']}"
        await later.walk.done(Role.RECEPTIONIST, "PUT", path, {"status": said})
        await later.begins(appointment)
        assert await later.run(appointment).result() == said
        assert not await later.calls(appointment)
