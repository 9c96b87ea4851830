"""What a story is: what patients come for, to whom it happens, and what is done, in order."""

from dataclasses import dataclass
from datetime import timedelta

from demo.people import Profile
from demo.steps import Diagnose, Step


@dataclass(frozen=True, slots=True)
class Story:
    """`name` for the report, `complaint` in the patient's words, `profile`: whom it can happen to."""

    name: str
    complaint: str
    profile: Profile
    steps: tuple[Step, ...]

    @property
    def diagnosis(self) -> str | None:
        """The name of the last diagnosis, where one is made."""
        names = [step.name for step in self.steps if isinstance(step, Diagnose)]
        return names[-1] if names else None


def aged(youngest: float, oldest: float) -> Profile:
    """Ages in years, of either gender."""
    return Profile(timedelta(days=youngest * 365.25 + 1), timedelta(days=oldest * 365.25))


def women(youngest: int, oldest: int) -> Profile:
    between = aged(youngest, oldest)
    return Profile(between.youngest, between.oldest, genders=("FEMALE",))
