"""What the walk saw: how long each action took, how each visit ended, and why some stopped."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil


@dataclass(frozen=True, slots=True)
class Timing:
    """One action that took effect. `seconds` run from the first sending until the clinic said it was done."""

    action: str
    seconds: float
    accepted_first: bool
    repeats: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a visit stopped: the action, and `type` and `detail` of the problem."""

    action: str
    type: str
    detail: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How one visit stands after the walk, as the clinic itself tells it."""

    story: str
    op_number: str
    status: str
    waiting_at: tuple[str, ...]
    refusal: Refusal | None = None

    @property
    def is_completed(self) -> bool:
        return self.refusal is None and self.status == "COMPLETED"


@dataclass(frozen=True, slots=True)
class Told:
    """One rare case: what happened, what the clinic does about it, and what was otherwise than that."""

    name: str
    shows: str
    trouble: str | None = None


@dataclass(slots=True)
class Tally:
    """Filled while the visits walk; read by the report."""

    planned: int
    started: int = 0
    timings: list[Timing] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    @property
    def completed(self) -> int:
        return sum(ending.is_completed for ending in self.endings)

    @property
    def stopped(self) -> list[Ending]:
        return [ending for ending in self.endings if not ending.is_completed]

    @property
    def is_whole(self) -> bool:
        """Whether every planned visit was walked to its end, and every rare case went as it should."""
        return self.completed == self.planned and not any(case.trouble for case in self.told)

    def by_action(self) -> dict[str, list[Timing]]:
        """Timings of each action, in the order in which the actions were first seen."""
        groups: defaultdict[str, list[Timing]] = defaultdict(list)
        for timing in self.timings:
            groups[timing.action].append(timing)
        return dict(groups)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` (at least one) that a `share` (0 to 1) of them does not exceed."""
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]
