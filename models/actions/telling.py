"""What a patient who has left is told after all."""

from typing import Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row, Start
from models.base import Words
from models.catalogue import Resource, RowOf, Want
from models.problems import AlreadyDone, Conflict, NotFound
from models.staff import Person, Role
from models.visit import Visit

NOT_TOLD = {
    "DRUGS_OWED": "The pharmacy owes the patient a medicine, which is handed out with dispense.",
    "REFERRAL_FEEDBACK": "This is about a referral: record_referral_feedback says what came of it.",
    "NEXT_DOSE": "The patient is expected for a dose; recording it settles this.",
    "RETURN_VISIT": "The patient is expected again; recording the service settles this.",
}
"""What is owed otherwise, and how it is settled."""


class TellPatient(Action):
    """The patient was told of a result that came after they had left; `outcome` says what came of it.

    Closes every obligation about the same test.
    """

    roles = frozenset({Role.CLINICAL_OFFICER})
    resource = Resource.OBLIGATION
    writes = "UPDATE"
    said = "Patient told of a late result"

    kind: Literal["tell_patient"] = "tell_patient"
    obligation_id: UUID
    outcome: Words

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.OBLIGATION, id=self.obligation_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        """The patient is told when they are reached: after the visit."""

    def apply(self, case: Case) -> Change:
        row = case.known.row
        if row is None:
            raise NotFound("There is no such obligation.")
        if row["visit_id"] != case.visit.id:
            raise Conflict("This obligation belongs to another visit.")
        if row["kind"] != "RESULT_TO_TELL":
            raise Conflict(NOT_TOLD[row["kind"]])
        if row["status"] != "OPEN":
            raise AlreadyDone(f"This obligation is {row['status']} already.")
        told = [one for one in case.visit.untold if one.lab_request_id == row["lab_request_id"]]
        values = {"status": "DONE", "outcome": self.outcome, "closed_at": case.at, "closed_by": case.actor.id}
        ids = [row["id"], *(one.obligation_id for one in told if one.obligation_id != row["id"])]
        return Change(
            visit=case.visit.having(untold=tuple(one for one in case.visit.untold if one not in told)),
            rows=tuple(self.row(id, values, row) for id in ids),
            starts=tuple(Start(kind="Obligation", id=id) for id in ids),
        )

    def row(self, id: UUID, values: dict[str, object], named: dict[str, object]) -> Row:
        """Of the others only that they are closed is known here; the first row is the answer."""
        former = named if id == named["id"] else {}
        return Row(resource=Resource.OBLIGATION, id=id, values=values, former=former)

    def audit_id(self, case: Case) -> UUID:
        return self.obligation_id
