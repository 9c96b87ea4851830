"""What a visit as it was known is put together from: the rows as they are now, and what was written when."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.records import TEMPORAL_UI
from models.audit import administration_chain
from models.catalogue import Resource
from models.hindsight import Key, Past, Writing
from models.staff import THE_CLINIC
from models.tables import RECORDS, AuditRow, ChargeRow, CommandRow, PatientRow, ReadRow, UserRow

NAMELESS = {THE_CLINIC: "The clinic itself", TEMPORAL_UI: "Somebody at the Temporal UI"}
"""Who acts without being a member of staff."""

CORRECTED_ELSEWHERE = frozenset({Resource.PATIENT, Resource.APPOINTMENT, Resource.OBLIGATION})
"""What is also changed without a command to the visit; the administration's audit keeps the former values."""

Rows = list[dict[str, Any]]


async def clock(db: AsyncConnection) -> datetime:
    """The clock by which everything here was written."""
    moment: datetime = (await db.execute(select(func.clock_timestamp()))).scalar_one()
    return moment


async def commands_of(db: AsyncConnection, visit_id: UUID) -> list[Past]:
    table: Any = CommandRow.__table__
    wanted = (
        select(*(table.c[name] for name in Past.model_fields))
        .where(table.c.visit_id == visit_id)
        .order_by(table.c.written_at, table.c.id)
    )
    return [Past.model_validate(dict(row)) for row in (await db.execute(wanted)).mappings()]


async def records_of(db: AsyncConnection, visit_id: UUID) -> dict[Key, dict[str, Any]]:
    """Every record of the visit as it is now, oldest first."""
    found: dict[Key, dict[str, Any]] = {}
    for record in RECORDS:
        table: Any = record.__table__
        wanted = select(table).where(table.c.visit_id == visit_id).order_by(table.c.recorded_at, table.c.id)
        for row in (await db.execute(wanted)).mappings():
            found[record.resource, row["id"]] = to_jsonable_python(dict(row))
    return found


async def patient_of(db: AsyncConnection, patient_id: UUID) -> dict[str, Any]:
    rows = await db.execute(select(PatientRow.__table__).where(PatientRow.id == patient_id))
    return dict(to_jsonable_python(dict(rows.mappings().one())))


async def charges_of(db: AsyncConnection, visit_id: UUID) -> Rows:
    """Every line that was ever on the bill."""
    table: Any = ChargeRow.__table__
    wanted = select(table).where(table.c.visit_id == visit_id).order_by(table.c.recorded_at, table.c.id)
    return [dict(row) for row in (await db.execute(wanted)).mappings()]


async def reads_of(db: AsyncConnection, visit_id: UUID, until: datetime) -> Rows:
    table: Any = ReadRow.__table__
    wanted = select(table).where(table.c.visit_id == visit_id, table.c.at <= until).order_by(table.c.at, table.c.id)
    return [dict(row) for row in (await db.execute(wanted)).mappings()]


async def names_of(db: AsyncConnection, facility_id: UUID) -> dict[UUID, str]:
    rows = await db.execute(select(UserRow.id, UserRow.full_name).where(UserRow.facility_id == facility_id))
    return NAMELESS | {row.id: row.full_name for row in rows}


async def corrections_of(db: AsyncConnection, facility_id: UUID, ids: Iterable[UUID]) -> list[Writing]:
    """What the administration changed of these rows, with the values before."""
    table: Any = AuditRow.__table__
    wanted = select(table.c.resource, table.c.resource_id, table.c.details, table.c.at).where(
        table.c.resource_id.in_(list(ids)),
        table.c.visit_id.is_(None),
        table.c.chain == administration_chain(facility_id),
        table.c.resource.in_(CORRECTED_ELSEWHERE),
        table.c.action == "UPDATE",
    )
    rows = (await db.execute(wanted.order_by(table.c.seq))).mappings().all()
    return [correction(row, rows[:number]) for number, row in enumerate(rows)]


def correction(row: Any, before: Sequence[Any]) -> Writing:
    """The entry tells `{"field": [old, new]}`. An appointment counts its changes, and the audit does not tell of it."""
    told: dict[str, list[Any]] = json.loads(row["details"])
    if row["resource"] == Resource.APPOINTMENT:
        version = 1 + sum(other["resource_id"] == row["resource_id"] for other in before)
        told |= {"version": [version, version + 1]}
    return Writing(
        at=row["at"],
        resource=row["resource"],
        id=row["resource_id"],
        values={name: new for name, (_, new) in told.items()},
        former={name: old for name, (old, _) in told.items()},
    )
