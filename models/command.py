"""One action by one person, once; and the decision about it."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.actions import AnyAction, Case, Change
from models.actions.base import Start, require_role
from models.actions.handing_over import settled as settled_over
from models.base import Value
from models.catalogue import Known
from models.debts import brought_back, paid_off
from models.envelope import Envelope, Reply, keyed
from models.events import differences
from models.next_steps import clocks_of
from models.problems import Conflict, NotFound, Problem
from models.reckoning import reckoned
from models.staff import THE_CLINIC
from models.visit import Visit

NAIROBI = ZoneInfo("Africa/Nairobi")


class Command(Envelope):
    """What travels from the API to a visit's workflow. `patient_id`: the patient that the sender meant, where named."""

    visit_id: UUID
    patient_id: UUID | None = None
    action: AnyAction


class Outcome(Value):
    """What became of a command: the visit as it now stands, and the answer or the reason for a no.

    `visit` is None where there is no such visit. `repeated` says that the answer was given before.
    """

    visit: Visit | None
    answer: dict[str, Any] | None = None
    problem: Problem | None = None
    repeated: bool = False
    starts: tuple[Start, ...] = ()


def refuse(visit: Visit | None, command: Command) -> None:
    """Raise Refused when role, patient or stage already say no. Pure, needs nothing looked up."""
    action, actor = command.action, command.actor
    if not (action.by_the_clinic and actor.id == THE_CLINIC):
        require_role(action.roles, actor, action.said)
    if visit is None:
        if not action.starts_visit:
            raise NotFound("There is no such visit. Register the patient first.")
        return
    if visit.facility_id != actor.facility_id:
        raise NotFound("There is no such visit in your facility.")
    if command.patient_id and command.patient_id != visit.patient_id:
        raise Conflict("The visit belongs to another patient. Check visit_id and the patient.")
    action.check(visit, actor)


def case_of(visit: Visit | None, command: Command, known: Known) -> Case:
    return Case(
        id=command.id,
        visit_id=command.visit_id,
        actor=command.actor,
        at=command.at,
        today=command.at.astimezone(NAIROBI).date(),
        before=visit,
        known=known,
    )


def accept(visit: Visit | None, command: Command, known: Known) -> Change:
    """Decide: the change that the command makes, with the visit settled and every event told, or Refused."""
    refuse(visit, command)
    case = case_of(visit, command, known)
    decided = reckoned(visit, command.action.apply(case), command.at)
    change = settled_over(case, command.action, paid_off(case, brought_back(case, decided)))
    settled = change.visit.settled(command.at)
    if visit and not command.action.is_progress:
        settled = settled.having(updated_at=visit.updated_at)
    after = settled.having(clocks=clocks_of(settled, known.policy))
    told = (*change.events, *differences(visit, after, command.actor.id))
    return change.model_copy(update={"visit": after, "events": told})


__all__ = ["NAIROBI", "Command", "Outcome", "Reply", "accept", "case_of", "keyed", "refuse"]
