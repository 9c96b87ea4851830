"""A newborn, registered with a visit of its own that is linked to the mother's."""

from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row
from models.actions.registration import OpenVisit, check_birth, consultation_price
from models.base import Date, Line, Words
from models.catalogue import NextNumber, PatientOfVisit, Resource, RowOf, Want
from models.demographics import Gender
from models.paying import PaymentType
from models.policy import Policy
from models.problems import AlreadyDone, Conflict, NotFound
from models.staff import Person, Role
from models.visit import Visit


class RegisterNewborn(Action):
    """`POST /api/visits/{id}/newborns`: a baby of the mother whose visit it is.

    Name, phone number, insurance and way of paying are the mother's where nothing else is said.
    """

    roles = frozenset({Role.MCH_NURSE, Role.CLINICAL_OFFICER, Role.RECEPTIONIST})
    resource = Resource.PATIENT
    said = "Newborn registered"
    starts_visit = True

    kind: Literal["register_newborn"] = "register_newborn"
    mother_visit_id: UUID
    first_name: Line = "Baby"
    last_name: Line | None = None
    gender: Gender
    date_of_birth: Date
    chief_complaint: Words = "Newborn care"
    payment_type: PaymentType | None = None

    def wants(self) -> tuple[Want, ...]:
        mother = self.mother_visit_id
        return (RowOf(resource=Resource.VISIT, id=mother), PatientOfVisit(visit_id=mother), NextNumber(series="visit"))

    def wants_under(self, policy: Policy) -> tuple[Want, ...]:
        return (*self.wants(), *consultation_price(policy))

    def check(self, visit: Visit, actor: Person) -> None:
        raise AlreadyDone("This visit is open already.")

    def apply(self, case: Case) -> Change:
        check_birth(self.date_of_birth, case.today)
        mother, her_visit = self.mother(case)
        baby = self.baby(case, mother)
        values = {name: value for name, value in baby.items() if name != "id"}
        opening = OpenVisit(
            patient_id=baby["id"],
            chief_complaint=self.chief_complaint,
            payment_type=self.payment_type or PaymentType(her_visit["payment_type"]),
        )
        rows = (Row(resource=Resource.PATIENT, id=baby["id"], values=values), self.link(case, baby["id"]))
        return opening.registered(case, baby, rows)

    def mother(self, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
        """The mother and her visit, as their rows."""
        mother, her_visit = case.known.patient, case.known.row
        if mother is None or her_visit is None:
            raise NotFound("There is no such visit of the mother here.")
        if mother["gender"] == Gender.MALE:
            raise Conflict("This is no visit of a mother: the patient is registered as male.")
        return mother, her_visit

    def baby(self, case: Case, mother: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": case.derived_id("patient"),
            "facility_id": case.actor.facility_id,
            "first_name": self.first_name,
            "last_name": self.last_name or mother["last_name"],
            "gender": self.gender,
            "date_of_birth": self.date_of_birth,
            "age": None,
            "age_stated_on": None,
            "phone_number": mother["phone_number"],
            "national_id": None,
            "sha_number": None,
            "insurance_type": mother["insurance_type"],
            "next_of_kin": f"{mother['first_name']} {mother['last_name']}",
            "email": None,
            "registration_type": "NEW_PATIENT",
            "registered_by": case.actor.id,
            "registration_date": case.at,
        }

    def link(self, case: Case, baby_id: UUID) -> Row:
        values = {
            "facility_id": case.actor.facility_id,
            "visit_id": case.visit_id,
            "patient_id": baby_id,
            "recorded_by": case.actor.id,
            "recorded_at": case.at,
            "relation": "MOTHER",
            "related_visit_id": self.mother_visit_id,
        }
        return Row(resource=Resource.FAMILY_LINK, id=case.derived_id("link"), values=values)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {"patient": change.rows[0].whole, "visit": shown, "mother_visit_id": self.mother_visit_id}

    def audit_id(self, case: Case) -> UUID:
        return case.derived_id("patient")
