"""Immunization, family planning and MCH: entered by referral from a clinician or from triage, or without one."""

import pytest

from models.actions import (
    EnterInError,
    RecordFamilyPlanning,
    RecordImmunization,
    RecordMchService,
    Refer,
    TakeIn,
)
from models.catalogue import Resource
from models.staff import Role, Station
from models.status import Status
from models.visit import may_discharge
from tests.pathway.desk import registered, seen, triaged
from tests.pathway.people import ANTENATAL, CLINICIAN, MEASLES, NURSE, PILL, triage

TO_MCH = Refer(station=Station.MCH, reason="Antenatal visit is due")
TO_IMMUNIZATION = Refer(station=Station.IMMUNIZATION, reason="Measles vaccine is due")
DOSE = RecordImmunization(vaccine_id=MEASLES, batch_number="B1", site="Left arm", route="IM", dosage="0.5ml")


def test_a_referral_from_triage_takes_the_place_of_the_consultation() -> None:
    desk = triaged()
    desk.does(NURSE, TO_IMMUNIZATION)
    assert (desk.visit.status, desk.visit.waiting_at) == (Status.IN_SERVICES, (Station.IMMUNIZATION,))
    change = desk.does(Role.IMMUNIZATION_NURSE, DOSE)
    assert (desk.visit.status, desk.visit.open_orders) == (Status.READY_FOR_DISCHARGE, ())
    closed = [row for row in change.rows if row.resource is Resource.REFERRAL]
    assert [row.values for row in closed] == [{"status": "COMPLETED", "answered_by": change.rows[0].id}]


@pytest.mark.parametrize(("sign", "category"), [("CONVULSING", "EMERGENCY"), ("FEVER", "URGENT")])
def test_who_was_sent_past_the_clinician_and_is_in_danger_waits_for_one(sign: str, category: str) -> None:
    desk = triaged()
    before = desk.visit.triage_category
    desk.does(NURSE, TO_MCH)
    desk.does(NURSE, TO_IMMUNIZATION)
    form = {"service_id": ANTENATAL, "danger_signs": [sign]}
    contact = desk.does(Role.MCH_NURSE, RecordMchService.model_validate(form))
    told = {event.kind for event in contact.events}
    assert ("visit:danger_signs" in told, "visit:triaged" in told) == (True, before != category)
    assert (desk.visit.status, desk.visit.triage_category) == (Status.TRIAGED, category)
    assert desk.visit.waiting_at == (Station.CONSULTATION, Station.IMMUNIZATION)
    assert may_discharge(desk.visit) == {Role.CLINICAL_OFFICER}
    error = {"record": "MCH_SERVICE", "record_id": contact.rows[0].id, "reason": "Another patient's"}
    desk.does(Role.MCH_NURSE, EnterInError.model_validate(error))
    assert (desk.visit.status, desk.visit.triage_category) == (Status.IN_SERVICES, before)
    assert desk.visit.waiting_at == (Station.IMMUNIZATION, Station.MCH)


def test_an_emergency_is_not_sent_past_the_clinician() -> None:
    desk = registered()
    desk.does(NURSE, triage("EMERGENCY"))
    desk.does(NURSE, TO_MCH)
    assert desk.visit.waiting_at == (Station.CONSULTATION, Station.MCH)


def test_a_clinician_may_still_take_in_whom_triage_has_referred() -> None:
    desk = triaged()
    desk.does(NURSE, TO_IMMUNIZATION)
    desk.does(CLINICIAN, TakeIn())
    assert (desk.visit.status, desk.visit.waiting_at) == (Status.IN_CONSULTATION, (Station.IMMUNIZATION,))
    assert may_discharge(desk.visit) == {Role.CLINICAL_OFFICER}


def test_a_patient_is_referred_to_a_service_once_at_a_time() -> None:
    desk = triaged()
    desk.does(NURSE, TO_IMMUNIZATION)
    assert desk.refused(NURSE, TO_IMMUNIZATION).type == "/problems/already-done"
    desk.does(NURSE, TO_MCH)
    desk.does(Role.IMMUNIZATION_NURSE, DOSE)
    desk.does(NURSE, TO_IMMUNIZATION)
    assert sorted(desk.visit.referred_to) == [Station.IMMUNIZATION, Station.MCH]


def test_a_service_closes_only_its_own_referral() -> None:
    desk = seen()
    desk.does(CLINICIAN, TO_MCH)
    desk.does(CLINICIAN, TO_IMMUNIZATION)
    desk.does(Role.IMMUNIZATION_NURSE, DOSE)
    assert desk.visit.waiting_at == (Station.MCH,)


def test_a_service_without_referral_leaves_the_patient_waiting_for_consultation() -> None:
    desk = triaged()
    desk.does(Role.FAMILY_PLANNING_COUNSELOR, RecordFamilyPlanning(method_id=PILL))
    assert (desk.visit.status, desk.visit.waiting_at) == (Status.TRIAGED, (Station.CONSULTATION,))


def test_a_service_comes_after_triage_and_from_its_own_list() -> None:
    assert registered().refused(Role.IMMUNIZATION_NURSE, DOSE).type == "/problems/wrong-stage"
    wrong_list = DOSE.model_copy(update={"vaccine_id": PILL})
    assert triaged().refused(Role.IMMUNIZATION_NURSE, wrong_list).errors[0].field == "vaccine_id"


def test_a_dose_is_not_recorded_before_it_is_given() -> None:
    tomorrow = RecordImmunization.model_validate({**DOSE.model_dump(), "immunization_date": "2026-11-23"})
    assert triaged().refused(Role.IMMUNIZATION_NURSE, tomorrow).errors[0].field == "immunization_date"
