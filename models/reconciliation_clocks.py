"""The clocks of visits held against who watches them and who was told: nobody who is late is forgotten, and nobody is
looked for who waits no more."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from models.base import Value
from models.deadlines import Clock, Step, wait_key
from models.next_steps import next_steps
from models.reconciliation import Code, Finding
from models.reconciliation_runs import NEVER, Seen
from models.reconciliation_visits import finding
from models.visit import Visit
from models.words import clock as by_the_clock
from models.words import spoken

SAME_MOMENT = timedelta(seconds=1)
"""The server's index keeps moments less exactly than the rows."""


class Told(Value):
    """A wait that was late: so many rungs of its ladder were told; `is_open`: they are still to look."""

    visit_id: UUID
    step: Step
    since: datetime
    escalations: int
    is_open: bool

    @property
    def key(self) -> str:
        return wait_key(self.step, self.since)


class Watched(Value):
    """The clocks of a visit by its row, and who was told of those that were late."""

    clocks: tuple[Clock, ...] = ()
    told: tuple[Told, ...] = ()

    @property
    def due_at(self) -> datetime | None:
        return min((clock.due_at for clock in self.clocks), default=None)

    @property
    def left_over(self) -> tuple[Told, ...]:
        """Said to be late, though nobody waits for it any more."""
        stand = {clock.key for clock in self.clocks}
        return tuple(one for one in self.told if one.is_open and one.key not in stand)

    def untold(self, at: datetime) -> tuple[Clock, ...]:
        """Somebody should have been told of it by then, and was not."""
        told = {one.key: one.escalations for one in self.told}
        return tuple(clock for clock in self.clocks if rungs_due(clock, at) > told.get(clock.key, 0))


def rungs_due(clock: Clock, at: datetime) -> int:
    return sum(clock.due_at + rung.after <= at for rung in clock.ladder)


def clock_differences(watched: Mapping[str, Watched], seen: Mapping[str, Seen], at: datetime) -> dict[str, Code]:
    """By the visits' runs, the first that is found of each: one look of the run puts all of them right.

    `at`: what fell due until then was told, or is a difference.
    """
    found = {run: difference(one, seen.get(run, NEVER), at) for run, one in watched.items()}
    return {run: code for run, code in found.items() if code}


def difference(one: Watched, seen: Seen, at: datetime) -> Code | None:
    if seen.is_running and seen.place is not None and not same_moment(seen.due_at, one.due_at):
        return Code.CLOCK_BEHIND
    if one.left_over:
        return Code.CLOCK_LEFT_OVER
    return Code.CLOCK_UNTOLD if one.untold(at) else None


def same_moment(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < SAME_MOMENT


def clock_words(code: Code, one: Watched, seen: Seen, at: datetime) -> str:
    """What a finding about a visit's clocks says."""
    match code:
        case Code.CLOCK_BEHIND:
            return f"its workflow's first deadline is {moment(seen.due_at)}, by its row {moment(one.due_at)}."
        case Code.CLOCK_LEFT_OVER:
            waits = ", ".join(spoken(told.step) for told in one.left_over)
            return f"somebody is told to look because of {waits}, and nobody waits for that any more."
    waits = ", ".join(f"{spoken(late.step)}, due at {by_the_clock(late.due_at)}" for late in one.untold(at))
    return f"late, and not everybody was told who should have been by now: {waits}."


def moment(due_at: datetime | None) -> str:
    return by_the_clock(due_at) if due_at else "none"


def standing_findings(visit: Visit) -> Iterator[Finding]:
    """One clock for each next step, and no other. How long each has is the policy's, and not looked at here."""
    kept = {clock.key for clock in visit.clocks}
    follows = {wait_key(one.step, one.since) for one in next_steps(visit)}
    if kept != follows:
        words = f"its clocks stand for {steps(kept)}, by its facts for {steps(follows)}."
        yield finding(visit, Code.VISIT_CLOCKS, words)


def steps(keys: set[str]) -> str:
    """Each with since when, as two waits for the same may differ in that alone."""
    named = (key.split(" ", 1) for key in sorted(keys))
    said = (f"{spoken(step)} since {by_the_clock(datetime.fromisoformat(since))}" for step, since in named)
    return ", ".join(said) or "nothing"
