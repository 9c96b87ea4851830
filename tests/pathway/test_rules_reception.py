"""Reception: who is written down, who is found again, and the visit that opens."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import ValidationError

from models.actions import CancelVisit, RegisterPatient
from models.catalogue import Resource
from models.demographics import age_on, completed_years, kenyan_phone
from models.problems import Problem
from models.staff import Role
from tests.pathway.desk import Desk, come_again, registered
from tests.pathway.people import ANOTHER_FACILITY, NAMES, STAFF, person, registration, triage

HERE = Role.RECEPTIONIST


def reason(**changed: Any) -> str:
    with pytest.raises(ValidationError) as no:
        registration(**changed)
    return no.value.errors()[0]["msg"]


def returning(**found_by: Any) -> RegisterPatient:
    form = {"registration_type": "RETURNING", "chief_complaint": "Cough", "payment_type": "CASH"}
    return RegisterPatient.model_validate({**form, **found_by})


def ended(desk: Desk) -> Desk:
    desk.does(HERE, CancelVisit(reason="Came on the wrong day"))
    return desk


def second_visit(desk: Desk, form: RegisterPatient) -> Desk:
    """Once the first has ended."""
    ended(desk)
    later = Desk(shelf=desk.shelf, now=desk.now, id=uuid5(NAMES, "second visit"))
    later.does(HERE, form)
    return later


@pytest.mark.parametrize(
    "written",
    [
        "0712345678",
        "712345678",
        "254712345678",
        "+254712345678",
        "+254 712 345 678",
        "0712-345-678",
        " (0712) 345 678 ",
    ],
)
def test_every_kenyan_form_of_a_number_is_stored_as_one(written: str) -> None:
    assert registration(phone_number=written).phone_number == "+254712345678"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0110123456", "+254110123456"),
        ("020 2222222", "+254202222222"),
        ("+255754123456", "+255754123456"),
        ("+1 202 555 0143", "+12025550143"),
    ],
)
def test_other_kenyan_and_foreign_numbers_are_accepted(written: str, stored: str) -> None:
    assert kenyan_phone(written) == stored


@pytest.mark.parametrize(
    "written", ["", "12345", "999", "07123456789", "071234567", "+254999", "0712FLOWER", "0712345678 ext 5", "none"]
)
def test_a_wrong_number_is_refused_and_told_how_it_is_written(written: str) -> None:
    assert "0712345678" in reason(phone_number=written)


@pytest.mark.parametrize("name", ["first_name", "last_name", "gender", "phone_number", "insurance_type"])
def test_a_new_patient_needs_the_demographics(name: str) -> None:
    assert reason(**{name: None}) == f"Value error, a NEW_PATIENT needs {name}"


@pytest.mark.parametrize("name", ["chief_complaint", "payment_type"])
def test_every_visit_needs_a_complaint_and_a_payer(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        registration(**{name: None})


def test_a_birth_is_a_date_or_an_age_and_never_both() -> None:
    assert "one of them" in reason(age=None)
    assert "one of them" in reason(age=30, date_of_birth="1996-01-01")
    assert registration(age=None, date_of_birth="1996-01-01").age is None


@pytest.mark.parametrize("age", [-1, 131, 30.5])
def test_an_age_is_in_whole_years_up_to_130(age: float) -> None:
    reason(age=age)


@pytest.mark.parametrize(("born", "is_right"), [("2026-11-22", True), ("2026-11-23", False), ("1895-11-22", False)])
def test_a_birth_lies_in_the_past_and_in_this_life(born: str, is_right: bool) -> None:
    desk, form = Desk(), registration(age=None, date_of_birth=born)
    if is_right:
        desk.does(HERE, form)
        assert desk.visit.age_years == 0
    else:
        assert desk.refused(HERE, form).errors[0].field == "date_of_birth"


def test_the_day_is_the_clinics_own() -> None:
    """At 22:30 UTC it is already the next day in Nairobi."""
    desk = Desk(now=datetime(2026, 11, 22, 22, 30, tzinfo=UTC))
    desk.does(HERE, registration(age=None, date_of_birth="2026-11-23"))


@pytest.mark.parametrize(
    ("born", "years"), [("2000-02-29", 25), ("2000-03-01", 25), ("2000-02-28", 26), ("2026-02-28", 0)]
)
def test_years_are_completed_on_the_birthday(born: str, years: int) -> None:
    today = datetime(2026, 2, 28, tzinfo=UTC).date()
    assert completed_years(date.fromisoformat(born), today) == years


@pytest.mark.parametrize(
    ("day", "years"), [("2026-11-22", 2), ("2027-11-21", 2), ("2027-11-22", 3), ("2031-01-01", 6), ("2026-01-01", 2)]
)
def test_a_stated_age_grows_with_each_whole_year_since(day: str, years: int) -> None:
    stated = {"date_of_birth": None, "age": 2, "age_stated_on": date(2026, 11, 22)}
    assert age_on(stated, date.fromisoformat(day)) == years


def test_a_child_who_returns_years_later_is_triaged_by_the_age_of_that_day() -> None:
    first = registered(age=2, national_id="12345678")
    assert first.shelf.rows[Resource.PATIENT, first.visit.patient_id]["age_stated_on"] == first.now.date()
    ended(first)
    later = Desk(shelf=first.shelf, now=first.now + timedelta(days=2 * 366), id=uuid5(NAMES, "second visit"))
    later.does(HERE, returning(national_id="12345678"))
    assert (first.visit.age_years, later.visit.age_years) == (2, 4)


def test_a_returning_patient_needs_something_to_be_found_by() -> None:
    with pytest.raises(ValidationError, match="patient_id or national_id"):
        returning()


def test_patient_id_is_not_for_new_patients() -> None:
    assert "RETURNING" in reason(patient_id=UUID(int=9))


@pytest.mark.parametrize("by", ["patient_id", "national_id"])
def test_a_returning_patient_is_found(by: str) -> None:
    first = registered(national_id="12345678")
    found_by = {"patient_id": first.visit.patient_id, "national_id": "12345678"}[by]
    later = second_visit(first, returning(**{by: found_by}))
    assert later.visit.patient_id == first.visit.patient_id
    assert later.visit.op_number != first.visit.op_number


def test_a_patient_nobody_knows_is_not_found() -> None:
    problem = Desk().refused(HERE, returning(national_id="87654321"))
    assert (problem.status, problem.type) == (404, "/problems/not-found")
    assert "NEW_PATIENT" in problem.detail


def test_two_ids_of_two_people_are_not_taken_for_one() -> None:
    first = registered(national_id="12345678")
    both = returning(patient_id=first.visit.patient_id, national_id="87654321")
    problem = Desk(shelf=first.shelf, id=uuid5(NAMES, "second visit")).refused(HERE, both)
    assert (problem.status, problem.type) == (409, "/problems/conflict")
    second_visit(first, returning(patient_id=first.visit.patient_id, national_id="12345678"))


def test_a_known_patient_comes_again() -> None:
    first = ended(registered())
    later = Desk(shelf=first.shelf, id=uuid5(NAMES, "second visit"))
    change = later.does(HERE, come_again(first))
    assert (later.visit.status, later.visit.version, change.rows) == ("REGISTERED", 1, ())


def test_a_patient_has_one_open_visit() -> None:
    first = registered()
    later = Desk(shelf=first.shelf, id=uuid5(NAMES, "second visit"))
    assert later.refused(HERE, come_again(first)).type == "/problems/conflict"


def test_a_visit_is_opened_once() -> None:
    desk = registered()
    assert desk.refused(HERE, registration()).type == "/problems/already-done"
    assert desk.refused(HERE, come_again(desk)).type == "/problems/already-done"


def test_the_new_patient_is_written_down_and_told_to_reception_and_triage() -> None:
    desk = Desk()
    change = desk.does(HERE, registration(email="taa@example.org"))
    patient = change.rows[0]
    assert (patient.resource, patient.former) == (Resource.PATIENT, None)
    assert patient.values["registered_by"] == STAFF[HERE].id
    assert not {"chief_complaint", "payment_type", "patient_id", "kind"} & set(patient.values)
    told = {event.kind: event for event in change.events}
    assert set(told) == {"patient:registered", "visit:status_changed"}
    assert told["patient:registered"].audience == (HERE, Role.TRIAGE_NURSE)
    assert told["patient:registered"].payload["opNumber"] == desk.visit.op_number == "OP00001"


@pytest.mark.parametrize("name", ["first_name", "next_of_kin", "national_id", "email", "chief_complaint", "sha_number"])
def test_what_the_database_cannot_keep_is_refused_before(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        registration(**{name: "ab@c.de\x00f"})


@pytest.mark.parametrize("email", ["taa", "taa@example", "t a@example.org", "taa@@example.org"])
def test_what_is_no_email_address_is_refused(email: str) -> None:
    with pytest.raises(ValidationError, match="email"):
        registration(email=email)


def test_only_reception_registers() -> None:
    problem: Problem = Desk().refused(Role.CASHIER, registration())
    assert (problem.status, problem.roles) == (403, (HERE,))


def test_a_visit_of_another_facility_does_not_exist() -> None:
    stranger = person(Role.TRIAGE_NURSE, facility=ANOTHER_FACILITY)
    assert registered().refused(stranger, triage()).status == 404
