"""Calls that are owed to patients who left: looked up from their visits, until they were reached or are here again."""

from uuid import UUID

from temporalio import activity

from activities.records import visit_of
from integrations.database import Pool
from models.call_backs import OwedCall

OWED = """
    select v.*, p.deceased_at is not null or exists (
        select 1 from visits later where later.patient_id = v.patient_id and later.arrived_at > v.completed_at
            and later.status <> 'CANCELLED'
    ) as needs_none
    from visits v join patients p on p.id = v.patient_id where v.departure->'call_back'->>'id' = %s
"""


class CallBacks:
    """Looks only; may be repeated."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="look_up_call_back")
    async def owed(self, call_back_id: UUID) -> OwedCall | None:
        """None where the visit goes on, and nobody is owed this call any more."""
        async with self.pool.connection() as db:
            row = await (await db.execute(OWED, (str(call_back_id),))).fetchone()
        if row is None:
            return None
        visit = visit_of(row)
        assert visit.departure is not None
        assert visit.departure.call_back is not None
        call = visit.departure.call_back
        return OwedCall(
            call_back=call,
            facility_id=visit.facility_id,
            visit_id=visit.id,
            op_number=visit.op_number,
            is_wanted=call.is_open and not row["needs_none"],
        )
