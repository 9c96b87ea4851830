"""How a visit ends: what must be closed before, who may, and when the patient comes again."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from models.actions import (
    CancelVisit,
    Discharge,
    Dispense,
    FollowUp,
    OrderLabTest,
    RecordEncounter,
    RecordFamilyPlanning,
    RecordImmunization,
    RecordMchService,
    Refer,
    ReportLabTest,
    TakeIn,
)
from models.staff import Role, Station
from models.status import Status
from tests.pathway.desk import Desk, registered, seen, taken_in, triaged, with_prescription, with_test
from tests.pathway.people import ANTENATAL, CLINICIAN, MEASLES, NURSE, PILL, SECOND_CLINICIAN, prescription

STABLE = Discharge(discharge_notes="Stable")
CANCEL = CancelVisit(reason="Opened by mistake")
DOSE = RecordImmunization(vaccine_id=MEASLES, batch_number="B1", site="Left arm", route="IM", dosage="0.5ml")
SERVICES = {
    Station.IMMUNIZATION: (Role.IMMUNIZATION_NURSE, DOSE),
    Station.FAMILY_PLANNING: (Role.FAMILY_PLANNING_COUNSELOR, RecordFamilyPlanning(method_id=PILL)),
    Station.MCH: (Role.MCH_NURSE, RecordMchService(service_id=ANTENATAL)),
}
NURSES = [role for role, _ in SERVICES.values()]


def discharge(**follow_up: Any) -> Discharge:
    return Discharge.model_validate({"discharge_notes": "Stable", "follow_up": follow_up})


def ready() -> Desk:
    desk = seen()
    desk.pay()
    return desk


def test_discharge_names_each_open_order_and_the_balance_with_who_can_close_it() -> None:
    desk, test = with_test()
    drug = desk.ordered(CLINICIAN, prescription())
    problem = desk.refused(CLINICIAN, STABLE)
    assert problem.type == "/problems/outstanding-work"
    assert [m.roles for m in problem.missing] == [(Role.LAB_TECHNICIAN,), (Role.PHARMACIST,), (Role.CASHIER,)]
    for said, missing in zip((str(test), str(drug), "KES 821.00"), problem.missing, strict=True):
        assert said in missing.what


def test_unread_results_stand_in_the_way_of_discharge() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.pay()
    assert [m.roles for m in desk.refused(CLINICIAN, STABLE).missing] == [(Role.CLINICAL_OFFICER,)]


def test_the_encounter_is_asked_for_before_the_patient_is_sent_to_pay() -> None:
    """It adds to the bill: told last, the patient would go to the cashier twice."""
    desk = taken_in()
    desk.does(CLINICIAN, prescription())
    problem = desk.refused(CLINICIAN, STABLE)
    assert (problem.type, problem.missing[0].what) == ("/problems/outstanding-work", "the encounter")
    assert [m.roles for m in problem.missing] == [(Role.CLINICAL_OFFICER,), (Role.PHARMACIST,), (Role.CASHIER,)]


def test_an_unwritten_encounter_alone_stands_in_the_way() -> None:
    problem = taken_in().refused(CLINICIAN, STABLE)
    assert (problem.type, [m.what for m in problem.missing]) == ("/problems/wrong-stage", ["the encounter"])


@pytest.mark.parametrize("make", [registered, triaged])
def test_nobody_is_discharged_unseen(make: Any) -> None:
    assert make().refused(CLINICIAN, STABLE).type == "/problems/wrong-stage"


def test_any_clinician_may_discharge() -> None:
    desk = ready()
    desk.does(SECOND_CLINICIAN, STABLE)
    assert (desk.visit.status, desk.visit.completed_at, desk.visit.waiting) == (Status.COMPLETED, desk.now, ())


@pytest.mark.parametrize("station", SERVICES)
def test_the_nurse_of_a_service_discharges_whom_triage_referred_there(station: Station) -> None:
    who, service = SERVICES[station]
    desk = triaged()
    desk.does(NURSE, Refer.model_validate({"station": station, "reason": "It is due"}))
    desk.does(who, service)
    if desk.visit.balance:
        desk.pay()
    for other in {*NURSES, Role.TRIAGE_NURSE} - {who}:
        assert desk.refused(other, STABLE).status == 403
    desk.does(who, STABLE)
    assert desk.visit.status is Status.COMPLETED


@pytest.mark.parametrize("station", SERVICES)
def test_the_nurse_of_a_service_does_not_discharge_a_clinicians_patient(station: Station) -> None:
    who, service = SERVICES[station]
    desk = seen()
    desk.does(CLINICIAN, Refer.model_validate({"station": station, "reason": "It is due"}))
    desk.does(who, service)
    desk.pay()
    problem = desk.refused(who, STABLE)
    assert (problem.status, problem.roles) == (403, (Role.CLINICAL_OFFICER,))


def test_a_service_without_referral_gives_its_nurse_no_discharge() -> None:
    desk = triaged()
    desk.does(Role.IMMUNIZATION_NURSE, DOSE)
    assert desk.refused(Role.IMMUNIZATION_NURSE, STABLE).roles == (Role.CLINICAL_OFFICER,)
    assert desk.refused(CLINICIAN, STABLE).type == "/problems/wrong-stage"


def test_a_nurse_waits_for_the_record_of_the_referral() -> None:
    desk = triaged()
    desk.does(NURSE, Refer(station=Station.IMMUNIZATION, reason="It is due"))
    assert desk.refused(Role.IMMUNIZATION_NURSE, STABLE).type == "/problems/outstanding-work"


@pytest.mark.parametrize(
    ("follow_up", "day"),
    [
        ({"in_days": 1}, date(2026, 11, 23)),
        ({"in_days": 730}, date(2028, 11, 21)),
        ({"date": "2026-11-23"}, date(2026, 11, 23)),
        ({"date": "2027-01-01", "notes": "Fasting"}, date(2027, 1, 1)),
    ],
)
def test_a_follow_up_is_booked_for_the_morning_of_its_day(follow_up: dict[str, Any], day: date) -> None:
    desk = ready()
    change = desk.does(SECOND_CLINICIAN, discharge(**follow_up))
    [row] = change.rows
    at = row.values["appointment_date"]
    assert at == datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("Africa/Nairobi"))
    assert (row.values["provider_id"], row.values["created_by"]) == (CLINICIAN.id, SECOND_CLINICIAN.id)
    assert (row.values["appointment_type"], row.values["status"]) == ("FOLLOW_UP", "SCHEDULED")


@pytest.mark.parametrize("follow_up", [{}, {"in_days": 3, "date": "2026-12-01"}, {"in_days": 0}, {"in_days": 731}])
def test_a_follow_up_is_one_of_days_and_date(follow_up: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        discharge(**follow_up)


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-21", "1999-01-01", "2036-11-23", "9999-12-31"])
def test_a_follow_up_lies_after_today_and_within_ten_years(day: str) -> None:
    desk = ready()
    assert desk.refused(CLINICIAN, discharge(date=day)).errors[0].field == "follow_up.date"
    assert desk.visit.status is Status.READY_FOR_DISCHARGE


def test_no_follow_up_makes_no_appointment() -> None:
    assert FollowUp(in_days=1).notes == ""
    assert ready().does(CLINICIAN, STABLE).rows == ()


def closed() -> tuple[Desk, Any, Any]:
    desk, test = with_test()
    drug = desk.ordered(CLINICIAN, prescription())
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.does(CLINICIAN, RecordEncounter())
    desk.does(Role.PHARMACIST, Dispense(prescription_id=drug, status="DISPENSED"))
    desk.pay()
    desk.does(CLINICIAN, STABLE)
    return desk, test, drug


def test_a_closed_visit_takes_nothing() -> None:
    desk, test, drug = closed()
    before = desk.visit
    for who, action in (
        (CLINICIAN, TakeIn()),
        (CLINICIAN, RecordEncounter()),
        (CLINICIAN, OrderLabTest(test_type="BLOOD_TEST")),
        (CLINICIAN, STABLE),
        (Role.IMMUNIZATION_NURSE, DOSE),
        (Role.SUPERVISOR, CANCEL),
        (NURSE, Refer(station=Station.MCH, reason="It is due")),
    ):
        assert desk.refused(who, action).type == "/problems/visit-closed"
    late = ReportLabTest(lab_request_id=test, status="CANCELLED")
    assert desk.refused(Role.LAB_TECHNICIAN, late).type == "/problems/already-done"
    again = Dispense(prescription_id=drug, status="DISPENSED")
    assert desk.refused(Role.PHARMACIST, again).type == "/problems/already-done"
    assert desk.visit == before


@pytest.mark.parametrize("make", [registered, triaged])
@pytest.mark.parametrize("who", [Role.RECEPTIONIST, Role.SUPERVISOR])
def test_a_visit_opened_by_mistake_is_cancelled(make: Any, who: Role) -> None:
    desk = make()
    desk.does(who, CANCEL)
    assert (desk.visit.status, desk.visit.discharge_notes) == (Status.CANCELLED, "Opened by mistake")


def test_what_was_done_and_paid_is_not_hidden_by_cancelling_at_reception() -> None:
    for desk in (taken_in(), ready()):
        problem = desk.refused(Role.RECEPTIONIST, CANCEL)
        assert (problem.status, problem.roles) == (403, (Role.SUPERVISOR,))
        desk.does(Role.SUPERVISOR, CANCEL)


def test_a_visit_with_open_work_is_not_cancelled() -> None:
    desk, _ = with_prescription()
    assert desk.refused(Role.SUPERVISOR, CANCEL).type == "/problems/outstanding-work"
