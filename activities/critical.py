"""Critical values and results for patients who have left: looked up, told, and every attempt written down."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from temporalio import activity

from activities.door import writing
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool, inserting
from models.critical_loop import CriticalFacts, CriticalStep, OwedResult, critical_event
from models.lab_flags import critical_values
from models.laboratory import catalogue, catalogue_of
from models.staff import THE_CLINIC
from models.tables import CriticalNoticeRow

CRITICAL = """
    select l.id as lab_request_id, l.facility_id, l.visit_id, l.patient_id, l.requested_by as ordered_by,
        l.critical_since as since, l.acknowledged_at is not null as is_acknowledged, l.catalogue_version, l.results,
        l.flags, v.arrived_at, v.completed_at is not null as has_left,
        (select count(*) from critical_notices n where n.lab_request_id = l.id and n.kind = 'NOTIFIED'
            and n.critical_since = l.critical_since) as told
    from lab_requests l join visits v on v.id = l.visit_id
    where l.id = %s and l.critical_since is not null and l.entered_in_error_at is null
"""
OWED = """
    select o.id, o.facility_id, o.visit_id, o.patient_id, o.lab_request_id, o.prescription_id, o.referral_id,
        o.service, o.quantity, o.arrived_at, o.owner_id, o.due_at, o.is_critical, o.status = 'OPEN' as is_open,
        o.status = 'CANCELLED' as is_cancelled, r.rules_version
    from obligations o left join referrals r on r.id = o.referral_id where o.id = %s
"""


class CriticalResults:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="look_up_critical_result")
    async def know(self, lab_request_id: UUID) -> CriticalFacts | None:
        """None where no value of the test is critical (any more)."""
        async with self.pool.connection() as db:
            row = await (await db.execute(CRITICAL, (lab_request_id,))).fetchone()
        return facts_of(row) if row else None

    @activity.defn(name="tell_critical_result")
    async def tell(self, step: CriticalStep) -> bool:
        """Tell it once, and write down that it was told. False where nobody needs to hear it any more."""
        async with writing(self.pool) as db:
            row = await (await db.execute(f"{CRITICAL} for update of l", (step.lab_request_id,))).fetchone()
            if row is None or row["is_acknowledged"] or row["since"] != step.since:
                return False
            await tell_once(db, facts_of(row), step, flags_of(row))
        return True

    @activity.defn(name="look_up_obligation")
    async def owed(self, obligation_id: UUID) -> OwedResult | None:
        async with self.pool.connection() as db:
            row = await (await db.execute(OWED, (obligation_id,))).fetchone()
        return OwedResult.model_validate(row) if row else None


def facts_of(row: dict[str, Any]) -> CriticalFacts:
    """By the catalogue that judged the value; where that is not kept any more, by the one of the visit's first day."""
    judged_by = catalogue(row["catalogue_version"]) or catalogue_of(row["arrived_at"])
    facts = {name: row[name] for name in CriticalFacts.model_fields if name != "ladder"}
    return CriticalFacts(**facts, ladder=judged_by.loop.ladder)


def flags_of(row: dict[str, Any]) -> dict[str, str]:
    return {name: row["flags"][name] for name in critical_values(row["results"], row["flags"])}


async def tell_once(db: Connection, facts: CriticalFacts, step: CriticalStep, flags: dict[str, str]) -> None:
    """The notice makes the event: where it stands already, nobody is told again."""
    now = datetime.now(UTC)
    values = {
        "id": uuid5(facts.lab_request_id, f"{step.since.isoformat()} {step.step}"),
        "facility_id": facts.facility_id,
        "visit_id": facts.visit_id,
        "patient_id": facts.patient_id,
        "recorded_by": THE_CLINIC,
        "recorded_at": now,
        "lab_request_id": facts.lab_request_id,
        "critical_since": step.since,
        "kind": "NOTIFIED",
        "step": step.step,
        "told_role": str(step.to),
        "told_person": facts.ordered_by if step.step == 1 else None,
        "flags": flags,
        "read_back": None,
    }
    text, given = inserting(CriticalNoticeRow, values)
    if (await db.execute(f"{text} on conflict (id) do nothing", given)).rowcount == 0:
        return
    for text, given in (event_statement(facts.facility_id, critical_event(facts, step, flags), now), NOTIFY):
        await db.execute(text, given)
