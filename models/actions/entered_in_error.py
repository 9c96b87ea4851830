"""A record that should not be there: it is marked and stays readable, and what followed from it is undone."""

from typing import Any, Literal
from uuid import UUID

from models.actions import claimed, closing
from models.actions.base import MARKS, Action, Case, Change, Row, after_care
from models.actions.triage import recoloured
from models.actions.undone_orders import UNDOING_ORDERS, Undoing
from models.actions.undone_records import UNDOING_RECORDS
from models.base import Words
from models.catalogue import AffairsOfVisit, DebtsOfVisit, RecordsOfVisit, Resource, RowOf, Want
from models.events import Event
from models.problems import AlreadyDone, Conflict, NotFound, NotYourRole
from models.staff import CLINICAL, SUPERVISING, Person, Role
from models.visit import Visit

Erroneous = Literal[
    "ENCOUNTER",
    "DIAGNOSIS",
    "LAB_REQUEST",
    "PRESCRIPTION",
    "DISPENSING",
    "IMMUNIZATION",
    "REACTION",
    "FAMILY_PLANNING",
    "MCH_SERVICE",
    "REFERRAL",
]
UNDOING: dict[str, Undoing] = {**UNDOING_ORDERS, **UNDOING_RECORDS}


class EnterInError(Action):
    """Mark a record of the visit as entered in error: by whoever wrote it, SUPERVISOR or ADMIN; also after the visit.

    It stays readable and marked, and counts no more: its charge is taken back, its open order closes, what waited for
    it waits no longer. `record`: ENCOUNTER is a triage or a consultation; DISPENSING one occasion at the pharmacy's
    counter, the last of its prescription first: the pieces are on the shelf again, and the prescription is as it was
    before. A consultation in error: the patient waits for consultation again. 409 while something that was written
    down because of it still counts.
    """

    roles = (CLINICAL - {Role.LAB_TECHNICIAN}) | SUPERVISING
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Entered in error"

    kind: Literal["enter_in_error"] = "enter_in_error"
    record: Erroneous
    record_id: UUID
    reason: Words

    @property
    def audited_resource(self) -> Resource:
        return Resource.MEDICATION_DISPENSE if self.record == "DISPENSING" else Resource(self.record)

    @property
    def named(self) -> str:
        return self.record.lower().replace("_", " ")

    def wants(self) -> tuple[Want, ...]:
        record = RowOf(resource=self.audited_resource, id=self.record_id)
        return (record, RecordsOfVisit(), AffairsOfVisit(), DebtsOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        """An error is marked whenever it is found."""

    def apply(self, case: Case) -> Change:
        row = self.stored(case)
        change = UNDOING[self.record](case, row, self.marks(case))
        tasks = self.claims_to_review(case, change.visit)
        events = (*change.events, *closing.task_events(tasks), *recoloured(case, change.visit), self.told(case))
        recalled = after_care(case.visit.patient_id) if self.record in RECALLED else ()
        starts = (*change.starts, *claimed.made_out_anew(case), *recalled)
        return change.model_copy(update={"rows": (*change.rows, *tasks), "events": events, "starts": starts})

    def stored(self, case: Case) -> dict[str, Any]:
        """The record, where this person may mark it and nobody has."""
        row = case.known.row
        if row is None:
            raise NotFound(f"There is no such {self.named}.")
        if row["visit_id"] != case.visit.id:
            raise Conflict(f"This {self.named} belongs to another visit.")
        if row["recorded_by"] != case.actor.id and not case.actor.is_any_of(SUPERVISING):
            named = ", ".join(sorted(SUPERVISING))
            raise NotYourRole(f"{self.said}: only who wrote it, or {named}, may do this.", roles=sorted(SUPERVISING))
        if row.get("entered_in_error_at"):
            raise AlreadyDone(f"This {self.named} is marked as entered in error already.")
        return row

    def claims_to_review(self, case: Case, after: Visit) -> tuple[Row, ...]:
        if after.total_amount == case.visit.total_amount and self.record != "DIAGNOSIS":
            return ()
        return claimed.compared(case, after, "a record was marked as entered in error")

    def marks(self, case: Case) -> dict[str, Any]:
        return dict(zip(MARKS, (case.at, case.actor.id, self.reason), strict=True))

    def told(self, case: Case) -> Event:
        payload = {
            "visitId": case.visit_id,
            "record": self.record,
            "recordId": self.record_id,
            "updatedBy": case.actor.id,
        }
        return Event(kind="record:entered_in_error", audience=tuple(sorted(CLINICAL)), payload=payload)

    def audit_id(self, case: Case) -> UUID:
        return self.record_id


RECALLED = frozenset({"IMMUNIZATION", "REACTION", "FAMILY_PLANNING", "MCH_SERVICE"})
"""After which the patient is expected again."""
