"""The write door: one errand is one transaction, once, and leaves one audit entry."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests
from pydantic import SecretStr
from pydantic_core import to_json, to_jsonable_python

from activities.journal import Deed, Journal
from integrations.database import Connection, Pool, as_json
from models.administration import Errand
from models.base import Value
from models.command import keyed
from models.problems import KeyReused, Unavailable

CLAIM = """
    insert into commands (id, facility_id, actor_id, kind, digest, status, at)
    values (%s, %s, %s, %s, %s, 'DONE', %s) on conflict (id) do nothing
"""
KNOWN = "select kind, digest, visit_id, answer from commands where id = %s"
ANSWER = "update commands set answer = %s where id = %s"
RETRY_SECONDS = 2


@dataclass(frozen=True)
class Done:
    """`also`: what the audit says about further records that the same errand changed."""

    deed: Deed
    answer: dict[str, Any]
    also: tuple[Deed, ...] = ()


Work: TypeAlias = Callable[[Connection], Awaitable[Done]]


@dataclass(frozen=True)
class Wish:
    """An errand with what it is about: `subject` names the record, `form` says what shall be."""

    errand: Errand
    kind: str
    form: Value
    subject: str = ""

    def digest(self, secret: bytes) -> str:
        """Tells the same key with another body, person or record apart. Keyed: no password can be guessed from it."""
        given = {name: plain(getattr(self.form, name)) for name in sorted(self.form.model_fields_set)}
        said = to_json(given, bytes_mode="base64").decode()
        return keyed(secret, "administration", self.kind, str(self.errand.actor.id), self.subject, said)[:32]


def plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


class Door:
    def __init__(self, pool: Pool, secret: bytes) -> None:
        self.pool = pool
        self.secret = secret

    async def answered(self, wish: Wish) -> dict[str, Any] | None:
        """What this errand was answered before, None where it is new; KeyReused where its key meant something else."""
        async with writing(self.pool) as db:
            return await self._known(db, wish)

    async def once(self, wish: Wish, work: Work) -> dict[str, Any]:
        """Do the work, or answer as the first time. A refusal leaves nothing, and the key may be used again."""
        errand = wish.errand
        facility_id = errand.actor.facility_id
        claim = (errand.id, facility_id, errand.actor.id, wish.kind, wish.digest(self.secret), datetime.now(UTC))
        async with writing(self.pool) as db:
            if (await db.execute(CLAIM, claim)).rowcount == 0:
                return await self._known(db, wish) or {}
            journal = await Journal.open(db, facility_id)
            done = await work(db)
            answer: dict[str, Any] = to_jsonable_python(done.answer)
            for deed in (done.deed, *done.also):
                await journal.append(deed, errand.actor.id, errand.address)
            await db.execute(ANSWER, (as_json(answer), errand.id))
            return answer

    async def note(self, facility_id: UUID, deed: Deed, user_id: UUID | None, address: str | None) -> None:
        """An entry for what changes nothing but must be known."""
        async with writing(self.pool) as db:
            journal = await Journal.open(db, facility_id)
            await journal.append(deed, user_id, address)

    async def _known(self, db: Connection, wish: Wish) -> dict[str, Any] | None:
        row = await (await db.execute(KNOWN, (wish.errand.id,))).fetchone()
        if row is None:
            return None
        if row["visit_id"] or (row["kind"], row["digest"]) != (wish.kind, wish.digest(self.secret)):
            raise KeyReused("This Idempotency-Key belongs to another request. Send this one with a new key.")
        return dict(row["answer"])


@asynccontextmanager
async def writing(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction; Unavailable where it is not known to be done."""
    try:
        async with pool.connection() as db, db.transaction():
            yield db
    except (OperationalError, InterfaceError, PoolTimeout, TooManyRequests):
        raise Unavailable(
            "The database is away. Send this again with the same key.", retry_after=RETRY_SECONDS
        ) from None
