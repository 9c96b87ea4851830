"""Two registrations become one, or are parted again: one transaction over all that stands under them, once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from temporalio import activity

from activities.beside import keep_refusal, surely_written
from activities.door import Done, Door, Wish, writing
from activities.following import Rules, Step, news_of
from activities.merging import Merging
from activities.messenger import News
from activities.parting import Parting
from integrations.database import Connection, Pool
from models.administration import Errand
from models.base import Value
from models.identity import MERGERS, IdentityCommand, MergePatients
from models.policy import HOUSE, Policies
from models.problems import NotYourRole, Problem, Refused, Unavailable
from models.tables.visits import CALL_IS_OPEN

WRITTEN = """
    select survivor_id, merged_id, visits, undo_visits, id = %(id)s as is_merge from patient_merges
    where %(id)s in (id, undo_id)
"""

CALLS = f"""
    select departure->'call_back'->>'id' as id from visits where patient_id = any(%s::uuid[]) and {CALL_IS_OPEN}
    order by completed_at
"""


class IdentityTurn(Value):
    """One command. `remember`: its sender has gone, so a refusal is kept and told."""

    command: IdentityCommand
    remember: bool = False


class IdentityOutcome(Value):
    """`news`: what the visits that are open shall hear, however often this was asked for. `patients`: the two;
    `call_backs`: calls that are owed to them, perhaps no more."""

    answer: dict[str, Any] | None = None
    problem: Problem | None = None
    news: tuple[News, ...] = ()
    patients: tuple[UUID, ...] = ()
    call_backs: tuple[UUID, ...] = ()


class Identities:
    """`secret` is what the API signs commands with."""

    def __init__(self, pool: Pool, secret: bytes, policies: Policies = HOUSE) -> None:
        self.pool = pool
        self.secret = secret
        self.rules = Rules(secret, policies)
        self.door = Door(pool, secret)

    @activity.defn(name="write_identity")
    async def write(self, turn: IdentityTurn) -> IdentityOutcome:
        """Merge or part, once. Raises only while the database is away."""
        try:
            answer = await surely_written(turn.command, self.written)
        except Unavailable:
            raise
        except Refused as no:
            if turn.remember:
                await keep_refusal(self.pool, turn.command, no.problem)
            return IdentityOutcome(problem=no.problem)
        row = await self.merge_of(turn.command)
        patients = (row["survivor_id"], row["merged_id"]) if row else ()
        calls = await self.calls_of(patients)
        return IdentityOutcome(answer=answer, news=news(turn.command, row), patients=patients, call_backs=calls)

    async def written(self, command: IdentityCommand) -> dict[str, Any]:
        if not command.is_signed(self.secret):
            raise NotYourRole("Registrations are merged through the API only.", roles=sorted(MERGERS))
        errand = Errand(id=command.id, actor=command.actor, address=command.address)
        action = command.action

        async def work(db: Connection) -> Done:
            now = datetime.now(UTC)
            if isinstance(action, MergePatients):
                return await Merging(db, command, action, self.rules, now).done()
            return await Parting(db, command, action, self.rules, now).done()

        return await self.door.once(Wish(errand, action.kind, action, str(action.id)), work)

    async def merge_of(self, command: IdentityCommand) -> dict[str, Any] | None:
        """From the rows: a repetition must be able to tell what the first attempt may not have told."""
        async with writing(self.pool) as db:
            return await (await db.execute(WRITTEN, {"id": command.id})).fetchone()

    async def calls_of(self, patients: tuple[UUID, ...]) -> tuple[UUID, ...]:
        async with writing(self.pool) as db:
            rows = await (await db.execute(CALLS, (list(patients),))).fetchall()
        return tuple(UUID(row["id"]) for row in rows)


def news(command: IdentityCommand, row: dict[str, Any] | None) -> tuple[News, ...]:
    if row is None:
        return ()
    steps = [Step.model_validate(step) for step in (row["visits"] if row["is_merge"] else row["undo_visits"])]
    return tuple(news_of(command, step) for step in steps if step.is_open)
