"""The audit chain: every entry's hash covers the entry and the hash before it, so nothing between can change."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from models.base import Value
from models.catalogue import Resource

START = "0" * 64
"""The hash before the first entry of a chain."""


def visit_chain(visit_id: UUID) -> str:
    return f"visit:{visit_id}"


def administration_chain(facility_id: UUID) -> str:
    return f"administration:{facility_id}"


class Entry(Value):
    """One write: who did what to which record, from where, when (UTC)."""

    id: UUID
    facility_id: UUID
    chain: str
    seq: int
    visit_id: UUID | None = None
    user_id: UUID | None
    action: Literal["CREATE", "UPDATE"]
    resource: Resource
    resource_id: UUID | None
    details: str
    ip_address: str | None
    at: datetime
    previous_hash: str

    @property
    def hash(self) -> str:
        """SHA-256 over the entry's fields in a fixed spelling, hexadecimal."""
        said = self.model_dump(mode="json", exclude={"at"})
        said["at"] = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def seal_digest(previous_digest: str, day: str, heads: dict[str, list[int | str]]) -> str:
    """The digest of a daily seal: over the seal before and the head ([length, hash]) of every chain that grew."""
    said = json.dumps([previous_digest, day, heads], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()
