"""Records that were entered in error: who may mark them, what stands in the way, and what follows."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from models import actions as do
from models.base import NOTHING
from models.catalogue import ClaimStanding, Resource
from models.claims import ClaimStatus, Payer
from models.staff import Person, Role, Station
from models.status import Status
from models.tasks import TaskKind
from models.urgency import TriageCategory, TriageColour
from tests.pathway.desk import Desk, registered, seen, taken_in, triaged, with_test
from tests.pathway.forms import DIAGNOSIS, DOSE
from tests.pathway.people import (
    ANTENATAL,
    CLINICIAN,
    INJECTION,
    NURSE,
    RABIES,
    SECOND_CLINICIAN,
    STAFF,
    TETANUS,
    looking,
    person,
    triage,
)

IMMUNIZER, MIDWIFE = Role.IMMUNIZATION_NURSE, Role.MCH_NURSE
OUTSTANDING, DONE = "/problems/outstanding-work", "/problems/already-done"


def error(record: str, id: UUID, reason: str = "Of another patient") -> do.EnterInError:
    return do.EnterInError.model_validate({"record": record, "record_id": id, "reason": reason})


def vaccination(vaccine: UUID = TETANUS) -> do.RecordImmunization:
    return do.RecordImmunization.model_validate({**DOSE, "vaccine_id": vaccine})


def referral(station: str = "IMMUNIZATION") -> do.Refer:
    return do.Refer.model_validate({"station": station, "reason": "Due"})


def diagnosed() -> tuple[Desk, UUID]:
    desk = seen()
    return desk, desk.ordered(CLINICIAN, do.RecordDiagnosis.model_validate(DIAGNOSIS))


@pytest.mark.parametrize("who", [CLINICIAN, STAFF[Role.SUPERVISOR], STAFF[Role.ADMIN]])
def test_who_wrote_it_and_who_supervises_may_mark_it(who: Person) -> None:
    desk, id = diagnosed()
    desk.does(who, error("DIAGNOSIS", id))
    row = desk.shelf.rows[Resource.DIAGNOSIS, id]
    assert (row["entered_in_error_at"], row["entered_in_error_reason"]) == (desk.now, "Of another patient")
    assert (row["diagnosis_code"], row["status"]) == ("R51", "ACTIVE"), "the original stays readable"


def test_another_clinician_may_not() -> None:
    desk, id = diagnosed()
    no = desk.refused(SECOND_CLINICIAN, error("DIAGNOSIS", id))
    assert (no.type, set(no.roles)) == ("/problems/not-your-role", {Role.SUPERVISOR, Role.ADMIN})


def test_it_is_marked_once() -> None:
    desk, id = diagnosed()
    desk.does(CLINICIAN, error("DIAGNOSIS", id))
    assert desk.refused(CLINICIAN, error("DIAGNOSIS", id)).type == DONE


def test_what_is_not_there_cannot_be_marked_and_what_is_another_visits_neither() -> None:
    desk, id = diagnosed()
    assert desk.refused(CLINICIAN, error("ENCOUNTER", id)).type == "/problems/not-found"
    desk.shelf.rows[Resource.DIAGNOSIS, id]["visit_id"] = uuid4()
    assert desk.refused(CLINICIAN, error("DIAGNOSIS", id)).type == "/problems/conflict"


def test_the_audit_names_the_record() -> None:
    handed, seen_after = error("DISPENSING", uuid4()), error("REACTION", uuid4())
    assert handed.audited_resource is Resource.MEDICATION_DISPENSE
    assert seen_after.audited_resource is Resource.REACTION


def claim(status: ClaimStatus, *, went_out: bool) -> ClaimStanding:
    facts = {"id": uuid4(), "payer": Payer.SHA, "number": "INV00001", "status": status, "reason": ""}
    return ClaimStanding.model_validate({**facts, "went_out": went_out})


@pytest.mark.parametrize("status", [ClaimStatus.SUBMITTED, ClaimStatus.PAID])
def test_a_claim_that_the_payer_has_is_compared_by_a_clerk(status: ClaimStatus) -> None:
    desk, id = diagnosed()
    desk.shelf.claims = [claim(status, went_out=True)]
    change = desk.does(CLINICIAN, error("DIAGNOSIS", id))
    (task,) = [row.values for row in change.rows if row.resource is Resource.TASK]
    assert (task["kind"], task["role"], "INV00001" in task["words"]) == (TaskKind.REVIEW_CLAIM, Role.CASHIER, True)
    assert "task:opened" in {event.kind for event in change.events}
    assert not change.starts


def test_a_look_is_on_no_claim() -> None:
    desk = seen()
    desk.shelf.claims = [claim(ClaimStatus.SUBMITTED, went_out=True)]
    look = desk.ordered(NURSE, looking("RED", retriage=True))
    change = desk.does(NURSE, error("ENCOUNTER", look))
    assert not [row for row in change.rows if row.resource is Resource.TASK]


def test_a_claim_that_is_still_here_looks_at_the_records_again() -> None:
    desk, id = diagnosed()
    draft, given_up = claim(ClaimStatus.NEEDS_CODING, went_out=False), claim(ClaimStatus.CLOSED, went_out=True)
    sent_back = claim(ClaimStatus.SENT_BACK, went_out=True)
    desk.shelf.claims = [draft, given_up, sent_back]
    change = desk.does(CLINICIAN, error("DIAGNOSIS", id))
    assert [(start.kind, start.id) for start in change.starts] == [("Claim", draft.id), ("Claim", sent_back.id)]
    assert not [row for row in change.rows if row.resource is Resource.TASK]


def test_what_was_paid_for_an_error_is_owed_back() -> None:
    desk, test = with_test()
    desk.pay()
    change = desk.does(CLINICIAN, error("LAB_REQUEST", test))
    assert (desk.visit.balance, change.uncharged) == (Decimal("-500.00"), (test,))
    assert desk.visit.status is Status.READY_FOR_DISCHARGE


def test_without_any_look_the_patient_waits_for_triage_again() -> None:
    desk = registered()
    look = desk.does(NURSE, triage("URGENT")).rows[0].id
    desk.does(NURSE, error("ENCOUNTER", look))
    assert (desk.visit.status, desk.visit.waiting_at) == (Status.REGISTERED, (Station.TRIAGE,))
    assert (desk.visit.triage_category, desk.visit.triage_colour) == (None, None)


def test_the_looks_that_are_left_say_how_urgent_the_patient_is() -> None:
    desk = registered()
    desk.does(NURSE, looking("YELLOW"))
    wrong = desk.does(NURSE, looking("RED", retriage=True)).rows[0].id
    desk.does(NURSE, looking("ORANGE", retriage=True, reason="Calmer"))
    change = desk.does(NURSE, error("ENCOUNTER", wrong))
    assert (desk.visit.triage_colour, desk.visit.pending_retriage) == (TriageColour.ORANGE, None)
    assert "visit:triaged" in {event.kind for event in change.events}


def test_a_confirmation_of_a_wrong_look_confirms_nothing() -> None:
    desk = registered()
    desk.does(NURSE, looking("ORANGE"))
    wrong = desk.does(NURSE, looking("GREEN", retriage=True, reason="Calmer")).rows[0].id
    desk.does(CLINICIAN, do.ConfirmRetriage())
    assert desk.visit.triage_colour is TriageColour.GREEN
    desk.does(NURSE, error("ENCOUNTER", wrong))
    assert (desk.visit.triage_colour, desk.visit.pending_retriage) == (TriageColour.ORANGE, None)


def test_a_confirmation_that_was_an_error_leaves_the_lower_colour_waiting() -> None:
    desk = registered()
    desk.does(NURSE, looking("ORANGE"))
    desk.does(NURSE, looking("GREEN", retriage=True, reason="Calmer"))
    wrong = desk.does(CLINICIAN, do.ConfirmRetriage()).rows[0].id
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    waiting = desk.visit.pending_retriage
    assert waiting
    assert (desk.visit.triage_colour, waiting.colour) == (TriageColour.ORANGE, TriageColour.GREEN)


def test_a_complaint_that_a_wrong_look_had_written_goes_with_it() -> None:
    desk = registered()
    former = desk.visit.chief_complaint
    wrong = desk.does(NURSE, triage().model_copy(update={"chief_complaint": "Broken leg"})).rows[0].id
    assert desk.visit.chief_complaint == "Broken leg"
    desk.does(NURSE, error("ENCOUNTER", wrong))
    assert desk.visit.chief_complaint == former


def test_an_emergency_stays_one_without_its_triage() -> None:
    desk = Desk()
    desk.does(Role.TRIAGE_NURSE, do.ReceiveEmergency(age=30))
    look = desk.does(NURSE, looking("RED", retriage=True)).rows[0].id
    assert [bypass.settled_at for bypass in desk.visit.bypasses if bypass.step == "TRIAGE"] == [desk.now]
    desk.does(NURSE, error("ENCOUNTER", look))
    assert (desk.visit.triage_category, desk.visit.triage_incomplete) == (TriageCategory.EMERGENCY, True)
    assert [bypass.settled_at for bypass in desk.visit.bypasses if bypass.step == "TRIAGE"] == [None]


def test_a_patient_whose_consultation_was_an_error_waits_for_one_again_and_pays_for_none() -> None:
    desk = taken_in()
    wrong = desk.ordered(CLINICIAN, do.RecordEncounter())
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    assert (desk.visit.status, desk.visit.waiting_at) == (Status.TRIAGED, (Station.CONSULTATION,))
    assert (desk.visit.total_amount, desk.shelf.bill, desk.visit.provider_id) == (NOTHING, [], None)
    desk.does(SECOND_CLINICIAN, do.TakeIn())
    desk.does(SECOND_CLINICIAN, do.RecordEncounter())
    assert desk.visit.total_amount == Decimal("300.00")


def test_the_consultation_is_charged_while_one_is_left() -> None:
    desk = taken_in()
    wrong = desk.ordered(CLINICIAN, do.RecordEncounter())
    other = desk.ordered(CLINICIAN, do.RecordEncounter())
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    assert (desk.visit.total_amount, desk.visit.seen) == (Decimal("300.00"), True)
    desk.does(CLINICIAN, error("ENCOUNTER", other))
    assert (desk.visit.total_amount, desk.visit.seen) == (NOTHING, False)


def test_orders_stay_when_the_consultation_was_an_error() -> None:
    desk = taken_in()
    wrong = desk.ordered(CLINICIAN, do.RecordEncounter())
    desk.does(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    assert set(desk.visit.waiting_at) == {Station.CONSULTATION, Station.LABORATORY}


def test_results_that_a_wrong_consultation_had_read_are_unread_again() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    wrong = desk.ordered(CLINICIAN, do.RecordEncounter())
    assert not desk.visit.open_orders
    desk.does(CLINICIAN, error("ENCOUNTER", wrong))
    assert [order.kind for order in desk.visit.open_orders] == ["REVIEW"]


def test_a_clinician_who_had_read_a_wrong_result_hears_of_it() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.does(CLINICIAN, do.RecordEncounter())
    desk.does(CLINICIAN, error("LAB_REQUEST", test))
    assert [(order.kind, order.person_id) for order in desk.visit.open_orders] == [("REVIEW", CLINICIAN.id)]


def test_a_result_that_nobody_had_read_is_not_read_any_more() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.does(CLINICIAN, error("LAB_REQUEST", test))
    assert (desk.visit.open_orders, desk.visit.has_unread_results) == ((), False)


def test_the_test_that_was_waited_for_last_lets_the_patient_go_back() -> None:
    desk, first = with_test()
    second = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    desk.answer(Role.LAB_TECHNICIAN, first)
    change = desk.does(CLINICIAN, error("LAB_REQUEST", second))
    assert [order.kind for order in desk.visit.open_orders] == ["REVIEW"]
    assert "ResultsNotice" in {start.kind for start in change.starts}


def test_nobody_acknowledges_a_critical_value_of_another_patient() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test, hemoglobin="6.1")
    change = desk.does(CLINICIAN, error("LAB_REQUEST", test))
    assert (desk.visit.critical_results, [start.kind for start in change.starts]) == ((), ["CriticalResult"])
    row = desk.shelf.rows[Resource.LAB_REQUEST, test]
    assert (row["status"], row["results"]) == ("COMPLETED", {"hemoglobin": "6.1"})
    told = do.AcknowledgeCritical(lab_request_id=test, read_back="6.1")
    assert desk.refused(CLINICIAN, told).type == DONE


def test_a_dose_waits_for_the_reaction_to_it() -> None:
    desk = triaged()
    dose = desk.ordered(IMMUNIZER, vaccination())
    form = {"immunization_id": dose, "reaction": "Collapse", "severity": "SEVERE", "anaphylaxis": True}
    reaction = desk.ordered(CLINICIAN, do.RecordReaction.model_validate(form))
    assert desk.visit.triage_category is TriageCategory.EMERGENCY
    assert desk.refused(IMMUNIZER, error("IMMUNIZATION", dose)).type == OUTSTANDING
    desk.does(CLINICIAN, error("REACTION", reaction))
    assert desk.visit.triage_category is not TriageCategory.EMERGENCY
    desk.does(IMMUNIZER, error("IMMUNIZATION", dose))
    assert desk.visit.observe_until is None
    desk.does(IMMUNIZER, vaccination())  # it was not too early after all


def test_who_was_let_go_is_not_watched_again_because_another_dose_was_an_error() -> None:
    desk = triaged()
    desk.does(IMMUNIZER, vaccination())
    desk.does(IMMUNIZER, do.EndObservation(reason="Watched at the ward"))
    ended = desk.visit.observe_until
    desk.now += timedelta(minutes=1)
    wrong = desk.ordered(
        IMMUNIZER, do.RecordImmunization.model_validate({**DOSE, "vaccine_id": RABIES, "observe_minutes": 60})
    )
    assert desk.visit.observe_until != ended
    desk.does(IMMUNIZER, error("IMMUNIZATION", wrong))
    assert desk.visit.observe_until == ended


def test_a_referral_that_a_wrong_record_had_answered_waits_again() -> None:
    desk = triaged()
    sent = desk.ordered(NURSE, referral())
    dose = desk.ordered(IMMUNIZER, vaccination())
    assert not desk.visit.open_orders
    desk.does(IMMUNIZER, error("IMMUNIZATION", dose))
    assert [order.id for order in desk.visit.open_orders] == [sent]
    assert desk.shelf.rows[Resource.REFERRAL, sent]["status"] == "PENDING"


def test_a_referral_that_another_record_answers_too_stays_answered() -> None:
    desk = triaged()
    sent = desk.ordered(NURSE, referral())
    first = desk.ordered(IMMUNIZER, vaccination())
    second = desk.ordered(IMMUNIZER, vaccination(RABIES))
    desk.does(IMMUNIZER, error("IMMUNIZATION", first))
    assert not desk.visit.open_orders
    desk.does(IMMUNIZER, error("IMMUNIZATION", second))
    assert [order.id for order in desk.visit.open_orders] == [sent]


def test_a_referral_instead_of_the_consultation_that_was_an_error_leads_back_to_the_clinician() -> None:
    desk = triaged()
    sent = desk.ordered(NURSE, referral("MCH"))
    desk.does(NURSE, error("REFERRAL", sent))
    assert (desk.visit.status, desk.visit.waiting_at) == (Status.TRIAGED, (Station.CONSULTATION,))


def test_the_return_that_was_booked_by_an_error_is_cancelled() -> None:
    desk = triaged()
    counselled = do.RecordFamilyPlanning(method_id=INJECTION, book_return=True)
    id = desk.ordered(Role.FAMILY_PLANNING_COUNSELOR, counselled)
    change = desk.does(Role.FAMILY_PLANNING_COUNSELOR, error("FAMILY_PLANNING", id))
    (booked,) = [row for (kind, _), row in desk.shelf.rows.items() if kind is Resource.APPOINTMENT]
    assert (booked["status"], booked["version"]) == ("CANCELLED", 2)
    assert [start.kind for start in change.starts] == ["Reminder", "AfterCare"]


def test_danger_signs_of_another_mother_make_nobody_urgent() -> None:
    desk = triaged()
    before = desk.visit.triage_colour
    id = desk.ordered(MIDWIFE, do.RecordMchService(service_id=ANTENATAL, danger_signs=("CONVULSING",)))
    assert desk.visit.triage_category is TriageCategory.EMERGENCY
    desk.does(MIDWIFE, error("MCH_SERVICE", id))
    assert (desk.visit.triage_colour, desk.visit.total_amount) == (before, NOTHING)


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.CASHIER, Role.LAB_TECHNICIAN])
def test_who_writes_no_record_marks_none(role: Role) -> None:
    desk, id = diagnosed()
    assert desk.refused(person(role), error("DIAGNOSIS", id)).type == "/problems/not-your-role"
