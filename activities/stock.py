"""The shelf, outside of visits: batches come in, are counted, are written off; each is one line of the ledger."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from activities.door import Done
from activities.journal import Deed
from activities.writing import NOTIFY, event_statement, moving
from integrations.database import Connection, inserting
from models.administration import Errand
from models.catalogue import Resource
from models.command import NAIROBI
from models.events import Event
from models.problems import Conflict, NotFound, OutOfStock, invalid
from models.staff import Role
from models.stock import LARGEST_BATCH, Adjustment, Count, MoveKind, Receipt, StockMove
from models.tables import StockBatchRow

DRUG = "select code from prices where facility_id = %s and lower(code) = lower(%s)"
SAME = """
    select * from stock_batches where facility_id = %s and lower(code) = lower(%s) and lower(batch_number) = lower(%s)
    for no key update
"""
FOUND = "select * from stock_batches where id = %s and facility_id = %s for no key update"
WAITING = """
    select o.id as obligation_id, o.prescription_id, o.visit_id, o.quantity
    from obligations o join prescriptions r on r.id = o.prescription_id
    where o.facility_id = %s and o.status = 'OPEN' and lower(r.medication_name) = lower(%s) order by o.recorded_at, o.id
"""

ARRIVED = "update obligations set arrived_at = %s where id = any(%s) and arrived_at is null returning id"
"""Whoever waits is told once, however often the drug comes in."""


async def receive(db: Connection, errand: Errand, form: Receipt) -> Done:
    """A delivery, added to its batch. The answer names whom the clinic owes this drug."""
    facility_id = errand.actor.facility_id
    code = await known_drug(db, facility_id, form.medication_name)
    if form.expires_on < datetime.now(NAIROBI).date():
        raise invalid("expires_on", "lies in the past; what has expired is not taken in")
    batch = await the_batch(db, errand, code, form)
    if batch["on_hand"] + form.quantity > LARGEST_BATCH:
        raise invalid("quantity", f"would make a batch of more than {LARGEST_BATCH} pieces; check it")
    move = StockMove(batch_id=batch["id"], code=code, kind=MoveKind.RECEIVED, quantity=form.quantity, notes=form.notes)
    done = await moved(db, errand, batch, move)
    waiting = await (await db.execute(WAITING, (facility_id, code))).fetchall()
    if waiting:
        await tell(db, errand, code, waiting)
    now = datetime.now(UTC)
    rows = await (await db.execute(ARRIVED, (now, [one["obligation_id"] for one in waiting]))).fetchall()
    noted = (Deed("UPDATE", Resource.OBLIGATION, row["id"], {"arrived_at": [None, now]}) for row in rows)
    return Done(done.deed, {**done.answer, "owed": waiting}, also=tuple(noted))


async def known_drug(db: Connection, facility_id: UUID, name: str) -> str:
    found = await (await db.execute(DRUG, (facility_id, name))).fetchone()
    if found is None:
        raise invalid("medication_name", f"{name!r} is not in the price list; add it there first")
    return str(found["code"])


async def the_batch(db: Connection, errand: Errand, code: str, form: Receipt) -> dict[str, Any]:
    """The batch of that number, locked; a new one is empty. Who writes the same new batch at once waits here."""
    facility_id = errand.actor.facility_id
    values = {
        "id": errand.id,
        "facility_id": facility_id,
        "code": code,
        "batch_number": form.batch_number,
        "expires_on": form.expires_on,
        "on_hand": 0,
        "received_at": datetime.now(UTC),
        "received_by": errand.actor.id,
    }
    text, given = inserting(StockBatchRow, values)
    await db.execute(f"{text} on conflict do nothing", given)
    batch = await (await db.execute(SAME, (facility_id, code, form.batch_number))).fetchone()
    assert batch is not None
    if batch["expires_on"] != form.expires_on:
        raise Conflict(f"This batch is known with the expiry {batch['expires_on']}. Check number and expiry.")
    return dict(batch)


async def adjust(db: Connection, errand: Errand, batch_id: UUID, form: Adjustment) -> Done:
    batch = await found(db, errand, batch_id)
    if batch["on_hand"] + form.quantity < 0:
        raise OutOfStock(f"There are only {batch['on_hand']} pieces of this batch. Count it first.")
    if batch["on_hand"] + form.quantity > LARGEST_BATCH:
        raise invalid("quantity", f"would make a batch of more than {LARGEST_BATCH} pieces; check it")
    kind = MoveKind.RETURNED if form.reason == "RETURNED" else MoveKind.ADJUSTED
    move = StockMove(
        batch_id=batch_id,
        code=batch["code"],
        kind=kind,
        quantity=form.quantity,
        reason=form.reason,
        notes=form.notes,
    )
    return await moved(db, errand, batch, move)


async def count(db: Connection, errand: Errand, batch_id: UUID, form: Count) -> Done:
    """What somebody counted is what is there; the difference is a line of the ledger, also where it is none."""
    batch = await found(db, errand, batch_id)
    difference = form.counted - batch["on_hand"]
    move = StockMove(
        batch_id=batch_id, code=batch["code"], kind=MoveKind.COUNTED, quantity=difference, notes=form.notes
    )
    return await moved(db, errand, batch, move)


async def found(db: Connection, errand: Errand, batch_id: UUID) -> dict[str, Any]:
    batch = await (await db.execute(FOUND, (batch_id, errand.actor.facility_id))).fetchone()
    if batch is None:
        raise NotFound("There is no such batch. See GET /api/stock.")
    return dict(batch)


async def moved(db: Connection, errand: Errand, batch: dict[str, Any], move: StockMove) -> Done:
    stamp = {
        "facility_id": errand.actor.facility_id,
        "command_id": errand.id,
        "visit_id": None,
        "moved_by": errand.actor.id,
        "moved_at": datetime.now(UTC),
    }
    for text, given in moving(move, stamp):
        await db.execute(text, given)
    after = {**batch, "on_hand": batch["on_hand"] + move.quantity}
    told = {"code": move.code, "kind": move.kind, "quantity": move.quantity, "on_hand": after["on_hand"]}
    return Done(Deed("UPDATE", Resource.STOCK, batch["id"], told), after)


async def tell(db: Connection, errand: Errand, code: str, waiting: list[dict[str, Any]]) -> None:
    """The pharmacy hears that what it owes has come."""
    payload = {"medicationName": code, "prescriptionIds": [one["prescription_id"] for one in waiting]}
    event = Event(kind="stock:owed_arrived", audience=(Role.PHARMACIST,), payload=payload)
    for text, given in (event_statement(errand.actor.facility_id, event, datetime.now(UTC)), NOTIFY):
        await db.execute(text, given)
