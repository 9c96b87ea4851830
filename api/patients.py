"""One patient: demographics, the registrations that were one person's, and what moved from one to another."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, create_model
from sqlalchemy import or_, select

from api.actions import REFUSALS
from api.clinic import Reading
from api.paging import Cursor, Limit, page
from api.records import CLINICAL_READERS
from api.security import Signed
from api.shapes import list_of, record_shape
from models.actions.base import require_role
from models.identity import Patient
from models.problems import NotFound
from models.staff import Person
from models.tables import PatientMergeRow, PatientRow, RecordMoveRow, VisitRow

routes = APIRouter(prefix="/api", tags=["patient"], responses=REFUSALS)
PATIENTS: Any = PatientRow.__table__
MERGES: Any = PatientMergeRow.__table__
MOVES: Any = RecordMoveRow.__table__
SHAPE: Any = record_shape(PatientRow)
ALIAS = ("id", "first_name", "last_name", "phone_number", "national_id", "sha_number")
ELSE = [column.name for column in PATIENTS.columns if column.name not in ALIAS]
Alias: Any = create_model("Alias", __base__=record_shape(PatientRow, *ELSE))


class Resumable(BaseModel):
    """A visit that the patient left today: it goes on with `patient_returned`, until midnight."""

    visit_id: UUID
    op_number: str
    until: datetime


Known: Any = create_model(
    "KnownPatient",
    __base__=SHAPE,
    surviving=(SHAPE | None, None),
    known_before_as=(list[Alias], []),
    resumable_visit=(Resumable | None, None),
)
Moved: Any = create_model("RecordMove", __base__=record_shape(RecordMoveRow), mark=(str, ...))


async def registration(db: Reading, actor: Person, id: UUID) -> Patient:
    wanted = select(PATIENTS).where(PATIENTS.c.id == id, PATIENTS.c.facility_id == actor.facility_id)
    found = (await db.execute(wanted)).mappings().first()
    if found is None:
        raise NotFound("There is no such patient.")
    return dict(found)


@routes.get("/patients/{id}", response_model=SHAPE | Known)
async def patient(id: UUID, actor: Signed, db: Reading) -> Any:
    """One patient's demographics. Of a registration that was merged: as it stood, with `merged_into` and, as
    `surviving`, the patient by whom it is known today. `known_before_as`: registrations merged into this one.
    `resumable_visit`: one that they left today, which goes on if they return."""
    found = await registration(db, actor, id)
    surviving = await registration(db, actor, found["merged_into"]) if found["merged_into"] else None
    former = select(*(PATIENTS.c[name] for name in ALIAS)).where(PATIENTS.c.merged_into == id)
    rows = (await db.execute(former.order_by(PATIENTS.c.registration_date, PATIENTS.c.id))).mappings()
    aliases = [dict(row) for row in rows]
    merged = {"surviving": surviving, "known_before_as": aliases} if surviving or aliases else {}
    return {**found, **merged, **await resumable(db, id)}


async def resumable(db: Reading, patient_id: UUID) -> dict[str, Any]:
    """The visit that the patient left today, unless another one is open."""
    visits = select(VisitRow.id, VisitRow.op_number, VisitRow.departure, VisitRow.completed_at)
    found = await db.execute(visits.where(VisitRow.patient_id == patient_id).order_by(VisitRow.arrived_at.desc()))
    rows = found.mappings().all()
    if any(row["completed_at"] is None for row in rows):
        return {}
    for row in rows:
        until = datetime.fromisoformat(row["departure"]["resumable_until"]) if row["departure"] else None
        if until and until > datetime.now(UTC):
            return {"resumable_visit": {"visit_id": row["id"], "op_number": row["op_number"], "until": until}}
    return {}


@routes.get("/patients/{id}/merges", response_model=list_of(record_shape(PatientMergeRow)))
async def merges(id: UUID, actor: Signed, db: Reading, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Every merge that this registration was part of, also those that were undone: who, when, why, and both as they
    stood before."""
    await registration(db, actor, id)
    wanted = select(MERGES).where(
        MERGES.c.facility_id == actor.facility_id, or_(MERGES.c.survivor_id == id, MERGES.c.merged_id == id)
    )
    return await page(db, wanted, MERGES.c.merged_at, MERGES.c.id, limit, cursor)


MARKS = {
    "WRONG_PATIENT": "Moved: entered in error under this registration",
    "IDENTIFIED": "Moved: the patient was identified",
    "MERGED": "Moved: this registration was merged with another",
    "PARTED": "Moved: the registrations were parted again",
}


@routes.get("/patients/{id}/moved-records", response_model=list_of(Moved))
async def moved_records(id: UUID, actor: Signed, db: Reading, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """What once stood under this registration and was moved: each record as it was, marked, with where it is now, who
    moved it and why."""
    require_role(CLINICAL_READERS, actor, "Reading these records")
    await registration(db, actor, id)
    wanted = select(MOVES).where(MOVES.c.facility_id == actor.facility_id, MOVES.c.from_patient == id)
    found = await page(db, wanted, MOVES.c.moved_at, MOVES.c.id, limit, cursor)
    return {**found, "items": [{**row, "mark": MARKS[row["kind"]]} for row in found["items"]]}
