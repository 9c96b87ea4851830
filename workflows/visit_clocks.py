"""The clocks of one visit: each next step is watched, and who is late is told of, each rung once."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.overdue import Overdues
    from models.deadlines import Clock, Deadline, Rung, Step
    from models.overdue import Relief, breach_of
    from models.visit import Visit
    from models.words import clock as by_the_clock
    from models.words import someone, spoken
    from workflows.clock import watch
    from workflows.surely import IN_SIGHT


class VisitClocks:
    """Follows the clocks that are recorded with the visit. `told`: how many rungs of each wait were told already."""

    def __init__(self, visit_id: UUID, told: dict[str, int], on_change: Callable[[], None]) -> None:
        self.visit_id = visit_id
        self.told = dict(told)
        self.on_change = on_change
        self.facility_id: UUID | None = None
        self.clocks: tuple[Clock, ...] = ()
        self.under_way: set[asyncio.Task[None]] = set()
        self.round = 0

    def follow(self, visit: Visit | None, *, anew: bool = False) -> None:
        """Watch what is new; what is done or was moved ends by itself. `anew`: watch all of it from the beginning."""
        if visit is None:
            return
        former, self.clocks, self.facility_id = self.clocks, visit.clocks, visit.facility_id
        self.round += anew
        for clock in self.clocks:
            if anew or clock not in former:
                self.begin(clock)
        watched = {clock.key for clock in (*former, *self.clocks)}
        for key in [key for key in self.told if key not in watched]:
            self.under_way.add(asyncio.create_task(self.settle(key)))

    def begin(self, clock: Clock) -> None:
        self.under_way.add(asyncio.create_task(self.keep(clock)))

    @property
    def are_quiet(self) -> bool:
        """Whether nothing is watched, told or settled any more."""
        self.under_way = {task for task in self.under_way if not task.done()}
        return not self.under_way

    @property
    def late(self) -> tuple[Clock, ...]:
        return tuple(clock for clock in self.clocks if clock.key in self.told)

    @property
    def due_at(self) -> datetime | None:
        """When the first of them is due."""
        return min((clock.due_at for clock in self.clocks), default=None)

    def in_words(self) -> str:
        lines = [f"**Late**: {spoken(clock.step)} was due at {by_the_clock(clock.due_at)}." for clock in self.late]
        return "".join(f"\n\n{line}" for line in lines)

    async def keep(self, clock: Clock) -> None:
        """Until the step is done; where it was late, it is settled then."""
        begun = self.round
        deadline = Deadline(due=clock.due_at, ladder=clock.ladder, climbed=self.told.get(clock.key, 0))
        said = f"{spoken(clock.step)} is due".capitalize()
        await watch(deadline, lambda: clock not in self.clocks or self.round != begun, partial(self.climb, clock), said)
        if clock.key in self.told and clock.key not in {other.key for other in self.clocks}:
            await self.settle(clock.key)

    async def climb(self, clock: Clock, rung: Rung, step: int) -> None:
        assert self.facility_id is not None
        breach = breach_of(self.visit_id, self.facility_id, clock, step, rung.to)
        said = f"{spoken(clock.step)} is late: tell {someone(rung.to)}".capitalize()
        if await workflow.execute_activity_method(Overdues.tell, breach, summary=said, **IN_SIGHT):
            self.told[clock.key] = max(step, self.told.get(clock.key, 0))
            self.on_change()

    async def settle(self, key: str) -> None:
        """There was progress: nobody need look any more."""
        self.told.pop(key, None)
        step, since = key.split(" ", 1)
        relief = Relief(visit_id=self.visit_id, step=Step(step), since=datetime.fromisoformat(since))
        await workflow.execute_activity_method(
            Overdues.settle, relief, summary=f"{spoken(step)} is done".capitalize(), **IN_SIGHT
        )
        self.on_change()
