"""Referrals to other facilities: when feedback is due, who hears when it is late, and how the visit ends."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models import actions as do
from models.catalogue import Resource
from models.critical_loop import HOURLY, OwedResult
from models.referrals import Urgency, feedback_of, rules_for
from models.staff import Role
from models.status import Status
from models.tasks import TaskKind
from tests.pathway.desk import Desk, seen, triaged
from tests.pathway.people import ANOTHER_FACILITY, CLINICIAN, FACILITY, MORNING, NAMES, NURSE, SECOND_CLINICIAN, person

TODAY = date(2026, 11, 22)


def out(urgency: str = "ROUTINE", **more: object) -> do.ReferOut:
    form = {"facility_name": "County hospital", "urgency": urgency, "reason": "Surgery", "clinical_summary": "Pain"}
    return do.ReferOut.model_validate({**form, **more})


def feedback(id: object, **more: object) -> do.RecordReferralFeedback:
    form = {"referral_id": id, "feedback": "Operated on", "feedback_from": "Ward 3"}
    return do.RecordReferralFeedback.model_validate({**form, **more})


def row(desk: Desk, id: UUID) -> dict[str, Any]:
    return desk.shelf.rows[Resource.REFERRAL, id]


@pytest.mark.parametrize(
    ("urgency", "day", "due"),
    [
        (Urgency.ROUTINE, None, datetime(2026, 12, 6, 14, tzinfo=UTC)),
        (Urgency.URGENT, None, datetime(2026, 11, 24, 14, tzinfo=UTC)),
        (Urgency.URGENT, date(2027, 1, 2), datetime(2027, 1, 2, 14, tzinfo=UTC)),
    ],
)
def test_feedback_is_due_when_work_ends(urgency: Urgency, day: date | None, due: datetime) -> None:
    assert rules_for(TODAY).due(urgency, TODAY, day) == due


def test_the_rules_say_where_they_come_from_and_that_nobody_has_signed_them() -> None:
    rules = rules_for(TODAY)
    assert (rules.signed_off_by, rules.late.source, rules.feedback_days.source) == ("", "house rule", "house rule")
    assert [rung.after for rung in rules.ladder] == [timedelta(0), timedelta(days=1), timedelta(days=7)]
    assert {rung.to for rung in rules.ladder} == {Role.SUPERVISOR}


def test_a_referral_out_opens_no_order_and_is_waited_for() -> None:
    desk = seen()
    change = desk.does(CLINICIAN, out())
    sent, owed = change.rows
    assert (desk.visit.open_orders, desk.visit.referred_out) == ((), (sent.id,))
    assert (owed.id, owed.values["due_at"]) == (feedback_of(sent.id), sent.values["feedback_by"])
    assert [(start.kind, start.id) for start in change.starts] == [("Obligation", owed.id)]


def test_who_is_discharged_with_it_has_been_referred() -> None:
    desk = seen()
    desk.does(CLINICIAN, out())
    desk.pay()
    desk.does(CLINICIAN, do.Discharge(discharge_notes="By ambulance"))
    assert (desk.visit.status, len(desk.visit.referred_out)) == (Status.REFERRED, 1)


def test_who_was_answered_before_goes_home() -> None:
    desk = seen()
    id = desk.ordered(CLINICIAN, out())
    desk.does(CLINICIAN, feedback(id))
    desk.pay()
    desk.does(CLINICIAN, do.Discharge(discharge_notes="Home"))
    assert desk.visit.status is Status.COMPLETED


def test_feedback_comes_after_the_visit_once() -> None:
    desk = seen()
    id = desk.ordered(CLINICIAN, out())
    desk.pay()
    desk.does(CLINICIAN, do.Discharge(discharge_notes="By ambulance"))
    desk.now += timedelta(days=3)
    change = desk.does(SECOND_CLINICIAN, feedback(id, feedback_on=TODAY))
    assert (row(desk, id)["status"], row(desk, id)["feedback_on"]) == ("COMPLETED", TODAY)
    assert [event.kind for event in change.events] == ["referral:feedback"]
    assert (desk.visit.status, desk.visit.referred_out) == (Status.REFERRED, ())
    assert desk.refused(CLINICIAN, feedback(id)).type == "/problems/already-done"


@pytest.mark.parametrize("on", [TODAY - timedelta(days=1), TODAY + timedelta(days=1)])
def test_feedback_comes_neither_before_the_referral_nor_from_the_future(on: date) -> None:
    desk = seen()
    id = desk.ordered(CLINICIAN, out())
    assert desk.refused(CLINICIAN, feedback(id, feedback_on=on)).errors[0].field == "feedback_on"


@pytest.mark.parametrize("by", [TODAY, TODAY + timedelta(days=367)])
def test_a_day_for_feedback_lies_ahead_and_within_a_year(by: date) -> None:
    assert seen().refused(CLINICIAN, out(feedback_by=by)).errors[0].field == "feedback_by"


def test_who_referred_and_any_clinician_takes_a_referral_back() -> None:
    desk = triaged()
    sent = desk.ordered(NURSE, do.Refer.model_validate({"station": "MCH", "reason": "Due"}))
    back = do.CancelReferral(referral_id=sent, reason="Not pregnant")
    other = person(Role.TRIAGE_NURSE, name="other")
    assert desk.refused(other, back).roles == (Role.CLINICAL_OFFICER,)
    desk.does(NURSE, back)
    assert (row(desk, sent)["cancel_reason"], desk.visit.status) == ("Not pregnant", Status.TRIAGED)
    assert desk.refused(CLINICIAN, back).type == "/problems/already-done"


def test_a_referral_within_the_clinic_has_no_feedback() -> None:
    desk = triaged()
    sent = desk.ordered(NURSE, do.Refer.model_validate({"station": "MCH", "reason": "Due"}))
    assert desk.refused(CLINICIAN, feedback(sent)).type == "/problems/conflict"


def test_a_referral_that_was_an_error_is_left_alone() -> None:
    desk = seen()
    id = desk.ordered(CLINICIAN, out())
    form = {"record": "REFERRAL", "record_id": id, "reason": "Of another patient"}
    desk.does(CLINICIAN, do.EnterInError.model_validate(form))
    assert desk.refused(CLINICIAN, feedback(id)).type == "/problems/already-done"
    back = do.CancelReferral(referral_id=id, reason="r")
    assert desk.refused(CLINICIAN, back).type == "/problems/already-done"


def test_another_facilitys_staff_find_no_referral_here() -> None:
    desk = seen()
    id = desk.ordered(CLINICIAN, out())
    stranger = person(Role.CLINICAL_OFFICER, facility=ANOTHER_FACILITY)
    assert desk.refused(stranger, feedback(id)).type == "/problems/not-found"


def owed(**more: object) -> OwedResult:
    form = {"id": NAMES, "facility_id": FACILITY, "visit_id": NAMES, "patient_id": NAMES, "owner_id": CLINICIAN.id}
    return OwedResult.model_validate({**form, "due_at": MORNING, "is_critical": False, "is_open": True, **more})


def test_what_is_owed_decides_the_task_and_who_hears_when_it_is_late() -> None:
    result, sent = owed(lab_request_id=NAMES), owed(referral_id=NAMES, rules_version="referral-house-2026-11")
    assert (result.task.kind, result.ladder) == (TaskKind.TELL_PATIENT, HOURLY)
    assert (sent.task.kind, sent.ladder) == (TaskKind.FOLLOW_UP_REFERRAL, rules_for(TODAY).ladder)
    assert owed(referral_id=NAMES, rules_version="forgotten").ladder == sent.ladder
