"""The one durable clock: due, then a ladder, each rung once, and all of it over the moment there is progress.

Deadlines, reminders and everything that escalates go through here. The time is the Temporal server's, so a clock runs
on while workers are away, and what fell due meanwhile happens when they return.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.tasks import Tasks
    from models.deadlines import Deadline, Ladder, Rung
    from models.tasks import NewTask, TaskClosing, TaskEscalation
    from workflows.surely import IN_SIGHT

NOW = timedelta(0)


async def until(moment: datetime, has_changed: Callable[[], bool], summary: str) -> bool:
    """Wait for a moment. True where something changed before; a moment that is past is there at once."""
    try:
        await workflow.wait_condition(has_changed, timeout=max(moment - workflow.now(), NOW), timeout_summary=summary)
    except TimeoutError:
        return False
    return True


async def watch(
    deadline: Deadline, is_done: Callable[[], bool], climb: Callable[[Rung, int], Awaitable[None]], summary: str
) -> None:
    """Until it is done, however long that takes; where it is late, `climb` is called once for each rung."""
    while step := deadline.next_rung():
        rung, moment = step
        if await until(moment, is_done, summary):
            return
        deadline = deadline.climbing()
        await climb(rung, deadline.climbed)
    await workflow.wait_condition(is_done)


async def ask(task: NewTask, ladder: Ladder, is_done: Callable[[], bool]) -> None:
    """Ask a person for something and wait until it is done. Late, it is told up the ladder; done, the task is closed.

    Rungs count in the task's row: a run that begins anew tells nobody twice.
    """

    async def climb(rung: Rung, step: int) -> None:
        told = TaskEscalation(id=task.id, step=step, to=rung.to)
        await workflow.execute_activity_method(Tasks.escalate, told, summary=f"Overdue: tell {rung.to}", **IN_SIGHT)

    await workflow.execute_activity_method(Tasks.open, task, summary=f"Task: {task.kind}", **IN_SIGHT)
    if task.due_at:
        await watch(Deadline(due=task.due_at, ladder=ladder), is_done, climb, f"{task.kind} is due")
    else:
        await workflow.wait_condition(is_done)
    await workflow.execute_activity_method(
        Tasks.close, TaskClosing(id=task.id), summary=f"Done: {task.kind}", **IN_SIGHT
    )
