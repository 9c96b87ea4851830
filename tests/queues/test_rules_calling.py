"""Call, no answer, call again, take, give back: the place is kept, and one desk has the patient."""

from datetime import timedelta

import pytest

from models.actions import (
    CallPatient,
    NoAnswer,
    RecordEncounter,
    ReleasePatient,
    ReportLabTest,
    TakeIn,
    TakePatient,
)
from models.next_steps import next_steps
from models.policy import HOUSE, Calling
from models.staff import Person, Role, Station
from models.stays import stays_ended
from models.words import details
from tests.pathway.desk import Desk, registered, triaged, with_test
from tests.pathway.people import CLINICIAN, NURSE, SECOND_CLINICIAN, STAFF, person, triage

TRIAGE, CONSULTATION, LABORATORY = Station.TRIAGE, Station.CONSULTATION, Station.LABORATORY
SECOND_NURSE = person(Role.TRIAGE_NURSE, name="second")
LASTS = timedelta(minutes=Calling().call_lasts)


def called(room: str = "Room 2") -> Desk:
    desk = registered()
    desk.does(NURSE, CallPatient(station=TRIAGE, room=room))
    return desk


def test_a_call_names_number_room_and_place_and_no_patient() -> None:
    desk = registered()
    (told,) = desk.does(NURSE, CallPatient(station=TRIAGE, room="Room 2")).events
    assert told.kind == "queue:called"
    assert set(told.audience) == {Role.TRIAGE_NURSE, Role.RECEPTIONIST, Role.SUPERVISOR}
    assert told.payload == {
        "visitId": desk.visit.id,
        "opNumber": desk.visit.op_number,
        "station": "TRIAGE",
        "room": "Room 2",
        "position": 1,
        "calls": 1,
        "missed": 0,
    }


def test_the_caller_calls_again_and_no_other_desk_does_meanwhile() -> None:
    desk = called()
    desk.does(NURSE, CallPatient(station=TRIAGE))
    again = desk.visit.call_at(TRIAGE)
    assert again is not None
    assert (again.times, again.room, again.called_at) == (2, "Room 2", desk.now)
    for action in (CallPatient(station=TRIAGE), NoAnswer(station=TRIAGE), TakePatient(station=TRIAGE)):
        no = desk.refused(SECOND_NURSE, action)
        assert no.type == "/problems/conflict"
        assert "called to Room 2" in no.detail
    desk.now += LASTS
    desk.does(SECOND_NURSE, CallPatient(station=TRIAGE, room="Room 3"))
    assert desk.visit.calls[0].room == "Room 3"


def test_the_room_of_an_old_call_is_not_that_of_the_next_desk() -> None:
    desk = called()
    desk.now += LASTS
    desk.does(SECOND_NURSE, CallPatient(station=TRIAGE))
    assert desk.visit.calls[0].room is None


def test_no_answer_keeps_the_place_and_counts() -> None:
    desk = called()
    wait = desk.visit.waiting
    desk.does(NURSE, NoAnswer(station=TRIAGE))
    call = desk.visit.calls[0]
    assert (desk.visit.waiting, call.times, call.missed) == (wait, 1, 1)
    assert desk.refused(NURSE, NoAnswer(station=TRIAGE)).type == "/problems/wrong-stage"
    desk.does(SECOND_NURSE, CallPatient(station=TRIAGE, room="Room 3"))
    assert desk.visit.calls[0].times == 2
    assert "called 2 times, 1 unanswered" in details(desk.visit)


def test_who_takes_the_patient_has_them_and_nobody_else_does() -> None:
    desk = called()
    desk.does(NURSE, TakePatient(station=TRIAGE))
    (step,) = next_steps(desk.visit)
    assert step.owner_id == NURSE.id
    for action in (TakePatient(station=TRIAGE), CallPatient(station=TRIAGE), ReleasePatient(station=TRIAGE)):
        no = desk.refused(SECOND_NURSE, action)
        assert no.type == "/problems/conflict"
        assert "in Room 2, since" in no.detail
        assert no.missing[0].roles == (Role.TRIAGE_NURSE, Role.SUPERVISOR)
    assert desk.refused(NURSE, TakePatient(station=TRIAGE)).type == "/problems/already-done"


