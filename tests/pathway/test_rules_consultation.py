"""The clinician's part: taking in, writing down, reading results, referring."""

from uuid import UUID, uuid5

import pytest

from models.actions import (
    OrderLabTest,
    RecordDiagnosis,
    RecordEncounter,
    Refer,
    TakeIn,
)
from models.catalogue import Resource
from models.command import accept
from models.problems import Refused
from models.staff import Role, Station
from models.status import Status
from tests.pathway.desk import Desk, registered, seen, taken_in, triaged, with_test
from tests.pathway.people import CLINICIAN, NAMES, NURSE, SECOND_CLINICIAN, prescription, triage

ENCOUNTER = RecordEncounter(notes="n")
TEST = OrderLabTest(test_type="BLOOD_TEST")
DIAGNOSIS = RecordDiagnosis(diagnosis_code="R51", diagnosis_name="Headache")
TO_MCH = Refer(station=Station.MCH, reason="Antenatal visit is due")


@pytest.mark.parametrize("action", [TakeIn(), ENCOUNTER, DIAGNOSIS, TEST, prescription(), TO_MCH], ids=lambda a: a.kind)
def test_triage_comes_before_everything_clinical(action: TakeIn) -> None:
    problem = registered().refused(CLINICIAN, action)
    assert problem.type == "/problems/wrong-stage"
    assert [(m.what, m.roles) for m in problem.missing] == [("triage", (Role.TRIAGE_NURSE,))]


@pytest.mark.parametrize("action", [ENCOUNTER, DIAGNOSIS, TEST, prescription(), TO_MCH], ids=lambda a: a.kind)
def test_a_clinician_takes_the_patient_in_first(action: TakeIn) -> None:
    problem = triaged().refused(CLINICIAN, action)
    assert problem.type == "/problems/wrong-stage"
    assert [(m.what, m.roles) for m in problem.missing] == [("consultation", (Role.CLINICAL_OFFICER,))]


def test_a_patient_is_taken_in_by_one_clinician() -> None:
    desk = taken_in()
    assert "with you already" in desk.refused(CLINICIAN, TakeIn()).detail
    problem = desk.refused(SECOND_CLINICIAN, TakeIn())
    assert (problem.type, "another clinician" in problem.detail) == ("/problems/already-done", True)


def test_the_visit_is_in_consultation_until_the_encounter_is_written() -> None:
    desk = taken_in()
    desk.does(CLINICIAN, TEST)
    desk.does(CLINICIAN, prescription())
    assert (desk.visit.status, len(desk.visit.waiting_at)) == (Status.IN_CONSULTATION, 2)
    desk.does(CLINICIAN, ENCOUNTER)
    assert (desk.visit.status, len(desk.visit.waiting_at)) == (Status.IN_SERVICES, 2)


def test_the_consultation_is_charged_once() -> None:
    desk = seen()
    desk.does(CLINICIAN, ENCOUNTER)
    assert desk.visit.total_amount == desk.shelf.total == 300


def test_the_last_result_sends_the_patient_back_to_the_clinician_who_ordered() -> None:
    desk, first = with_test()
    second = desk.ordered(CLINICIAN, TEST)
    desk.answer(Role.LAB_TECHNICIAN, first)
    assert desk.visit.waiting_at == (Station.LABORATORY,)
    desk.answer(Role.LAB_TECHNICIAN, second)
    [review] = desk.visit.open_orders
    assert (review.kind, review.station, review.person_id) == ("REVIEW", Station.CONSULTATION, CLINICIAN.id)
    assert desk.visit.provider_id == CLINICIAN.id


def test_cancelling_the_last_test_still_sends_unread_results_back() -> None:
    desk, first = with_test()
    second = desk.ordered(CLINICIAN, TEST)
    desk.answer(Role.LAB_TECHNICIAN, first)
    desk.answer(Role.LAB_TECHNICIAN, second, "CANCELLED")
    assert desk.visit.waiting_at == (Station.CONSULTATION,)


def test_a_test_that_the_laboratory_cancels_is_told_to_who_ordered_it() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test, "CANCELLED")
    [review] = desk.visit.open_orders
    assert (review.kind, review.person_id) == ("REVIEW", CLINICIAN.id)


def test_an_encounter_reads_what_is_in_and_the_rest_comes_back_later() -> None:
    desk, first = with_test()
    second = desk.ordered(CLINICIAN, TEST)
    desk.answer(Role.LAB_TECHNICIAN, first)
    desk.does(CLINICIAN, ENCOUNTER)
    assert not desk.visit.has_unread_results
    desk.answer(Role.LAB_TECHNICIAN, second)
    assert desk.visit.waiting_at == (Station.CONSULTATION,)


