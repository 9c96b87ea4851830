"""Looking for what is not as it was written: along every chain, link by link, and along the seals over them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from integrations.database import Connection
from models.audit import START, Entry, seal_digest
from models.base import Value

ENTRIES = "select * from audit_logs order by chain, seq"
HEADS = """
    select 'visit:' || id as chain, audit_head as head, audit_length as length from visits where id = any(%(visits)s)
    union all select chain, head, length from audit_chains where chain = any(%(chains)s)
"""
WITHOUT_ENTRIES = """
    select h.chain from (
        select 'visit:' || id as chain from visits
        union all select chain from audit_chains where length > 0
    ) h where not exists (select from audit_logs a where a.chain = h.chain) order by h.chain limit 1
"""
SEALS = "select number, day, heads, previous_digest, digest from audit_seals order by number"
SEALED_ENTRIES = """
    select a.chain, a.seq, a.id, a.hash from audit_logs a
    join unnest(%s::text[], %s::int[]) as sealed (chain, seq) using (chain, seq)
"""
ANY_ENTRY = "select 1 as found from audit_logs where chain = %s limit 1"


class Finding(Value):
    """The first thing that is not as it was written: in words, and where."""

    what: str
    chain: str | None = None
    seq: int | None = None
    audit_id: UUID | None = None
    seal: int | None = None


@dataclass(frozen=True)
class Link:
    """The last entry seen of a chain."""

    chain: str
    seq: int = 0
    hash: str = START
    id: UUID | None = None

    def finding(self, what: str, seq: int, audit_id: UUID | None = None) -> Finding:
        return Finding(what=what, chain=self.chain, seq=seq, audit_id=audit_id)


@dataclass
class Walk:
    """Goes along the entries of all chains; `ended` are the chains passed since it was last emptied."""

    last: Link | None = None
    ended: list[Link] = field(default_factory=list)

    def step(self, row: Mapping[str, Any]) -> Finding | None:
        if self.last is None or self.last.chain != row["chain"]:
            self.end()
            self.last = Link(row["chain"])
        if finding := broken(self.last, row):
            return finding
        self.last = Link(row["chain"], row["seq"], row["hash"], row["id"])
        return None

    def end(self) -> None:
        if self.last is not None:
            self.ended.append(self.last)


def broken(last: Link, row: Mapping[str, Any]) -> Finding | None:
    """What is wrong with this entry as the one after `last`."""
    if row["seq"] != last.seq + 1:
        return last.finding("an entry is missing", last.seq + 1)
    entry = entry_of(row)
    if entry is None or entry.hash != row["hash"]:
        return last.finding("an entry was changed", row["seq"], row["id"])
    if entry.previous_hash != last.hash:
        return last.finding("an entry does not follow the one before it", row["seq"], row["id"])
    return None


def entry_of(row: Mapping[str, Any]) -> Entry | None:
    """The entry as it was written; None where nobody could have written that."""
    try:
        return Entry.model_validate({name: row[name] for name in Entry.model_fields})
    except ValidationError:
        return None


async def broken_chain(db: Connection, page: int) -> Finding | None:
    walk = Walk()
    async with db.cursor(name="audit_entries") as rows:
        await rows.execute(ENTRIES)
        while batch := await rows.fetchmany(page):
            finding = next(filter(None, map(walk.step, batch)), None)
            if earlier := await wrong_end(db, walk.ended):
                return earlier
            if finding:
                return finding
            walk.ended.clear()
    walk.end()
    return await wrong_end(db, walk.ended)


async def wrong_end(db: Connection, ended: list[Link]) -> Finding | None:
    """Whether these chains end where their heads say."""
    if not ended:
        return None
    chains = [link.chain for link in ended]
    given = {"visits": list(visits_of(chains)), "chains": chains}
    heads = {row["chain"]: row for row in await (await db.execute(HEADS, given)).fetchall()}
    for link in ended:
        head = heads.get(link.chain)
        if head is None:
            return link.finding("the head of this chain, or its visit, was removed", link.seq, link.id)
        if head["length"] > link.seq:
            return link.finding("the chain was cut off", link.seq + 1)
        if (head["length"], head["head"]) != (link.seq, link.hash):
            return link.finding("the chain does not end at its head", link.seq, link.id)
    return None


def visits_of(chains: list[str]) -> Iterator[UUID]:
    for chain in chains:
        kind, _, id = chain.partition(":")
        if kind == "visit":
            try:
                yield UUID(id)
            except ValueError:
                continue


async def removed_chain(db: Connection) -> Finding | None:
    row = await (await db.execute(WITHOUT_ENTRIES)).fetchone()
    return Finding(what="a chain was removed: no entry is left", chain=row["chain"], seq=1) if row else None


async def broken_seal(db: Connection, page: int) -> Finding | None:
    number, digest = 0, START
    async with db.cursor(name="audit_seals") as seals:
        await seals.execute(SEALS)
        while batch := await seals.fetchmany(1):
            seal = batch[0]
            number += 1
            if seal["number"] != number:
                return Finding(what="a seal is missing", seal=number)
            made = seal_digest(digest, seal["day"].isoformat(), seal["heads"])
            if seal["previous_digest"] != digest or seal["digest"] != made:
                return Finding(what="a seal was changed", seal=number)
            if finding := await unlike_sealed(db, number, seal["heads"], page):
                return finding
            digest = seal["digest"]
    return None


async def unlike_sealed(db: Connection, number: int, heads: dict[str, list[Any]], page: int) -> Finding | None:
    """The first chain that is no longer what the seal saw."""
    sealed = sorted(heads.items())
    for start in range(0, len(sealed), page):
        some = sealed[start : start + page]
        given = ([chain for chain, _ in some], [head[0] for _, head in some])
        found = {row["chain"]: row for row in await (await db.execute(SEALED_ENTRIES, given)).fetchall()}
        for chain, (length, hash) in some:
            row = found.get(chain)
            if row is None:
                return Finding(what=await fate(db, chain), chain=chain, seq=length, seal=number)
            if row["hash"] != hash:
                what = "the chain was rewritten after it was sealed"
                return Finding(what=what, chain=chain, seq=length, audit_id=row["id"], seal=number)
    return None


async def fate(db: Connection, chain: str) -> str:
    left = await (await db.execute(ANY_ENTRY, (chain,))).fetchone()
    return "the chain was cut off after it was sealed" if left else "a chain that was sealed was removed"
