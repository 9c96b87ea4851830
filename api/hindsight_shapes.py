"""The shapes of a visit as it was known."""

from datetime import datetime
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from api.shapes import Bill, TimelineItem, VisitSummary, record_shape
from models.staff import Role
from models.tables import RECORDS, PatientRow
from models.visit import Visit

if TYPE_CHECKING:  # the type checker cannot follow a shape that is made of a table
    PatientThen = BaseModel
else:
    PatientThen = record_shape(PatientRow)

LISTS: dict[str, Any] = {
    table.__tablename__: (GenericAlias(list, (record_shape(table),)) | None, None) for table in RECORDS
}
RecordsThen: Any = create_model(
    "RecordsThen",
    __doc__="The visit's records by table, oldest first, as they stood. None: not for the reader's role.",
    **LISTS,
)


class SeenBy(BaseModel):
    """Who had read the records of an entry, the first time after it was written."""

    person_id: UUID
    name: str
    at: datetime


class KnownItem(TimelineItem):
    """`at`: when it was sent. `written_at`: when it was written into the record, from when on it was known. `version`:
    of the visit after it, None for what was refused."""

    written_at: datetime
    name: str
    version: int | None
    seen_by: list[SeenBy]


class Seen(BaseModel):
    """READ: was shown it. NOTIFIED: a critical value was told to a person, or to all of a role. READ_BACK: acknowledged
    by saying the value. PATIENT_TOLD: a late result was told to the patient."""

    at: datetime
    how: Literal["READ", "NOTIFIED", "READ_BACK", "PATIENT_TOLD"]
    person_id: UUID | None
    name: str
    role: Role | None
    what: str
    record_ids: list[UUID]
    version: int | None


class AsKnown(BaseModel):
    """A visit as the clinic knew it at `at`. `gaps` says in words what is left out, and why."""

    at: datetime
    visit: VisitSummary
    patient: PatientThen
    bill: Bill
    records: RecordsThen
    items: list[KnownItem] = Field(description="Every command that was decided by then, in order.")
    seen: list[Seen]
    gaps: list[str]
    next_cursor: None = None


def shown_of(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary of a visit; what it did not have in those days is as by default."""
    fields = {name: field for name, field in Visit.model_fields.items() if name in VisitSummary.model_fields}
    return {n: f.get_default(call_default_factory=True) for n, f in fields.items() if not f.is_required()} | summary
