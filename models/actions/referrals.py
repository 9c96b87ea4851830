"""Referrals: out of the clinic, answered from there, and taken back."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from models.actions import obligations
from models.actions.base import Action, Case, Change, Row, Start, require_consultation, require_open
from models.base import Date, Line, Words
from models.catalogue import RecordsOfVisit, Resource, RowOf, Want
from models.events import CLINICIANS, Event
from models.problems import AlreadyDone, Conflict, NotFound, NotYourRole, invalid
from models.referrals import FARTHEST, NOTHING_YET, Urgency, feedback_of, rules_for
from models.staff import Person, Role, Station
from models.visit import Visit
from models.words import NAIROBI


class ReferOut(Action):
    """Refer the patient to another facility. Who leaves by it is discharged as REFERRED.

    What came of it is to be known by `feedback_by`, else after as many days as the rules say; that runs on after the
    visit has ended, until `record_referral_feedback`.
    """

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.REFERRAL
    said = "Referred to another facility"

    kind: Literal["refer_out"] = "refer_out"
    facility_name: Line
    urgency: Urgency
    reason: Words
    clinical_summary: Words
    feedback_by: Date | None = None

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        require_consultation(visit)

    def apply(self, case: Case) -> Change:
        rules = rules_for(case.visit.arrived_at.astimezone(NAIROBI).date())
        due = rules.due(self.urgency, case.today, self.day(case))
        values = {
            **NOTHING_YET,
            **self.fields(),
            "status": "PENDING",
            "referred_by": case.actor.id,
            "feedback_by": due,
            "rules_version": rules.version,
        }
        debt = obligations.obligation(
            case, "REFERRAL_FEEDBACK", case.id, id=feedback_of(case.id), owner_id=case.actor.id, due_at=due
        )
        return Change(
            visit=case.visit.having(referred_out=(*case.visit.referred_out, case.id)),
            rows=(case.row(Resource.REFERRAL, values), debt),
            starts=(Start(kind="Obligation", id=debt.id),),
        )

    def day(self, case: Case) -> date | None:
        if self.feedback_by and not case.today < self.feedback_by <= case.today + FARTHEST:
            raise invalid("feedback_by", "must lie after today, and within a year")
        return self.feedback_by


class OfReferral(Action):
    """What is done about a referral that is there."""

    resource = Resource.REFERRAL
    writes = "UPDATE"

    referral_id: UUID

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.REFERRAL, id=self.referral_id), RecordsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        """Also after the visit has ended; what stands in the way, the stored referral says."""

    def pending(self, case: Case) -> dict[str, Any]:
        """The referral, while nothing has come of it."""
        row = case.known.row
        if row is None:
            raise NotFound("There is no such referral.")
        if row["visit_id"] != case.visit.id:
            raise Conflict("This referral belongs to another visit.")
        if row.get("entered_in_error_at"):
            raise AlreadyDone("This referral was entered in error; nothing is to be done about it.")
        if row["status"] != "PENDING":
            raise AlreadyDone(f"This referral is {row['status']} already.")
        return row

    def audit_id(self, case: Case) -> UUID:
        return self.referral_id


class CancelReferral(OfReferral):
    """The patient is not referred after all: whoever referred them takes it back, or a clinician. Feedback is owed no
    more; one to another facility also after the visit."""

    roles = frozenset({Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE})
    said = "Referral cancelled"

    kind: Literal["cancel_referral"] = "cancel_referral"
    reason: Words

    def apply(self, case: Case) -> Change:
        row = self.pending(case)
        if case.actor.id != row["referred_by"] and Role.CLINICAL_OFFICER not in case.actor.roles:
            raise NotYourRole(
                "Only who referred the patient, or a CLINICAL_OFFICER, may cancel this.",
                roles=[Role.CLINICAL_OFFICER],
            )
        done = {"cancelled_at": case.at, "cancelled_by": case.actor.id, "cancel_reason": self.reason}
        cancelled = Row(resource=Resource.REFERRAL, id=row["id"], values={"status": "CANCELLED", **done}, former=row)
        closed = feedback_closed(case, row, "CANCELLED", self.reason)
        visit = without_referral(case.visit, row, case.known.records.standing(Resource.REFERRAL, but=row["id"]))
        return closed.model_copy(update={"visit": visit, "rows": (cancelled, *closed.rows)})


class RecordReferralFeedback(OfReferral):
    """What came back from the other facility: that ends the waiting, also after the visit has ended."""

    roles = frozenset({Role.CLINICAL_OFFICER})
    said = "Feedback to a referral recorded"

    kind: Literal["record_referral_feedback"] = "record_referral_feedback"
    feedback: Words
    feedback_from: Line
    feedback_on: Date | None = None

    def apply(self, case: Case) -> Change:
        row = self.pending(case)
        if row["facility_name"] is None:
            raise Conflict("This referral stays within the clinic; the service answers it with its own record.")
        on = self.feedback_on or case.today
        if not row["recorded_at"].astimezone(NAIROBI).date() <= on <= case.today:
            raise invalid("feedback_on", "lies before the referral, or in the future")
        told = {"feedback": self.feedback, "feedback_from": self.feedback_from, "feedback_on": on}
        values = {"status": "COMPLETED", **told, "feedback_at": case.at, "feedback_recorded_by": case.actor.id}
        closed = feedback_closed(case, row, "DONE", "")
        answered = Row(resource=Resource.REFERRAL, id=row["id"], values=values, former=row)
        payload = {"visitId": case.visit_id, "referralId": row["id"], "patientId": case.visit.patient_id}
        heard = Event(kind="referral:feedback", audience=CLINICIANS, payload=payload)
        visit = closed.visit.having(referred_out=others(case.visit, row["id"]))
        return closed.model_copy(update={"visit": visit, "rows": (answered, *closed.rows), "events": (heard,)})


def others(visit: Visit, referral_id: UUID) -> tuple[UUID, ...]:
    return tuple(id for id in visit.referred_out if id != referral_id)


def feedback_closed(case: Case, row: dict[str, Any], status: Literal["DONE", "CANCELLED"], outcome: str) -> Change:
    """Nobody waits for feedback to this referral any more; nothing where nobody did."""
    if row["facility_name"] is None or row["id"] not in case.visit.referred_out:
        return Change(visit=case.visit)
    owed = [one for one in case.known.records.all(Resource.OBLIGATION) if one["referral_id"] == row["id"]]
    debts = tuple(obligations.closed(case, one["id"], status, outcome, one) for one in owed if one["status"] == "OPEN")
    return Change(visit=case.visit, rows=debts, starts=tuple(Start(kind="Obligation", id=debt.id) for debt in debts))


def still_replaces(row: dict[str, Any], station: Station) -> bool:
    """Whether another referral to the station took the place of the consultation; of older ones that is not known."""
    return row["station"] == station and row["status"] != "CANCELLED" and row["replaces_consultation"] is not False


def without_referral(visit: Visit, row: dict[str, Any], standing: list[dict[str, Any]]) -> Visit:
    """The visit without it. Where it had taken the place of the consultation and no other does, that comes again."""
    left = visit.closing(row["id"]).having(referred_out=others(visit, row["id"]))
    if row["station"] is None:
        return left
    station = Station(row["station"])
    if any(still_replaces(other, station) for other in standing):
        return left
    return left.having(referred_to=tuple(one for one in visit.referred_to if one is not station))
