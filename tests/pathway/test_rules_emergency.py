"""Emergency first: taken in with one call, identified when there is time."""

from typing import Any
from uuid import UUID, uuid5

import pytest

from models.actions import (
    CancelVisit,
    ConfirmRetriage,
    IdentifyPatient,
    OpenVisit,
    ReceiveEmergency,
    RecordEncounter,
    TakeIn,
)
from models.catalogue import Resource
from models.staff import Role, Station
from tests.pathway.desk import Desk, registered
from tests.pathway.people import CLINICIAN, NAMES, NURSE, SECOND_CLINICIAN, registration
from tests.pathway.test_rules_triage import form, stands

HERE = Role.RECEPTIONIST
WHO: dict[str, Any] = {
    "first_name": "Amani",
    "last_name": "Mfano",
    "gender": "MALE",
    "age": 40,
    "phone_number": "0712345678",
    "national_id": "12345678",
}


def emergency(desk: Desk | None = None, who: Role = Role.TRIAGE_NURSE, **form: Any) -> Desk:
    desk = desk or Desk()
    desk.does(who, ReceiveEmergency.model_validate(form))
    return desk


def beside(desk: Desk) -> Desk:
    """Another visit of the same clinic."""
    return Desk(shelf=desk.shelf, now=desk.now, id=uuid5(NAMES, "emergency"))


def patient(desk: Desk, id: UUID | None = None) -> dict[str, Any]:
    return desk.shelf.rows[Resource.PATIENT, id or desk.visit.patient_id]


@pytest.mark.parametrize("who", [Role.RECEPTIONIST, Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER])
def test_one_call_with_nothing_filled_in_brings_the_patient_to_the_clinician(who: Role) -> None:
    desk = emergency(who=who)
    assert stands(desk) == ("EMERGENCY", "RED", "TRIAGED")
    assert desk.visit.waiting_at == (Station.CONSULTATION,)
    assert (patient(desk)["first_name"], patient(desk)["last_name"]) == ("Unknown", "Emergency OP00001")
    desk.does(CLINICIAN, TakeIn())
    desk.does(CLINICIAN, RecordEncounter())


def test_others_do_not_take_emergencies_in() -> None:
    assert Desk().refused(Role.CASHIER, ReceiveEmergency()).status == 403


def test_each_step_left_out_is_kept_with_its_reason_until_it_is_made_up_for() -> None:
    desk = emergency(reason="Brought by the police, unconscious")
    by = {bypass.step: bypass for bypass in desk.visit.bypasses}
    assert set(by) == {"IDENTITY", "COVER", "TRIAGE"}
    assert {bypass.reason for bypass in by.values()} == {"Brought by the police, unconscious"}
    desk.does(NURSE, form({"height_cm": 170}))
    assert {b.step for b in desk.visit.bypasses if b.settled_at} == {"TRIAGE"}
    desk.does(HERE, IdentifyPatient.model_validate(WHO))
    assert {b.step for b in desk.visit.bypasses if b.settled_at} == {"IDENTITY", "COVER", "TRIAGE"}
    assert {bypass.reason for bypass in desk.visit.bypasses} == {"Brought by the police, unconscious"}


def test_vital_signs_of_an_emergency_want_a_height_where_no_age_is_known() -> None:
    assert emergency().refused(NURSE, form()).errors[0].field == "vital_signs.height_cm"
    desk = emergency(age=30)
    desk.does(NURSE, form())
    assert (*stands(desk), desk.visit.triage_incomplete) == ("EMERGENCY", "RED", "TRIAGED", False)
    desk.does(NURSE, form(retriage=True, reason="Fainted, is well"))
    desk.does(CLINICIAN, ConfirmRetriage())
    assert stands(desk) == ("NORMAL", "GREEN", "TRIAGED")


def test_reception_gets_a_task_that_closes_when_the_patient_is_identified() -> None:
    desk = Desk()
    change = desk.does(NURSE, ReceiveEmergency())
    (task,) = [row for row in change.rows if row.resource is Resource.TASK]
    assert (task.values["role"], task.values["kind"], task.values["status"]) == (HERE, "IDENTIFY_PATIENT", "OPEN")
    assert "Unknown" not in task.values["words"]
    assert [event.kind for event in change.events if event.kind.startswith("task")] == ["task:opened"]
    after = desk.does(HERE, IdentifyPatient.model_validate(WHO))
    assert desk.shelf.rows[Resource.TASK, task.id]["status"] == "DONE"
    assert "task:closed" in [event.kind for event in after.events]


def test_a_patient_nobody_knew_is_written_down() -> None:
    desk = emergency()
    temporary = desk.visit.patient_id
    desk.does(HERE, IdentifyPatient.model_validate(WHO))
    assert (desk.visit.patient_id, desk.visit.identity_pending, desk.visit.age_years) == (temporary, False, 40)
    assert (patient(desk)["first_name"], patient(desk)["phone_number"]) == ("Amani", "+254712345678")
    assert patient(desk)["registration_type"] == "NEW_PATIENT"


