"""Commands: what is the same command, who signed it, and what a refusal leaves behind."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models import actions
from models.actions import RecordEncounter, TakePayment
from models.command import Command, accept
from models.staff import Role
from tests.pathway.desk import seen, taken_in, triaged
from tests.pathway.people import CLINICIAN, MORNING, NURSE, SECOND_CLINICIAN, STAFF, person, triage

SECRET = b"a secret of the API"


def command(**changed: Any) -> Command:
    facts = {
        "id": UUID(int=1),
        "visit_id": UUID(int=2),
        "patient_id": UUID(int=3),
        "actor": CLINICIAN,
        "address": "192.0.2.1",
        "at": MORNING,
        "action": RecordEncounter(notes="first"),
    }
    return Command.model_validate({**facts, **changed}).signed(SECRET)


def test_the_same_command_sent_again_has_the_same_digest() -> None:
    first = command()
    for circumstances in (
        {"at": MORNING + timedelta(minutes=3)},
        {"address": "192.0.2.9"},
        {"address": None},
        {"id": UUID(int=9)},
        {"actor": CLINICIAN.model_copy(update={"roles": (Role.CLINICAL_OFFICER, Role.SUPERVISOR)})},
        {"action": RecordEncounter(notes=" first ")},
    ):
        assert command(**circumstances).digest == first.digest


def test_another_body_person_visit_or_patient_has_another_digest() -> None:
    others = [
        command(),
        command(action=RecordEncounter(notes="second")),
        command(action=RecordEncounter(notes="first", findings="f")),
        command(action=triage()),
        command(actor=SECOND_CLINICIAN),
        command(visit_id=UUID(int=9)),
        command(patient_id=UUID(int=9)),
        command(patient_id=None),
    ]
    assert len({other.digest for other in others}) == len(others)


def test_amounts_that_are_the_same_money_are_the_same_body() -> None:
    paid = [TakePayment.model_validate({"amount": said, "payment_type": "CASH"}) for said in ("300", "300.00", 300)]
    assert len({command(action=action).digest for action in paid}) == 1


def test_a_digest_cannot_be_made_without_the_secret() -> None:
    assert command().digested(b"another secret") != command().digest


@pytest.mark.parametrize(
    "forged",
    [
        {"id": UUID(int=9)},
        {"visit_id": UUID(int=9)},
        {"patient_id": None},
        {"actor": SECOND_CLINICIAN},
        {"actor": CLINICIAN.model_copy(update={"roles": (*CLINICIAN.roles, Role.ADMIN)})},
        {"actor": CLINICIAN.model_copy(update={"facility_id": UUID(int=9)})},
        {"address": None},
        {"at": MORNING + timedelta(microseconds=1)},
        {"digest": ""},
        {"action": RecordEncounter(notes="second")},
        {"mac": ""},
        {"mac": "0" * 64},
        {"mac": "ausgedacht – é"},
    ],
    ids=lambda forged: "-".join(forged),
)
def test_whatever_is_changed_breaks_the_signature(forged: dict[str, Any]) -> None:
    """A mac that is not even ASCII once raised instead of answering no, and the visit would have stood still."""
    assert command().is_signed(SECRET)
    assert not command().model_copy(update=forged).is_signed(SECRET)


def test_a_signature_holds_for_its_secret_and_survives_travelling() -> None:
    sent = command()
    assert Command.model_validate_json(sent.model_dump_json()).is_signed(SECRET)
    assert not sent.is_signed(b"another secret")


def test_refusing_somebody_names_the_roles_that_may() -> None:
    problem = triaged().refused(Role.CASHIER, RecordEncounter())
    assert (problem.status, problem.type, problem.roles) == (403, "/problems/not-your-role", (Role.CLINICAL_OFFICER,))
    assert "CLINICAL_OFFICER" in problem.detail


def test_anyone_of_several_roles_is_enough() -> None:
    both = person(Role.CASHIER, Role.CLINICAL_OFFICER)
    taken_in().does(both, RecordEncounter())


def test_acting_on_another_patient_through_a_visit_is_a_conflict() -> None:
    desk = seen()
    assert desk.refused(CLINICIAN, RecordEncounter(), patient_id=UUID(int=9)).type == "/problems/conflict"
    desk.does(CLINICIAN, RecordEncounter(), patient_id=desk.visit.patient_id)


def test_a_refusal_changes_nothing_and_a_decision_is_the_same_each_time() -> None:
    desk = triaged()
    before = desk.visit.model_dump_json()
    desk.refused(NURSE, triage())
    assert desk.visit.model_dump_json() == before
    asked = desk.command(CLINICIAN, actions.TakeIn())
    known = desk.shelf.known(asked)
    assert accept(desk.visit, asked, known) == accept(desk.visit, asked, known)
    assert desk.visit.model_dump_json() == before


def test_everybody_in_these_tests_is_somebody_else() -> None:
    people = [*STAFF.values(), SECOND_CLINICIAN]
    assert len({who.id for who in people}) == len(people)
