"""One action by one person, once; and the decision about it."""

import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from models.actions import AnyAction, Case, Change
from models.actions.base import require_role
from models.base import Value
from models.catalogue import Known
from models.events import differences
from models.problems import Conflict, NotFound, Problem
from models.staff import Person
from models.visit import Visit

NAIROBI = ZoneInfo("Africa/Nairobi")


class Command(Value):
    """What travels from the API to a visit's workflow.

    `id` is the idempotency key. `patient_id` is the patient that the sender meant, where one was named. `digest`
    tells the same key with another body, person or visit apart. `mac` is the API's signature over all the rest.
    """

    id: UUID
    visit_id: UUID
    patient_id: UUID | None = None
    actor: Person
    address: str | None = None
    at: datetime
    action: AnyAction
    digest: str = ""
    mac: str = ""

    def signed(self, secret: bytes) -> "Command":
        digested = self.model_copy(update={"digest": digest_of(self, secret)})
        return digested.model_copy(update={"mac": mac_of(digested, secret)})

    def is_signed(self, secret: bytes) -> bool:
        return hmac.compare_digest(self.mac, mac_of(self, secret))


def keyed(secret: bytes, *parts: str) -> str:
    return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def digest_of(command: Command, secret: bytes) -> str:
    """Same person, visit, patient and body, same digest; the moment and the address do not count."""
    named = (str(command.actor.id), str(command.visit_id), str(command.patient_id))
    return keyed(secret, "digest", *named, command.action.model_dump_json())[:32]


def mac_of(command: Command, secret: bytes) -> str:
    return keyed(secret, "mac", command.model_dump_json(exclude={"mac"}))


class Outcome(Value):
    """What became of a command: the visit as it now stands, and the answer or the reason for a no.

    `visit` is None where there is no such visit. `repeated` says that the answer was given before.
    """

    visit: Visit | None
    answer: dict[str, Any] | None = None
    problem: Problem | None = None
    repeated: bool = False


class Reply(BaseModel):
    """What the sender hears: the body of the answer, or the problem."""

    answer: dict[str, Any] | None = None
    problem: Problem | None = None


def refuse(visit: Visit | None, command: Command) -> None:
    """Raise Refused when role, patient or stage already say no. Pure, needs nothing looked up."""
    action, actor = command.action, command.actor
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
    change = command.action.apply(case_of(visit, command, known))
    after = change.visit.settled(command.at)
    told = (*change.events, *differences(visit, after, command.actor.id))
    return change.model_copy(update={"visit": after, "events": told})
