"""Something that a patient is owed, a result or a medicine: a task with a deadline until they have it."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.critical import CriticalResults
    from activities.tasks import Tasks
    from models.critical_loop import HOURLY, OwedResult
    from models.deadlines import Deadline, Rung
    from models.tasks import TaskClosing, TaskEscalation
    from models.words import clock as by_the_clock
    from workflows.clock import watch
    from workflows.surely import IN_SIGHT, surely

CHANGED = "changed"


def workflow_id(obligation_id: UUID) -> str:
    """The one maker of an obligation's workflow id."""
    return f"obligation-{obligation_id}"


class ObligationOpening(BaseModel):
    obligation_id: UUID


@workflow.defn(name="Obligation")
class ObligationWorkflow:
    """Begins when something is owed; ends when the patient was told, or has it."""

    @workflow.init
    def __init__(self, opening: ObligationOpening) -> None:
        self.obligation_id = opening.obligation_id
        self.changes = 0
        self.climbed = 0

    @workflow.run
    async def run(self, opening: ObligationOpening) -> str:
        while True:
            heard = self.changes
            owed = await surely("Look up what is owed", CriticalResults.owed, self.obligation_id, self.delayed)
            if owed is None:
                return "NOTHING"
            if not owed.is_open:
                await self.close(owed)
                return "DONE"
            await self.ask(owed, heard)

    @workflow.signal(name=CHANGED, description="Told, or handed out: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def ask(self, owed: OwedResult, heard: int) -> None:
        """The task, until something changed; who is late hears of it, each time once."""

        async def climb(rung: Rung, step: int) -> None:
            late = TaskEscalation(id=owed.task.id, step=step, to=rung.to)
            await workflow.execute_activity_method(Tasks.escalate, late, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)
            self.climbed = step

        what = "A patient is owed a medicine," if owed.prescription_id else "A patient who has left is to be told,"
        workflow.set_current_details(f"{what} by **{by_the_clock(owed.due_at)}**.")
        task = owed.task
        await workflow.execute_activity_method(Tasks.open, task, summary=f"Task: {task.kind}", **IN_SIGHT)
        deadline = Deadline(due=owed.due_at, ladder=HOURLY, climbed=self.climbed)
        await watch(deadline, lambda: self.changes != heard, climb, f"{task.kind} is due")

    async def close(self, owed: OwedResult) -> None:
        closing = TaskClosing(id=owed.task.id)
        await workflow.execute_activity_method(Tasks.close, closing, summary="Done", **IN_SIGHT)

    def delayed(self) -> None:
        workflow.set_current_details("**The database does not answer.**")
