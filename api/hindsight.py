"""`GET /api/visits/{id}/timeline?at=`: the visit as the clinic knew it, who had written it and who had seen it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import hindsight_rows as rows
from api.bills import bill_of
from api.hindsight_seen import TABLES, Known, items, seen
from api.hindsight_shapes import AsKnown, shown_of
from api.records import CLINICAL_READERS, READERS
from models.base import NOTHING
from models.catalogue import Resource
from models.hindsight import (
    Past,
    Writing,
    charged_by,
    done,
    facts_then,
    is_whole,
    records_then,
    row_then,
    until,
    visit_then,
)
from models.problems import NotFound, invalid
from models.staff import Person
from models.visit import Visit

OLD = (
    "Some of this was written by a version that kept no earlier states: visit and records are as the answers of that "
    "time had them, and a record that changed together with another is as it was answered before, or as it is now."
)
CLINICAL_ONLY = "Clinical records, and who has seen them, are for clinical roles and SUPERVISOR."


async def as_known(engine: AsyncEngine, reader: Person, visit_id: UUID, at: datetime) -> AsKnown:
    """All is read at one moment, so that nothing that is just being written shows in parts."""
    async with engine.connect() as plain:
        db = await plain.execution_options(isolation_level="REPEATABLE READ")
        async with db.begin():
            await require_past(db, at)
            return await known(db, reader, visit_id, at)


async def require_past(db: AsyncConnection, at: datetime) -> None:
    now = await rows.clock(db)
    if at > now:
        raise invalid("at", f"lies in the future; the clinic's clock says {now.isoformat(timespec='seconds')}")


async def known(db: AsyncConnection, reader: Person, visit_id: UUID, at: datetime) -> AsKnown:
    commands = await rows.commands_of(db, visit_id)
    earlier = until(at, commands)
    accepted = done(earlier)
    if not accepted:
        raise NotFound("At that time the visit was not known to the clinic: its registration was written later.")
    visit = shown_of(visit_then(accepted))
    patient_id = UUID(str(visit["patient_id"]))
    stored = await rows.records_of(db, visit_id)
    correctable = [id for resource, id in stored if resource in rows.CORRECTED_ELSEWHERE]
    writings = [writing for command in done(commands) for writing in command.writings]
    writings += await rows.corrections_of(db, reader.facility_id, [patient_id, *correctable])
    records = readable(reader, belonging(records_then(at, writings, stored), patient_id))
    names = await rows.names_of(db, reader.facility_id)
    reads = [read for read in await rows.reads_of(db, visit_id, at) if is_readable(reader, read["what"])]
    return AsKnown.model_validate(
        {
            "at": at,
            "visit": visit,
            "patient": patient_then(at, patient_id, writings, await rows.patient_of(db, patient_id)),
            "bill": bill_then(visit, accepted, await rows.charges_of(db, visit_id)),
            "records": by_table(reader, records),
            "items": list(items(earlier, reads, names)),
            "seen": seen(records, reads, names),
            "gaps": [*([] if is_whole(accepted) else [OLD]), *([] if may_all(reader) else [CLINICAL_ONLY])],
        }
    )


def may_all(reader: Person) -> bool:
    return reader.is_any_of(CLINICAL_READERS)


def is_readable(reader: Person, table: str) -> bool:
    """What is no table of records is the visit itself."""
    return table not in TABLES.values() or reader.is_any_of(READERS.get(table, CLINICAL_READERS))


def readable(reader: Person, records: Known) -> Known:
    return {key: row for key, row in records.items() if is_readable(reader, TABLES[key[0]])}


def belonging(records: Known, patient_id: UUID) -> Known:
    """A visit's records are its patient's; who was found out later to be somebody else, was not so then."""
    return {key: {**row, "patient_id": str(patient_id)} for key, row in records.items()}


def by_table(reader: Person, records: Known) -> dict[str, list[dict[str, Any]] | None]:
    return {
        table: [row for (kind, _), row in records.items() if kind is resource] if is_readable(reader, table) else None
        for resource, table in TABLES.items()
    }


def patient_then(at: datetime, patient_id: UUID, writings: Sequence[Writing], now: dict[str, Any]) -> dict[str, Any]:
    own = [one for one in writings if one.resource is Resource.PATIENT and one.id == patient_id]
    return row_then(at, sorted(own, key=lambda one: one.at), now)


def bill_then(visit: dict[str, Any], accepted: Sequence[Past], charges: rows.Rows) -> dict[str, Any]:
    ours, deciding = charged_by(accepted, len(charges)), {command.id for command in accepted}
    lines = [line for line in charges if line["id"] in ours and line["taken_back_by"] not in deciding]
    if is_whole(accepted):
        return bill_of(Visit.model_validate(facts_then(accepted)), lines)
    return {
        "lines": lines,
        "total": visit["total_amount"],
        "paid": visit["amount_paid"],
        "waived": "0.00",
        "covered": covered_by(visit),
        "balance": visit["balance"],
        "owed": max(Decimal(str(visit["balance"])), NOTHING),
        "held": max(-Decimal(str(visit["balance"])), NOTHING),
    }


def covered_by(visit: dict[str, Any]) -> Decimal:
    """What neither was paid nor is owed, in KES."""
    total, paid, balance = (Decimal(str(visit[name])) for name in ("total_amount", "amount_paid", "balance"))
    return total - paid - balance
