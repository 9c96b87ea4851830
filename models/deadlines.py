"""Deadlines: until when something is to be done, and who hears of it when it is not."""

from datetime import datetime, timedelta

from models.base import Value
from models.staff import Role


class Rung(Value):
    """One step of a ladder: so long after the deadline, that role is told."""

    after: timedelta
    to: Role


Ladder = tuple[Rung, ...]

ONE_STEP: Ladder = (Rung(after=timedelta(0), to=Role.SUPERVISOR),)
TWO_STEPS: Ladder = (*ONE_STEP, Rung(after=timedelta(days=1), to=Role.ADMIN))


class Deadline(Value):
    """`climbed` rungs are behind it already: what was told is not told again after a restart."""

    due: datetime
    ladder: Ladder = ()
    climbed: int = 0

    def next_rung(self) -> tuple[Rung, datetime] | None:
        """The rung that comes next, and when."""
        if self.climbed >= len(self.ladder):
            return None
        rung = self.ladder[self.climbed]
        return rung, self.due + rung.after

    def climbing(self) -> "Deadline":
        return self.model_copy(update={"climbed": self.climbed + 1})
