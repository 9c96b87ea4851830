"""The next dose, the next injection, the next contact: owed for months, reminded of, traced, and closed by coming."""

from datetime import UTC, datetime

from models.recalls import IN_ERROR
from models.staff import Role
from tests.afterwards.later import A_DAY, RECEPTION
from tests.afterwards.recalling import COUNSELOR, Recalls, in_days
from tests.clinic import eventually
from tests.messages.conftest import phones, waiting
from tests.walks import WELL

OFFICER = Role.CLINICAL_OFFICER


async def test_the_next_dose_is_owed_reminded_of_and_traced_for_months(recalls: Recalls) -> None:
    phone = next(phones)
    visit = await recalls.walk.seen(phone_number=phone)
    await recalls.injects(visit)
    owed = await recalls.recalled(visit["patient_id"], in_days(91))
    assert (owed["kind"], owed["service"], owed["visit_id"]) == ("RETURN_VISIT", "FAMILY_PLANNING", visit["id"])
    run = recalls.watching(owed)
    await waiting(run)
    await recalls.passes(run, 89 * A_DAY)
    assert not await recalls.post_office.received(phone)
    await recalls.passes(run, 2 * A_DAY)

    async def was_told() -> bool:
        return len(await recalls.post_office.received(phone)) == 1

    await eventually(was_told)
    (sms,) = await recalls.post_office.received(phone)
    assert "your next visit is due on" in sms["details"]["text"]
    await recalls.passes(run, 16 * A_DAY)
    task = await recalls.tracing(owed)
    assert (task["role"], task["owner_id"], task["status"]) == ("FAMILY_PLANNING_COUNSELOR", None, "OPEN")
    await recalls.passes(run, 30 * A_DAY)
    await recalls.tracing(owed, escalated_to="ADMIN", escalations=2)
    await recalls.passes(run, 90 * A_DAY)
    assert len(await recalls.post_office.received(phone)) == 1
    await recalls.injects(visit, status="DISCONTINUED")
    await recalls.closed(visit["patient_id"], "CANCELLED", "No further visit is due.")
    assert await run.result() == "DONE"
    assert (await recalls.tracing(owed, "CANCELLED"))["outcome"] == "No further visit is due."


async def test_each_dose_of_a_visit_sets_the_day_anew_and_there_is_one_obligation(recalls: Recalls) -> None:
    visit = await recalls.child()
    await recalls.gives(visit, "PENTA")
    first = await recalls.recalled(visit["patient_id"])
    await recalls.gives(visit, "BCG")
    await recalls.gives(visit, "BOPV")
    owed = await recalls.recalled(visit["patient_id"])
    assert owed["id"] == first["id"]
    assert owed["kind"] == "NEXT_DOSE"
    await recalls.gives(visit, "PCV10")
    await recalls.gives(visit, "ROTA")
    assert (await recalls.recalled(visit["patient_id"], in_days(28)))["id"] == first["id"]
    everything = [*await recalls.recalls(visit["patient_id"]), *await recalls.recalls(visit["patient_id"], "DONE")]
    assert len(everything) == 1


async def test_who_may_not_have_the_next_dose_is_not_expected_for_it(recalls: Recalls) -> None:
    visit = await recalls.walk.seen()
    dose = await recalls.gives(visit, "TD")
    await recalls.recalled(visit["patient_id"])
    form = {"immunization_id": dose["id"], "reaction": "Collapse", "severity": "SEVERE", "anaphylaxis": True}
    await recalls.acts(OFFICER, visit, "record_reaction", **form)
    await recalls.closed(visit["patient_id"], "CANCELLED", "No further visit is due.")


async def test_a_dose_in_a_later_visit_closes_the_old_and_opens_the_next(recalls: Recalls) -> None:
    visit = await recalls.walk.seen()
    await recalls.injects(visit, start_date=str(in_days(-100)))
    owed = await recalls.recalled(visit["patient_id"], in_days(-9))
    await recalls.walk.paid(visit["id"])
    await recalls.walk.discharged(visit["id"])
    again = await recalls.comes(visit["patient_id"])
    body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
    await recalls.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{again['id']}", body)
    await recalls.injects(again)
    fresh = await recalls.recalled(visit["patient_id"], in_days(91))
    assert fresh["id"] != owed["id"]
    assert (await recalls.closed(visit["patient_id"], "DONE", "The patient came."))["id"] == owed["id"]
    assert await recalls.watching(owed).result() == "DONE"


async def test_the_next_contact_of_a_pregnancy_is_owed(recalls: Recalls) -> None:
    visit = await recalls.walk.seen()
    await recalls.contact(visit, gestational_age_weeks=20)
    owed = await recalls.recalled(visit["patient_id"], in_days(42))
    assert (owed["service"], owed["kind"]) == ("MCH", "RETURN_VISIT")


