"""A dose, its observation and its reactions."""

from datetime import timedelta
from uuid import UUID

from models.actions import (
    CancelVisit,
    EndObservation,
    RecordReaction,
    Refer,
)
from models.catalogue import Resource
from models.staff import Role, Station
from models.status import Status
from models.urgency import TriageCategory
from models.words import clock, details
from tests.pathway.desk import triaged
from tests.pathway.people import MEASLES, NURSE
from tests.pathway.vaccination import GOING_HOME, NURSES, TODAY, child, dose, values


def test_a_dose_says_which_it_is_by_which_programme_and_what_comes_next() -> None:
    told = values(child(), NURSES, dose())
    assert (told["dose_number"], told["schedule_version"]) == (1, "kepi-2025-11-03")
    assert told["next_date"] is not None
    assert told["next_dose"]


def test_a_dose_that_is_too_early_is_refused_with_the_day_on_which_it_may_be_given() -> None:
    desk = child(41)
    refused = desk.refused(NURSES, dose())
    assert refused.status == 409
    assert str(TODAY + timedelta(days=1)) in refused.detail
    desk.does(NURSES, dose(override_reason="The family moves away tomorrow"))


def test_a_dose_given_too_early_with_a_reason_keeps_the_reason_and_does_not_count() -> None:
    told = values(child(41), NURSES, dose(override_reason="The family moves away tomorrow"))
    assert (told["override_reason"], told["dose_number"]) == ("The family moves away tomorrow", None)


def test_the_second_dose_of_the_same_visit_is_too_early() -> None:
    desk = child()
    desk.does(NURSES, dose())
    assert str(TODAY + timedelta(days=28)) in desk.refused(NURSES, dose()).detail


def test_a_contraindicated_dose_is_refused_unless_a_reason_is_given() -> None:
    desk = child()
    assert "severe acute illness" in desk.refused(NURSES, dose(conditions=["SEVERE_ACUTE_ILLNESS"])).detail
    desk.does(NURSES, dose(conditions=["SEVERE_ACUTE_ILLNESS"], override_reason="The clinician agreed"))


def test_what_calls_for_judgement_warns_and_is_kept() -> None:
    told = values(child(), NURSES, dose(conditions=["SEVERE_ALLERGY"]))
    assert "judgement" in told["warnings"][0]
    assert told["conditions"] == ["SEVERE_ALLERGY"]


def test_a_condition_that_the_programme_does_not_know_is_named() -> None:
    assert child().refused(NURSES, dose(conditions=["TIRED"])).errors[0].field == "conditions"


def test_a_dose_is_not_given_before_birth() -> None:
    early = dose(immunization_date=str(TODAY - timedelta(days=101)))
    assert child().refused(NURSES, early).errors[0].field == "immunization_date"


def test_a_vaccinated_child_is_watched_before_discharge_and_everybody_sees_until_when() -> None:
    desk = child()
    desk.does(NURSES, dose())
    given_at = desk.now
    assert desk.visit.observe_until == given_at + timedelta(minutes=15)
    assert "Under observation" in details(desk.visit)
    refused = desk.refused(NURSES, GOING_HOME)
    assert (refused.type, refused.missing[0].what) == ("/problems/outstanding-work", "observation")
    assert clock(given_at + timedelta(minutes=15)) in refused.detail
    desk.now = given_at + timedelta(minutes=13)
    desk.refused(NURSES, GOING_HOME)
    assert desk.now == given_at + timedelta(minutes=14)
    desk.does(NURSES, GOING_HOME)
    assert desk.now == given_at + timedelta(minutes=15)


def test_the_longest_observation_counts_and_a_nurse_may_only_lengthen_it() -> None:
    desk = child()
    desk.does(NURSES, dose(observe_minutes=30))
    until = desk.now + timedelta(minutes=30)
    desk.does(NURSES, dose(MEASLES, observe_minutes=5))
    assert desk.visit.observe_until == until
    other = child()
    other.does(NURSES, dose(observe_minutes=1))
    assert other.visit.observe_until == other.now + timedelta(minutes=15)


def test_a_dose_of_another_day_is_written_down_without_an_observation() -> None:
    desk = child()
    desk.does(NURSES, dose(immunization_date=str(TODAY - timedelta(days=30))))
    assert desk.visit.observe_until is None


def test_an_observation_is_ended_early_with_its_reason_and_once() -> None:
    desk = child()
    desk.does(NURSES, dose())
    desk.does(NURSES, EndObservation(reason="Watched at school"))
    assert desk.visit.observation_note == "Watched at school"
    assert desk.refused(NURSES, EndObservation(reason="Again")).type == "/problems/already-done"
    desk.does(NURSES, GOING_HOME)


def test_an_adult_outside_the_schedule_is_vaccinated_with_a_warning_and_goes_home() -> None:
    """As the owner's example does: the programme says nothing of this dose, so the nurse says how long."""
    desk = triaged()
    desk.does(NURSE, Refer(station=Station.IMMUNIZATION, reason="Asked for"))
    told = values(desk, NURSES, dose())
    assert told["dose_number"] is None
    assert "Outside the schedule" in told["warnings"][0]
    desk.does(NURSES, GOING_HOME)


def test_an_anaphylaxis_makes_the_visit_an_emergency_and_speaks_against_the_vaccine_ever_after() -> None:
    desk = child()
    given = desk.ordered(NURSES, dose(immunization_date=str(TODAY - timedelta(days=40))))
    change = desk.does(
        NURSES, RecordReaction(immunization_id=given, reaction="Wheeze", severity="SEVERE", anaphylaxis=True)
    )
    assert desk.visit.triage_category is TriageCategory.EMERGENCY
    assert (desk.visit.status, desk.visit.waiting_at) == (Status.TRIAGED, (Station.CONSULTATION,))
    told = [event.kind for event in change.events]
    assert told == ["immunization:reaction", "visit:triaged", "visit:status_changed"]
    assert "anaphylaxis" in desk.refused(NURSES, dose()).detail


def test_who_is_watched_is_not_sent_home_by_cancelling_the_visit() -> None:
    desk = child()
    desk.does(NURSES, dose())
    no = desk.refused(Role.SUPERVISOR, CancelVisit(reason="Opened twice"))
    assert (no.type, no.missing[0].what) == ("/problems/outstanding-work", "observation")


def test_only_a_supervisor_cancels_a_visit_in_which_a_service_was_given() -> None:
    desk = child()
    desk.does(NURSES, dose())
    desk.does(NURSES, EndObservation(reason="Well"))
    assert desk.refused(Role.RECEPTIONIST, CancelVisit(reason="Opened twice")).status == 403


def test_a_mild_reaction_is_noted_and_changes_nothing_else() -> None:
    desk = child()
    given = desk.ordered(NURSES, dose())
    before = desk.visit.triage_colour
    desk.does(NURSES, RecordReaction(immunization_id=given, reaction="Fever", severity="MILD"))
    assert desk.visit.triage_colour is before


def test_a_reaction_belongs_to_a_dose_of_this_patient() -> None:
    desk = child()
    unknown = RecordReaction(immunization_id=UUID(int=5), reaction="Fever", severity="MILD")
    assert desk.refused(NURSES, unknown).status == 404
    desk.shelf.rows[Resource.IMMUNIZATION, UUID(int=5)] = {
        "facility_id": desk.visit.facility_id,
        "patient_id": UUID(int=6),
    }
    assert desk.refused(NURSES, unknown).type == "/problems/conflict"
