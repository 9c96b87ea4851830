"""Looks up what waits for a supervisor."""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from temporalio import activity

from integrations.database import Pool
from models.approvals import Approval, task_id
from models.deadlines import Rung

LADDER: TypeAdapter[tuple[Rung, ...]] = TypeAdapter(tuple[Rung, ...])
FOUND = """
    select a.*, v.op_number, coalesce(t.escalations, 0) as climbed from (
        select id, 'WAIVER' as kind, facility_id, visit_id, amount, status, due_at, expires_at, ladder
            from waivers where id = %(id)s
        union all
        select id, 'REFUND', facility_id, visit_id, amount, status, due_at, null, ladder
            from refunds where id = %(id)s
        union all
        select id, 'BREAK_GLASS', facility_id, visit_id, null, status, due_at, null, ladder
            from break_glasses where id = %(id)s
    ) a join visits v on v.id = a.visit_id left join tasks t on t.id = %(task)s
"""


class Approvals:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="look_up_approval")
    async def know(self, id: UUID) -> Approval | None:
        """None: there is no such request."""
        async with self.pool.connection() as db:
            row = await (await db.execute(FOUND, {"id": id, "task": task_id(id)})).fetchone()
        return approval_of(row) if row else None


def approval_of(row: dict[str, Any]) -> Approval:
    return Approval(**{**row, "ladder": LADDER.validate_python(row["ladder"])})