@pytest.mark.parametrize("by", ["patient_id", "national_id"])
def test_a_registered_patient_takes_the_visit_over(by: str) -> None:
    first = registered(national_id="12345678", insurance_type="SHA")
    first.does(HERE, CancelVisit(reason="Opened by mistake"))
    known = first.visit.patient_id
    desk = emergency(beside(first))
    temporary = desk.visit.patient_id
    named = {"patient_id": known, "national_id": "12345678"}[by]
    change = desk.does(HERE, IdentifyPatient.model_validate({by: named}))
    assert (desk.visit.patient_id, change.moved_from) == (known, temporary)
    assert (patient(desk)["first_name"], patient(desk, temporary)["merged_into"]) == ("Taa", known)
    assert desk.visit.payment_type == "SHA"
    assert [start.kind for start in change.starts] == ["CoverageCheck", "AfterCare"]
    told = next(event for event in change.events if event.kind == "visit:patient_changed")
    assert (told.payload["patientId"], told.payload["formerPatientId"]) == (known, temporary)


def test_who_decided_before_it_was_known_who_it_is_reads_the_right_chart() -> None:
    first = registered(national_id="12345678", age=11)
    first.does(HERE, CancelVisit(reason="Opened by mistake"))
    desk = emergency(beside(first), age=15)
    desk.does(NURSE, form())
    desk.does(CLINICIAN, TakeIn())
    desk.does(HERE, IdentifyPatient.model_validate({"national_id": "12345678"}))
    assert {(task["role"], task["owner_id"]) for task in reread(desk)} == {
        ("CLINICAL_OFFICER", CLINICIAN.id),
        ("TRIAGE_NURSE", None),
    }
    stranger = emergency(age=15)
    stranger.does(NURSE, form())
    stranger.does(HERE, IdentifyPatient.model_validate({**WHO, "age": 11}))
    assert [task["role"] for task in reread(stranger)] == ["TRIAGE_NURSE"]


def reread(desk: Desk) -> list[dict[str, Any]]:
    rows = [row for (resource, _), row in desk.shelf.rows.items() if resource is Resource.TASK]
    return [row for row in rows if row["kind"] == "REREAD_DECISIONS"]


def test_no_other_visit_is_opened_for_whom_nobody_knows() -> None:
    desk = emergency()
    temporary = desk.visit.patient_id
    desk.does(Role.SUPERVISOR, CancelVisit(reason="Left"))
    later = Desk(shelf=desk.shelf, id=uuid5(NAMES, "a second visit"))
    opening = OpenVisit.model_validate({"patient_id": temporary, "chief_complaint": "Pain", "payment_type": "CASH"})
    assert "identify_patient" in later.refused(HERE, opening).detail
    returning = registration().model_copy(update={"registration_type": "RETURNING", "patient_id": temporary})
    assert "identify_patient" in later.refused(HERE, returning).detail


def test_what_is_missing_of_a_new_registration_is_named_at_once() -> None:
    problem = emergency().refused(HERE, IdentifyPatient.model_validate({"national_id": "99999999"}))
    assert {error.field for error in problem.errors} == {
        "first_name",
        "last_name",
        "gender",
        "phone_number",
        "date_of_birth",
    }


def test_an_unknown_patient_id_is_not_found() -> None:
    assert emergency().refused(HERE, IdentifyPatient(patient_id=UUID(int=9))).status == 404


def test_two_ids_of_two_people_are_not_taken_for_one() -> None:
    first = registered(national_id="12345678")
    both = {"patient_id": first.visit.patient_id, "national_id": "87654321"}
    assert emergency(beside(first)).refused(HERE, IdentifyPatient.model_validate(both)).type == "/problems/conflict"


def test_a_patient_is_identified_once_and_only_where_nobody_knew() -> None:
    desk = emergency()
    desk.does(HERE, IdentifyPatient.model_validate(WHO))
    assert desk.refused(HERE, IdentifyPatient.model_validate(WHO)).type == "/problems/already-done"
    assert registered().refused(HERE, IdentifyPatient.model_validate(WHO)).type == "/problems/already-done"


def test_the_temporary_registration_is_nobodys_own() -> None:
    desk = emergency()
    assert desk.refused(HERE, IdentifyPatient(patient_id=desk.visit.patient_id)).type == "/problems/conflict"


def test_identity_is_found_also_after_the_visit() -> None:
    desk = emergency()
    desk.does(CLINICIAN, TakeIn())
    desk.does(Role.SUPERVISOR, CancelVisit(reason="Brought to the hospital"))
    desk.does(HERE, IdentifyPatient.model_validate(WHO))
    assert (desk.visit.status, desk.visit.identity_pending) == ("CANCELLED", False)


def test_a_merged_registration_leads_to_the_one_that_goes_on() -> None:
    first = registered(national_id="12345678")
    first.does(HERE, CancelVisit(reason="Opened by mistake"))
    desk = emergency(beside(first))
    temporary = desk.visit.patient_id
    desk.does(HERE, IdentifyPatient.model_validate({"national_id": "12345678"}))
    desk.does(Role.SUPERVISOR, CancelVisit(reason="Left"))
    again = registration().model_copy(update={"registration_type": "RETURNING", "patient_id": temporary})
    third = Desk(shelf=desk.shelf, id=uuid5(NAMES, "third visit"))
    third.does(HERE, again)
    assert third.visit.patient_id == first.visit.patient_id


def test_only_reception_identifies() -> None:
    assert emergency().refused(SECOND_CLINICIAN, IdentifyPatient.model_validate(WHO)).status == 403
