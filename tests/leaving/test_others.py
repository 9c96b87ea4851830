"""Who leaves, and all that hangs on a visit beside it: claims, other registrations, a death, a late message."""

from collections.abc import AsyncIterator

import pytest

from models.staff import Role
from tests.claims.conftest import Counter, opened_counter
from tests.leaving.gate import NURSE, OFFICER, RECEPTION, SUPERVISOR, Gate
from tests.walks import new_patient


@pytest.fixture(scope="module")
async def counter() -> AsyncIterator[Counter]:
    async with opened_counter() as counter, counter.clinic.worker():
        yield counter


async def test_a_claim_for_nothing_is_withdrawn_and_begins_again_with_the_visit(counter: Counter) -> None:
    """A test was ordered and invoiced for somebody whom nobody has seen; then they leave."""
    gate = Gate(counter.clinic, counter.walk)
    visit = await counter.walk.triaged(payment_type="SHA", insurance_type="SHA")
    referral = {"station": "IMMUNIZATION", "reason": "It is due"}
    await counter.walk.done(NURSE, "POST", f"/api/visits/{visit['id']}/referrals", referral)
    await counter.walk.test_ordered(visit["id"])
    await counter.invoiced(visit["id"])
    await counter.becomes(visit["id"], "AWAITING_CONSENT")
    gone = await gate.leaves(visit)
    assert (gone["status"], gone["total_amount"]) == ("LEFT_WITHOUT_BEING_SEEN", "0.00")
    closed = await counter.becomes(visit["id"], "CLOSED")
    assert closed["reason"] == "The patient left without being seen."
    assert await counter.handed_in(closed) == 0
    again = await gate.returns(visit)
    assert again["total_amount"] == "500.00"
    assert {order["kind"] for order in again["open_orders"]} == {"REFERRAL", "LAB_REQUEST"}
    await counter.becomes(visit["id"], "AWAITING_CONSENT")


async def test_the_claim_of_who_was_seen_says_that_they_went(counter: Counter) -> None:
    gate = Gate(counter.clinic, counter.walk)
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    await gate.leaves(visit, OFFICER)
    claim = await counter.becomes(visit["id"], "SUBMITTED", "IN_REVIEW", "APPROVED", "PAID")
    assert claim["status"] != "CLOSED"


async def test_a_merge_takes_the_call_along(gate: Gate) -> None:
    """Whichever registration goes on: the call is made, and the visit may go on."""
    made = await gate.walk.done(RECEPTION, "POST", "/api/patients", new_patient())
    other = await gate.walk.done(RECEPTION, "POST", "/api/patients", new_patient(national_id=None))
    await gate.acts(RECEPTION, made["visit"], "cancel_visit", reason="Came on the wrong day")
    gone = await gate.leaves(other["visit"])
    await gate.until_tasks(gone, "CALL_BACK_PATIENT")
    body = {"patient_id": other["patient"]["id"], "reason": "Registered twice"}
    await gate.walk.done(SUPERVISOR, "POST", f"/api/patients/{made['patient']['id']}/merge", body)
    await gate.called(gone, "NOT_REACHED")
    again = await gate.returns(gone)
    assert (again["patient_id"], again["status"]) == (made["patient"]["id"], "REGISTERED")
    assert await gate.call(gone).result() == "RETURNED"
    await gate.until_tasks(gone)


async def test_who_is_here_under_another_registration_need_not_be_called(gate: Gate) -> None:
    gone = await gate.urgent_and_gone()
    await gate.until_tasks(gone, "CALL_BACK_PATIENT")
    here = await gate.walk.registered()
    body = {"patient_id": here["patient_id"], "reason": "Registered twice", "override_reason": "Two cards"}
    path = f"/api/patients/{gone['patient_id']}"
    await gate.walk.done(SUPERVISOR, "POST", f"{path}/merge", body)
    await gate.until_tasks(gone)
    await gate.walk.done(SUPERVISOR, "POST", f"/api/patients/{here['patient_id']}/unmerge", {"reason": "Two people"})
    await gate.until_tasks(gone, "CALL_BACK_PATIENT")


async def test_who_was_thought_to_be_here_again_is_called_after_all(gate: Gate) -> None:
    """The newer visit turns out to be another patient's."""
    gone = await gate.urgent_and_gone()
    await gate.until_tasks(gone, "CALL_BACK_PATIENT")
    body = {"patient_id": gone["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    newer = await gate.walk.done(RECEPTION, "POST", "/api/visits", body)
    await gate.until_tasks(gone)
    somebody = await gate.walk.done(RECEPTION, "POST", "/api/patients", new_patient())
    await gate.acts(RECEPTION, somebody["visit"], "cancel_visit", reason="Opened twice")
    await gate.acts(RECEPTION, newer, "wrong_patient", patient_id=somebody["patient"]["id"], reason="Two of one name")
    await gate.until_tasks(gone, "CALL_BACK_PATIENT")


async def test_a_visit_that_was_left_moves_to_the_right_patient_with_its_call(gate: Gate) -> None:
    gone = await gate.urgent_and_gone()
    somebody = await gate.walk.done(RECEPTION, "POST", "/api/patients", new_patient())
    await gate.acts(RECEPTION, somebody["visit"], "cancel_visit", reason="Opened twice")
    right = somebody["patient"]["id"]
    await gate.acts(RECEPTION, gone, "wrong_patient", patient_id=right, reason="Two of one name")
    after = await gate.called(gone, "REACHED")
    assert (after["patient_id"], after["departure"]["call_back"]["attempts"][0]["outcome"]) == (right, "REACHED")


async def test_who_has_died_meanwhile_does_not_come_back(gate: Gate) -> None:
    gone = await gate.urgent_and_gone()
    body = {"patient_id": gone["patient_id"], "chief_complaint": "Collapsed", "payment_type": "CASH"}
    newer = await gate.walk.done(RECEPTION, "POST", "/api/visits", body)
    death = {"time_of_death": newer["arrived_at"], "brought_in_dead": True, "circumstances": "Found on the road"}
    await gate.acts(OFFICER, newer, "record_death", **death)
    no = await gate.asks(RECEPTION, gone, "patient_returned")
    assert (no.status_code, no.json()["type"]) == (409, "/problems/conflict")
    assert "died" in no.json()["detail"]
    assert await gate.call(gone).result() == "NOT_NEEDED"


async def test_a_result_that_comes_after_an_email_patient_left_is_sent_but_no_letter_of_discharge(gate: Gate) -> None:
    visit = await gate.walk.seen(email="taa@example.org")
    test = await gate.walk.test_ordered(visit["id"])
    await gate.leaves(visit, Role.LAB_TECHNICIAN, notes="Left in anger")
    await gate.walk.results(test["id"])
    await gate.until_tasks(visit, "SETTLE_BILL", "TELL_PATIENT")
    letters = await gate.clinic.rows("select key from messages where visit_id = %s", visit["id"])
    assert not [letter for letter in letters if "VISIT_REPORT" in letter["key"]]
