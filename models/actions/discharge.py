"""How a visit ends."""

from datetime import date as Day
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from models.actions import closing, lab_results
from models.actions.base import (
    Action,
    Case,
    Change,
    Row,
    Start,
    after_care,
    here,
    require_consultation,
    require_nothing_open,
    require_open,
    require_role,
)
from models.actions.reopening import claims_that_wait
from models.appointments import FARTHEST, NEW
from models.base import Date, Note, Number, Value, Words
from models.catalogue import AffairsOfVisit, Resource, Want
from models.endings import Ending
from models.orders import OrderKind
from models.problems import Conflict, Missing, OutstandingWork, WrongStage, invalid
from models.staff import Person, Role
from models.status import Status
from models.visit import Visit, may_discharge
from models.words import clock

NAIROBI = ZoneInfo("Africa/Nairobi")
MORNING = time(9, 0)


ENCOUNTER = Missing(what="the encounter", roles=(Role.CLINICAL_OFFICER,))


class FollowUp(Value):
    """When the patient comes again: in so many days, or on a date."""

    in_days: Annotated[int, Number, Field(ge=1, le=730)] | None = None
    date: Date | None = None
    notes: Note = ""

    @model_validator(mode="after")
    def complete(self) -> "FollowUp":
        if (self.in_days is None) == (self.date is None):
            raise ValueError("give in_days or date, one of them")
        return self

    def day(self, today: Day) -> Day:
        day = self.date or today + timedelta(days=self.in_days or 0)
        if day <= today:
            raise invalid("follow_up.date", "must lie after today")
        if day > today + FARTHEST:
            raise invalid("follow_up.date", "lies more than ten years ahead; check the year")
        return day


class Discharge(Action):
    """Complete the visit: refused while anything is open, naming it. May book the follow-up.

    Who was referred to another facility, which has not answered yet, leaves as REFERRED.

    `results_to_follow`: the patient goes before the laboratory has answered, and is told afterwards.
    """

    roles = frozenset({Role.CLINICAL_OFFICER, Role.IMMUNIZATION_NURSE, Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Patient discharged"

    kind: Literal["discharge"] = "discharge"
    discharge_notes: Words
    follow_up: FollowUp | None = None
    results_to_follow: bool = False

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_role(may_discharge(visit), actor, self.said)
        require_consultation(visit)
        unwritten = [ENCOUNTER] if visit.taken_in and not visit.seen else []
        require_nothing_open(self.to_be_closed(visit), first=unwritten)
        if self.results_to_follow and visit.has_unread_results:
            missing = Missing(what="reading of results that have come", roles=(Role.CLINICAL_OFFICER,))
            raise OutstandingWork(
                "Results have come that nobody has read. Record the encounter first.", missing=[missing]
            )
        if unwritten:
            raise WrongStage("The consultation is not written down yet. Record it first.", missing=unwritten)

    def to_be_closed(self, visit: Visit) -> Visit:
        """The visit without the orders that may stay open."""
        if not self.results_to_follow:
            return visit
        return visit.closing(*(o.id for o in visit.open_orders if o.kind is OrderKind.LAB_REQUEST))

    def apply(self, case: Case) -> Change:
        require_observed(case)
        left = lab_results.leaving(case, case.visit)
        tasks = closing.refund(case, left.visit)
        visit = left.visit.having(
            end=Status.REFERRED if case.visit.referred_out else Status.COMPLETED,
            completed_at=case.at,
            discharge_notes=self.discharge_notes,
            ending=Ending(command_id=case.id, by=case.actor.id, tasks=closing.ids(tasks, Resource.TASK)),
        )
        starts = (*left.starts, Start(kind="ResultsNotice", id=case.visit_id), *claims_that_wait(case.visit))
        rows, events = (*left.rows, *tasks), tuple(closing.task_events(tasks))
        if self.follow_up is None:
            return Change(visit=visit, rows=rows, starts=starts, events=events)
        appointment = self.appointment(case, self.follow_up)
        remind = Start(kind="Reminder", id=appointment.id)
        return Change(visit=visit, rows=(appointment, *rows), starts=(remind, *starts), events=events)

    def appointment(self, case: Case, follow_up: FollowUp) -> Row:
        day = follow_up.day(case.today)
        return case.row(
            Resource.APPOINTMENT,
            {
                "appointment_date": datetime.combine(day, MORNING, NAIROBI),
                "appointment_type": "FOLLOW_UP",
                "provider_id": case.visit.provider_id or case.actor.id,
                "notes": follow_up.notes,
                "created_by": case.actor.id,
                **NEW,
            },
        )

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        booked = next((row for row in change.rows if row.resource is Resource.APPOINTMENT), None)
        return {**shown, "appointment": booked.whole} if booked else shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


def require_observed(case: Case) -> None:
    """After a vaccine the patient is watched for a while before going home."""
    until = case.visit.observe_until
    if until and case.visit.is_observed(case.at):
        missing = Missing(what="observation", roles=(Role.CLINICAL_OFFICER, Role.IMMUNIZATION_NURSE))
        raise OutstandingWork(f"Under observation after a vaccine until {clock(until)}.", missing=[missing])


class CancelVisit(Action):
    """End a visit that should not have been opened: nothing open, nothing owed, with a reason.

    Once the patient was taken in or money was taken, only a supervisor may: else a cancelled visit would hide both.
    Its appointments and its referrals to other facilities are cancelled; its claims are closed, or checked by a clerk
    where they had gone out; what was paid beyond the bill becomes a task to give it back.
    """

    roles = frozenset({Role.RECEPTIONIST, Role.SUPERVISOR})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Visit cancelled"

    kind: Literal["cancel_visit"] = "cancel_visit"
    reason: Words

    def wants(self) -> tuple[Want, ...]:
        return (AffairsOfVisit(),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if visit.was_consulted or visit.referred_to or visit.amount_paid > 0 or visit.amount_covered > 0:
            require_role(frozenset({Role.SUPERVISOR}), actor, self.said)
        require_nothing_open(visit)

    def apply(self, case: Case) -> Change:
        affairs = case.known.affairs
        if affairs.newborns:
            named = ", ".join(affairs.newborns)
            raise Conflict(f"A newborn's visit ({named}) is linked to this one, which was no mistake then.")
        require_observed(case)
        left = lab_results.leaving(case, case.visit)
        sent = closing.referrals_cancelled(case, affairs.obligations, self.reason)
        own = [row for row in closing.kept(affairs.appointments) if row["visit_id"] == case.visit_id]
        tasks = (
            *closing.refund(case, left.visit),
            *closing.reviews(case, left.visit, affairs.claims, "it was cancelled"),
        )
        ending = Ending(
            command_id=case.id,
            by=case.actor.id,
            appointments=tuple(row["id"] for row in own),
            referrals=case.visit.referred_out,
            tasks=closing.ids(tasks, Resource.TASK),
        )
        visit = left.visit.having(
            end=Status.CANCELLED, completed_at=case.at, discharge_notes=self.reason, ending=ending, referred_out=()
        )
        rows = (*left.rows, *closing.rescheduled(own, "CANCELLED"), *sent, *tasks)
        hearing = closing.hearing(claim for claim in affairs.claims if not claim.went_out)
        return closing.changed(visit, rows, (*hearing, *after_care(visit.patient_id), *here(affairs.call_backs)))

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id
