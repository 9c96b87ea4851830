"""A final result that was wrong: the right one takes its place, and the wrong one stays readable and marked."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from models.actions.base import Action, Case, Change
from models.actions.lab_results import (
    Debt,
    back_to_clinician,
    loop_starts,
    notice_of,
    owing,
    ready,
    reported,
    request_of,
    request_row,
    watched,
)
from models.actions.laboratory import joined
from models.base import Details, Note, Words
from models.catalogue import PatientOfVisit, Resource, RowOf, Want
from models.problems import AlreadyDone, Conflict
from models.staff import Person, Role
from models.visit import Visit

FINAL = ("COMPLETED", "CORRECTED")


class CorrectLabResult(Action):
    """All results of a final test once more, with what was wrong. Also after the patient has left."""

    roles = frozenset({Role.LAB_TECHNICIAN})
    resource = Resource.LAB_REQUEST
    writes = "UPDATE"
    said = "Lab result corrected"

    kind: Literal["correct_lab_result"] = "correct_lab_result"
    lab_request_id: UUID
    results: Annotated[Details, Field(min_length=1, description="Every value of the test, also those that were right.")]
    reason: Words
    notes: Note | None = None

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.LAB_REQUEST, id=self.lab_request_id), PatientOfVisit())

    def check(self, visit: Visit, actor: Person) -> None:
        """A wrong result is corrected whenever it is found."""

    def apply(self, case: Case) -> Change:
        row = request_of(case)
        if row["status"] == "CANCELLED":
            raise AlreadyDone("This lab request was cancelled; it has no result to correct.")
        if row["status"] not in FINAL:
            raise Conflict("This test is not final yet. Report it with PUT /api/lab-requests/{id}.")
        report = reported(case, row, self.results)
        values = {**report.values, **self.standing()}
        change = Change(
            visit=watched(case.visit, self.lab_request_id, report),
            rows=(request_row(row, values),),
            events=(ready(case.visit, {**row, **values}, "lab:results_corrected"),),
            starts=loop_starts(self.lab_request_id, report),
        )
        if case.visit.is_over:
            debt = Debt(request_id=self.lab_request_id, owner_id=row["requested_by"], critical=report.is_news)
            return joined(change, owing(case, change.visit, debt))
        visit = back_to_clinician(case, change.visit.having(has_unread_results=True), row["requested_by"])
        return change.model_copy(update={"visit": visit, "starts": (*change.starts, *notice_of(visit))})

    def standing(self) -> dict[str, Any]:
        notes = {"notes": self.notes} if self.notes is not None else {}
        return {"status": "CORRECTED", "reason": self.reason, **notes}

    def audit_id(self, case: Case) -> UUID:
        return self.lab_request_id
