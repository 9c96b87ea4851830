"""Two registrations of one person: merged, previewed, and parted again."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python
from sqlalchemy import func, literal, select, union_all

from activities.moving import tables_of_patients
from api.actions import REFUSALS, Accepting, Sender, TheSender, answered
from api.clinic import Reading
from api.dispatch import merge_desk, send
from api.patients import SHAPE, registration
from models.actions.base import require_role
from models.base import Words
from models.identity import (
    MERGERS,
    IdentityAction,
    IdentityCommand,
    MergePatients,
    Pair,
    PartPatients,
    Patient,
    doubts,
    filled,
    has_two_national_ids,
    paired,
)
from models.staff import Person
from models.tables import VisitRow

routes = APIRouter(prefix="/api", tags=["patient"], responses=REFUSALS)
VISITS: Any = VisitRow.__table__


class MergeBody(BaseModel):
    """`patient_id`: the other registration; which of the two goes on does not depend on which is named first.

    `dry_run`: say what would move and what speaks against it, and do nothing.
    """

    model_config = ConfigDict(extra="forbid")

    patient_id: UUID
    reason: Words
    confirmed: bool = False
    override_reason: Words | None = None
    dry_run: bool = False


class PartBody(BaseModel):
    """The registration in the path is the one that had been merged into another."""

    model_config = ConfigDict(extra="forbid")

    reason: Words


class OpenHere(BaseModel):
    visit_id: UUID
    op_number: str
    patient_id: UUID


class Preview(BaseModel):
    """`doubts`: what must be `confirmed`; `moves`: how many rows of each table; `open_visits`: of both."""

    patient: SHAPE
    merged: SHAPE
    doubts: list[str]
    needs_override_reason: bool
    moves: dict[str, int]
    open_visits: list[OpenHere]


class Merged(BaseModel):
    """`patient` goes on; `merged` leads to it."""

    id: UUID
    patient: SHAPE
    merged: SHAPE
    moved: dict[str, int]


class Parted(BaseModel):
    id: UUID
    patient: SHAPE
    parted_from: UUID


async def sent(sender: Sender, action: IdentityAction) -> Response:
    command = IdentityCommand(
        id=sender.key, actor=sender.actor, address=sender.address, at=datetime.now(UTC), action=action
    ).signed(sender.secret)
    return answered(await send(sender.clinic, merge_desk(sender.clinic, command), command), 201)


@routes.post(
    "/patients/{id}/merge",
    status_code=201,
    responses={**REFUSALS, 200: {"model": Preview}, 201: {"model": Merged}, 202: {"model": Accepting}},
)
async def merge(sender: TheSender, id: UUID, db: Reading, body: Annotated[MergeBody, Body()]) -> Response:
    """Two registrations are one person: the older goes on, with all that stands under both (SUPERVISOR, ADMIN).

    With `dry_run`, 200 and what would move.
    """
    require_role(MERGERS, sender.actor, "Merging registrations")
    if body.dry_run:
        return JSONResponse(to_jsonable_python(await preview(db, sender.actor, id, body.patient_id)))
    return await sent(sender, MergePatients(id=id, **body.model_dump(exclude={"dry_run"})))


@routes.post(
    "/patients/{id}/unmerge",
    status_code=201,
    responses={**REFUSALS, 201: {"model": Parted}, 202: {"model": Accepting}},
)
async def part(sender: TheSender, id: UUID, body: Annotated[PartBody, Body()]) -> Response:
    """The merge that ended this registration was wrong: what it moved goes back (SUPERVISOR, ADMIN).

    What was written down since for the patient and in no visit that had moved stays with the other.
    """
    require_role(MERGERS, sender.actor, "Parting registrations")
    return await sent(sender, PartPatients(id=id, reason=body.reason))


async def preview(db: Reading, actor: Person, id: UUID, other_id: UUID) -> dict[str, Any]:
    one, other = [await goes_on_as(db, actor, who) for who in (id, other_id)]
    pair = paired(one, other)
    open_visits = await db.execute(
        select(VISITS.c.id.label("visit_id"), VISITS.c.op_number, VISITS.c.patient_id)
        .where(VISITS.c.patient_id.in_((one["id"], other["id"])), VISITS.c.completed_at.is_(None))
        .order_by(VISITS.c.arrived_at)
    )
    return {
        "patient": {**pair.survivor, **filled(pair)},
        "merged": pair.merged,
        "doubts": doubts(pair),
        "needs_override_reason": has_two_national_ids(pair),
        "moves": await would_move(db, pair),
        "open_visits": [dict(row) for row in open_visits.mappings()],
    }


async def would_move(db: Reading, pair: Pair) -> dict[str, int]:
    tables: list[Any] = [*tables_of_patients(), VISITS]
    merged = pair.merged["id"]
    counts = [
        select(literal(table.name).label("name"), func.count().label("rows")).where(table.c.patient_id == merged)
        for table in tables
    ]
    return {row.name: row.rows for row in await db.execute(union_all(*counts)) if row.rows}


async def goes_on_as(db: Reading, actor: Person, id: UUID) -> Patient:
    """The registration by which a patient is known today."""
    found = await registration(db, actor, id)
    return await registration(db, actor, found["merged_into"]) if found["merged_into"] else found
