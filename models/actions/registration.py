"""Reception: a new patient, or a patient who returns, and a visit that opens."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from models.actions.base import Action, Case, Change, Row, Start, after_care, here
from models.base import Date, Line, Number, Words
from models.catalogue import CONSULTATION_CODE, NextNumber, PatientOf, PriceOf, Resource, Want
from models.demographics import (
    OLDEST,
    Email,
    Gender,
    InsuranceType,
    NationalId,
    Phone,
    age_on,
    check_birth,
    stated,
)
from models.events import Event
from models.gates import cover_of
from models.paying import Fee, PaymentType
from models.policy import Policy
from models.problems import AlreadyDone, Conflict, NotFound
from models.rulepacks import pack_for
from models.staff import Person, Role, Station
from models.visit import Visit

EMERGENCY = "EMERGENCY"
"""The registration type of whom nobody knows yet."""

KEPT_RULES = ("triage",)
"""The rule packs whose version a visit keeps."""


def first_visit(case: Case, patient: dict[str, Any], arrival: "Arrival") -> Visit:
    return Visit(
        id=case.visit_id,
        facility_id=case.actor.facility_id,
        patient_id=patient["id"],
        op_number=f"OP{case.known.number:05d}",
        arrived_at=case.at,
        updated_at=case.at,
        stage_since=case.at,
        chief_complaint=arrival.chief_complaint,
        payment_type=arrival.payment_type,
        payment_reference=arrival.payment_reference,
        age_years=age_on(patient, case.today),
        rules={name: pack_for(name, case.today)["version"] for name in KEPT_RULES},
        policy=case.known.policy.version,
        gates=case.known.policy.pays_first,
        cover=cover_of(arrival.payment_type),
        consultation_fee=fee(case),
    )


def consultation_price(policy: Policy) -> tuple[Want, ...]:
    is_first = Station.CONSULTATION in policy.pays_first
    return (PriceOf(code=CONSULTATION_CODE, field="payment_type"),) if is_first else ()


def fee(case: Case) -> Fee | None:
    """Where the consultation is paid first: what it costs today."""
    price = case.known.price
    is_first = Station.CONSULTATION in case.known.policy.pays_first
    return Fee(amount=price.amount) if is_first and price else None


INSURED = frozenset({PaymentType.SHA, PaymentType.NHIF, PaymentType.INSURANCE})


def cover_asked(visit: Visit) -> tuple[Start, ...]:
    """Whoever says that somebody else pays: that payer is asked, while the patient goes on."""
    return (Start(kind="CoverageCheck", id=visit.id),) if visit.payment_type in INSURED else ()


def came(case: Case, visit: Visit) -> tuple[Start, ...]:
    """Whoever was expected is here."""
    return after_care(visit.patient_id) if case.known.is_expected else ()


class Arrival(Action):
    """What every opening of a visit states."""

    roles = frozenset({Role.RECEPTIONIST})
    starts_visit = True

    chief_complaint: Words
    payment_type: PaymentType
    payment_reference: Line | None = None

    def check(self, visit: Visit, actor: Person) -> None:
        raise AlreadyDone("This visit is open already.")

    def wants_under(self, policy: Policy) -> tuple[Want, ...]:
        return (*self.wants(), *consultation_price(policy))

    def registered(self, case: Case, patient: dict[str, Any], rows: tuple[Row, ...]) -> Change:
        if case.known.open_visits:
            raise Conflict("The patient has an open visit already. Go on with that one, or end it first.")
        visit = first_visit(case, patient, self)
        payload = {
            "patientId": visit.patient_id,
            "opNumber": visit.op_number,
            "visitId": visit.id,
            "timestamp": case.at,
        }
        said = Event(kind="patient:registered", audience=(Role.RECEPTIONIST, Role.TRIAGE_NURSE), payload=payload)
        starts = (*cover_asked(visit), *came(case, visit), *here(case.known.call_backs))
        return Change(visit=visit, rows=rows, events=(said,), starts=starts)


class RegisterPatient(Arrival):
    """`POST /api/patients`: NEW_PATIENT is written down; RETURNING is found by patient_id or national_id."""

    resource = Resource.PATIENT
    said = "Patient registered"

    kind: Literal["register_patient"] = "register_patient"
    registration_type: Literal["NEW_PATIENT", "RETURNING"] = "NEW_PATIENT"
    patient_id: UUID | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    gender: Gender | None = None
    date_of_birth: Date | None = None
    age: Annotated[int, Number, Field(ge=0, le=OLDEST)] | None = None
    phone_number: Phone | None = None
    national_id: NationalId | None = None
    sha_number: Line | None = None
    insurance_type: InsuranceType | None = None
    next_of_kin: Line | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def complete(self) -> "RegisterPatient":
        """A new patient needs the demographics; a returning one something to be found by."""
        if self.returns:
            if not (self.patient_id or self.national_id):
                raise ValueError("a RETURNING patient is found by patient_id or national_id; give one")
            return self
        wanted = ("first_name", "last_name", "gender", "phone_number", "insurance_type")
        absent = [name for name in wanted if getattr(self, name) is None]
        if absent:
            raise ValueError(f"a NEW_PATIENT needs {', '.join(absent)}")
        if (self.date_of_birth is None) == (self.age is None):
            raise ValueError("give date_of_birth or age (in years), one of them")
        if self.patient_id:
            raise ValueError("patient_id is for RETURNING patients; leave it out")
        return self

    @property
    def returns(self) -> bool:
        return self.registration_type == "RETURNING"

    def wants(self) -> tuple[Want, ...]:
        if self.returns:
            return (PatientOf(id=self.patient_id, national_id=self.national_id), NextNumber(series="visit"))
        return (NextNumber(series="visit"),)

    def apply(self, case: Case) -> Change:
        if self.returns:
            patient = found(case)
            self.require_same_person(patient)
            return self.registered(
                case, patient, (Row(resource=Resource.PATIENT, id=patient["id"], values={}, former=patient),)
            )
        check_birth(self.date_of_birth, case.today)
        patient = {
            "id": case.derived_id("patient"),
            "facility_id": case.actor.facility_id,
            **self.fields("chief_complaint", "payment_type", "payment_reference", "patient_id"),
            **stated(self.age, case.today),
            "registered_by": case.actor.id,
            "registration_date": case.at,
        }
        values = {name: value for name, value in patient.items() if name != "id"}
        return self.registered(case, patient, (Row(resource=Resource.PATIENT, id=patient["id"], values=values),))

    def require_same_person(self, patient: dict[str, Any]) -> None:
        """Where both patient_id and national_id are given, they must not speak of two people."""
        known_as = patient.get("national_id")
        if self.patient_id and self.national_id and known_as and self.national_id != known_as:
            raise Conflict("patient_id and national_id belong to different patients. Check both.")

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {"patient": change.rows[0].whole, "visit": shown}

    @property
    def audited_resource(self) -> Resource:
        """Of who returns only a visit is new."""
        return Resource.VISIT if self.returns else self.resource

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id if self.returns else case.derived_id("patient")

    def audited(self, change: Change) -> str:
        return OpenVisit.said if self.returns else self.said


class OpenVisit(Arrival):
    """`POST /api/visits`: a known patient comes again."""

    resource = Resource.VISIT
    said = "Visit opened"

    kind: Literal["open_visit"] = "open_visit"
    patient_id: UUID

    def wants(self) -> tuple[Want, ...]:
        return (PatientOf(id=self.patient_id), NextNumber(series="visit"))

    def apply(self, case: Case) -> Change:
        return self.registered(case, found(case), ())

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return shown


def found(case: Case) -> dict[str, Any]:
    if case.known.patient is None:
        raise NotFound("No such patient is registered here. Register as NEW_PATIENT, or correct the id.")
    if case.known.patient.get("deceased_at"):
        raise Conflict("The patient has died. If that is wrong, a second person uses undo_death on the last visit.")
    if case.known.patient.get("registration_type") == EMERGENCY:
        raise Conflict(
            "Nobody knows yet who this is: it is the temporary registration of an emergency. Say who it is with the "
            "action identify_patient on that visit, or take the patient in by POST /api/emergencies."
        )
    return case.known.patient


__all__ = ["OpenVisit", "RegisterPatient", "check_birth", "consultation_price"]
