"""A triage rule pack as values: charts, signs and limits, read from `rules/triage/` and checked once at the start."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from models.base import Value
from models.rulepacks import pack_for, packs
from models.urgency import TriageColour
from models.visit import Visit

NAIROBI = ZoneInfo("Africa/Nairobi")

Answer = float | str


class Step(Value):
    """From this value on (`above`: only beyond it), so many points; without either, from the lowest."""

    points: int
    least: float | None = Field(default=None, alias="from")
    above: float | None = None

    def begins_at(self, value: float) -> bool:
        if self.above is not None:
            return value > self.above
        return self.least is None or value >= self.least


class Chart(Value):
    """The points of one band, by item: measured values by steps, answers by word."""

    points: dict[str, tuple[Step, ...]]
    answers: dict[str, dict[str, int]]

    @property
    def items(self) -> tuple[str, ...]:
        return (*self.points, *self.answers)

    def points_of(self, item: str, given: Answer) -> int:
        if isinstance(given, str):
            return self.answers[item][given]
        return next(step.points for step in reversed(self.points[item]) if step.begins_at(given))


class Bands(Value):
    adult_above_years: int
    adult_above_cm: float
    younger_child_below_years: int
    younger_child_below_cm: float
    systolic_mandatory_from_years: int

    def band(self, age_years: int | None, height_cm: float | None) -> str | None:
        """ADULT, OLDER_CHILD or YOUNGER_CHILD; None where neither age nor height is known."""
        if age_years is not None and age_years > self.adult_above_years:
            return "ADULT"
        if height_cm is not None:
            is_small = height_cm < self.younger_child_below_cm
            return "ADULT" if height_cm > self.adult_above_cm else "YOUNGER_CHILD" if is_small else "OLDER_CHILD"
        if age_years is None:
            return None
        return "YOUNGER_CHILD" if age_years < self.younger_child_below_years else "OLDER_CHILD"


class Sign(Value):
    """What a nurse names. `otherwise`: its colour from `under_years` on."""

    code: str
    says: str
    colour: TriageColour
    under_years: int | None = None
    otherwise: TriageColour | None = None
    source: str

    def colour_at(self, age_years: int | None) -> TriageColour:
        is_beyond = self.under_years is not None and age_years is not None and age_years >= self.under_years
        return self.otherwise if is_beyond and self.otherwise else self.colour


class Measured(Value):
    """A sign that follows from a measured value or an answer; `pregnant`: only in pregnancy."""

    code: str
    item: str
    least: float | None = Field(default=None, alias="from")
    below: float | None = None
    is_any_of: tuple[str, ...] = ()
    pregnant: bool = False
    colour: TriageColour
    source: str

    def is_shown(self, given: Answer | None) -> bool:
        if isinstance(given, str):
            return given in self.is_any_of
        if given is None or self.is_any_of:
            return False
        return (self.least is None or given >= self.least) and (self.below is None or given < self.below)


class Soft(Value):
    """What lies outside is to be confirmed; both ends lie inside."""

    item: str
    least: float | None = None
    most: float | None = None
    source: str

    @property
    def said(self) -> str:
        ends = (("below", self.least), ("above", self.most))
        return " or ".join(f"{word} {end:g}" for word, end in ends if end is not None)

    def is_beyond(self, value: float) -> bool:
        return (self.least is not None and value < self.least) or (self.most is not None and value > self.most)


class TriageRules(Value):
    """One version of the rules, as its file says them."""

    version: str
    colours: dict[TriageColour, int]
    target_minutes: dict[TriageColour, int]
    bands: Bands
    charts: dict[str, Chart]
    signs: tuple[Sign, ...]
    measured: tuple[Measured, ...]
    soft: tuple[Soft, ...]
    units: dict[str, str]

    def colour_of(self, score: int) -> TriageColour:
        return next(colour for colour in TriageColour if score >= self.colours[colour])

    def same_limits(self, one: int | None, other: int | None) -> bool:
        """Whether a look at a patient of the one age finds what it finds at the other, in years."""
        return self.limits(one) == self.limits(other)

    def limits(self, age_years: int | None) -> tuple[Any, ...]:
        wants_systolic = age_years is not None and age_years >= self.bands.systolic_mandatory_from_years
        signs = tuple(sign.colour_at(age_years) for sign in self.signs)
        return (self.bands.band(age_years, None), wants_systolic, signs)

    def unknown(self, codes: Iterable[str]) -> list[str]:
        known = {sign.code for sign in self.signs}
        return [code for code in codes if code not in known]


@cache
def rules(version: str) -> TriageRules:
    """Raises KeyError for a version that is none."""
    return read(packs("triage")[version])


def read(pack: dict[str, Any]) -> TriageRules:
    charts = {name.upper(): pack[name] for name in ("adult", "older_child", "younger_child")}
    kept = {name: pack[name] for name in ("version", "colours", "target_minutes", "bands", "measured", "soft", "units")}
    return TriageRules.model_validate({**kept, "charts": charts, "signs": pack["sign"]})


def rules_of(visit: Visit) -> TriageRules:
    """The version that the visit began with; for visits from before there were versions, the one of their day."""
    if version := visit.rules.get("triage"):
        return rules(version)
    return rules(pack_for("triage", visit.arrived_at.astimezone(NAIROBI).date())["version"])


for version in packs("triage"):
    rules(version)  # a file that cannot be read is noticed when the clinic starts, not at the first patient
