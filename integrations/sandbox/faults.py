"""How a service in the sandbox shall break: what was ordered, and for how often."""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Value


class Mode(StrEnum):
    """The ways to break. Where it matters: whether the effect happens although the caller does not hear of it."""

    DOWN = "down"
    """Every request is turned away with 503 and `Retry-After`; nothing happens."""
    SLOW = "slow"
    """Every request waits `seconds`, then is served, whether or not somebody still listens."""
    ERROR_500 = "error_500"
    """Requests other than for a token fail with 500; nothing happens."""
    HTML_400 = "html_400"
    """Requests other than for a token are answered by a page of HTML with 400; nothing happens."""
    TIMEOUT_AFTER_EFFECT = "timeout_after_effect"
    """An effect happens; then the line is silent for `seconds`, and the gateway says 504."""
    REJECT = "reject"
    """A request for an effect is refused in the service's own words."""
    LOST_CALLBACK = "lost_callback"
    DUPLICATE_CALLBACK = "duplicate_callback"
    LATE_CALLBACK = "late_callback"
    """`seconds` later than it should be."""


USUAL_SECONDS = {Mode.DOWN: 1.0, Mode.SLOW: 5.0, Mode.TIMEOUT_AFTER_EFFECT: 60.0, Mode.LATE_CALLBACK: 30.0}


class Fault(Value):
    """One order. `count`: for how many requests or callbacks, none: until cleared. `seconds`: none: what is usual.

    `path`: only requests whose path contains it (for callbacks: whose kind is it); empty: all.
    """

    mode: Mode
    count: Annotated[int, Field(ge=1)] | None = None
    seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None
    path: str = ""

    @property
    def pause(self) -> float:
        return USUAL_SECONDS.get(self.mode, 0.0) if self.seconds is None else self.seconds


class Faults:
    """The orders in force for one service; a new order of a mode takes the place of the old one."""

    def __init__(self) -> None:
        self._orders: dict[Mode, Fault] = {}

    def order(self, fault: Fault) -> None:
        self._orders[fault.mode] = fault

    def clear(self) -> None:
        self._orders.clear()

    @property
    def in_force(self) -> list[Fault]:
        return list(self._orders.values())

    def take(self, modes: Collection[Mode], where: str = "") -> Fault | None:
        """The oldest order that concerns this, used up by one."""
        for fault in self.in_force:
            if fault.mode in modes and fault.path in where:
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.count is None:
            return
        if fault.count == 1:
            del self._orders[fault.mode]
        else:
            self._orders[fault.mode] = fault.model_copy(update={"count": fault.count - 1})
