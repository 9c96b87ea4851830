"""What a service in the sandbox really did: the proof that nothing was lost and nothing happened twice."""

from collections import Counter, deque
from datetime import UTC, datetime
from typing import Any

from models.base import Moment, Value

KEPT = 20_000


class Entry(Value):
    """One effect.

    `key` is what the caller named it with (a reference, a claim's id); `number` is what the service called it. Two
    entries of one kind with the same `intent` are a duplicate; the intent is the key, where a key is for one effect.
    """

    at: Moment
    kind: str
    key: str
    number: str = ""
    intent: str
    details: dict[str, Any] = {}


class Ledger:
    """The effects of one service, oldest first; the oldest are forgotten beyond `kept`."""

    def __init__(self, kept: int = KEPT) -> None:
        self.entries: deque[Entry] = deque(maxlen=kept)

    def take(self, kind: str, key: str, number: str = "", intent: str = "", **details: Any) -> Entry:
        """Write down that an effect happened now."""
        entry = Entry(at=datetime.now(UTC), kind=kind, key=key, number=number, intent=intent or key, details=details)
        self.entries.append(entry)
        return entry

    def duplicates(self) -> int:
        """How many effects there are beyond the first of their kind and intent."""
        counted = Counter((entry.kind, entry.intent) for entry in self.entries)
        return sum(counted.values()) - len(counted)

    def clear(self) -> None:
        self.entries.clear()
