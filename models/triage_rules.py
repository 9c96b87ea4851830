"""How urgent a patient is: the score by age and height, the signs that override it, and what is missing to say so.

The numbers stand in `rules/triage/`; here is only how they are applied. Pure: the same vital signs, the same colour.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from models.base import Value
from models.problems import FieldError
from models.rulepacks import pack_for, packs
from models.visit import TriageColour, Visit, worse
from models.vitals import VitalSigns

NAIROBI = ZoneInfo("Africa/Nairobi")
PREGNANCY = "PREGNANCY_"
"""How the codes of signs begin that only a pregnant patient has."""

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

    def unknown(self, codes: Iterable[str]) -> list[str]:
        known = {sign.code for sign in self.signs}
        return [code for code in codes if code not in known]


class Assessment(Value):
    """What the rules say, kept with the vital signs. `score`: of what was measured, so never too high.

    `colour`: the worst that is certain; None where something is missing and nothing bad is known yet.
    """

    rules: str
    band: str | None
    points: dict[str, int]
    score: int
    missing: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    colour: TriageColour | None = None
    is_emergency: bool = False
    """A RED sign: nothing has to be measured first."""
    units: dict[str, str] = {}


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


def answers_of(signs: VitalSigns) -> dict[str, Answer | None]:
    """Each item as the charts know it: a number, or a word."""
    given = signs.model_dump(mode="json", exclude={"danger_signs", "pregnant", "spo2_on"})
    words = {None: None, True: "yes", False: "no"}
    return {**given, "trauma": words[signs.trauma]}


def assess(by: TriageRules, signs: VitalSigns, danger_signs: Iterable[str], age_years: int | None) -> Assessment:
    """The colour, and why. Codes of danger signs are known ones (see `TriageRules.unknown`)."""
    given, named = answers_of(signs), dict.fromkeys(danger_signs)
    band = by.bands.band(age_years, signs.height_cm)
    points = scored(by.charts[band], given) if band else {}
    missing = absent(by, band, given, age_years)
    score = sum(points.values())
    shown = {sign.code: sign.colour_at(age_years) for sign in by.signs if sign.code in named}
    is_pregnant = bool(signs.pregnant) or any(code.startswith(PREGNANCY) for code in named)
    for sign in by.measured:
        if (is_pregnant or not sign.pregnant) and sign.is_shown(given[sign.item]):
            shown[sign.code] = worse(sign.colour, shown.get(sign.code))
    certain = worse(by.colour_of(score), *shown.values())
    return Assessment(
        rules=by.version,
        band=band,
        points=points,
        score=score,
        missing=missing,
        signs=tuple(shown),
        colour=None if missing and certain is TriageColour.GREEN else certain,
        is_emergency=TriageColour.RED in shown.values(),
        units={name: unit for name, unit in by.units.items() if given.get(name) is not None},
    )


def scored(chart: Chart, given: dict[str, Answer | None]) -> dict[str, int]:
    """The points of each item that was given."""
    return {item: chart.points_of(item, value) for item in chart.items if (value := given[item]) is not None}


def absent(
    by: TriageRules, band: str | None, given: dict[str, Answer | None], age_years: int | None
) -> tuple[str, ...]:
    """The mandatory items that were not given; the height where nothing else says which chart is meant."""
    wanted = by.charts[band or "OLDER_CHILD"].items
    if age_years is not None and age_years >= by.bands.systolic_mandatory_from_years and "systolic_bp" not in wanted:
        wanted = (*wanted, "systolic_bp")
    unclear = ("height_cm",) if band is None else ()
    return (*(item for item in wanted if given[item] is None), *unclear)


def doubtful(by: TriageRules, signs: VitalSigns) -> list[FieldError]:
    """What lies outside a soft limit."""
    given = answers_of(signs)
    found = [soft for soft in by.soft if isinstance(v := given[soft.item], int | float) and soft.is_beyond(v)]
    return [
        FieldError(
            field=f"vital_signs.{soft.item}",
            reason=f"is {soft.said} {by.units[soft.item]}, which is rare; measure again, or send confirmed: true",
        )
        for soft in found
    ]


for version in packs("triage"):
    rules(version)  # a file that cannot be read is noticed when the clinic starts, not at the first patient
