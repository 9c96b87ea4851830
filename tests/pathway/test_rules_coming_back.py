"""A visit that ended too soon: who opens it again, until when, and what comes back with it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from models.actions import CancelVisit, CorrectLabResult, Discharge, FollowUp, RecordEncounter, ReopenVisit
from models.actions.base import Start
from models.catalogue import ClaimStanding, Resource
from models.claims import Payer, claim_id_of
from models.orders import OrderKind
from models.staff import Person, Role
from models.status import Status
from tests.pathway.desk import Desk, registered, seen, with_test
from tests.pathway.people import CLINICIAN, NAMES, SECOND_CLINICIAN, STAFF

STABLE = Discharge(discharge_notes="Stable")
AGAIN = ReopenVisit(reason="The dressing was forgotten")
A_DAY, A_SECOND = timedelta(hours=24), timedelta(seconds=1)


def ended(**more: Any) -> Desk:
    desk = seen()
    desk.pay()
    desk.does(CLINICIAN, Discharge(discharge_notes="Stable", **more))
    return desk


def rows(desk: Desk, resource: Resource) -> list[dict[str, Any]]:
    return [row for (kind, _), row in desk.shelf.rows.items() if kind is resource]


def claim(desk: Desk, payer: Payer = Payer.SHA, *, went_out: bool = False, status: str = "QUEUED") -> None:
    id = claim_id_of(desk.visit.id, payer)
    standing = ClaimStanding(id=id, payer=payer, number="CLM000001", status=status, reason="", went_out=went_out)
    desk.shelf.claims.append(standing)


@pytest.mark.parametrize("who", [CLINICIAN, SECOND_CLINICIAN, STAFF[Role.SUPERVISOR]])
def test_clinicians_and_supervisors_open_a_visit_again(who: Person) -> None:
    desk = ended()
    former = desk.visit
    change = desk.does(who, AGAIN)
    visit = desk.visit
    assert (visit.status, visit.completed_at, visit.discharge_notes) == (Status.READY_FOR_DISCHARGE, None, None)
    assert visit.version == former.version + 1
    (kept,) = visit.undone_ends
    assert (kept.end, kept.completed_at, kept.notes) == (Status.COMPLETED, former.completed_at, "Stable")
    assert (kept.reason, kept.by, kept.at) == ("The dressing was forgotten", who.id, desk.now)
    assert {"visit:reopened", "visit:status_changed"} <= {event.kind for event in change.events}


@pytest.mark.parametrize("who", [Role.RECEPTIONIST, Role.CASHIER, Role.TRIAGE_NURSE, Role.ADMIN, Role.LAB_TECHNICIAN])
def test_nobody_else_does(who: Role) -> None:
    assert ended().refused(who, AGAIN).roles == (Role.CLINICAL_OFFICER, Role.SUPERVISOR)


def test_it_is_opened_again_once() -> None:
    desk = ended()
    desk.does(CLINICIAN, AGAIN)
    assert desk.refused(CLINICIAN, AGAIN).type == "/problems/already-done"


@pytest.mark.parametrize(("after", "is_open"), [(A_DAY, True), (A_DAY + A_SECOND, False)])
def test_a_day_is_the_limit_to_the_second(after: timedelta, is_open: bool) -> None:
    desk = ended()
    desk.now += after - timedelta(minutes=1)  # each command comes a minute after the one before
    if is_open:
        desk.does(CLINICIAN, AGAIN)
        return
    problem = desk.refused(CLINICIAN, AGAIN)
    assert (problem.status, problem.type) == (409, "/problems/visit-closed")
    assert "24 hours" in problem.detail
    assert "Register a new visit" in problem.detail


def test_the_follow_up_of_that_discharge_is_cancelled_and_its_reminder_hears_of_it() -> None:
    desk = ended(follow_up=FollowUp(in_days=3))
    (booked,) = rows(desk, Resource.APPOINTMENT)
    change = desk.does(CLINICIAN, AGAIN)
    (cancelled,) = rows(desk, Resource.APPOINTMENT)
    assert (cancelled["status"], cancelled["version"]) == ("CANCELLED", 2)
    assert Start(kind="Reminder", id=booked["id"]) in change.starts
    desk.does(CLINICIAN, Discharge(discharge_notes="Now it is well", follow_up=FollowUp(in_days=9)))
    assert [row["status"] for row in rows(desk, Resource.APPOINTMENT)] == ["CANCELLED", "SCHEDULED"]


def test_an_appointment_that_was_made_otherwise_is_kept() -> None:
    desk = ended()
    other = uuid5(NAMES, "another appointment")
    row = {"id": other, "patient_id": desk.visit.patient_id, "visit_id": None, "recorded_at": desk.visit.completed_at}
    desk.shelf.rows[Resource.APPOINTMENT, other] = {**row, "status": "SCHEDULED", "version": 1}
    desk.does(CLINICIAN, AGAIN)
    assert desk.shelf.rows[Resource.APPOINTMENT, other]["status"] == "SCHEDULED"


def left_with_test() -> tuple[Desk, UUID]:
    desk, test = with_test()
    desk.pay()
    desk.does(CLINICIAN, Discharge(discharge_notes="Stable", results_to_follow=True))
    return desk, test


def test_a_result_to_follow_is_an_open_test_again() -> None:
    desk, test = left_with_test()
    desk.does(CLINICIAN, AGAIN)
    assert [order.id for order in desk.visit.open_orders] == [test]
    assert (desk.visit.status, desk.visit.awaited) == (Status.IN_SERVICES, ())
    desk.answer(Role.LAB_TECHNICIAN, test)
    assert desk.visit.untold == ()
    assert [order.kind for order in desk.visit.open_orders] == [OrderKind.REVIEW]


def test_a_result_that_came_meanwhile_is_read_and_still_told() -> None:
    desk, test = left_with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.does(STAFF[Role.SUPERVISOR], AGAIN)
    assert [(order.kind, order.person_id) for order in desk.visit.open_orders] == [(OrderKind.REVIEW, CLINICIAN.id)]
    assert len(desk.visit.untold) == 1
    desk.does(CLINICIAN, RecordEncounter())
    assert desk.visit.status is Status.READY_FOR_DISCHARGE


def test_what_was_owed_because_the_patient_had_left_is_owed_no_more() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test, hemoglobin="6.1")
    desk.does(CLINICIAN, RecordEncounter())
    desk.pay()
    desk.does(CLINICIAN, STABLE)
    (owed,) = desk.visit.untold
    change = desk.does(CLINICIAN, AGAIN)
    assert desk.visit.untold == ()
    assert desk.shelf.rows[Resource.OBLIGATION, owed.obligation_id]["status"] == "DONE"
    assert Start(kind="Obligation", id=owed.obligation_id) in change.starts
    assert desk.visit.critical_results == (test,), "it still waits to be read back"


def test_a_correction_after_the_discharge_is_read_when_the_visit_comes_back() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.does(CLINICIAN, RecordEncounter())
    desk.pay()
    desk.does(CLINICIAN, STABLE)
    corrected = CorrectLabResult(lab_request_id=test, results={"hemoglobin": "13.1"}, reason="Wrong tube")
    desk.does(Role.LAB_TECHNICIAN, corrected)
    desk.does(CLINICIAN, AGAIN)
    assert desk.visit.has_unread_results
    assert [order.kind for order in desk.visit.open_orders] == [OrderKind.REVIEW]


def test_a_claim_that_has_not_gone_out_waits_for_the_next_end() -> None:
    desk = ended()
    claim(desk)
    hears = Start(kind="Claim", id=claim_id_of(desk.visit.id, Payer.SHA), payer=Payer.SHA)
    assert hears in desk.does(CLINICIAN, AGAIN).starts
    assert desk.visit.undone_ends[-1].claims == (Payer.SHA,)
    assert not rows(desk, Resource.TASK)
    assert hears in desk.does(CLINICIAN, STABLE).starts


def test_a_claim_that_has_gone_out_is_compared_with_the_bill_by_a_clerk() -> None:
    """Care does not wait for a payer."""
    desk = ended()
    claim(desk, went_out=True, status="SUBMITTED")
    change = desk.does(CLINICIAN, AGAIN)
    (task,) = rows(desk, Resource.TASK)
    assert (task["kind"], task["role"], task["claim_id"]) == (
        "REVIEW_CLAIM",
        Role.CASHIER,
        claim_id_of(desk.visit.id, Payer.SHA),
    )
    assert "task:opened" in {event.kind for event in change.events}
    assert not [start for start in change.starts if start.kind == "Claim"]


def test_a_claim_that_was_sent_back_waits_and_is_looked_at() -> None:
    desk = ended()
    claim(desk, went_out=True, status="SENT_BACK")
    change = desk.does(CLINICIAN, AGAIN)
    assert [start.payer for start in change.starts if start.kind == "Claim"] == [Payer.SHA]
    assert len(rows(desk, Resource.TASK)) == 1


def test_a_cancelled_visit_comes_back_with_what_was_cancelled() -> None:
    desk = registered()
    own = uuid5(NAMES, "return")
    row = {"id": own, "patient_id": desk.visit.patient_id, "visit_id": desk.visit.id, "recorded_at": desk.now}
    desk.shelf.rows[Resource.APPOINTMENT, own] = {**row, "status": "SCHEDULED", "version": 1}
    change = desk.does(Role.RECEPTIONIST, CancelVisit(reason="Opened twice"))
    assert desk.shelf.rows[Resource.APPOINTMENT, own]["status"] == "CANCELLED"
    assert Start(kind="Reminder", id=own) in change.starts
    desk.does(Role.SUPERVISOR, AGAIN)
    assert desk.visit.status is Status.REGISTERED
    assert desk.shelf.rows[Resource.APPOINTMENT, own]["status"] == "SCHEDULED"


def test_a_visit_that_was_open_all_the_time_is_not_opened_again_and_one_that_left_otherwise_is() -> None:
    assert seen().refused(CLINICIAN, AGAIN).type == "/problems/already-done"
    for end in (Status.REFERRED, Status.LEFT_WITHOUT_BEING_SEEN):
        desk = ended()
        desk.current = desk.visit.having(end=end, status=end)
        desk.does(CLINICIAN, AGAIN)
        assert desk.visit.end is None


def test_who_has_died_since_does_not_come_back() -> None:
    desk = ended()
    desk.shelf.rows[Resource.PATIENT, desk.visit.patient_id]["deceased_at"] = desk.now
    assert desk.refused(CLINICIAN, AGAIN).type == "/problems/conflict"


def cancelled(desk: Desk) -> Desk:
    desk.does(Role.SUPERVISOR, CancelVisit(reason="Opened twice"))
    return desk


def test_what_was_paid_beyond_the_bill_goes_back_when_a_visit_is_cancelled() -> None:
    desk, test = with_test()
    desk.pay()
    desk.answer(Role.LAB_TECHNICIAN, test, status="CANCELLED")
    desk.does(CLINICIAN, RecordEncounter())
    cancelled(desk)
    (task,) = rows(desk, Resource.TASK)
    assert (task["kind"], "KES 500.00" in task["words"]) == ("REFUND_PATIENT", True)
    desk.does(CLINICIAN, AGAIN)
    (task,) = rows(desk, Resource.TASK)
    assert task["status"] == "CANCELLED"


@pytest.mark.parametrize(("went_out", "told"), [(False, ["Claim", "AfterCare"]), (True, ["AfterCare"])])
def test_claims_of_a_cancelled_visit_are_given_up_or_looked_at(went_out: bool, told: list[str]) -> None:
    desk = registered()
    claim(desk, went_out=went_out)
    change = desk.does(Role.RECEPTIONIST, CancelVisit(reason="Opened twice"))
    assert [start.kind for start in change.starts] == told
    assert [task["kind"] for task in rows(desk, Resource.TASK)] == ["REVIEW_CLAIM"] * went_out


def test_a_visit_in_which_a_child_was_born_was_no_mistake() -> None:
    desk = registered()
    link = {"related_visit_id": desk.visit.id}
    desk.shelf.rows[Resource.FAMILY_LINK, uuid5(NAMES, "link")] = link
    assert "OP00002" in desk.refused(Role.SUPERVISOR, CancelVisit(reason="Opened twice")).detail


def test_a_critical_value_that_nobody_heard_is_told_after_a_cancellation_too() -> None:
    desk, test = with_test()
    desk.answer(Role.LAB_TECHNICIAN, test, hemoglobin="6.1")
    desk.does(CLINICIAN, RecordEncounter())
    desk.pay()
    cancelled(desk)
    assert [one.lab_request_id for one in desk.visit.untold] == [test]
