"""What every command carries, whatever it is about: who, when, from where, and the API's signature."""

import hashlib
import hmac
from datetime import datetime
from typing import Any, Self
from uuid import UUID

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
        return hmac.compare_digest(self.mac.encode(), self.mac_with(secret).encode())

    def digested(self, secret: bytes) -> str:
        said = self.model_dump_json(exclude=CIRCUMSTANCES)
        return keyed(secret, "digest", type(self).__name__, str(self.actor.id), said)[:32]

    def mac_with(self, secret: bytes) -> str:
        return keyed(secret, "mac", self.model_dump_json(exclude={"mac"}))


class Reply(Value):
    """What the sender hears: the body of the answer, or the problem."""

    answer: dict[str, Any] | None = None
    problem: Problem | None = None


def keyed(secret: bytes, *parts: str) -> str:
    """HMAC-SHA-256 over the parts, hexadecimal."""
    return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()
