"""What goes on after visits and is still owed a run, from its rows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, cast, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.appointment_day import REMEMBERED
from models.appointments import MISSED, OPEN
from models.messages import Template
from models.tables import AppointmentRow, FamilyPlanningRow, ImmunizationRow, MchRecordRow, MessageRow, ObligationRow
from workflows.after_care import after_care_of
from workflows.appointment_day import day_of
from workflows.beginning import Beside

LATELY = timedelta(days=2)
"""Within which what follows from a service may not have been written yet."""


async def days_to_settle(db: AsyncConnection) -> list[Beside]:
    """Every appointment of the last weeks of which nobody has said what became of it, or to which nobody came: who was
    called already is not called again. Before its hour, an appointment's reminder watches over it."""
    row, now = AppointmentRow, datetime.now(UTC)
    wanted = select(row.id).where(row.status.in_((OPEN, MISSED)), row.appointment_date.between(now - REMEMBERED, now))
    return [day_of(id) for id in (await db.execute(wanted.order_by(row.appointment_date))).scalars()]


async def after_care_to_look_at(db: AsyncConnection) -> list[Beside]:
    """Every patient who was given a service from which a recall may follow: their obligations are made as the records
    say, and told."""
    found: set[UUID] = set()
    for row in (ImmunizationRow, FamilyPlanningRow, MchRecordRow):
        lately = row.recorded_at > datetime.now(UTC) - LATELY
        found |= set((await db.execute(select(row.patient_id).where(lately).distinct())).scalars())
    return [after_care_of(id) for id in sorted(found)]


async def deliveries_to_tell(db: AsyncConnection) -> list[UUID]:
    """Every obligation whose drug has come in and about which no message was begun."""
    owed = ObligationRow
    key = literal(f"{Template.OWED_ARRIVED} ") + cast(owed.id, Text)
    wanted = select(owed.id).where(
        owed.status == "OPEN", owed.arrived_at.is_not(None), ~exists().where(MessageRow.key == key)
    )
    return list((await db.execute(wanted.order_by(owed.arrived_at))).scalars())
