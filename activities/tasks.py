"""Opens tasks, closes them, and tells whose work they are. Each is safe to do twice."""

from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from activities.door import Done, writing
from activities.journal import Deed
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool, inserting
from models.administration import Errand
from models.catalogue import Resource
from models.problems import AlreadyDone, Conflict, NotFound
from models.staff import SUPERVISING, Role
from models.tables import TaskRow
from models.tasks import (
    CancelTask,
    CompleteTask,
    NewTask,
    TakeTask,
    TaskAction,
    TaskClosing,
    TaskEscalation,
    TaskKind,
    task_event,
)

OPEN_AGAIN = """
    on conflict (id) do update set status = 'OPEN', outcome = '', closed_at = null, closed_by = null, escalations = 0,
        escalated_to = null where tasks.status <> 'OPEN' returning *
"""
CLOSE = """
    update tasks set status = %s, outcome = %s, closed_at = now() where id = %s and status = 'OPEN' returning *
"""
REOPEN = """
    update tasks set status = 'OPEN', outcome = '', closed_at = null
    where id = %s and status = 'CANCELLED' and closed_by is null returning *
"""
ESCALATE = """
    update tasks set escalations = %(step)s, escalated_to = %(to)s
    where id = %(id)s and status = 'OPEN' and escalations < %(step)s returning *
"""
FOUND = "select * from tasks where id = %s and facility_id = %s for update"
ACKNOWLEDGE = """
    update handovers set acknowledged_by = %s, acknowledged_at = now() where task_id = %s and acknowledged_at is null
"""
OWN = "update tasks set owner_id = %s where id = %s returning *"
FINISH = """
    update tasks set status = %s, outcome = %s, closed_at = now(), closed_by = %s, owner_id = coalesce(owner_id, %s)
    where id = %s returning *
"""


class Tasks:
    """The activities by which workflows ask people for something."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="open_task")
    async def open(self, task: NewTask) -> None:
        async with writing(self.pool) as db:
            await open_task(db, task)

    @activity.defn(name="reopen_task")
    async def reopen(self, task: NewTask) -> None:
        """Open it, also where it was closed: what had made it needless is not so any more."""
        async with writing(self.pool) as db:
            await open_task(db, task, OPEN_AGAIN)

    @activity.defn(name="close_task")
    async def close(self, closing: TaskClosing) -> None:
        """What is closed or was never opened stays so."""
        async with writing(self.pool) as db:
            await close_task(db, closing)

    @activity.defn(name="escalate_task")
    async def escalate(self, step: TaskEscalation) -> None:
        async with writing(self.pool) as db:
            found = await db.execute(ESCALATE, step.model_dump())
            await tell(db, "overdue", await found.fetchone(), step.to)


ONCE = "on conflict (id) do nothing returning *"


async def open_task(db: Connection, task: NewTask, otherwise: str = ONCE) -> None:
    """Inside a transaction of the caller's."""
    values = {"id": task.id, **task.model_dump(exclude={"about", "name"}), "status": "OPEN"}
    text, given = inserting(TaskRow, values)
    written = await db.execute(f"{text} {otherwise}", given)
    await tell(db, "opened", await written.fetchone())


async def close_task(db: Connection, closing: TaskClosing) -> None:
    """Inside a transaction of the caller's."""
    found = await db.execute(CLOSE, (closing.status, closing.outcome, closing.id))
    await tell(db, "closed", await found.fetchone())


async def open_again(db: Connection, task: NewTask) -> None:
    """Open it; also where the clinic itself had closed it, as not wanted."""
    await open_task(db, task)
    await tell(db, "opened", await (await db.execute(REOPEN, (task.id,))).fetchone())


async def tell(db: Connection, kind: str, row: dict[str, Any] | None, *more: Role) -> None:
    if row is None:
        return
    for text, values in (event_statement(row["facility_id"], task_event(kind, row, *more), datetime.now(UTC)), NOTIFY):
        await db.execute(text, values)


async def act(db: Connection, errand: Errand, task_id: Any, action: TaskAction) -> Done:
    """What a member of staff does with a task: take it, give it back, or say that it is done."""
    row = await (await db.execute(FOUND, (task_id, errand.actor.facility_id))).fetchone()
    if row is None or not errand.actor.is_any_of(frozenset({Role(row["role"])}) | SUPERVISING):
        raise NotFound("There is no such task for you. See GET /api/tasks.")
    if row["status"] != "OPEN":
        raise AlreadyDone(f"The task is {row['status']} already.")
    if isinstance(action, CompleteTask | CancelTask):
        after = await finish(db, errand, row, action)
        await tell(db, "closed", after)
    else:
        owner = errand.actor.id if isinstance(action, TakeTask) else None
        after = await (await db.execute(OWN, (owner, task_id))).fetchone()
        await tell(db, "taken", after)
        if owner and row["kind"] == TaskKind.HAND_OVER_VISIT:
            await db.execute(ACKNOWLEDGE, (owner, task_id))
    return Done(Deed("UPDATE", Resource.TASK, task_id, {"action": action.kind}), dict(after or row))


async def finish(
    db: Connection, errand: Errand, row: dict[str, Any], action: CompleteTask | CancelTask
) -> dict[str, Any] | None:
    if row["closes_itself"]:
        where = f"/api/claims/{row['claim_id']}" if row["claim_id"] else "the step that it asks for"
        raise Conflict(f"This task closes by itself when it is done: {row['words']} See {where}.")
    status = "DONE" if isinstance(action, CompleteTask) else "CANCELLED"
    who = errand.actor.id
    return await (await db.execute(FINISH, (status, action.outcome, who, who, row["id"]))).fetchone()
