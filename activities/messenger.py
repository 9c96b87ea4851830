"""How workflows of their own tell a visit what they learned: as commands that the clinic itself signed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid5

from temporalio import activity

from models.actions import AnyAction
from models.base import Value
from models.command import Command
from models.staff import THE_CLINIC, Person

Tell = Callable[[Command], Awaitable[None]]
"""Leaves a command with its visit's workflow, which is started from the rows where it has ended."""


class News(Value):
    """What a visit shall hear. `about` and the action's kind make the command's id: told twice, it is heard once."""

    visit_id: UUID
    facility_id: UUID
    about: UUID
    action: AnyAction


class Messenger:
    def __init__(self, tell: Tell, secret: bytes) -> None:
        self.tell = tell
        self.secret = secret

    @activity.defn(name="tell_visit")
    async def tell_visit(self, news: News) -> None:
        """Signed in the clinic's own name; may be repeated."""
        command = Command(
            id=uuid5(news.about, news.action.kind),
            visit_id=news.visit_id,
            actor=Person(id=THE_CLINIC, facility_id=news.facility_id, roles=()),
            at=datetime.now(UTC),
            action=news.action,
        )
        await self.tell(command.signed(self.secret))
