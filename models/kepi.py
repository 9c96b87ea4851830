"""The immunization programme as its rule packs tell it (`rules/kepi/`): vaccines, doses, ages, contraindications."""

from datetime import date
from functools import cache
from typing import Literal

from models.base import Value
from models.rulepacks import pack_for, packs


class Dose(Value):
    """One dose of a series. Ages and intervals in days; what is None is not judged.

    `may_be_left_out`: once its age has passed, the series goes on with the next dose.
    """

    number: int
    label: str
    due_days: int | None = None
    latest_days: int | None = None
    min_interval_days: int = 0
    may_be_left_out: bool = False
    note: str = ""


class Contraindication(Value):
    """`contraindicated` and `deferral` (not today) are refused unless a reason is given; `judgement` warns."""

    condition: str
    kind: Literal["contraindicated", "deferral", "judgement"]
    source: str


class Vaccine(Value):
    """`counts`: codes whose doses belong to the series; `only`: for whom or where, when not for every child."""

    code: str
    name: str
    counts: tuple[str, ...] = ()
    gender: str | None = None
    only: str = ""
    routine: bool = True
    note: str = ""
    dose: tuple[Dose, ...]
    contraindication: tuple[Contraindication, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return self.counts or (self.code,)

    def suits(self, gender: str) -> bool:
        """Whether it is given to patients of that gender; where that is not certain, the nurse decides."""
        return self.gender is None or gender in (self.gender, "OTHER", "UNKNOWN")


class Condition(Value):
    """What the nurse asks before a dose. `lasting`: remembered at later visits."""

    code: str
    words: str
    lasting: bool = False


class Overdue(Value):
    after_days: int
    source: str


class Observation(Value):
    minutes: int
    outside_schedule_minutes: int
    source: str


class Programme(Value):
    """One version of the programme."""

    version: str
    effective_from: date
    signed_off_by: str
    source: tuple[str, ...]
    overdue: Overdue
    observation: Observation
    condition: tuple[Condition, ...]
    contraindication: tuple[Contraindication, ...]
    vaccine: tuple[Vaccine, ...]

    def series(self, code: str) -> Vaccine | None:
        """The series that a product's dose belongs to."""
        return next((vaccine for vaccine in self.vaccine if code in vaccine.codes), None)

    def said(self, condition: str) -> str:
        return next((known.words for known in self.condition if known.code == condition), condition)

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(condition.code for condition in self.condition)


@cache
def programmes() -> dict[str, Programme]:
    """Every version by its name, the oldest first."""
    return {version: Programme.model_validate(pack) for version, pack in packs("kepi").items()}


def programme_for(day: date) -> Programme:
    """The version in force on that day."""
    return programmes()[pack_for("kepi", day)["version"]]


programmes()  # a pack that cannot be read stops the process at its start, not a nurse in the afternoon