async def test_an_injection_that_was_an_error_leaves_the_day_that_followed_from_the_one_before(
    recalls: Recalls,
) -> None:
    visit = await recalls.walk.seen()
    patient = visit["patient_id"]
    first = await recalls.injects(visit, start_date=str(in_days(-30)))
    await recalls.recalled(patient, in_days(61))
    second = await recalls.injects(visit)
    await recalls.recalled(patient, in_days(91))
    error = {"record": "FAMILY_PLANNING", "reason": "Of the next patient"}
    await recalls.acts(COUNSELOR, visit, "enter_in_error", **error, record_id=second["id"])
    await recalls.recalled(patient, in_days(61))
    await recalls.acts(COUNSELOR, visit, "enter_in_error", **error, record_id=first["id"])
    await recalls.closed(patient, "CANCELLED", IN_ERROR)


async def test_an_appointment_for_the_same_day_speaks_for_itself(recalls: Recalls) -> None:
    phone = next(phones)
    visit = await recalls.walk.seen(phone_number=phone)
    await recalls.injects(visit, book_return=True)
    owed = await recalls.recalled(visit["patient_id"], in_days(91))
    run = recalls.watching(owed)
    await waiting(run)
    await recalls.passes(run, 100 * A_DAY)
    assert not await recalls.clinic.rows("select 1 from messages where key like %s", f"%{owed['id']}%")
    assert not await recalls.clinic.rows("select 1 from tasks where words like %s", f"%{owed['id']}%")


async def test_nobody_waits_for_who_is_given_up(recalls: Recalls) -> None:
    visit = await recalls.walk.seen()
    await recalls.injects(visit, start_date=str(in_days(-120)))
    owed = await recalls.recalled(visit["patient_id"])
    run = recalls.watching(owed)
    await waiting(run)
    await recalls.passes(run, 20 * A_DAY)
    task = await recalls.tracing(owed)
    done = {"kind": "cancel", "outcome": "Moved to Kisumu"}
    await recalls.walk.done(Role.FAMILY_PLANNING_COUNSELOR, "POST", f"/api/tasks/{task['id']}/actions", done)
    (given_up,) = await recalls.recalls(visit["patient_id"], "CANCELLED")
    assert (given_up["outcome"], given_up["closed_by"] is not None) == ("Moved to Kisumu", True)
    await recalls.passes(run, 60 * A_DAY)
    assert await run.result() == "DONE"


async def test_the_dead_are_not_waited_for_and_the_living_are_again(recalls: Recalls) -> None:
    visit = await recalls.walk.seen()
    await recalls.injects(visit)
    owed = await recalls.recalled(visit["patient_id"])
    form = {"time_of_death": datetime.now(UTC).isoformat(), "circumstances": "Cardiac arrest"}
    await recalls.acts(OFFICER, visit, "record_death", **form)
    await recalls.closed(visit["patient_id"], "CANCELLED", "The patient has died.")
    await recalls.acts("clinical_officer_2", visit, "undo_death", reason="Written on the wrong visit")
    assert (await recalls.recalled(visit["patient_id"], in_days(91)))["id"] == owed["id"]


async def test_a_dose_of_the_wrong_patient_is_waited_for_where_it_belongs(recalls: Recalls) -> None:
    other = await recalls.gone()
    visit = await recalls.walk.seen()
    await recalls.injects(visit)
    await recalls.recalled(visit["patient_id"])
    await recalls.acts(RECEPTION, visit, "wrong_patient", patient_id=other["patient_id"], reason="Two of one name")
    await recalls.recalled(other["patient_id"], in_days(91))
    assert not await recalls.recalls(visit["patient_id"])


async def test_two_registrations_of_one_person_are_expected_once(recalls: Recalls) -> None:
    first, second = await recalls.walk.seen(), await recalls.walk.seen()
    await recalls.injects(first, start_date=str(in_days(-30)))
    await recalls.injects(second)
    await recalls.recalled(first["patient_id"])
    await recalls.recalled(second["patient_id"])
    body = {"patient_id": second["patient_id"], "reason": "Registered twice", "override_reason": "Other name"}
    path = f"/api/patients/{first['patient_id']}/merge"
    await recalls.walk.done(Role.SUPERVISOR, "POST", path, body)
    assert (await recalls.recalled(first["patient_id"], in_days(91)))["visit_id"] == second["id"]
    await recalls.walk.done(
        Role.SUPERVISOR, "POST", f"/api/patients/{second['patient_id']}/unmerge", {"reason": "They are two people"}
    )
    await recalls.recalled(first["patient_id"], in_days(61))
    await recalls.recalled(second["patient_id"], in_days(91))
