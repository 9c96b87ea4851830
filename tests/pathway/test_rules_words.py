"""A visit in plain words: what comes next, by whom, and never who the patient is."""

from typing import Any

import pytest

from models.actions import CancelVisit, Discharge, OrderLabTest, RecordEncounter, RecordTriage, Refer
from models.staff import Role, Station
from models.words import details, next_step
from tests.pathway.desk import Desk, registered, seen, taken_in, triaged, with_test
from tests.pathway.people import CLINICIAN, NURSE, VITALS, prescription, registration

WRITING = "A clinical officer has the patient in and writes the encounter down."


def ready() -> Desk:
    desk = seen()
    desk.pay()
    return desk


def referred() -> Desk:
    desk = triaged()
    desk.does(NURSE, Refer(station=Station.IMMUNIZATION, reason="It is due"))
    return desk


def reviewed() -> Desk:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    return desk


def ordered_at_once() -> Desk:
    return with_test(taken_in)[0]


def cancelled() -> Desk:
    desk = registered()
    desk.does(Role.RECEPTIONIST, CancelVisit(reason="Opened by mistake"))
    return desk


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (registered, "Triage at triage, by a triage nurse."),
        (triaged, "Consultation at consultation, by a clinical officer."),
        (taken_in, WRITING),
        (
            ordered_at_once,
            f"{WRITING} Lab request at laboratory, by a lab technician.",
        ),
        (seen, "Payment of KES 300.00, taken by a cashier."),
        (reviewed, "Review at consultation, by a clinical officer."),
        (referred, "Referral at immunization, by an immunization nurse."),
        (ready, "Discharge, by a clinical officer."),
        (cancelled, "Nothing: the visit has ended."),
    ],
)
def test_the_next_step_names_the_work_and_who_does_it(make: Any, said: str) -> None:
    assert next_step(make().visit) == said


def test_the_nurse_who_may_discharge_is_named() -> None:
    desk = referred()
    desk.current = desk.visit.having(open_orders=()).settled(desk.now)
    assert next_step(desk.visit) == "Discharge, by a clinical officer or an immunization nurse."


def test_details_say_where_the_visit_stands_since_when_in_the_clinics_time() -> None:
    said = details(seen().visit)
    assert "**OP00001** is **awaiting payment** since 08:04 on 22 Nov." in said
    assert "- Waits at **cashier** since 08:04 on 22 Nov" in said
    assert "Bill: KES 300.00, still open KES 300.00 (unpaid)." in said


SECRETS = {
    "first_name": "Secretfirst",
    "last_name": "Secretlast",
    "chief_complaint": "Secretcomplaint",
    "national_id": "SECRETID",
    "next_of_kin": "Secretkin",
    "email": "secret@example.org",
    "sha_number": "SECRETSHA",
    "payment_reference": "SECRETREFERENCE",
}


def test_details_never_tell_who_the_patient_is_or_what_was_found() -> None:
    desk = Desk()
    desk.does(Role.RECEPTIONIST, registration(**SECRETS))
    said = [details(desk.visit)]
    for who, action in (
        (
            NURSE,
            RecordTriage.model_validate(
                {"vital_signs": VITALS, "triage_category": "URGENT", "notes": "Secretn", "chief_complaint": "Secretc"}
            ),
        ),
        (NURSE, Refer(station=Station.MCH, reason="Secretreason")),
        (CLINICIAN, RecordEncounter(notes="Secretnote", findings="Secretfinding", recommendations="Secretadvice")),
        (CLINICIAN, OrderLabTest(test_type="BLOOD_TEST", notes="Secretlabnote")),
        (CLINICIAN, prescription()),
    ):
        desk.does(who, action)
        said.append(details(desk.visit))
    for text in said:
        assert "secret" not in text.lower()
        assert "paracetamol" not in text.lower()
        assert "712345678" not in text


def test_discharge_notes_stay_out_of_the_words() -> None:
    desk = ready()
    desk.does(CLINICIAN, Discharge(discharge_notes="Secretending"))
    assert "secret" not in details(desk.visit).lower()
