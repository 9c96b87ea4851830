"""Everything at the same moment: double clicks, two desks, a queue of forms."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from tests.clinic import WholeClinic
from tests.faults.desk import (
    Slip,
    diagnosis,
    keys_done,
    payment,
    registration,
    require_sound,
    together,
)
from tests.walks import Walk, new_patient


def statuses(answers: list[httpx2.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def test_ten_clicks_are_one_payment_and_ten_equal_answers(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.seen()
    slip = payment(walk, visit["id"], 100)
    answers = await together(Slip.sent, *[slip] * 10)
    assert statuses(answers) == [201] * 10
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert (await require_sound(open_clinic, visit["id"]))["amount_paid"] == 100


async def test_ten_clicks_are_one_registration_and_ten_equal_answers(walk: Walk, open_clinic: WholeClinic) -> None:
    slip = registration(walk, new_patient())
    answers = await together(Slip.sent, *[slip] * 10)
    assert statuses(answers) == [201] * 10
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert (await require_sound(open_clinic, slip.visit_id))["version"] == 1


async def test_one_key_with_two_bodies_at_once_does_one_of_them(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.seen()
    one = payment(walk, visit["id"], 100)
    other = replace(one, body={**one.body, "amount": "50"})
    answers = await together(Slip.sent, one, other)
    assert statuses(answers) == [201, 422]
    taken = next(answer for answer in answers if answer.status_code == 201)
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert refused.json()["type"] == "/problems/key-reused"
    assert (await require_sound(open_clinic, visit["id"]))["amount_paid"] == Decimal(taken.json()["amount"])


async def test_one_key_with_two_registrations_at_once_does_one_of_them(walk: Walk, open_clinic: WholeClinic) -> None:
    one = registration(walk, new_patient())
    other = replace(one, body=new_patient())
    answers = await together(Slip.sent, one, other)
    assert statuses(answers) == [201, 422]
    assert (await require_sound(open_clinic, one.visit_id))["version"] == 1


async def test_more_actions_at_once_than_a_visit_takes_at_a_time_are_each_done_once(
    walk: Walk, open_clinic: WholeClinic
) -> None:
    visit = await walk.seen()
    slips = [diagnosis(walk, visit["id"]) for _ in range(15)] + [payment(walk, visit["id"], 300)]
    answers = await together(Slip.sent, *slips)
    assert set(statuses(answers)) <= {201, 202}
    await together(Slip.until_answered, *slips)
    assert sorted((await keys_done(open_clinic, visit["id"]))[4:]) == sorted(slip.key for slip in slips)
    assert (await require_sound(open_clinic, visit["id"]))["version"] == visit["version"] + 16


async def test_an_update_that_the_server_breaks_off_is_stored_and_done(
    walk: Walk, open_clinic: WholeClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does under load, before the visit has seen it; the server itself is there."""
    visit = await walk.seen()
    slip = payment(walk, visit["id"], 300)

    async def broken_off(*_: Any, **__: Any) -> None:
        raise RPCError("workflow update was aborted", RPCStatusCode.UNAVAILABLE, b"")

    with monkeypatch.context() as patch:
        patch.setattr(WorkflowHandle, "execute_update", broken_off)
        await slip.accepted()
    await slip.became("DONE")
    assert (await slip.until_answered()).status_code == 201
    assert (await require_sound(open_clinic, visit["id"]))["version"] == visit["version"] + 1


async def test_twenty_desks_registering_one_person_make_one_patient(walk: Walk, open_clinic: WholeClinic) -> None:
    form = new_patient()
    slips = [registration(walk, form) for _ in range(20)]
    answers = await together(Slip.sent, *slips)
    assert statuses(answers) == [201] + [409] * 19
    registered = next(answer.json()["patient"]["id"] for answer in answers if answer.status_code == 201)
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["type"] == "/problems/duplicate-patient"
            assert answer.json()["patient_id"] == registered
    assert len(await open_clinic.rows("select 1 from patients where national_id = %s", form["national_id"])) == 1
    assert len(await open_clinic.rows("select 1 from visits where patient_id = %s", registered)) == 1


async def test_two_desks_opening_a_visit_for_one_patient_open_one(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.seen()
    await walk.paid(visit["id"])
    await walk.discharged(visit["id"])
    body = {"patient_id": visit["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    slip = replace(registration(walk, body), path="/api/visits")
    slips = [slip, *(replace(registration(walk, body), path="/api/visits") for _ in range(3))]
    answers = await together(Slip.sent, *slips)
    assert statuses(answers) == [201, 409, 409, 409]
    wanted = "select 1 from visits where patient_id = %s and completed_at is null"
    assert len(await open_clinic.rows(wanted, visit["patient_id"])) == 1


async def test_two_desks_taking_the_whole_balance_at_once_take_it_once(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.seen()
    answers = await together(Slip.sent, payment(walk, visit["id"], 300), payment(walk, visit["id"], 300))
    assert statuses(answers) == [201, 422]
    visit = await require_sound(open_clinic, visit["id"])
    assert (visit["amount_paid"], visit["status"]) == (300, "READY_FOR_DISCHARGE")


async def test_many_desks_give_every_visit_a_number_of_its_own(walk: Walk, open_clinic: WholeClinic) -> None:
    answers = await together(Slip.sent, *(registration(walk, new_patient()) for _ in range(20)))
    numbers = [answer.json()["visit"]["op_number"] for answer in answers]
    assert len(set(numbers)) == 20
