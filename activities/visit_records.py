"""Everything that was written down during a visit, looked up before one of it is undone."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from integrations.database import Connection
from models.actions.base import charge_id
from models.catalogue import BillLine, Resource, VisitRecords
from models.command import Command
from models.tables import TABLE_OF

RECORDS = (
    Resource.ENCOUNTER,
    Resource.DIAGNOSIS,
    Resource.LAB_REQUEST,
    Resource.PRESCRIPTION,
    Resource.MEDICATION_DISPENSE,
    Resource.OBLIGATION,
    Resource.REFERRAL,
    Resource.IMMUNIZATION,
    Resource.FAMILY_PLANNING,
    Resource.MCH_SERVICE,
)
REACTIONS = """
    select * from vaccine_reactions where facility_id = %(facility)s and (visit_id = %(visit)s
        or immunization_id in (select id from patient_immunizations where visit_id = %(visit)s))
    order by recorded_at, id
"""
"""Also those that were noted on a later visit, of a dose of this one."""

CHARGES = """
    select id, order_id, code, description, unit_price, amount, taken_back_by is null as counts
    from charges where visit_id = %s
"""


async def records_of(db: Connection, command: Command) -> VisitRecords:
    about = {"visit": command.visit_id, "facility": command.actor.facility_id}
    rows: dict[Resource, tuple[dict[str, Any], ...]] = {}
    for resource in RECORDS:
        text = f"select * from {TABLE_OF[resource].__tablename__} where visit_id = %(visit)s "
        found = await db.execute(f"{text} and facility_id = %(facility)s order by recorded_at, id", about)
        rows[resource] = tuple(await found.fetchall())
    rows[Resource.REACTION] = tuple(await (await db.execute(REACTIONS, about)).fetchall())
    charges = await (await db.execute(CHARGES, (command.visit_id,))).fetchall()
    encounters = [row["id"] for row in rows[Resource.ENCOUNTER]]
    return VisitRecords(rows=rows, charges=by_record(charges, encounters), lines=first_lines(charges))


def by_record(charges: list[dict[str, Any]], encounters: list[UUID]) -> dict[UUID, Decimal]:
    """What each order or record charges; the consultation's line names no order, and is its encounter's."""
    own = {charge_id(id, 0): id for id in encounters}
    found: dict[UUID, Decimal] = {}
    for charge in charges:
        about = charge["order_id"] or own.get(charge["id"])
        if about and charge["counts"]:
            found[about] = found.get(about, Decimal(0)) + charge["amount"]
    return found


def first_lines(charges: list[dict[str, Any]]) -> dict[UUID, BillLine]:
    """The line that an order was given when it was made, whether it was taken back since or not."""
    made = {charge["id"]: charge for charge in charges}
    ids = {charge["order_id"] for charge in charges if charge["order_id"]}
    return {
        id: BillLine(**{name: made[line][name] for name in BillLine.model_fields})
        for id in ids
        if (line := charge_id(id, 0)) in made
    }
