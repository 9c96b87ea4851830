"""A patient who is expected again: an SMS before the day, and after the deadline somebody who looks for them."""

from collections.abc import Callable
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.recalls import RecallLook, Recalls
    from activities.tasks import Tasks
    from models.deadlines import Deadline
    from models.messages import Template
    from models.notices import Notice, Standing
    from models.recall_loop import LADDER, LOOKED_AT_AGAIN, RecallDue
    from models.tasks import TaskEscalation
    from models.words import clock as by_the_clock
    from workflows.clock import until
    from workflows.sending import send
    from workflows.surely import IN_SIGHT, surely

HasChanged = Callable[[], bool]


class RecallWatch:
    """One obligation to see a patient again, over months; `told` are the days of which the patient was told."""

    def __init__(self, obligation_id: UUID) -> None:
        self.obligation_id = obligation_id
        self.told: set[str] = set()

    async def watch(self, has_changed: HasChanged) -> None:
        """Until something changed, or it is time to look at the rows again."""
        look = RecallLook(obligation_id=self.obligation_id, at=workflow.now())
        due = await surely("Look up who is expected", Recalls.due, look, self.delayed)
        if due is None or await self.remind(due, has_changed):
            return
        if workflow.now() < due.due_at:
            self.show(f"A patient is expected again; nobody looks for them before **{by_the_clock(due.due_at)}**.")
            await until(due.due_at, has_changed, "Until the patient should have come")
            return
        await self.trace(due, has_changed)

    async def remind(self, due: RecallDue, has_changed: HasChanged) -> bool:
        """True where something changed meanwhile."""
        notice = Notice(template=Template.NEXT_VISIT_DUE, about=self.obligation_id, moment=due.moment)
        if due.is_booked or notice.key in self.told or workflow.now() >= due.closes:
            return False
        self.show(f"The patient is reminded at **{by_the_clock(due.opens)}**.")
        if await until(due.opens, has_changed, "Until the day before the visit is due"):
            return True
        if await send(notice, due.closes, "Remind of the next visit") is not Standing.NOT_WANTED:
            self.told.add(notice.key)
        return False

    async def trace(self, due: RecallDue, has_changed: HasChanged) -> None:
        """The task, its ladder, and then a look every month for as long as the patient stays away."""
        task = due.task
        self.show(f"**The patient did not come**; to be found by {by_the_clock(task.due_at or due.due_at)}.")
        await workflow.execute_activity_method(Tasks.open, task, summary=f"Task: {task.kind}", **IN_SIGHT)
        deadline = Deadline(due=task.due_at or due.due_at, ladder=LADDER)
        while step := deadline.next_rung():
            rung, moment = step
            if await until(moment, has_changed, f"{task.kind} is due"):
                return
            deadline = deadline.climbing()
            late = TaskEscalation(id=task.id, step=deadline.climbed, to=rung.to)
            await workflow.execute_activity_method(Tasks.escalate, late, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)
        await until(workflow.now() + LOOKED_AT_AGAIN, has_changed, "Until the rows are looked at again")

    def show(self, words: str) -> None:
        workflow.set_current_details(words)

    def delayed(self) -> None:
        self.show("**The database does not answer.**")
