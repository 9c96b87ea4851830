"""A supervisor is asked to decide: a task with a deadline, a ladder above it, and of a waiver an end to the wait."""

from datetime import datetime
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.approvals import Approvals
    from activities.messenger import Messenger, News
    from activities.tasks import Tasks
    from models.actions import ExpireWaiver
    from models.approvals import Approval
    from models.deadlines import Deadline, Rung
    from models.tasks import TaskClosing, TaskEscalation
    from models.words import clock as by_the_clock
    from models.words import spoken
    from workflows.clock import until
    from workflows.hearing import looked_to_the_end
    from workflows.surely import IN_SIGHT, surely

CHANGED = "changed"


def workflow_id(approval_id: UUID) -> str:
    """The one maker of an approval's workflow id."""
    return f"approval-{approval_id}"


class ApprovalOpening(BaseModel):
    approval_id: UUID


@workflow.defn(name="Approval")
class ApprovalWorkflow:
    """Begins with the request; ends the moment it is decided, lapsed or not needed any more."""

    @workflow.init
    def __init__(self, opening: ApprovalOpening) -> None:
        self.approval_id = opening.approval_id
        self.changes = 0

    @workflow.run
    async def run(self, opening: ApprovalOpening) -> str:
        return await looked_to_the_end(lambda: self.changes, self.look)

    @workflow.signal(name=CHANGED, description="Decided, or not needed any more: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def look(self, heard: int) -> str:
        """What became of the request; empty where it is to be looked up again."""
        asked = await surely("Look up the request", Approvals.know, self.approval_id, self.delayed)
        if asked is None:
            return "NOTHING"
        if not asked.is_open:
            await self.close(asked)
            return asked.status
        await self.ask(asked, heard)
        return ""

    async def ask(self, asked: Approval, heard: int) -> None:
        """The task, until something changed. Late, it is told up the ladder; in the end a waiver lapses."""
        said = spoken(asked.kind).capitalize()
        workflow.set_current_details(f"{said} of {asked.op_number} waits for a supervisor.")
        task = asked.task
        await workflow.execute_activity_method(Tasks.open, task, summary=f"Task: {task.kind}", **IN_SIGHT)
        deadline = asked.deadline
        while self.changes == heard:
            step, moment = next_moment(deadline, asked.expires_at)
            if moment is None:
                await workflow.wait_condition(lambda: self.changes != heard)
            elif await until(moment, lambda: self.changes != heard, f"{said}: until {by_the_clock(moment)}"):
                return
            elif step is None:
                await self.expire(asked)
                await workflow.wait_condition(lambda: self.changes != heard)
            else:
                deadline = deadline.climbing()
                await self.climb(asked, step, deadline.climbed)

    async def climb(self, asked: Approval, rung: Rung, step: int) -> None:
        told = TaskEscalation(id=asked.task.id, step=step, to=rung.to)
        await workflow.execute_activity_method(Tasks.escalate, told, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)

    async def expire(self, asked: Approval) -> None:
        """The visit decides: somebody may have been quicker."""
        news = News(
            visit_id=asked.visit_id,
            facility_id=asked.facility_id,
            about=asked.id,
            action=ExpireWaiver(waiver_id=asked.id),
        )
        await workflow.execute_activity_method(Messenger.tell_visit, news, summary="Nobody decided", **IN_SIGHT)

    async def close(self, asked: Approval) -> None:
        closing = TaskClosing(
            id=asked.task.id,
            status="CANCELLED" if asked.status in ("CANCELLED", "EXPIRED") else "DONE",
            outcome=asked.status,
        )
        await workflow.execute_activity_method(Tasks.close, closing, summary=f"Closed: {asked.status}", **IN_SIGHT)

    def delayed(self) -> None:
        workflow.set_current_details("**The database does not answer.**")


def next_moment(deadline: Deadline, expires_at: datetime | None) -> tuple[Rung | None, datetime | None]:
    """What comes next and when: a rung of the ladder, or, without one, the end of the waiting (None: no end)."""
    rung = deadline.next_rung()
    if rung is None or (expires_at and expires_at <= rung[1]):
        return None, expires_at
    return rung
