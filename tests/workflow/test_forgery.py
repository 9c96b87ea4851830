"""Whoever reaches the Temporal server without going through the API has a supervisor's rights, and no name but that."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload

from activities.records import TEMPORAL_UI
from models.actions import CancelVisit, Discharge, RecordEncounter, RecordTriage, RegisterPatient, TakeIn
from models.command import Command
from models.demographics import Gender, InsuranceType
from models.envelope import keyed
from models.paying import PaymentType
from models.staff import Role
from models.urgency import TriageCategory
from models.vitals import VitalSigns
from tests.walks import VITALS, Walk
from tests.workflow.messages import Post
from workflows.visit import SUBMIT, Opening, VisitWorkflow, workflow_id

CLAIMED = Role.CLINICAL_OFFICER
NOT_YOUR_ROLE = "/problems/not-your-role"


def triage() -> RecordTriage:
    return RecordTriage(vital_signs=VitalSigns.model_validate(VITALS), triage_category=TriageCategory.EMERGENCY)


async def test_a_signal_without_signature_is_the_temporal_ui_s_whoever_it_claims_to_be(walk: Walk, post: Post) -> None:
    visit = await walk.triaged()
    forged = await post.command(CLAIMED, visit["id"], TakeIn())
    await post.signal(visit["id"], forged)
    (row,) = await post.decided(visit["id"], "take_in")
    assert (row["id"], row["status"], row["actor_id"]) == (forged.id, "REFUSED", TEMPORAL_UI)
    assert (row["problem"]["type"], row["problem"]["roles"]) == (NOT_YOUR_ROLE, [CLAIMED])
    assert (await walk.visit(visit["id"]))["version"] == visit["version"]


async def test_a_supervisor_cancels_a_visit_from_the_temporal_ui(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    typed = b'{"kind": "cancel_visit", "reason": "Opened twice"}'
    await post.payload(visit["id"], Payload(metadata={"encoding": b"json/plain"}, data=typed))
    assert await post.run(visit["id"]).result() == "CANCELLED"
    (row,) = await post.decided(visit["id"], "cancel_visit")
    assert (row["status"], row["actor_id"]) == ("DONE", TEMPORAL_UI)
    audited = "select user_id, ip_address from audit_logs where visit_id = %s and action = 'UPDATE'"
    assert await post.clinic.rows(audited, visit["id"]) == [{"user_id": TEMPORAL_UI, "ip_address": None}]
    assert (await walk.visit(visit["id"]))["discharge_notes"] == "Opened twice"


async def test_a_clinical_action_typed_in_the_temporal_ui_is_refused(walk: Walk, post: Post) -> None:
    visit = await walk.triaged()
    await post.signal(visit["id"], {"kind": "take_in"})
    (row,) = await post.decided(visit["id"], "take_in")
    assert (row["status"], row["actor_id"], row["problem"]["type"]) == ("REFUSED", TEMPORAL_UI, NOT_YOUR_ROLE)


async def test_an_update_without_signature_may_do_what_a_supervisor_may(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    forged = await post.command(Role.RECEPTIONIST, visit["id"], CancelVisit(reason="Not here any more"))
    assert (await post.update(visit["id"], forged)).problem is None
    (row,) = await post.decided(visit["id"], "cancel_visit")
    assert (row["status"], row["actor_id"]) == ("DONE", TEMPORAL_UI)


@pytest.mark.parametrize("what", ["actor", "role", "time", "action", "address", "key", "signature"])
async def test_a_command_changed_after_it_was_signed_loses_its_sender_s_rights(
    walk: Walk, post: Post, what: str
) -> None:
    visit = await walk.triaged()
    signed = post.signed(await post.command(CLAIMED, visit["id"], TakeIn()))
    nurse = await post.person(Role.TRIAGE_NURSE)
    changes: dict[str, dict[str, Any]] = {
        "actor": {"actor": signed.actor.model_copy(update={"id": uuid4()})},
        "role": {"actor": nurse.model_copy(update={"roles": (CLAIMED,)})},
        "time": {"at": signed.at - timedelta(days=1)},
        "action": {"action": Discharge(discharge_notes="Well")},
        "address": {"address": "10.0.0.9"},
        "key": {"id": uuid4()},
        "signature": {"mac": "0" * 64},
    }
    tampered = signed.model_copy(update=changes[what])
    if what == "action":  # the visit must be past the stage at which anybody would hear no
        assert (await post.update(visit["id"], signed)).problem is None
        await walk.encounter(visit["id"])
        await walk.paid(visit["id"])
        tampered = tampered.model_copy(update={"id": uuid4()})
    before = await walk.visit(visit["id"])
    problem = (await post.update(visit["id"], tampered)).problem
    assert problem
    assert problem.type == NOT_YOUR_ROLE
    assert await walk.visit(visit["id"]) == before


async def test_what_was_signed_before_a_form_grew_is_done_in_its_sender_s_name(walk: Walk, post: Post) -> None:
    """Stored as a signal by yesterday's API, whose form had no recommendations; read by today's workers."""
    visit = await walk.taken_in()
    today = await post.command(CLAIMED, visit["id"], RecordEncounter(findings="Rales"))
    message = today.model_dump(mode="json", exclude={"mac"})
    del message["action"]["recommendations"]
    secret = post.clinic.settings.command_secret.get_secret_value().encode()
    message["mac"] = keyed(secret, "mac", to_json(message).decode())
    await post.signal(visit["id"], message)
    (row,) = await post.decided(visit["id"], "record_encounter")
    assert (row["id"], row["status"], row["actor_id"]) == (today.id, "DONE", today.actor.id)
    assert (row["answer"]["findings"], row["answer"]["recommendations"]) == ("Rales", "")


async def test_a_command_signed_for_one_visit_does_nothing_to_another(walk: Walk, post: Post) -> None:
    meant, other = await walk.triaged(), await walk.triaged()
    signed = post.signed(await post.command(CLAIMED, meant["id"], TakeIn()))
    problem = (await post.update(other["id"], signed)).problem
    assert problem
    assert problem.type == "/problems/conflict"
    await post.signal(other["id"], signed)
    (row,) = await post.decided(other["id"], "unreadable")
    assert row["status"] == "REFUSED"
    assert "another visit" in row["problem"]["detail"]
    readdressed = signed.model_copy(update={"visit_id": UUID(other["id"])})
    problem = (await post.update(other["id"], readdressed)).problem
    assert problem
    assert problem.type == NOT_YOUR_ROLE
    for visit in (meant, other):
        assert (await walk.visit(visit["id"]))["version"] == visit["version"]
    assert (await post.update(meant["id"], signed)).answer


async def test_a_replayed_command_takes_effect_once(walk: Walk, post: Post) -> None:
    visit = await walk.registered()
    signed = post.signed(await post.command(Role.TRIAGE_NURSE, visit["id"], triage()))
    first = await post.update(visit["id"], signed)
    assert first.answer
    assert await post.update(visit["id"], signed) == first
    assert (await walk.visit(visit["id"]))["version"] == visit["version"] + 1


async def test_nobody_registers_a_patient_without_the_api(post: Post) -> None:
    visit_id = uuid4()
    action = RegisterPatient(
        first_name="Taa",
        last_name="Mfano",
        gender=Gender.FEMALE,
        age=30,
        phone_number="0712345678",
        insurance_type=InsuranceType.CASH,
        chief_complaint="Fever",
        payment_type=PaymentType.CASH,
    )
    forged: Command = await post.command(Role.RECEPTIONIST, visit_id, action)
    run = await post.client.start_workflow(
        VisitWorkflow.run,
        Opening(visit_id=visit_id),
        id=workflow_id(visit_id),
        task_queue=post.clinic.settings.task_queue,
        start_signal=SUBMIT,
        start_signal_args=[forged],
    )
    assert await run.result() == "NOTHING"
    (row,) = await post.decided(visit_id, "register_patient")
    assert (row["status"], row["actor_id"], row["problem"]["type"]) == ("REFUSED", TEMPORAL_UI, NOT_YOUR_ROLE)
    assert not await post.clinic.rows("select 1 from visits where id = %s", visit_id)
