"""A visit that is open when the day ends gets an owner for the night; with whatever happens next it is settled."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row, require_open
from models.actions.closing import opening
from models.catalogue import Resource
from models.handovers import Handover
from models.next_steps import next_steps
from models.problems import AlreadyDone
from models.staff import Person, Role
from models.tasks import NewTask, TaskKind, task_event
from models.visit import Visit
from models.words import next_step, why_open

SETTLED = "Something happened on the visit."
ANEW = "The next night came."


class HandOver(Action):
    """The day has ended and the visit has not: whose it is from now on, and what comes next. Nothing is closed.

    `due_at`: when the doors open again.
    """

    roles = frozenset()
    by_the_clinic = True
    resource = Resource.HANDOVER
    said = "Visit handed over for the night"
    is_progress = False

    kind: Literal["hand_over"] = "hand_over"
    day: dt.date
    owner_id: UUID | None = None
    owner_role: Role
    due_at: dt.datetime

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if visit.handover and visit.handover.day >= self.day:
            raise AlreadyDone(f"The visit was handed over on {visit.handover.day}.")

    def apply(self, case: Case) -> Change:
        visit = case.visit
        task = self.task(case)
        handover = Handover(
            id=case.id,
            day=self.day,
            task_id=task.id,
            owner_id=self.owner_id,
            owner_role=self.owner_role,
            due_at=self.due_at,
        )
        opened = opening(task)
        change = Change(
            visit=visit.having(handover=handover),
            rows=(self.row(case, task), opened),
            events=(task_event("opened", opened.whole),),
        )
        return settling(case, change, ANEW) if visit.handover else change

    def row(self, case: Case, task: NewTask) -> Row:
        visit = case.visit
        values = {
            "facility_id": visit.facility_id,
            "visit_id": visit.id,
            "op_number": visit.op_number,
            "day": self.day,
            "owner_id": self.owner_id,
            "owner_role": str(self.owner_role),
            "steps": [str(one.step) for one in next_steps(visit)],
            "words": next_step(visit),
            "why_open": why_open(visit),
            "task_id": task.id,
            "made_at": case.at,
            "due_at": self.due_at,
        }
        return Row(resource=Resource.HANDOVER, id=case.id, values=values)

    def task(self, case: Case) -> NewTask:
        visit = case.visit
        return NewTask(
            about=case.id,
            name="hand over",
            facility_id=visit.facility_id,
            kind=TaskKind.HAND_OVER_VISIT,
            role=self.owner_role,
            words=f"{visit.op_number} was open when the day ended. {why_open(visit)} Next: {next_step(visit)}",
            due_at=self.due_at,
            visit_id=visit.id,
            owner_id=self.owner_id,
        )

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {**change.rows[0].whole, "visit": shown}


def settled(case: Case, action: Action, change: Change) -> Change:
    """What happens on a visit settles that it was handed over: its owner need not think of it any more."""
    if case.before is None or case.before.handover is None or not action.is_progress:
        return change
    settling_change = change.model_copy(update={"visit": change.visit.having(handover=None)})
    return settling(case, settling_change, SETTLED)


def settling(case: Case, change: Change, outcome: str) -> Change:
    """The former handover's row and task are done with."""
    former = case.visit.handover
    assert former is not None
    who = {"settled_by": case.actor.id, "settled_at": case.at}
    done = {"status": "DONE", "outcome": outcome, "closed_at": case.at, "closed_by": case.actor.id}
    rows = (
        Row(resource=Resource.HANDOVER, id=former.id, values=who, former={}),
        Row(resource=Resource.TASK, id=former.task_id, values=done, former={}),
    )
    told = {
        "id": former.task_id,
        "kind": TaskKind.HAND_OVER_VISIT,
        "role": former.owner_role,
        "owner_id": former.owner_id,
        "visit_id": case.visit_id,
        "claim_id": None,
        "due_at": former.due_at,
        "status": "DONE",
    }
    events = (*change.events, task_event("closed", told))
    return change.model_copy(update={"rows": (*change.rows, *rows), "events": events})
