"""Who read what of a visit: written down after the answer, so that nobody waits for it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from psycopg import Error
from psycopg_pool import PoolTimeout, TooManyRequests

from integrations.database import Pool, inserting
from models.staff import Person
from models.tables import ReadRow

log = logging.getLogger(__name__)
ONCE = " on conflict (id) do nothing"


@dataclass(frozen=True)
class Read:
    """These records were shown, as they stood at that version of the visit. `what`: the name of their table."""

    visit_id: UUID
    version: int
    what: str
    record_ids: tuple[UUID, ...]


def reads_of(what: str, rows: Iterable[Mapping[str, Any]]) -> list[Read]:
    """One for each visit among the rows of a table; `visit_version` is how far the visit was when they were read."""
    shown: dict[tuple[UUID, int], list[UUID]] = {}
    for row in rows:
        if row["visit_id"] and row["visit_version"]:
            shown.setdefault((row["visit_id"], row["visit_version"]), []).append(row["id"])
    return [Read(visit_id, version, what, tuple(sorted(ids))) for (visit_id, version), ids in shown.items()]


class Reads:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def note(self, reader: Person, reads: Sequence[Read]) -> None:
        """The first time that somebody is shown the same. What cannot be written is lost: it was read all the same."""
        try:
            async with self.pool.connection() as db, db.transaction():
                for read in reads:
                    text, values = inserting(ReadRow, row_of(reader, read))
                    await db.execute(text + ONCE, values)
        except (Error, PoolTimeout, TooManyRequests, OSError) as away:
            log.warning("who read %d lists of records was not written down: %s", len(reads), type(away).__name__)


def row_of(reader: Person, read: Read) -> dict[str, Any]:
    said = f"{reader.id} {read.what} {read.version} {','.join(map(str, read.record_ids))}"
    return {
        "id": uuid5(read.visit_id, said),
        "facility_id": reader.facility_id,
        "visit_id": read.visit_id,
        "version": read.version,
        "person_id": reader.id,
        "what": read.what,
        "record_ids": list(read.record_ids),
    }
