"""What the clinic owes one patient after their visits, looked at once more, because something about them changed."""

from datetime import datetime, timedelta
from uuid import UUID

from temporalio import activity

from activities.appointment_days import settle_all, shown
from activities.door import writing
from activities.recalls import keep_recalls
from integrations.database import Connection, Pool
from models.appointment_day import REMEMBERED
from models.base import Value

GOES_ON_AS = "select coalesce(merged_into, id) as id from patients where id = %s"
RECENT = """
    select id from appointments where patient_id = %s and status in ('SCHEDULED', 'MISSED', 'FULFILLED')
        and appointment_date between %s and %s order by appointment_date, id
"""
A_DAY = timedelta(days=1)


class AfterLook(Value):
    """`at`: the moment by the workflow's clock."""

    patient_id: UUID
    at: datetime


class Looked(Value):
    """Whose workflows are to begin, or to hear that something changed."""

    appointments: tuple[UUID, ...] = ()
    obligations: tuple[UUID, ...] = ()


class AfterCare:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="look_at_after_care")
    async def look(self, look: AfterLook) -> Looked:
        """Set right what is not, under the registration that goes on where two were merged. May be repeated."""
        async with writing(self.pool) as db:
            row = await (await db.execute(GOES_ON_AS, (look.patient_id,))).fetchone()
            if row is None:
                return Looked()
            settled = await appointments(db, row["id"], look.at)
            return Looked(appointments=settled, obligations=tuple(await keep_recalls(db, row["id"], look.at)))


async def appointments(db: Connection, patient_id: UUID, at: datetime) -> tuple[UUID, ...]:
    """Settle those of today and of the last weeks. Also told are those about which somebody is to be called: perhaps an
    attempt before this one settled them and came to no end."""
    rows = await (await db.execute(RECENT, (patient_id, at - REMEMBERED, at + A_DAY))).fetchall()
    ids = [row["id"] for row in rows]
    settled = await settle_all(db, ids, at)
    days = [await shown(db, id) for id in ids]
    called = [day.id for day in days if day and day.is_to_be_called]
    return tuple(dict.fromkeys((*settled, *called)))
