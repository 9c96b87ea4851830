"""The laboratory: what is a report, and what it does to the request and the bill."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from models.actions import OrderLabTest, ReportLabTest
from models.catalogue import Resource
from models.staff import Role, Station
from tests.pathway.desk import seen, with_prescription, with_test
from tests.pathway.people import CLINICIAN, MORNING, STAFF

LAB = Role.LAB_TECHNICIAN
ID = UUID(int=9)


def report(status: str = "COMPLETED", results: Any = None, id: UUID = ID, **more: Any) -> ReportLabTest:
    return ReportLabTest.model_validate({"lab_request_id": id, "status": status, "results": results, **more})


@pytest.mark.parametrize(
    ("status", "results", "is_report"),
    [
        ("COMPLETED", {"hemoglobin": "14.2", "malaria": False, "wbc": 7500, "hb": 14.2, "remark": None}, True),
        ("COMPLETED", None, False),
        ("COMPLETED", {}, False),
        ("COMPLETED", {"": "14.2"}, False),
        ("COMPLETED", {"hb": {"value": 1}}, False),
        ("COMPLETED", {"hb": [1, 2]}, False),
        ("COMPLETED", {"hb": float("nan")}, False),
        ("COMPLETED", {"hb": float("inf")}, False),
        ("COMPLETED", {"hb": "1\x002"}, False),
        ("COMPLETED", {"h\x00b": "12"}, False),
        ("COMPLETED", {f"value {n}": n for n in range(101)}, False),
        ("COMPLETED", "normal", False),
        ("CANCELLED", None, True),
        ("CANCELLED", {}, True),
        ("CANCELLED", {"hb": "14.2"}, False),
        ("PRELIMINARY", {"hb": "14.2"}, True),
        ("PRELIMINARY", None, False),
        ("PENDING", None, False),
        ("IN_PROGRESS", None, False),
    ],
)
def test_a_report_is_results_or_a_cancellation(status: str, results: Any, is_report: bool) -> None:
    if is_report:
        report(status, results)
    else:
        with pytest.raises(ValidationError):
            report(status, results)


def test_a_test_is_charged_when_ordered_and_found_without_regard_to_case() -> None:
    desk = seen()
    change = desk.does(CLINICIAN, OrderLabTest(test_type="blood_test", urgency="URGENT"))
    assert change.rows[0].values["test_type"] == "BLOOD_TEST"
    assert desk.visit.total_amount == desk.shelf.total == 800
    assert desk.visit.open_orders[0].urgent


def test_an_unknown_test_is_refused_with_the_nearest() -> None:
    problem = seen().refused(CLINICIAN, OrderLabTest(test_type="BLOD_TEST"))
    assert (problem.type, problem.errors[0].field) == ("/problems/invalid", "test_type")
    assert "BLOOD_TEST" in problem.errors[0].reason


def test_results_are_stored_and_told_to_clinicians_alone() -> None:
    desk, test = with_test()
    change = desk.answer(LAB, test)
    row = change.rows[0]
    assert (row.values["status"], row.values["completed_by"]) == ("COMPLETED", STAFF[LAB].id)
    assert row.values["completed_at"] == desk.now
    assert row.values["completed_at"] > MORNING
    ready = next(event for event in change.events if event.kind == "lab:results_ready")
    assert (ready.audience, ready.payload["labRequestId"]) == ((Role.CLINICAL_OFFICER,), test)
    assert ready.payload["results"] == {"hemoglobin": "14.2"}


def test_a_note_of_the_laboratory_replaces_the_orders_only_where_one_is_given() -> None:
    desk, test = with_test()
    assert "notes" not in desk.does(LAB, report("CANCELLED", id=test)).rows[0].values
    desk, test = with_test()
    change = desk.does(LAB, report("CANCELLED", id=test, notes="No reagent"))
    assert change.rows[0].values["notes"] == "No reagent"


def test_cancelling_takes_the_charge_back_and_completing_does_not() -> None:
    desk, test = with_test()
    other = desk.ordered(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    desk.answer(LAB, test)
    assert desk.visit.total_amount == desk.shelf.total == 1300
    desk.answer(LAB, other, "CANCELLED")
    assert desk.visit.total_amount == desk.shelf.total == 800


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_a_test_is_answered_once(status: str) -> None:
    desk, test = with_test()
    desk.answer(LAB, test, status)
    problem = desk.refused(LAB, report("CANCELLED", id=test))
    assert (problem.type, status in problem.detail) == ("/problems/already-done", True)


def test_a_report_says_what_is_wrong_with_its_id() -> None:
    desk, prescribed = with_prescription()
    assert desk.refused(LAB, report("CANCELLED")).type == "/problems/not-found"
    assert desk.refused(LAB, report("CANCELLED", id=prescribed)).type == "/problems/not-found"
    elsewhere = {"facility_id": desk.visit.facility_id, "visit_id": UUID(int=8), "status": "PENDING"}
    desk.shelf.rows[Resource.LAB_REQUEST, ID] = elsewhere
    assert desk.refused(LAB, report("CANCELLED", id=ID)).type == "/problems/conflict"


def test_only_the_laboratory_reports() -> None:
    desk, test = with_test()
    problem = desk.refused(CLINICIAN, report("CANCELLED", id=test))
    assert (problem.status, problem.roles) == (403, (LAB,))
    assert desk.visit.waiting_at == (Station.LABORATORY,)
