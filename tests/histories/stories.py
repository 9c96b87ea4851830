"""What happens in the recorded histories. Each story returns the run whose history is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import WorkflowExecutionStatus

from models.actions import RecordDiagnosis, TakeIn
from models.staff import Role
from tests.histories.after_stories import AFTER_STORIES
from tests.histories.claim_stories import CLAIM_STORIES
from tests.histories.ending_stories import ENDING_STORIES
from tests.histories.identity_stories import IDENTITY_STORIES
from tests.histories.laboratory_stories import LABORATORY_STORIES
from tests.histories.leaving_stories import LEAVING_STORIES
from tests.histories.money_stories import MONEY_STORIES
from tests.histories.pharmacy_stories import PHARMACY_STORIES
from tests.histories.reconciling_stories import RECONCILING_STORIES
from tests.histories.recorder import Recorder, Run
from tests.histories.undoing_stories import UNDOING_STORIES
from tests.walks import VITALS, new_patient
from workflows import appointment, mobile_payment, reminder, results_notice
from workflows.seal import AuditSealWorkflow

OFFICER = Role.CLINICAL_OFFICER
DIAGNOSIS = {"diagnosis_code": "B54", "diagnosis_name": "Malaria"}


async def visit_plain(told: Recorder) -> Run:
    """From registration to discharge, with a laboratory test, a prescription, two payments and a follow-up."""
    async with told.clinic.worker():
        walk = told.walk
        visit = await walk.seen()
        run = await told.run(visit["id"])
        order, drug = await walk.test_ordered(visit["id"]), await walk.prescribed(visit["id"])
        await walk.results(order["id"])
        await walk.encounter(visit["id"])
        await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", {"status": "DISPENSED"})
        await walk.paid(visit["id"], "500")
        await walk.paid(visit["id"])
        await walk.discharged(visit["id"], follow_up={"in_days": 3})
        await run.result()
        return run


async def visit_emergency(told: Recorder) -> Run:
    """A stranger is taken in, triaged half and whole, made less urgent by two people, and identified after the end."""
    async with told.clinic.worker():
        walk = told.walk
        visit = (await walk.done(Role.TRIAGE_NURSE, "POST", "/api/emergencies", {}))["visit"]["id"]
        run, path = await told.run(visit), f"/api/visits/{visit}"
        half = {"vital_signs": {"avpu": "PAIN"}, "incomplete": True}
        await walk.done(Role.TRIAGE_NURSE, "PUT", path, half)
        again = {"vital_signs": {**VITALS, "height_cm": 170}, "retriage": True, "reason": "Awake, only feverish"}
        await walk.done(Role.TRIAGE_NURSE, "PUT", path, again)
        await walk.done(OFFICER, "POST", f"{path}/actions", {"kind": "confirm_retriage"})
        await walk.done(OFFICER, "PUT", path, {"status": "IN_CONSULTATION"})
        await walk.encounter(visit)
        await walk.paid(visit)
        await walk.discharged(visit)
        await run.result()
        names = ("first_name", "last_name", "gender", "age", "phone_number", "national_id")
        who = {name: value for name, value in new_patient().items() if name in names}
        await walk.done(Role.RECEPTIONIST, "POST", f"{path}/actions", {"kind": "identify_patient", **who})
        return run


async def visit_refused_registration(told: Recorder) -> Run:
    """The second new patient with one national id: no visit, and the run ends."""
    form, key = new_patient(), uuid4()
    async with told.clinic.worker():
        await told.walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form)
        refused = await told.walk.does(Role.RECEPTIONIST, "POST", "/api/patients", form, key)
        assert refused.status_code == 409, refused.text
        run = await told.run(key)
        await run.result()
        return run


async def visit_update_and_signal(told: Recorder) -> Run:
    """The same commands by update and by signal, in both orders, and one key used for something else."""
    async with told.clinic.worker():
        visit, post = await told.walk.triaged(), told.post
        take_in = post.signed(await post.command(OFFICER, visit["id"], TakeIn()))
        await post.update(visit["id"], take_in)
        await post.signal(visit["id"], take_in)
        action = RecordDiagnosis(diagnosis_code="B54", diagnosis_name="Malaria")
        diagnosis = post.signed(await post.command(OFFICER, visit["id"], action))
        await asyncio.gather(post.signal(visit["id"], diagnosis), post.update(visit["id"], diagnosis))
        await post.signal(visit["id"], post.signed(diagnosis.model_copy(update={"action": TakeIn()})))
        await told.walk.encounter(visit["id"])
        return await told.closed(visit["id"])


async def visit_stored_while_workers_were_away(told: Recorder) -> Run:
    """Registered, triaged and taken in by signals that waited for a worker; one of them refused when it came."""
    walk, key = told.walk, uuid4()
    path, triage = f"/api/visits/{key}", {"vital_signs": VITALS, "triage_category": "URGENT"}
    sent = [
        await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(), key),
        await walk.does(Role.TRIAGE_NURSE, "PUT", path, triage),
        await walk.does(OFFICER, "PUT", path, {"status": "IN_CONSULTATION"}),
        await walk.does("clinical_officer_2", "POST", f"{path}/actions", {"kind": "take_in"}),
    ]
    assert {answer.status_code for answer in sent} == {202}, [answer.text for answer in sent]
    async with told.clinic.worker():
        await told.post.decided(key, "take_in", count=1)
        await walk.encounter(str(key))
        return await told.closed(str(key))


async def visit_from_rows(told: Recorder) -> Run:
    """The run was lost; a new one carries on from the rows."""
    async with told.clinic.worker():
        visit = await told.walk.seen()
        await told.post.run(visit["id"]).terminate("lost")
        await told.started_anew(visit["id"])
        return await told.closed(visit["id"])


async def visit_late_action(told: Recorder) -> Run:
    """An action on a visit whose run has ended starts a run, which refuses it and ends."""
    async with told.clinic.worker():
        visit = await told.walk.seen()
        first = await told.closed(visit["id"])
        late = await told.walk.does(OFFICER, "POST", "/api/diagnoses", {**DIAGNOSIS, "visit_id": visit["id"]})
        assert late.status_code == 409, late.text
        run = await told.run(visit["id"])
        assert run.run_id != first.run_id
        await run.result()
        return run


async def visit_database_away(told: Recorder) -> Run:
    """The database was away: the local activity ran out of time, and the regular one took over until it returned."""
    async with told.clinic.worker():
        visit = await told.walk.taken_in()
        run = await told.run(visit["id"])
        async with told.database_away():
            answer = await told.walk.does(OFFICER, "POST", "/api/diagnoses", {**DIAGNOSIS, "visit_id": visit["id"]})
            assert answer.status_code == 202, answer.text
            await told.until_in_sight(run)
        await told.post.decided(visit["id"], "record_diagnosis")
        await told.walk.encounter(visit["id"])
        return await told.closed(visit["id"])


async def visit_from_rows_while_the_database_was_away(told: Recorder) -> Run:
    """The first look at the rows had to wait, and so had a message that cannot be read."""
    async with told.clinic.worker():
        visit = await told.walk.seen()
        await told.post.run(visit["id"]).terminate("lost")
        async with told.database_away():
            await told.started_anew(visit["id"])
            await told.post.signal(visit["id"], "gibberish")
            await told.until_in_sight(await told.run(visit["id"]))
        await told.post.decided(visit["id"], "unreadable")
        return await told.closed(visit["id"])


async def visit_unreadable_signals(told: Recorder) -> Run:
    async with told.clinic.worker():
        visit = await told.walk.seen()
        await told.post.signal(visit["id"], {"kind": "open_the_gate"})
        await told.post.run(visit["id"]).signal("submit")
        await told.post.run(visit["id"]).signal("open_the_gate", [1, 2])
        await told.post.decided(visit["id"], "unreadable", count=3)
        return await told.closed(visit["id"])


async def visit_typed_in_the_ui(told: Recorder) -> Run:
    """A supervisor at the Temporal UI: one action that is refused, and one that ends the visit."""
    async with told.clinic.worker():
        visit = await told.walk.registered()
        run = await told.run(visit["id"])
        await told.post.signal(visit["id"], {"kind": "take_in"})
        await told.post.signal(visit["id"], {"kind": "cancel_visit", "reason": "Opened twice"})
        assert await run.result() == "CANCELLED"
        return run


async def long_visit(told: Recorder) -> tuple[Run, Run]:
    """The first run of a visit of many events, which continues as new, and the one that follows."""
    async with told.clinic.worker():
        visit = await told.walk.taken_in()
        first = await told.run(visit["id"])
        while (await first.describe()).status is WorkflowExecutionStatus.RUNNING:
            await told.walk.done(OFFICER, "POST", "/api/diagnoses", {**DIAGNOSIS, "visit_id": visit["id"]})
        await told.walk.encounter(visit["id"])
        return first, await told.closed(visit["id"])


async def visit_continued_as_new(told: Recorder) -> Run:
    return (await long_visit(told))[0]


async def visit_after_continuing_as_new(told: Recorder) -> Run:
    return (await long_visit(told))[1]


async def appointment_moved_and_cancelled(told: Recorder) -> Run:
    """Kept as it was recorded before appointments had reminders: runs of that age are still open."""
    async with told.clinic.worker():
        visit = await told.walk.registered()
        soon = datetime.now(UTC) + timedelta(days=7)
        body = {"patient_id": visit["patient_id"], "appointment_date": soon.isoformat()}
        made = await told.walk.done(Role.RECEPTIONIST, "POST", "/api/appointments", body)
        path = f"/api/appointments/{made['id']}"
        later = {"appointment_date": (soon + timedelta(days=7)).isoformat()}
        await told.walk.done(Role.RECEPTIONIST, "PUT", path, later)
        await told.walk.done(Role.RECEPTIONIST, "PUT", path, {"status": "CANCELLED"})
        run = told.client.get_workflow_handle(appointment.workflow_id(made["id"]))
        await run.result()
        return run


async def appointment_with_reminder(told: Recorder) -> Run:
    """Booked, moved and cancelled: its reminder began with it and heard of each."""
    async with told.clinic.worker():
        made = await booked(told, timedelta(days=7))
        run = told.client.get_workflow_handle(appointment.workflow_id(UUID(made["id"])))
        await told.until_timers(run, 1)
        await changed(told, made, {"appointment_date": (datetime.now(UTC) + timedelta(days=14)).isoformat()})
        await told.until_timers(run, 2)
        await changed(told, made, {"status": "CANCELLED"})
        await run.result()
        return run


async def booked(told: Recorder, after: timedelta) -> dict[str, Any]:
    visit = await told.walk.registered()
    body = {"patient_id": visit["patient_id"], "appointment_date": (datetime.now(UTC) + after).isoformat()}
    return await told.walk.done(Role.RECEPTIONIST, "POST", "/api/appointments", body)


async def changed(told: Recorder, made: dict[str, Any], body: dict[str, Any]) -> None:
    await told.walk.done(Role.RECEPTIONIST, "PUT", f"/api/appointments/{made['id']}", body)


async def reminder_sent_moved_and_cancelled(told: Recorder) -> Run:
    """Reminded at once, moved to a moment that is far, and cancelled while it waits for that."""
    async with told.clinic.worker():
        made = await booked(told, timedelta(hours=5))
        await told.sent(made["id"])
        await changed(told, made, {"appointment_date": (datetime.now(UTC) + timedelta(days=14)).isoformat()})
        run = told.client.get_workflow_handle(reminder.workflow_id(UUID(made["id"])))
        await told.until_timers(run, 2)
        await changed(told, made, {"status": "CANCELLED"})
        await run.result()
        return run


async def reminder_too_late(told: Recorder) -> Run:
    """The service was away until nobody was to be reminded any more: a person is asked."""
    async with told.clinic.worker():
        await told.sandbox.breaks("sms", "down")
        made = await booked(told, timedelta(hours=2, seconds=10))
        await told.failed(made["id"])
        await told.sandbox.mend("sms")
        await changed(told, made, {"status": "CANCELLED"})
        run = told.client.get_workflow_handle(reminder.workflow_id(UUID(made["id"])))
        await run.result()
        return run


async def results_by_mail(told: Recorder) -> Run:
    """The report of a test by e-mail."""
    async with told.clinic.worker():
        visit = await told.walk.seen(email="amani@example.org")
        await told.walk.results((await told.walk.test_ordered(visit["id"]))["id"])
        await told.sent(visit["id"])
        run = told.client.get_workflow_handle(results_notice.workflow_id(UUID(visit["id"])))
        await run.result()
        return run


async def results_told_by_the_clinician(told: Recorder) -> Run:
    """Without an e-mail address: it waits whether the patient leaves, and the discharge ends the wait."""
    async with told.clinic.worker():
        visit = await told.walk.seen()
        await told.walk.results((await told.walk.test_ordered(visit["id"]))["id"])
        run = told.client.get_workflow_handle(results_notice.workflow_id(UUID(visit["id"])))
        await told.until_timers(run, 1)
        await told.walk.encounter(visit["id"])
        await told.closed(visit["id"])
        await run.result()
        return run


async def payment_by_phone(told: Recorder) -> Run:
    """A prompt that is answered: M-Pesa is asked, and the visit is told."""
    async with told.clinic.worker():
        visit = await told.walk.seen()
        body = {"visit_id": visit["id"], "amount": "300", "payment_type": "MPESA"}
        made = await told.walk.done(Role.CASHIER, "POST", "/api/payments", body)
        run = told.client.get_workflow_handle(mobile_payment.workflow_id(UUID(made["id"])))
        assert await run.result() == "PAID"
        return run


async def audit_seal(told: Recorder) -> Run:
    async with told.clinic.worker():
        queue = told.clinic.settings.task_queue
        run = await told.client.start_workflow(AuditSealWorkflow.run, id="audit-seal-recorded", task_queue=queue)
        await run.result()
        return run


STORIES: dict[str, Callable[[Recorder], Awaitable[Run]]] = {
    story.__name__: story
    for story in (
        visit_plain,
        visit_emergency,
        visit_refused_registration,
        visit_update_and_signal,
        visit_stored_while_workers_were_away,
        visit_from_rows,
        visit_late_action,
        visit_database_away,
        visit_from_rows_while_the_database_was_away,
        visit_unreadable_signals,
        visit_typed_in_the_ui,
        visit_continued_as_new,
        visit_after_continuing_as_new,
        appointment_moved_and_cancelled,
        appointment_with_reminder,
        reminder_sent_moved_and_cancelled,
        reminder_too_late,
        results_by_mail,
        results_told_by_the_clinician,
        payment_by_phone,
        audit_seal,
        *CLAIM_STORIES,
        *LABORATORY_STORIES,
        *PHARMACY_STORIES,
        *IDENTITY_STORIES,
        *ENDING_STORIES,
        *UNDOING_STORIES,
        *AFTER_STORIES,
        *RECONCILING_STORIES,
        *LEAVING_STORIES,
        *MONEY_STORIES,
    )
}
