"""How urgent a patient is: the score by age and height, the signs that override it, and what is missing to say so.

The numbers stand in `rules/triage/`; here is only how they are applied. Pure: the same vital signs, the same colour.
"""

from collections.abc import Iterable

from models.base import Value
from models.problems import FieldError
from models.triage_pack import Answer, Chart, TriageRules
from models.urgency import TriageColour, worse
from models.vitals import VitalSigns

PREGNANCY = "PREGNANCY_"
"""How the codes of signs begin that only a pregnant patient has."""


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