def test_who_has_the_patient_moves_to_another_room_and_calls_there() -> None:
    desk = called()
    taken_at = desk.does(NURSE, TakePatient(station=TRIAGE)).visit.calls[0].taken_at
    desk.does(NURSE, TakePatient(station=TRIAGE, room="Room 4"))
    desk.does(NURSE, CallPatient(station=TRIAGE))
    desk.does(NURSE, NoAnswer(station=TRIAGE))
    call = desk.visit.calls[0]
    assert (call.taken_by, call.taken_at, call.room, call.missed) == (NURSE.id, taken_at, "Room 4", 1)


@pytest.mark.parametrize("who", [NURSE, Role.SUPERVISOR])
def test_a_patient_is_given_back_by_who_has_them_or_by_a_supervisor(who: Person | Role) -> None:
    desk = called()
    desk.does(NURSE, TakePatient(station=TRIAGE))
    desk.does(who, ReleasePatient(station=TRIAGE))
    assert next_steps(desk.visit)[0].owner_id is None
    assert desk.refused(NURSE, ReleasePatient(station=TRIAGE)).type == "/problems/already-done"
    desk.does(SECOND_NURSE, TakePatient(station=TRIAGE))


def test_a_station_is_served_by_its_own() -> None:
    desk = registered()
    no = desk.refused(Role.CASHIER, CallPatient(station=TRIAGE))
    assert (no.type, set(no.roles)) == ("/problems/not-your-role", {"TRIAGE_NURSE", "SUPERVISOR"})
    assert desk.refused(CLINICIAN, TakePatient(station=CONSULTATION)).type == "/problems/wrong-stage"
    desk.does(Role.SUPERVISOR, CallPatient(station=TRIAGE))


def test_what_became_of_a_wait_falls_away_with_it_and_is_kept_with_the_stay() -> None:
    desk = called()
    desk.does(NURSE, TakePatient(station=TRIAGE))
    before = desk.visit
    desk.does(SECOND_NURSE, triage())
    assert desk.visit.calls == ()
    (stay,) = stays_ended(before, desk.visit, SECOND_NURSE, desk.visit.id, desk.now)
    assert (stay.taken_by, stay.ended_by) == (NURSE.id, SECOND_NURSE.id), "who has them, and who did the work"
    assert (stay.called_at, stay.taken_at) == (before.calls[0].called_at, before.calls[0].taken_at)


def test_whom_one_clinician_has_taken_no_other_takes_in() -> None:
    desk = triaged()
    desk.does(CLINICIAN, TakePatient(station=CONSULTATION, room="Room 7"))
    assert "in Room 7" in desk.refused(SECOND_CLINICIAN, TakeIn()).detail
    desk.does(CLINICIAN, TakeIn())
    assert desk.visit.calls == ()


def test_results_wait_for_their_clinician_until_another_takes_the_patient_in() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    assert desk.refused(SECOND_CLINICIAN, CallPatient(station=CONSULTATION)).type == "/problems/wrong-stage"
    assert desk.refused(SECOND_CLINICIAN, TakePatient(station=CONSULTATION)).type == "/problems/wrong-stage"
    desk.does(CLINICIAN, TakePatient(station=CONSULTATION))
    desk.does(SECOND_CLINICIAN, TakeIn())
    assert desk.visit.calls[0].taken_by == SECOND_CLINICIAN.id
    desk.does(SECOND_CLINICIAN, CallPatient(station=CONSULTATION, room="Room 8"))
    desk.does(SECOND_CLINICIAN, RecordEncounter())
    assert desk.visit.calls == ()


def test_work_is_done_without_taking_and_does_not_take_the_patient_from_who_has_them() -> None:
    desk, test = with_test()
    technician, other = STAFF[Role.LAB_TECHNICIAN], person(Role.LAB_TECHNICIAN, name="second")
    desk.does(technician, TakePatient(station=LABORATORY))
    first = {"lab_request_id": test, "status": "PRELIMINARY", "results": {"hemoglobin": "12.1"}}
    desk.does(other, ReportLabTest.model_validate(first))
    assert desk.visit.calls[0].taken_by == technician.id


def test_how_long_a_call_lasts_is_the_clinics_policy() -> None:
    assert HOUSE.policy[0].calling == Calling(call_lasts=5, unanswered_calls=3)
