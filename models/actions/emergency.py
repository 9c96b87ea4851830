"""Emergency first: whoever comes is taken in with one call; identity and cover are made up for later."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from models.actions.base import Action, Case, Change, Row, after_care, here
from models.actions.registration import EMERGENCY, Arrival, check_birth, cover_asked, found
from models.actions.rereading import moved_event, newborns_again, opened, rereading, task_row, triage_again
from models.base import Date, Line, Number, Words
from models.catalogue import AffairsOfVisit, NextNumber, PatientOf, Resource, Want
from models.demographics import OLDEST, Email, Gender, InsuranceType, NationalId, Phone, age_on, stated
from models.events import Event
from models.gates import cover_of
from models.paying import PaymentType
from models.problems import AlreadyDone, Conflict, FieldError, Invalid
from models.staff import Person, Role
from models.tasks import NewTask, TaskKind, task_event
from models.urgency import TriageCategory, TriageColour
from models.visit import Bypass, Visit

CARE_FIRST = "Emergency: care comes before registration, cover and triage"
TOLD = (Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE, Role.RECEPTIONIST)


def identity_task(visit: Visit) -> NewTask:
    return NewTask(
        about=visit.id,
        name="identity",
        facility_id=visit.facility_id,
        kind=TaskKind.IDENTIFY_PATIENT,
        role=Role.RECEPTIONIST,
        words=f"{visit.op_number}: taken in as an emergency. Find out who it is and who pays: action identify_patient.",
        visit_id=visit.id,
    )


class ReceiveEmergency(Arrival):
    """`POST /api/emergencies`: a patient whom nobody knows is EMERGENCY at once and waits for the clinician.

    Nothing has to be filled in. The temporary identity is "Unknown", "Emergency" with the visit's number; each step
    that was left out is kept with its `reason`, and reception gets a task. `age`: about how old, in years.
    """

    roles = frozenset({Role.RECEPTIONIST, Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER})
    resource = Resource.PATIENT
    said = "Emergency taken in"

    kind: Literal["receive_emergency"] = "receive_emergency"
    chief_complaint: Words = "Emergency"
    payment_type: Literal[PaymentType.CASH] = PaymentType.CASH
    reason: Words = CARE_FIRST
    first_name: Line | None = None
    last_name: Line | None = None
    gender: Gender = Gender.UNKNOWN
    age: Annotated[int, Number, Field(ge=0, le=OLDEST)] | None = None

    def wants(self) -> tuple[Want, ...]:
        return (NextNumber(series="visit"),)

    def apply(self, case: Case) -> Change:
        patient = self.temporary_patient(case)
        values = {name: value for name, value in patient.items() if name != "id"}
        arrived = self.registered(case, patient, (Row(resource=Resource.PATIENT, id=patient["id"], values=values),))
        visit = arrived.visit.having(
            triage_category=TriageCategory.EMERGENCY,
            triage_colour=TriageColour.RED,
            triage_incomplete=True,
            identity_pending=True,
            gates=(),
            consultation_fee=None,
            bypasses=self.bypasses(case),
        )
        task = task_row(identity_task(visit))
        payload = {"visitId": visit.id, "opNumber": visit.op_number, "timestamp": case.at}
        here = Event(kind="emergency:arrived", audience=TOLD, payload=payload)
        events = (*arrived.events, here, task_event("opened", task))
        return arrived.model_copy(update={"visit": visit, "rows": (*arrived.rows, opened(task)), "events": events})

    def temporary_patient(self, case: Case) -> dict[str, Any]:
        """An empty phone number is none; nobody can be written to."""
        return {
            "id": case.derived_id("patient"),
            "facility_id": case.actor.facility_id,
            "first_name": self.first_name or "Unknown",
            "last_name": self.last_name or f"Emergency OP{case.known.number:05d}",
            "gender": self.gender,
            "date_of_birth": None,
            **stated(self.age, case.today),
            "phone_number": "",
            "national_id": None,
            "sha_number": None,
            "insurance_type": InsuranceType.CASH,
            "next_of_kin": None,
            "email": None,
            "registration_type": EMERGENCY,
            "registered_by": case.actor.id,
            "registration_date": case.at,
        }

    def bypasses(self, case: Case) -> tuple[Bypass, ...]:
        facts: dict[str, Any] = {"reason": self.reason, "by": case.actor.id, "at": case.at}
        return (
            Bypass(step="IDENTITY", **facts),
            Bypass(step="COVER", **facts),
            Bypass(step="TRIAGE", **facts),
        )

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {"patient": change.rows[0].whole, "visit": shown}

    def audit_id(self, case: Case) -> UUID:
        return case.derived_id("patient")


class IdentifyPatient(Action):
    """Who the emergency was, also after the visit: a patient who is registered already, found by `patient_id` or
    `national_id`, takes the visit and its records over; else the demographics complete the temporary registration.

    Of a patient who is found nothing is changed. `payment_type`: who pays; the patient's own insurance if left out.
    """

    roles = frozenset({Role.RECEPTIONIST})
    resource = Resource.PATIENT
    writes = "UPDATE"
    said = "Emergency patient identified"

    kind: Literal["identify_patient"] = "identify_patient"
    patient_id: UUID | None = None
    national_id: NationalId | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    gender: Gender | None = None
    date_of_birth: Date | None = None
    age: Annotated[int, Number, Field(ge=0, le=OLDEST)] | None = None
    phone_number: Phone | None = None
    sha_number: Line | None = None
    insurance_type: InsuranceType = InsuranceType.CASH
    next_of_kin: Line | None = None
    email: Email | None = None
    payment_type: PaymentType | None = None
    payment_reference: Line | None = None

    def wants(self) -> tuple[Want, ...]:
        if not (self.patient_id or self.national_id):
            return (AffairsOfVisit(),)
        return (PatientOf(id=self.patient_id, national_id=self.national_id), AffairsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        if not visit.identity_pending:
            raise AlreadyDone("Who the patient is, is known. Corrections: PUT /api/patients/{id}.")
        if visit.patient_id == self.patient_id:
            raise Conflict(
                "This is the temporary registration itself. Name the patient's own, or leave patient_id out."
            )

    def apply(self, case: Case) -> Change:
        is_known = self.patient_id is not None or case.known.patient is not None
        return self.merged(case, found(case)) if is_known else self.completed(case)

    def merged(self, case: Case, patient: dict[str, Any]) -> Change:
        if self.patient_id and self.national_id and patient.get("national_id") not in (None, self.national_id):
            raise Conflict("patient_id and national_id belong to different patients. Check both.")
        temporary = case.visit.patient_id
        died = {"deceased_at": case.visit.death.time_of_death} if case.visit.death else {}
        known = Row(resource=Resource.PATIENT, id=patient["id"], values=died, former=patient)
        left = Row(resource=Resource.PATIENT, id=temporary, values={"merged_into": patient["id"]}, former={})
        change = self.identified(case, patient, (known, left), is_another=True)
        return change.model_copy(update={"moved_from": temporary})

    def completed(self, case: Case) -> Change:
        self.require_whole()
        check_birth(self.date_of_birth, case.today)
        values = {
            **self.fields("patient_id", "payment_type", "payment_reference"),
            **stated(self.age, case.today),
            "registration_type": "NEW_PATIENT",
        }
        row = Row(resource=Resource.PATIENT, id=case.visit.patient_id, values=values, former={})
        return self.identified(case, row.whole, (row,))

    def require_whole(self) -> None:
        """Nobody is found, so the registration must be complete: every field that is missing is named."""
        wanted = ("first_name", "last_name", "gender", "phone_number")
        missing = [FieldError(field=name, reason="is missing") for name in wanted if getattr(self, name) is None]
        if (self.date_of_birth is None) == (self.age is None):
            missing.append(
                FieldError(field="date_of_birth", reason="give date_of_birth or age (in years), one of them")
            )
        if missing:
            named = "; ".join(f"{error.field}: {error.reason}" for error in missing)
            raise Invalid(
                f"No registered patient was found by this, so complete the registration: {named}", errors=missing
            )

    def identified(
        self, case: Case, patient: dict[str, Any], rows: tuple[Row, ...], *, is_another: bool = False
    ) -> Change:
        """`is_another`: a patient of whom more is known than what was asked in the emergency."""
        visit = case.visit.having(
            patient_id=patient["id"],
            age_years=age_on(patient, case.today),
            payment_type=self.payment_type or PaymentType(patient["insurance_type"]),
            payment_reference=self.payment_reference,
            cover=cover_of(self.payment_type or PaymentType(patient["insurance_type"])),
            identity_pending=False,
        ).making_up_for(case.at, "IDENTITY", "COVER")
        task = {**task_row(identity_task(visit)), "status": "DONE"}
        done = {"status": "DONE", "outcome": "identified", "closed_at": case.at, "closed_by": case.actor.id}
        closed = Row(resource=Resource.TASK, id=task["id"], values=done, former={})
        said = f"{visit.op_number}, taken in as an emergency, was identified."
        before = "before it was known who it is"
        again = rereading(case, visit, said, before) if is_another else triage_again(case, visit, said)
        tasks = [task_row(one) for one in (*again, *newborns_again(case, said))]
        events = (
            moved_event(case.visit, visit),
            task_event("closed", task),
            *(task_event("opened", one) for one in tasks),
        )
        starts = (*cover_asked(visit), *after_care(visit.patient_id), *here(case.known.call_backs))
        return Change(visit=visit, rows=(*rows, closed, *map(opened, tasks)), events=events, starts=starts)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {"patient": change.rows[0].whole, "visit": shown}

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id
