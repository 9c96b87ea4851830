"""The administration's audit chain: one per facility, locked while it grows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic_core import to_jsonable_python
from uuid_utils.compat import uuid7

from integrations.database import Connection, inserting
from models.audit import START, Entry, administration_chain
from models.catalogue import Resource
from models.tables import AuditRow

MAKE = """
    insert into audit_chains (chain, facility_id, head, length) values (%s, %s, %s, 0) on conflict (chain) do nothing
"""
LOCK = "select head, length from audit_chains where chain = %s for update"
MOVE = "update audit_chains set head = %s, length = %s where chain = %s"


@dataclass(frozen=True)
class Deed:
    """What was done, as the audit tells it. `details` holds no password and no hash of one."""

    action: Literal["CREATE", "UPDATE"]
    resource: Resource
    resource_id: UUID | None
    details: Mapping[str, Any]


@dataclass
class Journal:
    """A facility's chain, ours until the transaction ends; whoever else wants to write waits."""

    db: Connection
    facility_id: UUID
    head: str
    length: int

    @classmethod
    async def open(cls, db: Connection, facility_id: UUID) -> "Journal":
        """Lock the chain; its first use makes it, however many come first at once."""
        chain = administration_chain(facility_id)
        await db.execute(MAKE, (chain, facility_id, START))
        row = await (await db.execute(LOCK, (chain,))).fetchone()
        assert row is not None
        return cls(db, facility_id, row["head"], row["length"])

    async def append(self, deed: Deed, user_id: UUID | None, address: str | None) -> Entry:
        entry = Entry(
            id=uuid7(),
            facility_id=self.facility_id,
            chain=administration_chain(self.facility_id),
            seq=self.length + 1,
            user_id=user_id,
            action=deed.action,
            resource=deed.resource,
            resource_id=deed.resource_id,
            details=compact(deed.details),
            ip_address=address,
            at=datetime.now(UTC),
            previous_hash=self.head,
        )
        await self.db.execute(*inserting(AuditRow, {**entry.model_dump(), "hash": entry.hash}))
        self.head, self.length = entry.hash, entry.seq
        await self.db.execute(MOVE, (self.head, self.length, entry.chain))
        return entry


def compact(details: Mapping[str, Any]) -> str:
    return json.dumps(to_jsonable_python(details), separators=(",", ":"), ensure_ascii=False)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """`{"field": [old, new]}` for every field of `after` that is not as before."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
