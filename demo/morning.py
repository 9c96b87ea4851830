"""A busy morning: many come at once, the only clinician is with somebody, and emergencies are left waiting."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from demo.crowd import COLOURS, Crowd
from demo.stage import SUPERVISOR, YELLOW, Case, Stage
from demo.supervising import LATE, Late, Supervisor, flow_lines, late_lines, now

# Where the policy lets an emergency wait for longer, the demonstration does not.
PATIENCE = timedelta(minutes=3)

Say = Callable[[str], None]


class Morning:
    """`notes`: what the supervisor read, in words, for the report."""

    def __init__(self, say: Say) -> None:
        self.notes: list[str] = []
        self._say = say

    @property
    def case(self) -> Case:
        shows = "who waits too long is named, and who can act; once seen, they are named no more"
        return Case("a busy morning", shows, self.play)

    async def play(self, stage: Stage) -> None:
        crowd = Crowd(stage)
        supervisor = Supervisor(stage, crowd)
        inside = await stage.triaged(**YELLOW)
        await stage.takes_in(inside)
        self._say(f"A busy morning: {len(COLOURS)} patients come at once, and the only clinician is with somebody.")
        await crowd.comes()
        await crowd.is_triaged()
        late = await self.emergencies_wait(crowd, supervisor)
        await stage.writes_down(inside)
        await crowd.is_seen(late)
        await supervisor.reads_no_more(late)
        if late:
            self.notes.append("They are called, and seen. The supervisor looks again: none of them is named any more.")
        await crowd.is_seen(crowd.charts.keys() - late.keys())
        await asyncio.gather(stage.goes_home(inside), crowd.goes_home())
        self.notes.append("How patients flowed today (GET /api/supervision/flow):")
        self.notes += flow_lines(await stage.clinic.read(SUPERVISOR, "/api/supervision/flow"))

    async def emergencies_wait(self, crowd: Crowd, supervisor: Supervisor) -> Late:
        """Who is late then, by visit id; nobody where the policy lets emergencies wait for long."""
        due_at = await crowd.emergencies_are_due()
        left = max((due_at - now()).total_seconds(), 0)
        if left > PATIENCE.total_seconds():
            self.notes.append(
                f"By this clinic's policy an emergency may wait for {left / 60:.0f} minutes: not waited for."
            )
            return {}
        self._say(f"Emergencies are among them, and for {left:.0f} s nobody calls them: longer than the policy allows.")
        await asyncio.sleep(left)
        late = await supervisor.reads()
        self.notes.append(f"{len(COLOURS)} patients came at once. The supervisor reads (GET {LATE}):")
        self.notes += late_lines(late)
        if supervisor.others:
            self.notes.append(f"  {supervisor.others} visits that are no part of this morning are late, too.")
        return late
