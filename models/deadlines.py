"""Deadlines: until when something is to be done, and who hears of it when it is not."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from models.base import Value
from models.staff import Role


class Step(StrEnum):
    """What an open visit may wait for: to be served at a station, and what happens between the stations."""

    TRIAGE = "TRIAGE"
    CONSULTATION = "CONSULTATION"
    LABORATORY = "LABORATORY"
    PHARMACY = "PHARMACY"
    IMMUNIZATION = "IMMUNIZATION"
    FAMILY_PLANNING = "FAMILY_PLANNING"
    MCH = "MCH"
    CASHIER = "CASHIER"
    ENCOUNTER = "ENCOUNTER"
    """The clinician has the patient in and writes the encounter down."""
    RETRIAGE = "RETRIAGE"
    """Who waits for the clinician is looked at again."""
    SECOND_LOOK = "SECOND_LOOK"
    """A second person confirms a lower triage category."""
    DISCHARGE = "DISCHARGE"


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


class Clock(Value):
    """By when a step of an open visit is to be done, counted from `since`; the ladder is told when it is not."""

    step: Step
    since: datetime
    due_at: datetime
    ladder: Ladder = ()

    @property
    def key(self) -> str:
        """The same wait, also where its deadline is moved."""
        return wait_key(self.step, self.since)


def wait_key(step: str, since: datetime) -> str:
    """Names a wait: what for, and since when, in UTC."""
    return f"{step} {since.astimezone(UTC).isoformat()}"
