"""Workflows held against the rows: what should run, what runs, and what the runs show."""

from collections.abc import Collection, Mapping
from datetime import datetime

from models.base import Value
from models.reconciliation import Code

RUNNING, COMPLETED = "RUNNING", "COMPLETED"
A_UUID = 36

SURELY_RUN = frozenset(
    {"visit", "payment", "counter", "reminder", "critical", "obligation", "claim", "coverage", "approval"}
)
"""Kinds of runs that end only when their rows say so; of others one that completed has found nothing to do."""

END_WITH_THEIR_ROWS = frozenset({"reminder", "critical", "obligation", "approval"})
"""Kinds that have nothing to do any more once their rows say so, and end when they look."""


class Place(Value):
    """Where a visit stands, as its row says it or as its run shows it."""

    status: str
    waiting_at: tuple[str, ...] = ()

    def in_words(self) -> str:
        return f"{self.status} at {', '.join(self.waiting_at) or 'no station'}"


class Seen(Value):
    """A run as the server knows it; no `status`: it knows none of that id. `place`: what a visit's run shows, once it
    shows anything."""

    status: str = ""
    closed_at: datetime | None = None
    place: Place | None = None
    due_at: datetime | None = None
    """The first deadline that a visit's run watches."""

    @property
    def is_running(self) -> bool:
        return self.status == RUNNING


NEVER = Seen()


def kind_of(run: str) -> str:
    """Of which kind a workflow is: its id is the kind and what it is about."""
    return run[: -A_UUID - 1]


def run_differences(
    owed: Collection[str], rows: Mapping[str, Place], seen: Mapping[str, Seen], done: Collection[str] = ()
) -> dict[str, Code]:
    """By the runs' ids. `owed`: those that the rows want; `rows`: where visits stand; `seen`: of what is looked at.

    `done`: of those that the rows want, those that only have to look to end.
    """
    missing = {run: Code.RUN_MISSING for run in owed if is_missing(run, seen.get(run, NEVER))}
    behind = {run: Code.RUN_BEHIND for run, one in seen.items() if is_behind(one, rows.get(run))}
    left_over = {
        run: Code.RUN_LEFT_OVER
        for run, one in seen.items()
        if one.is_running and kind_of(run) in END_WITH_THEIR_ROWS and (run not in owed or run in done)
    }
    return missing | behind | left_over


def is_missing(run: str, seen: Seen) -> bool:
    if seen.status == COMPLETED and kind_of(run) not in SURELY_RUN:
        return False
    return not seen.is_running


def is_behind(seen: Seen, row: Place | None) -> bool:
    """A run that shows another place than its row. One that shows nothing yet has not begun to work."""
    return seen.is_running and seen.place is not None and row is not None and seen.place != row


def how_it_ended(seen: Seen) -> str:
    return f"its last one was {seen.status.lower().replace('_', ' ')}" if seen.status else "the server knows of none"
