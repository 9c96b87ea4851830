"""A patient who leaves before the end, by themselves."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from models.actions import closing
from models.actions.base import Action, Case, Change, Row, Start, require_open, require_role
from models.actions.left_behind import left_behind, of_the_cashier
from models.actions.reopening import claims_that_wait
from models.base import Moment, Words
from models.catalogue import AffairsOfVisit, Resource, Want
from models.departures import CALLS_BACK, CallBack, LeftBecause
from models.endings import Departure, Ending
from models.events import EVERYONE, Event
from models.next_steps import next_steps
from models.opening_hours import midnight_after
from models.orders import OrderKind
from models.policy import Policy
from models.problems import invalid
from models.staff import SERVES, Person, Role
from models.status import Status
from models.urgency import TriageCategory, TriageColour
from models.visit import Visit, may_discharge

ALWAYS = frozenset({Role.RECEPTIONIST, Role.SUPERVISOR})
A_MINUTE = timedelta(minutes=1)
HARMLESS = frozenset({None, TriageColour.GREEN})


class PatientLeft(Action):
    """The patient went by themselves. Before a clinician has seen them the visit ends as LEFT_WITHOUT_BEING_SEEN, after
    that as COMPLETED; either way `departure` says from which stage, and how long they had waited.

    `last_seen_at`: when somebody last saw them, where that was before now.
    """

    roles = frozenset(SERVES.values()) | ALWAYS
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Patient left before the end"

    kind: Literal["patient_left"] = "patient_left"
    reason: LeftBecause | None = None
    notes: Words
    last_seen_at: Moment | None = None

    def wants(self) -> tuple[Want, ...]:
        return (AffairsOfVisit(),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_role(may_notice(visit), actor, self.said)

    def apply(self, case: Case) -> Change:
        left_at = self.left_at(case)
        was_seen = is_seen(case.visit)
        behind = left_behind(case, was_seen=was_seen)
        tasks = of_the_cashier(case, behind.change.visit, behind.cancelled)
        departure = self.departure(case, left_at, was_seen=was_seen)
        visit = behind.change.visit.having(
            end=Status.COMPLETED if was_seen else Status.LEFT_WITHOUT_BEING_SEEN,
            completed_at=case.at,
            discharge_notes=self.notes,
            departure=departure,
            ending=Ending(
                command_id=case.id,
                by=case.actor.id,
                orders=behind.cancelled,
                tasks=closing.ids(tasks, Resource.TASK),
                waivers=case.visit.waivers,
                owed=behind.owed,
            ),
        )
        rows: tuple[Row, ...] = (*behind.change.rows, *tasks)
        change = closing.changed(visit, rows, told_beside(case, departure), (told(case, visit),))
        return change.model_copy(update={"charges": behind.change.charges, "uncharged": behind.change.uncharged})

    def left_at(self, case: Case) -> datetime:
        """To the minute, as clocks on the wall are read."""
        at = self.last_seen_at or case.at
        if at > case.at:
            raise invalid("last_seen_at", "lies in the future")
        if at < case.visit.arrived_at.replace(second=0, microsecond=0):
            raise invalid("last_seen_at", "lies before the arrival")
        return at

    def departure(self, case: Case, left_at: datetime, *, was_seen: bool) -> Departure:
        visit = case.visit
        since = min((step.since for step in next_steps(visit)), default=visit.stage_since)
        return Departure(
            stage=visit.status,
            waiting_at=visit.waiting_at,
            left_at=left_at,
            by=case.actor.id,
            was_seen=was_seen,
            reason=self.reason,
            waited_minutes=minutes(visit.arrived_at, left_at),
            step_minutes=minutes(since, left_at),
            resumable_until=midnight_after(left_at),
            call_back=call_back(case, case.known.policy) if is_to_be_called(visit) else None,
        )

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


def may_notice(visit: Visit) -> frozenset[Role]:
    """Whoever the patient waits for, reception, and who is in charge. Before the consultation a nurse looks again."""
    inside = {Role.CLINICAL_OFFICER} if visit.status is Status.IN_CONSULTATION else set()
    leaving = may_discharge(visit) if visit.status is Status.READY_FOR_DISCHARGE else frozenset()
    watched = {Role.TRIAGE_NURSE} if visit.status is Status.TRIAGED else set()
    return ALWAYS | {SERVES[station] for station in visit.waiting_at} | inside | leaving | watched


def is_seen(visit: Visit) -> bool:
    """By a clinician, who at least had them in; or by the nurse of a service to which triage had sent them instead."""
    waiting = {order.station for order in visit.open_orders if order.kind is OrderKind.REFERRAL}
    served = bool(set(visit.referred_to) - waiting)
    return visit.taken_in or visit.seen or (visit.skips_consultation and served)


def is_to_be_called(visit: Visit) -> bool:
    """Nobody has examined them, and they are urgent, or nobody knows how urgent they are."""
    is_examined = visit.seen or (is_seen(visit) and not visit.taken_in)
    is_harmless = visit.triage_category is TriageCategory.NORMAL and visit.triage_colour in HARMLESS
    return not is_examined and (visit.triage_incomplete or not is_harmless)


def call_back(case: Case, policy: Policy) -> CallBack:
    """The first attempt is due whatever the hour: who is called may be in danger."""
    within = policy.call_within(case.visit.triage_colour)
    return CallBack(
        id=case.derived_id("call back"),
        due_at=case.at + within,
        ladder=policy.rungs(policy.ladder, CALLS_BACK),
        wanted=policy.call_back.attempts,
    )


def told_beside(case: Case, departure: Departure) -> tuple[Start, ...]:
    """Who was seen gets their results; claims that have not gone out look at the visit again."""
    report = (Start(kind="ResultsNotice", id=case.visit_id),) if departure.was_seen else ()
    claims = closing.hearing(claim for claim in case.known.affairs.claims if not claim.went_out)
    calls = (Start(kind="CallBack", id=departure.call_back.id),) if departure.call_back else ()
    return tuple(dict.fromkeys((*report, *claims, *claims_that_wait(case.visit), *calls)))


def minutes(since: datetime, until: datetime) -> int:
    return max((until - since) // A_MINUTE, 0)


def told(case: Case, visit: Visit) -> Event:
    assert visit.departure is not None
    payload = {
        "visitId": visit.id,
        "opNumber": visit.op_number,
        "status": visit.end,
        "stage": visit.departure.stage,
        "waitedMinutes": visit.departure.waited_minutes,
        "callBackBy": visit.departure.call_back.due_at if visit.departure.call_back else None,
        "updatedBy": case.actor.id,
    }
    return Event(kind="patient:left", audience=EVERYONE, payload=payload)
