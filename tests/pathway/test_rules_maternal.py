"""Contacts with mother and baby, danger signs, and the newborn's own visit."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.actions import (
    RecordMchService,
    RegisterNewborn,
)
from models.catalogue import Resource
from models.maternal import antenatal_contact, maternal_for, postnatal_contact
from models.staff import Role
from models.urgency import TriageCategory, TriageColour
from tests.pathway.desk import Desk, registered, triaged
from tests.pathway.people import ANTENATAL, NURSE, TUBERCULOSIS, looking, triage
from tests.pathway.vaccination import NURSES, TODAY, dose, values

CONTACTS = [
    (0, "ANC contact 1 (up to 12 weeks)", "ANC contact 2 (20 weeks)", 20),
    (12, "ANC contact 1 (up to 12 weeks)", "ANC contact 2 (20 weeks)", 20),
    (19, "ANC contact 1 (up to 12 weeks)", "ANC contact 2 (20 weeks)", 20),
    (20, "ANC contact 2 (20 weeks)", "ANC contact 3 (26 weeks)", 26),
    (25, "ANC contact 2 (20 weeks)", "ANC contact 3 (26 weeks)", 26),
    (26, "ANC contact 3 (26 weeks)", "ANC contact 4 (30 weeks)", 30),
    (30, "ANC contact 4 (30 weeks)", "ANC contact 5 (34 weeks)", 34),
    (34, "ANC contact 5 (34 weeks)", "ANC contact 6 (36 weeks)", 36),
    (36, "ANC contact 6 (36 weeks)", "ANC contact 7 (38 weeks)", 38),
    (38, "ANC contact 7 (38 weeks)", "ANC contact 8 (40 weeks)", 40),
    (40, "ANC contact 8 (40 weeks)", "Delivery, else at 41 weeks", 41),
    (41, "From 41 weeks: send for delivery", None, None),
]


@pytest.mark.parametrize(("weeks", "due", "following", "at"), CONTACTS)
def test_which_antenatal_contact_is_due(weeks: int, due: str, following: str | None, at: int | None) -> None:
    lmp = TODAY - timedelta(weeks=weeks)
    contact = antenatal_contact(maternal_for(TODAY), lmp, TODAY)
    assert (contact.due, contact.next) == (due, following)
    assert contact.next_date == (lmp + timedelta(weeks=at) if at else None)
    almost = antenatal_contact(maternal_for(TODAY), lmp, TODAY + timedelta(days=6))
    assert almost == contact, "weeks are completed weeks"


@pytest.mark.parametrize(
    ("days", "due"),
    [(0, "48 hours"), (2, "48 hours"), (3, "6 days"), (6, "6 days"), (7, "6 weeks"), (42, "6 weeks"), (43, "6 months")],
)
def test_which_postnatal_contact_is_due(days: int, due: str) -> None:
    contact = postnatal_contact(maternal_for(TODAY), TODAY - timedelta(days=days), TODAY)
    assert contact.due is not None
    assert contact.due.endswith(due)


def contact(**more: Any) -> RecordMchService:
    return RecordMchService.model_validate({"service_id": ANTENATAL, **more})


def test_the_contact_follows_from_weeks_as_from_the_last_period() -> None:
    by_weeks = values(triaged(), Role.MCH_NURSE, contact(gestational_age_weeks=26))
    by_lmp = values(triaged(), Role.MCH_NURSE, contact(lmp=str(TODAY - timedelta(weeks=26))))
    assert by_weeks["contact_due"] == by_lmp["contact_due"] == "ANC contact 3 (26 weeks)"
    assert by_weeks["next_date"] == by_lmp["next_date"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"lmp": "2026-11-23"}, "lmp"),
        ({"lmp": "2025-11-01"}, "lmp"),
        ({"delivered_on": "2026-11-23"}, "delivered_on"),
        ({"lmp": "2026-08-01", "gestational_age_weeks": 16}, "gestational_age_weeks"),
        ({"danger_signs": ["TIRED"]}, "danger_signs"),
    ],
)
def test_a_contact_that_cannot_be_is_refused_naming_the_field(form: dict[str, Any], field: str) -> None:
    assert triaged().refused(Role.MCH_NURSE, contact(**form)).errors[0].field == field


@pytest.mark.parametrize(
    ("signs", "category"),
    [([], "NORMAL"), (["FEVER"], "URGENT"), (["FEVER", "CONVULSING"], "EMERGENCY"), (["UNCONSCIOUS"], "EMERGENCY")],
)
def test_a_danger_sign_makes_the_visit_urgent_and_calls_a_clinician(signs: list[str], category: str) -> None:
    desk = registered()
    desk.does(NURSE, looking("GREEN"))
    change = desk.does(Role.MCH_NURSE, contact(gestational_age_weeks=30, danger_signs=signs))
    assert desk.visit.triage_category == category
    assert ("Refer urgently" in (change.rows[0].values["advice"] or "")) is bool(signs)
    assert [e.kind for e in change.events if e.kind == "visit:danger_signs"] == ["visit:danger_signs"] * bool(signs)


def test_a_danger_sign_lowers_nothing() -> None:
    desk = triaged()
    desk.does(Role.MCH_NURSE, contact(danger_signs=["CONVULSING"]))
    desk.does(Role.MCH_NURSE, contact(danger_signs=["FEVER"]))
    assert desk.visit.triage_category is TriageCategory.EMERGENCY


def test_a_danger_sign_ends_the_wait_for_a_lower_colour() -> None:
    desk = registered()
    desk.does(NURSE, looking("ORANGE"))
    desk.does(NURSE, looking("GREEN", retriage=True, reason="Better after water"))
    desk.does(Role.MCH_NURSE, contact(danger_signs=["FEVER"]))
    assert (desk.visit.triage_colour, desk.visit.pending_retriage) == (TriageColour.ORANGE, None)


def newborn(mother: Desk, **more: Any) -> RegisterNewborn:
    form = {"mother_visit_id": mother.visit.id, "gender": "FEMALE", "date_of_birth": str(TODAY)}
    return RegisterNewborn.model_validate({**form, **more})


def at_birth(mother: Desk) -> Desk:
    """The desk of the baby's own visit, with the mother's on the same shelf."""
    mother.shelf.rows[Resource.VISIT, mother.visit.id] = mother.visit.model_dump()
    return Desk(shelf=mother.shelf, id=UUID(int=9))


def test_a_newborn_takes_name_phone_number_and_payer_from_the_mother_and_is_linked_to_her_visit() -> None:
    mother = triaged()
    baby = at_birth(mother)
    change = baby.does(Role.MCH_NURSE, newborn(mother))
    patient, link = change.rows
    assert (patient.values["first_name"], patient.values["last_name"]) == ("Baby", "Mfano")
    assert patient.values["phone_number"] == "+254712345678"
    assert link.values["related_visit_id"] == mother.visit.id
    assert (link.values["visit_id"], link.values["patient_id"]) == (baby.visit.id, patient.id)
    assert baby.visit.payment_type is mother.visit.payment_type
    assert baby.visit.op_number != mother.visit.op_number


def test_a_newborn_gets_what_is_due_at_birth() -> None:
    mother = triaged()
    baby = at_birth(mother)
    baby.does(Role.MCH_NURSE, newborn(mother))
    baby.does(NURSE, triage(systolic_bp=None, diastolic_bp=None))
    told = values(baby, NURSES, dose(TUBERCULOSIS))
    assert (told["dose_number"], told["next_dose"]) == (1, "bOPV at birth")


def test_a_newborn_has_a_mother_and_is_born_already() -> None:
    father = registered(gender="MALE")
    assert at_birth(father).refused(Role.MCH_NURSE, newborn(father)).type == "/problems/conflict"
    mother = registered()
    elsewhere = newborn(mother, mother_visit_id=UUID(int=4))
    assert at_birth(mother).refused(Role.MCH_NURSE, elsewhere).status == 404
    unborn = newborn(mother, date_of_birth=str(TODAY + timedelta(days=1)))
    assert at_birth(mother).refused(Role.MCH_NURSE, unborn).errors[0].field == "date_of_birth"
