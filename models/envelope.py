"""What every command carries, whatever it is about: who, when, from where, and the API's signature."""

import hashlib
import hmac
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import PlainSerializer

from models.base import Value
from models.problems import Problem
from models.staff import Person

CIRCUMSTANCES = {"id", "actor", "address", "at", "digest", "mac"}
"""What may differ between two sendings of the same command."""


class Envelope(Value):
    """A command's circumstances; what shall be done stands in the fields of the classes below it.

    `id` is the idempotency key. `digest` tells the same key with another body, person or subject apart. `mac` is the
    API's signature over all the rest, so that nobody forges a sender from the Temporal UI.
    """

    id: UUID
    actor: Person
    address: str | None = None
    at: datetime
    digest: str = ""
    mac: str = ""

    def signed(self, secret: bytes) -> Self:
        digested = self.model_copy(update={"digest": self.digested(secret)})
        return digested.model_copy(update={"mac": digested.mac_with(secret)})

    def is_signed(self, secret: bytes) -> bool:
        """Over every field, or over exactly those that were sent.

        A message that was signed before a field was added to the form could not sign it, and does not name it.
        """
        readings = (self.mac_with(secret, exclude_unset=left_out) for left_out in (False, True))
        return any(hmac.compare_digest(self.mac.encode(), mac.encode()) for mac in readings)

    def digested(self, secret: bytes) -> str:
        said = self.model_dump_json(exclude=CIRCUMSTANCES)
        return keyed(secret, "digest", type(self).__name__, str(self.actor.id), said)[:32]

    def mac_with(self, secret: bytes, *, exclude_unset: bool = False) -> str:
        return keyed(secret, "mac", self.model_dump_json(exclude={"mac"}, exclude_unset=exclude_unset))


def as_sent(command: Envelope) -> dict[str, Any]:
    """The fields that came with the message and no other, so that its signature can be checked at the next place too.

    What was made in this process, and not received, may leave its `kind` to the default: that goes on in full.
    """
    action = getattr(command, "action", None)
    came_whole = action is None or "kind" in action.model_fields_set
    return command.model_dump(mode="json", exclude_unset=came_whole)


AS_SENT = PlainSerializer(as_sent, return_type=dict[str, Any])
"""For a command inside what a workflow hands to an activity."""


class Reply(Value):
    """What the sender hears: the body of the answer, or the problem."""

    answer: dict[str, Any] | None = None
    problem: Problem | None = None


def keyed(secret: bytes, *parts: str) -> str:
    """HMAC-SHA-256 over the parts, hexadecimal."""
    return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()
