"""The call to a patient who left before being looked at to the end: a task for each attempt, until they are reached."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.call_backs import CallBacks
    from activities.tasks import Tasks
    from models.call_backs import OwedCall
    from models.deadlines import Deadline, Rung
    from models.tasks import TaskClosing, TaskEscalation
    from models.words import clock as by_the_clock
    from workflows.clock import watch
    from workflows.hearing import looked_to_the_end
    from workflows.surely import IN_SIGHT, surely

CHANGED = "changed"


def workflow_id(call_back_id: UUID) -> str:
    """The one maker of a call-back's workflow id."""
    return f"call-back-{call_back_id}"


class CallBackOpening(BaseModel):
    call_back_id: UUID


@workflow.defn(name="CallBack")
class CallBackWorkflow:
    """Begins when an urgent patient leaves; ends when they were reached, came back, or every attempt was made."""

    @workflow.init
    def __init__(self, opening: CallBackOpening) -> None:
        self.call_back_id = opening.call_back_id
        self.changes = 0
        self.climbed: dict[UUID, int] = {}
        self.closed: set[UUID] = set()
        self.asked: OwedCall | None = None

    @workflow.run
    async def run(self, opening: CallBackOpening) -> str:
        return await looked_to_the_end(lambda: self.changes, self.step)

    @workflow.signal(name=CHANGED, description="An attempt was made, or the patient is here again: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def step(self, heard: int) -> str:
        """How it ended; empty where it is to be looked up again."""
        owed = await self.look()
        if owed is None:
            return await self.leave_off()
        await self.close(owed.behind)
        if not owed.is_wanted:
            return "NOT_NEEDED" if owed.call_back.is_open else str(owed.call_back.attempts[-1].outcome)
        await self.ask(owed, heard)
        return ""

    async def look(self) -> OwedCall | None:
        return await surely("Is a call owed?", CallBacks.owed, self.call_back_id, self.delayed)

    async def ask(self, owed: OwedCall, heard: int) -> None:
        """The task of the next attempt, until something changed."""

        async def climb(rung: Rung, step: int) -> None:
            now = await self.look()
            if now != owed:  # nobody is told of what is done already
                self.changes += 1
                return
            late = TaskEscalation(id=task.id, step=step, to=rung.to)
            await workflow.execute_activity_method(Tasks.escalate, late, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)
            self.climbed[task.id] = step

        self.asked, task, call = owed, owed.task, owed.call_back
        workflow.set_current_details(f"A patient who left is to be called by **{by_the_clock(call.due_at)}**.")
        await workflow.execute_activity_method(Tasks.reopen, task, summary=f"Task: {task.kind}", **IN_SIGHT)
        self.closed.discard(task.id)
        deadline = Deadline(due=call.due_at, ladder=call.ladder, climbed=self.climbed.get(task.id, 0))
        await watch(deadline, lambda: self.changes != heard, climb, f"{task.kind} is due")

    async def leave_off(self) -> str:
        """The visit goes on: whoever was asked to call need not."""
        if self.asked:
            await self.close((self.asked.task.id,), "The patient came back.")
        return "RETURNED" if self.asked else "NOTHING"

    async def close(self, tasks: tuple[UUID, ...], outcome: str = "") -> None:
        for id in tasks:
            if id not in self.closed:
                closing = TaskClosing(id=id, outcome=outcome)
                await workflow.execute_activity_method(Tasks.close, closing, summary="Done", **IN_SIGHT)
                self.closed.add(id)

    def delayed(self) -> None:
        workflow.set_current_details("**The database does not answer.**")
