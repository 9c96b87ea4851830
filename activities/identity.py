"""Two registrations become one, or are parted again: one transaction over all that stands under them, once."""

from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from activities.beside import keep_refusal, surely_written
from activities.door import Done, Door, Wish, writing
from activities.following import Step, news_of
from activities.merging import Merging
from activities.messenger import News
from activities.parting import Parting
from integrations.database import Connection, Pool
from models.administration import Errand
from models.base import Value
from models.identity import MERGERS, IdentityCommand, MergePatients
from models.problems import NotYourRole, Problem, Refused, Unavailable

WRITTEN = "select visits, undo_visits, id = %(id)s as is_merge from patient_merges where %(id)s in (id, undo_id)"


class IdentityTurn(Value):
    """One command. `remember`: its sender has gone, so a refusal is kept and told."""

    command: IdentityCommand
    remember: bool = False


class IdentityOutcome(Value):
    """`news`: what the visits that are open shall hear, however often this was asked for."""

    answer: dict[str, Any] | None = None
    problem: Problem | None = None
    news: tuple[News, ...] = ()


class Identities:
    """`secret` is what the API signs commands with."""

    def __init__(self, pool: Pool, secret: bytes) -> None:
        self.pool = pool
        self.secret = secret
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
        return IdentityOutcome(answer=answer, news=await self.news(turn.command))

    async def written(self, command: IdentityCommand) -> dict[str, Any]:
        if not command.is_signed(self.secret):
            raise NotYourRole("Registrations are merged through the API only.", roles=sorted(MERGERS))
        errand = Errand(id=command.id, actor=command.actor, address=command.address)
        action = command.action

        async def work(db: Connection) -> Done:
            now = datetime.now(UTC)
            if isinstance(action, MergePatients):
                return await Merging(db, command, action, self.secret, now).done()
            return await Parting(db, command, action, self.secret, now).done()

        return await self.door.once(Wish(errand, action.kind, action, str(action.id)), work)

    async def news(self, command: IdentityCommand) -> tuple[News, ...]:
        """From the rows: a repetition must be able to tell what the first attempt may not have told."""
        async with writing(self.pool) as db:
            row = await (await db.execute(WRITTEN, {"id": command.id})).fetchone()
        if row is None:
            return ()
        steps = [Step.model_validate(step) for step in (row["visits"] if row["is_merge"] else row["undo_visits"])]
        return tuple(news_of(command, step) for step in steps if step.is_open)
