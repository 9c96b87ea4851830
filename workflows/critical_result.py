"""One critical value: told up the ladder until a clinician has read it back."""

from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from activities.critical import CriticalResults
    from activities.tasks import Tasks
    from models.critical_loop import CriticalFacts, CriticalStep
    from models.deadlines import Rung
    from models.tasks import TaskClosing, TaskEscalation
    from models.words import clock as by_the_clock
    from models.words import someone
    from workflows.clock import watch
    from workflows.hearing import looked_to_the_end
    from workflows.surely import IN_SIGHT, surely

CHANGED = "changed"


def workflow_id(lab_request_id: UUID) -> str:
    """The one maker of a critical result's workflow id."""
    return f"critical-{lab_request_id}"


class CriticalOpening(BaseModel):
    lab_request_id: UUID


@workflow.defn(name="CriticalResult")
class CriticalResultWorkflow:
    """Begins with the report; ends the moment the value is acknowledged, or corrected to one that is not critical."""

    @workflow.init
    def __init__(self, opening: CriticalOpening) -> None:
        self.lab_request_id = opening.lab_request_id
        self.changes = 0
        self.asked: CriticalFacts | None = None

    @workflow.run
    async def run(self, opening: CriticalOpening) -> str:
        return await looked_to_the_end(lambda: self.changes, self.look)

    @workflow.signal(name=CHANGED, description="Acknowledged, or reported anew: look it up.")
    async def changed(self) -> None:
        self.changes += 1

    async def look(self, heard: int) -> str:
        """How it ended; empty where it is to be looked up again."""
        facts = await surely("Look up the critical value", CriticalResults.know, self.lab_request_id, self.delayed)
        if self.asked and (facts is None or facts.since != self.asked.since):
            await self.close(self.asked, "The value was corrected.")
        if facts is None:
            return "CORRECTED" if self.asked else "NOTHING"
        if facts.is_acknowledged:
            await self.close(facts, "")
            return "ACKNOWLEDGED"
        await self.ask(facts, heard)
        return ""

    async def ask(self, facts: CriticalFacts, heard: int) -> None:
        """The task, and the ladder, until something changed."""
        self.asked = facts
        workflow.set_current_details(f"A critical value waits to be read back since **{by_the_clock(facts.since)}**.")
        task = facts.task
        await workflow.execute_activity_method(Tasks.open, task, summary=f"Task: {task.kind}", **IN_SIGHT)
        await watch(facts.deadline, lambda: self.changes != heard, self.climb, "The next one is told")

    async def climb(self, rung: Rung, step: int) -> None:
        """Tell the next one; the first rung is who ordered the test, whose task it is already."""
        assert self.asked is not None
        told = CriticalStep(lab_request_id=self.lab_request_id, since=self.asked.since, step=step, to=rung.to)
        said = f"Tell {someone(rung.to)}"
        is_told = await workflow.execute_activity_method(CriticalResults.tell, told, summary=said, **IN_SIGHT)
        if step == 1 or not is_told:
            return
        late = TaskEscalation(id=self.asked.task.id, step=step - 1, to=rung.to)
        await workflow.execute_activity_method(Tasks.escalate, late, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)

    async def close(self, facts: CriticalFacts, outcome: str) -> None:
        closing = TaskClosing(id=facts.task.id, outcome=outcome)
        await workflow.execute_activity_method(Tasks.close, closing, summary="Done", **IN_SIGHT)

    def delayed(self) -> None:
        workflow.set_current_details("**The database does not answer.**")
