"""What the cashier is asked to settle or to give back after all, whatever it was that changed the bill."""

from models.actions import closing
from models.actions.base import Case, Change, Row
from models.catalogue import Resource
from models.tasks import task_event

NOTHING_OWED = "Nothing is owed any more."


def brought_back(case: Case, change: Change) -> Change:
    """The change, with a task for money that nobody owes any more because of it. Who is still here is asked at the
    cashier's; to who has left it must be brought."""
    before, visit = case.before, change.visit
    if before is None or not (before.is_over and visit.is_over) or visit.held <= before.held:
        return change
    tasks = closing.refund(case, visit)
    events = (*change.events, *closing.task_events(tasks))
    return change.model_copy(update={"rows": (*change.rows, *tasks), "events": events})


def paid_off(case: Case, change: Change) -> Change:
    """The change, with the open tasks to settle the bill done where it leaves nothing to be paid."""
    if change.visit.balance > 0 or not case.known.debts:
        return change
    done = {"status": "DONE", "outcome": NOTHING_OWED, "closed_at": case.at, "closed_by": case.actor.id}
    rows = tuple(Row(resource=Resource.TASK, id=task["id"], values=done, former=task) for task in case.known.debts)
    told = (task_event("closed", row.whole) for row in rows)
    return change.model_copy(update={"rows": (*change.rows, *rows), "events": (*change.events, *told)})
