"""A visit that was made for the wrong registration: what moves, what is owed again, who is told."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from models.actions import (
    CancelVisit,
    Discharge,
    Dispense,
    FollowPatient,
    RaiseShaInvoice,
    RecordEncounter,
    TakePayment,
    WrongPatient,
)
from models.actions.identity import of_the_cashier
from models.catalogue import Resource
from models.command import case_of
from models.staff import THE_CLINIC, Person, Role
from models.status import Status
from models.visit import Visit
from tests.pathway.desk import Desk, registered, seen, triaged, with_prescription, with_test
from tests.pathway.people import CLINICIAN, FACILITY, NAMES, SECOND_CLINICIAN
from tests.pathway.test_rules_emergency import emergency

HERE = Role.RECEPTIONIST
AFTER_CARE = ["AfterCare", "AfterCare"]
"""What comes after the visit is looked at again for both patients."""
CLINIC = Person(id=THE_CLINIC, facility_id=FACILITY, roles=())
RIGHT = uuid5(NAMES, "the right patient")


def also_registered(desk: Desk, **changed: Any) -> UUID:
    """Somebody else who is known here."""
    row = desk.shelf.rows[Resource.PATIENT, desk.visit.patient_id]
    desk.shelf.rows[Resource.PATIENT, RIGHT] = {**row, "id": RIGHT, **changed}
    return RIGHT


def moving(**more: Any) -> WrongPatient:
    return WrongPatient.model_validate({"patient_id": RIGHT, "reason": "Two of one name", **more})


def tasks(desk: Desk, kind: str) -> list[dict[str, Any]]:
    rows = [row for (resource, _), row in desk.shelf.rows.items() if resource is Resource.TASK]
    return [row for row in rows if row["kind"] == kind]


@pytest.mark.parametrize("who", [Role.RECEPTIONIST, Role.SUPERVISOR])
def test_the_visit_is_the_right_patients_and_stands_where_it_stood(who: Role) -> None:
    desk, _ = with_test()
    also_registered(desk, age=7)
    before, wrong = desk.visit, desk.visit.patient_id
    change = desk.does(who, moving())
    after = desk.visit
    assert (after.patient_id, change.moved_from, change.moved_because) == (RIGHT, wrong, "Two of one name")
    assert (after.status, after.waiting, after.open_orders) == (before.status, before.waiting, before.open_orders)
    assert (after.total_amount, after.balance, after.age_years) == (before.total_amount, before.balance, 7)
    told = next(event for event in change.events if event.kind == "visit:patient_changed")
    assert (told.payload["patientId"], told.payload["formerPatientId"]) == (RIGHT, wrong)
    assert set(told.audience) == set(Role)


@pytest.mark.parametrize("who", [Role.CASHIER, Role.CLINICAL_OFFICER, Role.ADMIN])
def test_others_move_no_visit(who: Role) -> None:
    desk = registered()
    also_registered(desk)
    assert desk.refused(who, moving()).status == 403


def test_a_reason_is_always_given() -> None:
    with pytest.raises(ValueError, match="reason"):
        WrongPatient.model_validate({"patient_id": RIGHT})


def test_each_clinician_who_decided_is_asked_to_read_again_and_triage_where_the_age_is_another() -> None:
    desk, _ = with_test()
    also_registered(desk)
    desk.does(HERE, moving())
    assert {task["owner_id"] for task in tasks(desk, "REREAD_DECISIONS")} == {CLINICIAN.id}
    young = triaged()
    also_registered(young, age=4)
    young.does(HERE, moving())
    assert [(task["role"], task["owner_id"]) for task in tasks(young, "REREAD_DECISIONS")] == [("TRIAGE_NURSE", None)]
    untouched = registered()
    also_registered(untouched)
    untouched.does(HERE, moving())
    assert tasks(untouched, "REREAD_DECISIONS") == []


def test_another_persons_cover_is_taken_off_and_what_was_paid_stays_paid() -> None:
    desk = seen(insurance_type="SHA", payment_type="SHA")
    also_registered(desk, insurance_type="CASH")
    desk.pay("100")
    invoice = desk.ordered(Role.CASHIER, RaiseShaInvoice(sha_number="SHA1", service_given="Care"))
    assert desk.visit.balance == 0
    desk.does(HERE, moving())
    assert (desk.visit.balance, desk.visit.amount_paid, desk.visit.payment_type) == (Decimal(200), Decimal(100), "CASH")
    assert desk.shelf.rows[Resource.SHA_INVOICE, invoice]["status"] == "CANCELLED"
    assert desk.shelf.rows[Resource.SHA_INVOICE, invoice]["amount_charged"] == 200
    assert "KES 200" in tasks(desk, "SETTLE_BILL")[0]["words"]
    desk.does(Role.CASHIER, RaiseShaInvoice(sha_number="SHA2", service_given="Care"))
    assert desk.visit.balance == 0
    assert tasks(desk, "SETTLE_BILL")[0]["status"] == "DONE"


def test_the_right_patients_payer_is_asked() -> None:
    desk = registered()
    also_registered(desk, insurance_type="SHA")
    assert [start.kind for start in desk.does(HERE, moving()).starts] == ["CoverageCheck", *AFTER_CARE]
    cash = registered(insurance_type="SHA", payment_type="SHA")
    also_registered(cash)
    assert [start.kind for start in cash.does(HERE, moving(payment_type="CASH")).starts] == AFTER_CARE


def test_after_the_visit_it_moves_too_and_the_debt_can_be_settled() -> None:
    desk = seen(insurance_type="SHA", payment_type="SHA")
    also_registered(desk, insurance_type="CASH")
    desk.does(Role.CASHIER, RaiseShaInvoice(sha_number="SHA1", service_given="Care"))
    desk.does(CLINICIAN, Discharge(discharge_notes="Stable"))
    cash = TakePayment.model_validate({"amount": "300", "payment_type": "CASH"})
    assert desk.refused(Role.CASHIER, cash).type == "/problems/visit-closed"
    desk.does(HERE, moving())
    assert (desk.visit.status, desk.visit.balance) == (Status.COMPLETED, Decimal(300))
    desk.does(Role.CASHIER, cash)
    assert (desk.visit.status, desk.visit.balance) == (Status.COMPLETED, Decimal(0))


def test_it_moves_to_somebody_else_who_is_registered_and_has_no_open_visit() -> None:
    desk = registered()
    assert desk.refused(HERE, moving()).status == 404
    assert desk.refused(HERE, moving(patient_id=desk.visit.patient_id)).type == "/problems/conflict"
    also_registered(desk)
    other = Desk(shelf=desk.shelf, now=desk.now, id=uuid5(NAMES, "another visit"))
    other.shelf.visits[other.id], other.shelf.open = RIGHT, {*other.shelf.open, other.id}
    assert desk.refused(HERE, moving()).type == "/problems/conflict"
    other.shelf.open.remove(other.id)
    desk.does(HERE, moving())


def test_whoever_nobody_knows_yet_is_identified_instead() -> None:
    desk = emergency()
    also_registered(desk)
    problem = desk.refused(HERE, moving())
    assert (problem.type, "identify_patient" in problem.detail) == ("/problems/conflict", True)


def test_a_registration_that_was_merged_leads_to_the_one_that_goes_on() -> None:
    desk = registered()
    also_registered(desk)
    former = uuid5(NAMES, "merged")
    row = desk.shelf.rows[Resource.PATIENT, RIGHT]
    desk.shelf.rows[Resource.PATIENT, former] = {**row, "id": former, "merged_into": RIGHT}
    desk.does(HERE, moving(patient_id=former))
    assert desk.visit.patient_id == RIGHT


CLAIM: dict[str, Any] = {
    "id": UUID(int=5),
    "payer": "SHA",
    "number": "CLM000001",
    "status": "OPEN",
    "handed_in": "NO",
    "submitted_at": None,
    "is_open_there": False,
}


@pytest.mark.parametrize(
    ("claim", "is_withdrawn", "begins_anew"),
    [
        ({}, False, True),
        ({"is_open_there": True}, True, True),
        ({"handed_in": "YES", "status": "SUBMITTED"}, True, False),
        ({"handed_in": "INTENDED", "status": "UNCERTAIN"}, True, False),
        ({"submitted_at": "2026-11-22", "status": "SENT_BACK"}, True, False),
        ({"status": "CLOSED"}, False, False),
    ],
)
def test_what_the_payer_has_is_withdrawn_by_a_clerk_and_what_it_has_not_begins_anew(
    claim: dict[str, Any], is_withdrawn: bool, begins_anew: bool
) -> None:
    desk = seen()
    also_registered(desk)
    command = desk.command(HERE, moving())
    known = desk.shelf.known(command).model_copy(update={"claims": ({**CLAIM, **claim},)})
    case = case_of(desk.visit, command, known)
    change = command.action.apply(case)
    assert [task.kind for task in of_the_cashier(case, desk.visit)] == ["WITHDRAW_CLAIM"] * is_withdrawn
    assert [start.kind for start in change.starts] == [*["Claim"] * begins_anew, *AFTER_CARE]


def test_only_the_clinic_lets_a_visit_follow_its_patient_and_at_any_stage() -> None:
    desk = registered()
    assert desk.refused(Role.SUPERVISOR, FollowPatient(patient_id=RIGHT)).status == 403
    desk.does(Role.SUPERVISOR, CancelVisit(reason="Left"))
    before = desk.visit
    desk.does(CLINIC, FollowPatient(patient_id=RIGHT, age_years=before.age_years))
    changed = {"patient_id", "version", "updated_at"}
    assert {name for name in Visit.model_fields if getattr(before, name) != getattr(desk.visit, name)} == changed


@pytest.mark.parametrize(("age", "is_told"), [(31, False), (12, True), (2, True)])
def test_who_was_triaged_by_the_limits_of_another_age_is_triaged_again(age: int, is_told: bool) -> None:
    desk = triaged()
    change = desk.does(CLINIC, FollowPatient(patient_id=desk.visit.patient_id, age_years=age))
    assert desk.visit.age_years == age
    assert [task["role"] for task in tasks(desk, "REREAD_DECISIONS")] == ["TRIAGE_NURSE"] * is_told
    assert [event.kind for event in change.events] == ["visit:patient_changed", *["task:opened"] * is_told]


def test_who_was_not_triaged_yet_is_only_of_another_age() -> None:
    desk = registered()
    desk.does(CLINIC, FollowPatient(patient_id=desk.visit.patient_id, age_years=3))
    assert (desk.visit.age_years, tasks(desk, "REREAD_DECISIONS")) == (3, [])


def test_a_further_clinician_with_an_open_test_is_asked_too() -> None:
    desk, _ = with_test()
    also_registered(desk)
    order = desk.visit.open_orders[0].model_copy(update={"person_id": SECOND_CLINICIAN.id, "id": UUID(int=8)})
    desk.current = desk.visit.opening(order)
    desk.does(HERE, moving())
    assert {task["owner_id"] for task in tasks(desk, "REREAD_DECISIONS")} == {CLINICIAN.id, SECOND_CLINICIAN.id}


def test_who_prescribed_what_is_still_owed_is_asked_too() -> None:
    """It would be handed out to another patient than the one for whom it was meant."""
    desk, drug = with_prescription(4)
    desk.pay()
    desk.does(Role.PHARMACIST, Dispense(prescription_id=drug, status="OWED"))
    desk.does(SECOND_CLINICIAN, RecordEncounter())
    desk.does(SECOND_CLINICIAN, Discharge(discharge_notes="Stable"))
    also_registered(desk)
    desk.does(HERE, moving())
    assert {task["owner_id"] for task in tasks(desk, "REREAD_DECISIONS")} == {CLINICIAN.id, SECOND_CLINICIAN.id}
