"""What comes to light when the patient has gone: money that is not owed any more, and results that nobody has read."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from models import actions as do
from models.catalogue import ClaimStanding, Resource
from models.claims import Payer
from models.orders import OrderKind
from models.staff import Role
from tests.pathway.desk import Desk, seen, with_prescription, with_test
from tests.pathway.people import CLINICIAN, SECOND_CLINICIAN

GONE = do.PatientLeft(notes="Nobody answers")
AGAIN = do.ReopenVisit(reason="Came back")


def error(record: str, id: UUID) -> do.EnterInError:
    return do.EnterInError.model_validate({"record": record, "record_id": id, "reason": "Of another patient"})


def tasks(desk: Desk, kind: str) -> list[dict[str, Any]]:
    rows = (row for (resource, _), row in desk.shelf.rows.items() if resource is Resource.TASK)
    return [row for row in rows if row["kind"] == kind]


def paid_and_gone(*, is_paid: bool = True) -> tuple[Desk, UUID]:
    """A test is awaited; by who has paid it, or by who left owing KES 300 and the test's KES 500."""
    desk, test = with_test()
    if is_paid:
        desk.pay()
        desk.does(CLINICIAN, do.Discharge(discharge_notes="Stable", results_to_follow=True))
    else:
        desk.does(Role.RECEPTIONIST, GONE)
    return desk, test


def test_the_price_of_a_test_that_could_not_be_done_is_brought_to_who_has_left() -> None:
    desk, test = paid_and_gone()
    change = desk.answer(Role.LAB_TECHNICIAN, test, "CANCELLED")
    assert desk.visit.held == 500
    (task,) = tasks(desk, "REFUND_PATIENT")
    assert (task["role"], task["status"], "KES 500.00" in task["words"]) == (Role.CASHIER, "OPEN", True)
    assert "task:opened" in {event.kind for event in change.events}


def test_the_price_of_a_medicine_that_never_came_is_brought_to_who_has_left() -> None:
    desk, id = with_prescription(4)
    desk.pay()
    desk.does(Role.PHARMACIST, do.Dispense(prescription_id=id, status="OWED"))
    desk.does(CLINICIAN, do.Discharge(discharge_notes="Stable"))
    desk.does(Role.PHARMACIST, do.Dispense(prescription_id=id, status="CANCELLED"))
    assert desk.visit.held == 21
    assert ["KES 21.00" in task["words"] for task in tasks(desk, "REFUND_PATIENT")] == [True]


def test_who_owed_only_what_was_not_done_is_asked_for_nothing_more() -> None:
    desk, test = paid_and_gone(is_paid=False)
    desk.pay("300")
    assert [task["status"] for task in tasks(desk, "SETTLE_BILL")] == ["OPEN"]
    desk.answer(Role.LAB_TECHNICIAN, test, "CANCELLED")
    assert desk.visit.balance == 0
    assert [task["status"] for task in tasks(desk, "SETTLE_BILL")] == ["DONE"]
    assert not tasks(desk, "REFUND_PATIENT")


def test_money_is_brought_back_once() -> None:
    """The task of the first is not opened again by what changes nothing."""
    desk, test = paid_and_gone()
    desk.answer(Role.LAB_TECHNICIAN, test, "CANCELLED")
    (owed,) = desk.visit.untold
    desk.does(CLINICIAN, do.TellPatient(obligation_id=owed.obligation_id, outcome="Told that it failed"))
    assert len(tasks(desk, "REFUND_PATIENT")) == 1


def test_a_claim_that_the_payer_has_is_compared_when_a_test_was_not_done_after_all() -> None:
    desk, test = paid_and_gone()
    facts = {"id": UUID(int=7), "payer": Payer.SHA, "number": "CLM000001", "status": "SUBMITTED", "reason": ""}
    desk.shelf.claims.append(ClaimStanding.model_validate({**facts, "went_out": True}))
    desk.answer(Role.LAB_TECHNICIAN, test, "CANCELLED")
    (task,) = tasks(desk, "REVIEW_CLAIM")
    assert task["claim_id"] == UUID(int=7)


def test_a_result_that_only_a_wrong_consultation_had_read_is_told_to_who_leaves() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    wrong = desk.ordered(CLINICIAN, do.RecordEncounter())
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    assert desk.visit.has_unread_results
    desk.does(Role.RECEPTIONIST, GONE)
    assert [one.lab_request_id for one in desk.visit.untold] == [test]


def test_a_result_that_was_corrected_after_the_end_still_waits_for_its_reader() -> None:
    """Whatever else is marked in error in the meantime."""
    desk, wrong = unread_and_gone()
    (owed,) = desk.visit.untold
    corrected = {"lab_request_id": owed.lab_request_id, "results": {"hemoglobin": "13.1"}, "reason": "Wrong tube"}
    desk.does(Role.LAB_TECHNICIAN, do.CorrectLabResult.model_validate(corrected))
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    assert (desk.visit.untold, desk.visit.has_unread_results) == ((owed,), True)
    desk.does(CLINICIAN, AGAIN)
    assert (desk.visit.untold, [order.kind for order in desk.visit.open_orders]) == ((), [OrderKind.REVIEW])


def test_results_that_come_back_with_the_visit_wait_for_who_ordered_them() -> None:
    """Although nobody has seen the patient any more."""
    desk, wrong = unread_and_gone()
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    desk.does(SECOND_CLINICIAN, AGAIN)
    (review,) = desk.visit.open_orders
    assert (review.person_id, desk.visit.provider_id) == (CLINICIAN.id, CLINICIAN.id)
    desk.does(CLINICIAN, do.CallPatient.model_validate({"station": "CONSULTATION"}))


def unread_and_gone() -> tuple[Desk, UUID]:
    """Left with a result that nobody has read; and the id of the only consultation."""
    desk = seen()
    consultation = next(id for (resource, id), row in desk.shelf.rows.items() if is_consultation(resource, row))
    test = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.does(Role.RECEPTIONIST, GONE)
    return desk, consultation


def is_consultation(resource: Resource, row: dict[str, Any]) -> bool:
    return resource is Resource.ENCOUNTER and row["encounter_type"] == "CONSULTATION"


def test_a_refund_that_the_bill_has_swallowed_is_not_paid_out_by_anybody() -> None:
    desk = seen()
    desk.does(Role.CASHIER, do.TakeDeposit.model_validate({"amount": 800, "payment_type": "CASH"}))
    asked = desk.ordered(Role.CASHIER, do.RequestRefund(amount=Decimal(500), reason="Too much"))
    desk.does(Role.SUPERVISOR, do.DecideRefund(refund_id=asked, approved=True, reason="It is so"))
    desk.does(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    assert desk.visit.held == 0
    assert desk.visit.refund is None
    assert [task["status"] for task in tasks(desk, "REFUND_PATIENT")] == ["CANCELLED"]


def test_an_approved_refund_stays_with_the_cashier_when_the_visit_is_opened_again() -> None:
    desk = seen()
    desk.does(Role.CASHIER, do.TakeDeposit.model_validate({"amount": 800, "payment_type": "CASH"}))
    desk.does(CLINICIAN, do.Discharge(discharge_notes="Stable"))
    asked = desk.ordered(Role.CASHIER, do.RequestRefund(amount=Decimal(500), reason="Too much"))
    desk.does(Role.SUPERVISOR, do.DecideRefund(refund_id=asked, approved=True, reason="It is so"))
    desk.does(CLINICIAN, AGAIN)
    assert desk.visit.refund is not None
    assert [task["status"] for task in tasks(desk, "REFUND_PATIENT")].count("OPEN") == 1
