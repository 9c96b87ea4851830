"""What commands share that are about something beside a visit: an appointment, a claim."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from uuid import UUID

from psycopg.errors import UniqueViolation

from activities.door import writing
from activities.records import AWAY
from activities.writing import refusal_statements
from integrations.database import Pool
from models.problems import Problem, Refused, Unexpected
from models.staff import Person

log = logging.getLogger(__name__)


class Kind(Protocol):
    @property
    def kind(self) -> str: ...


class AnyCommand(Protocol):
    """A signed command, whatever it is about."""

    @property
    def id(self) -> UUID: ...
    @property
    def visit_id(self) -> UUID | None: ...
    @property
    def actor(self) -> Person: ...
    @property
    def action(self) -> Kind: ...


Commanded = TypeVar("Commanded", bound=AnyCommand)


async def surely_written(command: Commanded, write: Callable[[Commanded], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """The answer. A bug fails this one command; only an absent database is tried again."""
    try:
        return await write(command)
    except (Refused, *AWAY):
        raise
    except Exception as bug:
        log.error("command %s (%s) failed: %s", command.id, command.action.kind, type(bug).__name__)
        raise Unexpected("This command met a fault of ours and was not done. Tell your supervisor.") from bug


async def keep_refusal(pool: Pool, command: AnyCommand, problem: Problem) -> None:
    """Where its sender has gone, a refusal is kept and told."""
    try:
        async with writing(pool) as db:
            for text, values in refusal_statements(command, command.actor, command.action.kind, problem):
                await db.execute(text, values)
    except UniqueViolation:
        return  # told already
