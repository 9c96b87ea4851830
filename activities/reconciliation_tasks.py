"""Open tasks that only the clinic's own work closes, and that no work is left for: their runs were lost before it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

from activities.door import writing
from activities.tasks import close_task
from integrations.database import Connection, Pool
from models.claim_words import ASKINGS
from models.claims import ENDED
from models.reconciliation import Finding
from models.reconciliation_lines import Asked, task_finding
from models.tables.visits import CALL_IS_OPEN
from models.tasks import TaskClosing

UNDER_WAY = timedelta(minutes=2)
"""So long the run that has just done its work may take to close its task."""

OF_CLAIMS = """
    select t.id, t.facility_id, t.visit_id, t.kind, c.number as of, c.id as claim_id, c.version, c.status
    from tasks t join claims c on c.id = t.claim_id
    where t.status = 'OPEN' and t.closes_itself and t.kind = any(%(kinds)s) and c.updated_at < %(before)s order by t.id
"""
OF_CALLS = f"""
    select t.id, t.facility_id, t.visit_id, t.kind, v.op_number as of
    from tasks t join visits v on v.id = t.visit_id
    where t.status = 'OPEN' and t.kind = 'CALL_BACK_PATIENT' and ({CALL_IS_OPEN}) is not true
        and not exists (select from commands c where c.visit_id = v.id and c.written_at > %(before)s)
    order by t.id
"""
NOT_NEEDED = "Nothing was left to do for it."


class TasksBeside:
    """Obligations, critical values and requests for a supervisor are not here: their runs look, and close theirs."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def findings(self, db: Connection) -> list[Finding]:
        given = {"before": datetime.now(UTC) - UNDER_WAY, "kinds": [str(kind) for kind in ASKINGS]}
        claims = await (await db.execute(OF_CLAIMS, given)).fetchall()
        calls = await (await db.execute(OF_CALLS, given)).fetchall()
        return [task_finding(one) for one in (*left_by_claims(claims), *map(Asked.model_validate, calls))]

    async def close(self, finding: Finding) -> None:
        """Nothing happens where it was closed meanwhile."""
        async with writing(self.pool) as db:
            await close_task(db, TaskClosing(id=finding.subject_id, status="CANCELLED", outcome=NOT_NEEDED))


def left_by_claims(rows: list[dict[str, Any]]) -> Iterator[Asked]:
    """A claim asks for what its version needs: of another, or of a claim that has ended, a task is left."""
    for row in rows:
        asked = uuid5(row["claim_id"], f"{row['kind']}-{row['version']}")
        if row["status"] in ENDED or row["id"] != asked:
            yield Asked.model_validate({name: row[name] for name in Asked.model_fields})
