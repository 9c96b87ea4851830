"""Preliminary, final and corrected results; tests that are cancelled; critical values; patients who have left."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.actions import (
    AcknowledgeCritical,
    CancelOrder,
    CorrectLabResult,
    Discharge,
    OrderLabTest,
    RecordEncounter,
    ReportLabTest,
    TellPatient,
)
from models.actions.base import Change
from models.catalogue import Resource
from models.problems import Problem
from models.staff import Role, Station
from models.status import Status
from tests.pathway.desk import Desk, seen, with_test
from tests.pathway.people import CLINICIAN, SECOND_CLINICIAN

LAB = Role.LAB_TECHNICIAN
TEST = OrderLabTest(test_type="BLOOD_TEST")
LEAVES = Discharge(discharge_notes="Waits at home", results_to_follow=True)
LOW, LOWER, FINE = "6.1", "5.9", "14.2"


def row(desk: Desk, test: UUID) -> dict[str, Any]:
    return desk.shelf.rows[Resource.LAB_REQUEST, test]


def corrected(desk: Desk, test: UUID, hemoglobin: str = FINE) -> Change:
    form = CorrectLabResult(lab_request_id=test, results={"hemoglobin": hemoglobin}, reason="Tubes were exchanged")
    return desk.does(LAB, form)


def read_back(desk: Desk, test: UUID, said: Any) -> Change:
    return desk.does(CLINICIAN, AcknowledgeCritical(lab_request_id=test, read_back=said))


def misread(desk: Desk, test: UUID, said: Any) -> Problem:
    return desk.refused(CLINICIAN, AcknowledgeCritical(lab_request_id=test, read_back=said))


def left(desk: Desk) -> None:
    """The patient pays and goes, before the laboratory has answered."""
    desk.pay()
    desk.does(CLINICIAN, LEAVES)


def kinds(change: Change) -> list[str]:
    return [event.kind for event in change.events if event.kind.startswith("lab:")]


def starts(change: Change) -> list[str]:
    return [start.kind for start in change.starts]


def open_kinds(desk: Desk) -> list[str]:
    return [order.kind for order in desk.visit.open_orders]


def obligations(desk: Desk) -> list[dict[str, Any]]:
    return [row for (resource, _), row in desk.shelf.rows.items() if resource is Resource.OBLIGATION]


def test_preliminary_results_are_shown_and_the_test_stays_open() -> None:
    desk, test = with_test()
    change = desk.answer(LAB, test, "PRELIMINARY")
    assert (kinds(change), starts(change)) == (["lab:results_preliminary"], [])
    assert (open_kinds(desk), desk.visit.waiting_at) == (["LAB_REQUEST"], (Station.LABORATORY,))
    assert (row(desk, test)["status"], row(desk, test)["flags"]) == ("PRELIMINARY", {"hemoglobin": "N"})
    assert row(desk, test)["completed_at"] is None


def test_the_patient_returns_once_after_the_last_final_result() -> None:
    desk, first = with_test()
    second = desk.ordered(CLINICIAN, TEST)
    desk.answer(LAB, first, "PRELIMINARY")
    desk.answer(LAB, second)
    assert open_kinds(desk) == ["LAB_REQUEST"]
    desk.answer(LAB, first, "PRELIMINARY", LOW)
    assert open_kinds(desk) == ["LAB_REQUEST"]
    desk.answer(LAB, first)
    assert open_kinds(desk) == ["REVIEW"]
    corrected(desk, second)
    assert open_kinds(desk) == ["REVIEW"]


def test_what_was_reported_before_stays_readable_and_marked() -> None:
    desk, test = with_test()
    desk.answer(LAB, test, "PRELIMINARY", "13.1")
    desk.answer(LAB, test, hemoglobin="13.2")
    corrected(desk, test, "13.3")
    stored = row(desk, test)
    assert (stored["status"], stored["results"], stored["reason"]) == (
        "CORRECTED",
        {"hemoglobin": "13.3"},
        "Tubes were exchanged",
    )
    former = [(was["status"], was["results"]["hemoglobin"], was["flags"]) for was in stored["former_results"]]
    assert former == [("PRELIMINARY", "13.1", {"hemoglobin": "N"}), ("COMPLETED", "13.2", {"hemoglobin": "N"})]
    assert all(was["replaced_at"] > was["reported_at"] for was in stored["former_results"])


def test_a_correction_is_told_and_brings_the_patient_back_to_who_ordered() -> None:
    desk, test = with_test()
    desk.answer(LAB, test)
    desk.does(CLINICIAN, RecordEncounter())
    change = corrected(desk, test)
    assert kinds(change) == ["lab:results_corrected"]
    [review] = desk.visit.open_orders
    assert (review.kind, review.person_id) == ("REVIEW", CLINICIAN.id)


def test_only_a_final_result_is_corrected() -> None:
    desk, test = with_test()
    form = CorrectLabResult(lab_request_id=test, results={"hb": "1"}, reason="Wrong")
    assert desk.refused(LAB, form).type == "/problems/conflict"
    desk.answer(LAB, test, "PRELIMINARY")
    assert desk.refused(LAB, form).type == "/problems/conflict"
    desk.answer(LAB, test, "CANCELLED")
    assert desk.refused(LAB, form).type == "/problems/already-done"
    assert desk.refused(CLINICIAN, form).roles == (LAB,)


def test_a_critical_value_is_read_back_before_its_test_is_cancelled() -> None:
    desk, test = with_test()
    desk.answer(LAB, test, "PRELIMINARY", hemoglobin="3.9")
    no = desk.refused(CLINICIAN, CancelOrder(order_id=test, reason="Ordered twice"))
    assert (no.type, no.missing[0].roles) == ("/problems/outstanding-work", (Role.CLINICAL_OFFICER,))
    assert desk.visit.critical_results == (test,)
    desk.does(CLINICIAN, AcknowledgeCritical.model_validate({"lab_request_id": test, "read_back": "3.9"}))
    desk.does(CLINICIAN, CancelOrder(order_id=test, reason="Ordered twice"))


def test_the_clinician_cancels_a_test_with_a_reason_and_its_charge_is_taken_back() -> None:
    desk, test = with_test()
    change = desk.does(CLINICIAN, CancelOrder(order_id=test, reason="Done elsewhere"))
    assert (row(desk, test)["status"], row(desk, test)["reason"]) == ("CANCELLED", "Done elsewhere")
    assert desk.visit.total_amount == desk.shelf.total == 300
    assert kinds(change) == ["lab:request_cancelled"]
    assert open_kinds(desk) == []
    again = desk.refused(CLINICIAN, CancelOrder(order_id=test, reason="Done elsewhere"))
    assert again.type == "/problems/already-done"


def test_a_test_that_somebody_else_cancels_is_told_to_who_ordered_it() -> None:
    desk, test = with_test()
    desk.does(SECOND_CLINICIAN, CancelOrder(order_id=test, reason="Done elsewhere"))
    [review] = desk.visit.open_orders
    assert (review.kind, review.person_id) == ("REVIEW", CLINICIAN.id)


@pytest.mark.parametrize("who", [LAB, Role.PHARMACIST])
def test_only_a_clinician_takes_an_order_back(who: Role) -> None:
    desk, test = with_test()
    assert desk.refused(who, CancelOrder(order_id=test, reason="r")).roles == (Role.CLINICAL_OFFICER,)


@pytest.mark.parametrize("status", ["PRELIMINARY", "COMPLETED"])
def test_a_critical_value_starts_the_loop_and_an_ordinary_one_does_not(status: str) -> None:
    desk, test = with_test()
    change = desk.answer(LAB, test, status, LOW)
    assert (row(desk, test)["flags"], "CriticalResult" in starts(change)) == ({"hemoglobin": "LL"}, True)
    assert (row(desk, test)["critical_since"], desk.visit.critical_results) == (desk.now, (test,))
    desk, test = with_test()
    assert "CriticalResult" not in starts(desk.answer(LAB, test, status))
    assert desk.visit.critical_results == ()


@pytest.mark.parametrize("said", [LOW, 6.1, "6.10 g/dL", {"hemoglobin": LOW}])
def test_a_critical_value_is_read_back(said: Any) -> None:
    desk, test = with_test()
    desk.answer(LAB, test, hemoglobin=LOW)
    change = read_back(desk, test, said)
    assert (starts(change), kinds(change)) == (["CriticalResult"], ["lab:critical_acknowledged"])
    assert (row(desk, test)["acknowledged_by"], desk.visit.critical_results) == (CLINICIAN.id, ())
    assert misread(desk, test, said).type == "/problems/already-done"


@pytest.mark.parametrize("said", ["6.2", 61, "6.1 mmol/L", "", {"hb": LOW}, {"hemoglobin": "16"}])
def test_what_is_read_back_wrong_acknowledges_nothing(said: Any) -> None:
    desk, test = with_test()
    desk.answer(LAB, test, hemoglobin=LOW)
    if said == "":
        with pytest.raises(ValueError, match="read_back"):
            AcknowledgeCritical(lab_request_id=test, read_back=said)
        return
    problem = misread(desk, test, said)
    assert (problem.type, problem.errors[0].field) == ("/problems/invalid", "read_back")
    assert LOW not in problem.detail
    assert desk.visit.critical_results == (test,)


def test_several_critical_values_are_read_back_each_by_its_name() -> None:
    desk, test = with_test()
    results = {"hemoglobin": LOW, "platelets": "12", "remark": "seen under the microscope"}
    form = {"lab_request_id": test, "status": "COMPLETED", "results": results}
    desk.does(LAB, ReportLabTest.model_validate(form))
    assert "hemoglobin, platelets" in misread(desk, test, LOW).detail
    assert misread(desk, test, {"hemoglobin": LOW}).errors[0].reason == "platelets is missing"
    read_back(desk, test, {"platelets": 12, "hemoglobin": LOW})
    assert row(desk, test)["read_back"] == {"hemoglobin": LOW, "platelets": 12}


def test_a_value_that_was_acknowledged_is_not_told_again_and_another_is() -> None:
    desk, test = with_test()
    desk.answer(LAB, test, "PRELIMINARY", LOW)
    read_back(desk, test, LOW)
    assert "CriticalResult" not in starts(desk.answer(LAB, test, hemoglobin=LOW))
    assert desk.visit.critical_results == ()
    assert "CriticalResult" in starts(corrected(desk, test, LOWER))
    assert (row(desk, test)["critical_since"], row(desk, test)["acknowledged_at"]) == (desk.now, None)


def test_a_loop_that_runs_goes_on_from_where_it_began() -> None:
    desk, test = with_test()
    desk.answer(LAB, test, "PRELIMINARY", LOW)
    since = row(desk, test)["critical_since"]
    assert starts(desk.answer(LAB, test, "PRELIMINARY", LOWER)) == ["CriticalResult"]
    assert row(desk, test)["critical_since"] == since
    assert misread(desk, test, LOW).type == "/problems/invalid"


def test_a_correction_to_an_ordinary_value_ends_the_loop() -> None:
    desk, test = with_test()
    desk.answer(LAB, test, hemoglobin=LOW)
    assert "CriticalResult" in starts(corrected(desk, test))
    assert desk.visit.critical_results == ()
    assert misread(desk, test, LOW).type == "/problems/conflict"


def test_a_patient_may_go_before_the_laboratory_has_answered_but_only_if_that_is_said() -> None:
    desk, test = with_test()
    desk.pay()
    plain = Discharge(discharge_notes="Stable")
    assert desk.refused(CLINICIAN, plain).type == "/problems/outstanding-work"
    desk.does(CLINICIAN, LEAVES)
    assert (desk.visit.status, desk.visit.open_orders) == (Status.COMPLETED, ())
    assert [order.id for order in desk.visit.awaited] == [test]


def test_a_result_after_discharge_is_owed_to_the_patient_until_somebody_tells_it() -> None:
    desk, test = with_test()
    left(desk)
    change = desk.answer(LAB, test)
    [owed] = obligations(desk)
    assert (owed["kind"], owed["owner_id"], owed["status"]) == ("RESULT_TO_TELL", CLINICIAN.id, "OPEN")
    assert (owed["due_at"], owed["is_critical"]) == (desk.now + timedelta(hours=24), False)
    assert starts(change) == ["Obligation", "ResultsNotice"]
    assert (desk.visit.status, desk.visit.awaited, desk.visit.open_orders) == (Status.COMPLETED, (), ())
    told = desk.does(CLINICIAN, TellPatient(obligation_id=owed["id"], outcome="Called; comes back"))
    assert (starts(told), obligations(desk)[0]["status"], desk.visit.untold) == (["Obligation"], "DONE", ())
    again = desk.refused(CLINICIAN, TellPatient(obligation_id=owed["id"], outcome="Called"))
    assert again.type == "/problems/already-done"


def test_a_preliminary_result_after_discharge_is_owed_only_where_it_is_critical() -> None:
    desk, test = with_test()
    left(desk)
    desk.answer(LAB, test, "PRELIMINARY")
    assert obligations(desk) == []
    change = desk.answer(LAB, test, "PRELIMINARY", LOW)
    [owed] = obligations(desk)
    assert (owed["due_at"], owed["is_critical"]) == (desk.now + timedelta(minutes=60), True)
    assert starts(change)[:2] == ["CriticalResult", "Obligation"]
    desk.answer(LAB, test, hemoglobin=LOW)
    assert len(obligations(desk)) == 1


def test_a_correction_after_discharge_is_owed_too_and_telling_it_closes_all_of_the_test() -> None:
    desk, test = with_test()
    desk.answer(LAB, test)
    desk.does(CLINICIAN, RecordEncounter())
    desk.pay()
    desk.does(CLINICIAN, Discharge(discharge_notes="Stable"))
    corrected(desk, test, "13.0")
    corrected(desk, test, "13.1")
    assert len(obligations(desk)) == 1
    corrected(desk, test, LOW)
    assert [owed["is_critical"] for owed in obligations(desk)] == [False, True]
    told = desk.does(CLINICIAN, TellPatient(obligation_id=obligations(desk)[1]["id"], outcome="Called"))
    assert {owed["status"] for owed in obligations(desk)} == {"DONE"}
    assert starts(told) == ["Obligation", "Obligation"]
    assert desk.visit.critical_results == (test,), "that the patient knows does not say that a clinician does"


def test_a_test_that_cannot_be_done_after_discharge_is_owed_as_well() -> None:
    desk, test = with_test()
    left(desk)
    desk.answer(LAB, test, "CANCELLED")
    assert len(obligations(desk)) == 1
    assert desk.visit.balance == -500


def test_who_goes_with_a_critical_value_that_nobody_has_acknowledged_is_called() -> None:
    desk, test = with_test()
    desk.answer(LAB, test, hemoglobin=LOW)
    desk.does(CLINICIAN, RecordEncounter())
    desk.pay()
    change = desk.does(CLINICIAN, Discharge(discharge_notes="Stable"))
    [owed] = obligations(desk)
    assert (owed["lab_request_id"], owed["is_critical"]) == (test, True)
    assert "Obligation" in starts(change)
    read_back(desk, test, LOW)
    assert desk.visit.untold != ()


def test_an_awaited_test_is_not_taken_back_by_the_clinician() -> None:
    desk, test = with_test()
    left(desk)
    assert desk.refused(CLINICIAN, CancelOrder(order_id=test, reason="r")).type == "/problems/visit-closed"


def test_values_are_judged_by_the_age_and_sex_of_the_patient() -> None:
    man, test = with_test(lambda: seen(gender="MALE"))
    man.answer(LAB, test, hemoglobin="12.5")
    woman, other = with_test()
    woman.answer(LAB, other, hemoglobin="12.5")
    assert (row(man, test)["flags"], row(woman, other)["flags"]) == ({"hemoglobin": "L"}, {"hemoglobin": "N"})
    child, third = with_test(lambda: seen(age=3))
    assert "CriticalResult" not in starts(child.answer(LAB, third, hemoglobin="5.9"))


def test_who_leaves_before_the_last_result_leaves_no_result_unread() -> None:
    """The answered test would be owed to nobody: the clinician reads it first."""
    desk, answered = with_test()
    desk.ordered(CLINICIAN, OrderLabTest(test_type="FREE_TEST"))
    form = {"lab_request_id": answered, "status": "COMPLETED", "results": {"hb": "12.1"}}
    desk.does(Role.LAB_TECHNICIAN, ReportLabTest.model_validate(form))
    desk.pay()
    problem = desk.refused(CLINICIAN, LEAVES)
    assert (problem.type, problem.missing[0].roles) == ("/problems/outstanding-work", (Role.CLINICAL_OFFICER,))
    desk.does(CLINICIAN, RecordEncounter())
    desk.does(CLINICIAN, LEAVES)
    assert desk.visit.end is Status.COMPLETED
