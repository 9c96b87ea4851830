"""The pharmacy's shelf: what is there by batch, what came in, was counted or written off; the medicines catalogue."""

import logging
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, create_model
from sqlalchemy import func, select
from temporalio.service import RPCError

from api.actions import REFUSALS
from api.clinic import Clinic, Reading, TheClinic
from api.errands import Answer, TheErrand
from api.paging import Cursor, Limit, page
from api.records import CLINICAL_READERS
from api.security import Signed
from api.shapes import list_of, record_shape
from models.actions.base import require_role
from models.base import Line
from models.command import NAIROBI
from models.medicines import MedicinesCatalogue, catalogue_of
from models.staff import Person, Role
from models.stock import Adjustment, Count, Receipt
from models.tables import StockBatchRow, StockMovementRow
from workflows.starting_owed import tell_obligation

log = logging.getLogger(__name__)
routes = APIRouter(prefix="/api", tags=["stock"], responses=REFUSALS)
KEEPERS = frozenset({Role.PHARMACIST, Role.ADMIN})
READERS = CLINICAL_READERS | {Role.ADMIN}


class Waiting(BaseModel):
    """Pieces of the drug that the clinic owes."""

    obligation_id: UUID
    prescription_id: UUID
    visit_id: UUID
    quantity: int


if TYPE_CHECKING:  # the type checker cannot follow a shape that is made of a table
    BatchShape = BaseModel
else:
    BatchShape = record_shape(StockBatchRow)


class Drug(BaseModel):
    """What there is of one drug: pieces that may be handed out, pieces that have expired, and its batches, those that
    expire first in front."""

    medication_name: str
    on_hand: int
    expired: int
    next_expiry: date | None
    batches: list[BatchShape]


Received: Any = create_model("Received", __base__=BatchShape, owed=(list[Waiting], ...))


def keeper(person: Signed) -> Person:
    require_role(KEEPERS, person, "Stock kept")
    return person


def reader(person: Signed) -> Person:
    require_role(READERS, person, "Reading the stock")
    return person


Keeper = Annotated[Person, Depends(keeper)]
Reader = Annotated[Person, Depends(reader)]


@routes.get("/stock", response_model=list_of(Drug))
async def stock(actor: Reader, db: Reading, medication_name: Line | None = None) -> Any:
    """The stock by drug and batch (clinical roles, SUPERVISOR, ADMIN). A drug without a batch is not counted here."""
    batch = StockBatchRow.__table__
    wanted = select(batch).where(batch.c.facility_id == actor.facility_id)
    if medication_name:
        wanted = wanted.where(func.lower(batch.c.code) == medication_name.lower())
    ordered = wanted.order_by(func.lower(batch.c.code), batch.c.expires_on, batch.c.batch_number, batch.c.id)
    drugs: dict[str, list[dict[str, Any]]] = {}
    for row in (await db.execute(ordered)).mappings():
        drugs.setdefault(row["code"], []).append(dict(row))
    today = datetime.now(NAIROBI).date()
    return {"items": [told(code, batches, today) for code, batches in drugs.items()], "next_cursor": None}


def told(code: str, batches: list[dict[str, Any]], today: date) -> dict[str, Any]:
    left = [batch for batch in batches if batch["on_hand"] > 0]
    usable = [batch for batch in left if batch["expires_on"] >= today]
    return {
        "medication_name": code,
        "on_hand": sum(batch["on_hand"] for batch in usable),
        "expired": sum(batch["on_hand"] for batch in left if batch["expires_on"] < today),
        "next_expiry": usable[0]["expires_on"] if usable else None,
        "batches": batches,
    }


@routes.get("/stock/movements", response_model=list_of(record_shape(StockMovementRow)))
async def movements(
    actor: Reader,
    db: Reading,
    batch_id: UUID | None = None,
    prescription_id: UUID | None = None,
    medication_name: Line | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """The ledger, newest first: what moved, why and by whom (clinical roles, SUPERVISOR, ADMIN)."""
    move: Any = StockMovementRow.__table__
    wanted = select(move).where(move.c.facility_id == actor.facility_id)
    if batch_id:
        wanted = wanted.where(move.c.batch_id == batch_id)
    if prescription_id:
        wanted = wanted.where(move.c.prescription_id == prescription_id)
    if medication_name:
        wanted = wanted.where(func.lower(move.c.code) == medication_name.lower())
    return await page(db, wanted, move.c.moved_at, move.c.id, limit, cursor)


@routes.post("/stock/receipts", status_code=201, response_model=Received)
async def receive(_: Keeper, errand: TheErrand, form: Receipt, clinic: TheClinic) -> Answer:
    """Take in a delivery (PHARMACIST, ADMIN). With its first batch, stock of a drug begins to be kept.

    Patients to whom it is owed are told by SMS, each once.
    """
    answer = await clinic.administration.receive_stock(errand, form)
    await tell_waiting(clinic, answer["owed"])
    return answer


async def tell_waiting(clinic: Clinic, waiting: list[dict[str, Any]]) -> None:
    """The delivery is written down whether Temporal can be reached or not; `njia recover` tells who was not told."""
    queue = clinic.settings.task_queue
    try:
        for one in waiting:
            await tell_obligation(clinic.temporal, queue, UUID(str(one["obligation_id"])))
    except RPCError as error:
        log.warning("patients to whom a drug is owed could not be told of a delivery: %s", error.status.name)


@routes.post("/stock/batches/{id}/adjustments", status_code=201, response_model=BatchShape)
async def adjust(id: UUID, _: Keeper, errand: TheErrand, form: Adjustment, clinic: TheClinic) -> Answer:
    """Pieces are gone, or came back (PHARMACIST, ADMIN). Never more than there are."""
    return await clinic.administration.adjust_stock(errand, id, form)


@routes.post("/stock/batches/{id}/counts", status_code=201, response_model=BatchShape)
async def count(id: UUID, _: Keeper, errand: TheErrand, form: Count, clinic: TheClinic) -> Answer:
    """What was counted on the shelf is what there is (PHARMACIST, ADMIN)."""
    return await clinic.administration.count_stock(errand, id, form)


@routes.get("/medicines", response_model=MedicinesCatalogue, response_model_exclude_none=True)
async def medicines(actor: Signed) -> Any:
    """The medicines catalogue of today: ingredients, classes, ages, pregnancy and substitutes, each with its source."""
    return catalogue_of(datetime.now(UTC))