def test_a_test_that_is_cancelled_after_the_others_were_read_is_told_too() -> None:
    desk, first = with_test()
    second = desk.ordered(CLINICIAN, TEST)
    desk.answer(Role.LAB_TECHNICIAN, first)
    desk.does(CLINICIAN, ENCOUNTER)
    desk.answer(Role.LAB_TECHNICIAN, second, "CANCELLED")
    assert [order.kind for order in desk.visit.open_orders] == ["REVIEW"]


def test_a_test_after_the_review_brings_a_new_review() -> None:
    desk, first = with_test()
    desk.answer(Role.LAB_TECHNICIAN, first)
    former = desk.visit.open_orders[0].id
    desk.does(CLINICIAN, ENCOUNTER)
    second = desk.ordered(CLINICIAN, TEST)
    desk.answer(Role.LAB_TECHNICIAN, second)
    assert [order.kind for order in desk.visit.open_orders] == ["REVIEW"]
    assert desk.visit.open_orders[0].id != former


def test_one_review_is_enough_for_results_that_come_while_it_is_open() -> None:
    desk, first = with_test()
    desk.answer(Role.LAB_TECHNICIAN, first)
    second = desk.ordered(CLINICIAN, TEST)
    desk.answer(Role.LAB_TECHNICIAN, second)
    assert [order.kind for order in desk.visit.open_orders] == ["REVIEW"]


def test_another_clinician_reads_results_only_after_taking_the_patient_in() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    problem = desk.refused(SECOND_CLINICIAN, ENCOUNTER)
    assert [m.what for m in problem.missing] == ["take the patient in"]
    desk.does(SECOND_CLINICIAN, TakeIn())
    desk.does(SECOND_CLINICIAN, ENCOUNTER)
    assert (desk.visit.open_orders, desk.visit.provider_id) == ((), SECOND_CLINICIAN.id)


def test_taking_over_works_also_before_the_first_encounter() -> None:
    """Ordered a test, then went home: the colleague was told to take the patient in, and was refused for it."""
    desk, test = with_test(taken_in)
    desk.answer(Role.LAB_TECHNICIAN, test)
    assert desk.refused(SECOND_CLINICIAN, ENCOUNTER).type == "/problems/wrong-stage"
    desk.does(SECOND_CLINICIAN, TakeIn())
    assert "with you already" in desk.refused(SECOND_CLINICIAN, TakeIn()).detail
    desk.does(SECOND_CLINICIAN, ENCOUNTER)
    assert desk.visit.open_orders == ()


def test_who_ordered_the_last_test_reads_it_also_after_a_colleague_has_written() -> None:
    desk, test = with_test()
    desk.does(SECOND_CLINICIAN, ENCOUNTER)
    desk.answer(Role.LAB_TECHNICIAN, test)
    assert desk.visit.open_orders[0].person_id == desk.visit.provider_id == CLINICIAN.id


def test_an_encounter_named_by_a_record_belongs_to_the_visit() -> None:
    desk = seen()
    own = next(id for resource, id in desk.shelf.rows if resource is Resource.ENCOUNTER)
    foreign, unknown = uuid5(NAMES, "foreign"), UUID(int=5)
    desk.shelf.rows[Resource.ENCOUNTER, foreign] = {
        "facility_id": desk.visit.facility_id,
        "visit_id": UUID(int=6),
    }
    desk.does(CLINICIAN, prescription(encounter_id=own))
    assert desk.refused(CLINICIAN, prescription(encounter_id=foreign)).type == "/problems/conflict"
    assert desk.refused(CLINICIAN, prescription(encounter_id=unknown)).type == "/problems/not-found"


def test_a_clinic_without_a_consultation_price_says_who_can_add_it() -> None:
    desk = taken_in()
    command = desk.command(CLINICIAN, ENCOUNTER)
    known = desk.shelf.known(command).model_copy(update={"price": None})
    with pytest.raises(Refused, match="ADMIN"):
        accept(desk.visit, command, known)


def test_a_visit_nobody_opened_does_not_exist() -> None:
    assert Desk().refused(NURSE, triage()).type == "/problems/not-found"


def test_a_wait_that_goes_on_keeps_its_start() -> None:
    desk, first = with_test()
    since = desk.visit.waiting[0].since
    desk.does(CLINICIAN, TEST)
    desk.answer(Role.LAB_TECHNICIAN, first)
    assert [(wait.station, wait.since) for wait in desk.visit.waiting] == [(Station.LABORATORY, since)]


def test_boards_hear_that_a_patient_waits_elsewhere_although_the_status_stays() -> None:
    desk, _ = with_test()
    told = {event.kind: event.payload for event in desk.does(CLINICIAN, prescription()).events}
    assert told["visit:status_changed"]["waitingAt"] == [Station.LABORATORY, Station.PHARMACY]
    assert told["visit:status_changed"]["updatedBy"] == CLINICIAN.id
    again = desk.does(CLINICIAN, prescription(name="Amoxicillin"))
    assert [event.kind for event in again.events] == ["prescription:ready", "order:opened"]
