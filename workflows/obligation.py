"""What the clinic owes a patient: a late result, a medicine, to hear of a referral, the next visit. A task with a
deadline until it is done."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.critical import CriticalResults
    from activities.tasks import Tasks
    from models.critical_loop import OwedResult
    from models.deadlines import Deadline, Rung
    from models.messages import NAIROBI, Template
    from models.notices import Notice, by_day
    from models.tasks import TaskClosing, TaskEscalation
    from models.words import clock as by_the_clock
    from workflows.beginning import Beside
    from workflows.clock import until, watch
    from workflows.hearing import looked_to_the_end
    from workflows.recall import RecallWatch
    from workflows.sending import send
    from workflows.surely import IN_SIGHT, surely

CHANGED = "changed"
TOLD_WITHIN = timedelta(hours=12)
"""Where no SMS gets through for so long, a person tells the patient."""


def workflow_id(obligation_id: UUID) -> str:
    """The one maker of an obligation's workflow id."""
    return f"obligation-{obligation_id}"


class ObligationOpening(BaseModel):
    obligation_id: UUID


@workflow.defn(name="Obligation")
class ObligationWorkflow:
    """Begins when something is owed; ends when it was done, or need not be done any more."""

    @workflow.init
    def __init__(self, opening: ObligationOpening) -> None:
        self.obligation_id = opening.obligation_id
        self.changes = 0
        self.climbed = 0
        self.recall = RecallWatch(opening.obligation_id)
        self.told_of_arrival = False

    @workflow.run
    async def run(self, opening: ObligationOpening) -> str:
        return await looked_to_the_end(lambda: self.changes, self.look)

    @workflow.signal(name=CHANGED, description="Done, or not owed any more: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def look(self, heard: int) -> str:
        """How it ended; empty where it is to be looked up again."""
        owed = await surely("Look up what is owed", CriticalResults.owed, self.obligation_id, self.delayed)
        if owed is None:
            return "NOTHING"
        if owed.is_open:
            await (self.recall.watch(self.since(heard)) if owed.service else self.ask(owed, heard))
            return ""
        if owed.service:
            return "DONE"
        await self.close(owed)
        return "CANCELLED" if owed.is_cancelled else "DONE"

    async def ask(self, owed: OwedResult, heard: int) -> None:
        """The task, until something changed; who is late hears of it, each time once."""

        async def climb(rung: Rung, step: int) -> None:
            late = TaskEscalation(id=owed.task.id, step=step, to=rung.to)
            await workflow.execute_activity_method(Tasks.escalate, late, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)
            self.climbed = step

        what = owed.wanted
        workflow.set_current_details(f"{what} by **{by_the_clock(owed.due_at)}**.")
        task = owed.task
        await workflow.execute_activity_method(Tasks.open, task, summary=f"Task: {task.kind}", **IN_SIGHT)
        if owed.arrived_at and await self.tell_of_arrival(owed.arrived_at, self.since(heard)):
            return
        deadline = Deadline(due=owed.due_at, ladder=owed.ladder, climbed=self.climbed)
        await watch(deadline, lambda: self.changes != heard, climb, f"{task.kind} is due")

    def since(self, heard: int) -> Callable[[], bool]:
        return lambda: self.changes != heard

    async def tell_of_arrival(self, arrived_at: datetime, has_changed: Callable[[], bool]) -> bool:
        """An SMS, once, when a phone may ring. True where something changed before."""
        if self.told_of_arrival:
            return False
        tell_at = by_day(arrived_at, NAIROBI)
        if await until(tell_at, has_changed, "Until a phone may ring"):
            return True
        notice = Notice(template=Template.OWED_ARRIVED, about=self.obligation_id)
        await send(notice, tell_at + TOLD_WITHIN, "Tell that the medicine has come")
        self.told_of_arrival = True
        return False

    async def close(self, owed: OwedResult) -> None:
        closing = TaskClosing(id=owed.task.id, status="CANCELLED" if owed.is_cancelled else "DONE")
        await workflow.execute_activity_method(Tasks.close, closing, summary="Done", **IN_SIGHT)

    def delayed(self) -> None:
        workflow.set_current_details("**The database does not answer.**")


def obligation_of(obligation_id: UUID) -> Beside:
    opening = ObligationOpening(obligation_id=obligation_id)
    return Beside(ObligationWorkflow.run, opening, workflow_id(obligation_id), "Owed to a patient", hears=CHANGED)
