"""How a laboratory's values are judged: normal, low, high or critical, for this patient, in that unit."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from models.base import Value
from models.laboratory import Analyte, Critical, LabCatalogue, OtherUnit, Range

OLDEST_MONTHS = 150 * 12
WRITTEN = re.compile(r"(?P<beyond>[<>]=?|)\s*(?P<number>[-+]?\d+(?:\.\d+)?)\s*(?P<unit>\D.*|)", re.DOTALL)


class Flag(StrEnum):
    """HL7's interpretation codes."""

    N = "N"
    L = "L"
    H = "H"
    LL = "LL"
    HH = "HH"


CRITICAL = frozenset({Flag.LL, Flag.HH})


class Whose(Value):
    """Whose values they are: completed months of age, at least and at most, and sex where it is known."""

    youngest: int = 0
    oldest: int = OLDEST_MONTHS
    sex: str | None = None


class Judgement(Value):
    """The flag of each value that could be judged, and by what each was judged, or why it was not."""

    flags: dict[str, Flag] = {}
    interpretation: dict[str, dict[str, Any]] = {}

    @property
    def critical(self) -> tuple[str, ...]:
        return tuple(name for name, flag in self.flags.items() if flag in CRITICAL)


class Reading(Value):
    """A value in its analyte's unit. `beyond`: "<" or ">" where it is only known to lie below or above; `read_as`:
    the unit that it was written in, or taken to be."""

    amount: Decimal
    read_as: str
    beyond: str = ""

    def is_below(self, limit: Decimal) -> bool:
        return self.beyond != ">" and (self.amount < limit or (self.beyond == "<" and self.amount == limit))

    def is_above(self, limit: Decimal) -> bool:
        return self.beyond != "<" and (self.amount > limit or (self.beyond == ">" and self.amount == limit))

    def is_at_most(self, limit: Decimal) -> bool:
        return self.beyond != ">" and self.amount <= limit

    def is_at_least(self, limit: Decimal) -> bool:
        return self.beyond != "<" and self.amount >= limit


def whose(patient: Mapping[str, Any] | None, age_years: int | None, today: date) -> Whose:
    """From a patient's row; by the birthday to the month, else by the years that were said at arrival."""
    known = patient or {}
    sex = known.get("gender") if known.get("gender") in ("MALE", "FEMALE") else None
    if born := known.get("date_of_birth"):
        months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
        return Whose(youngest=months, oldest=months, sex=sex)
    if age_years is None:
        return Whose(sex=sex)
    return Whose(youngest=age_years * 12, oldest=age_years * 12 + 11, sex=sex)


def judge(catalogue: LabCatalogue, test_code: str, results: Mapping[str, Any], patient: Whose) -> Judgement:
    """Judge what the catalogue knows; everything else is left as it is."""
    flags: dict[str, Flag] = {}
    interpretation: dict[str, dict[str, Any]] = {}
    for name, given in results.items():
        analyte = catalogue.analyte(test_code, name)
        if analyte is None or given is None:
            continue
        reading = read(analyte, given)
        interpretation[name] = {"analyte": analyte.code, "unit": analyte.unit}
        if reading is None:
            interpretation[name]["not_judged"] = "neither a number nor a unit of the catalogue"
            continue
        if flag := flag_of(analyte, reading, patient):
            flags[name] = flag
        interpretation[name] |= {"read_as": reading.read_as, **judged_by(analyte, patient)}
    return Judgement(flags=flags, interpretation=interpretation)


def read(analyte: Analyte, given: Any) -> Reading | None:
    """The value in the analyte's unit; None where it is no number, or in a unit that nobody can know."""
    if isinstance(given, bool):
        return None
    found = WRITTEN.fullmatch(str(given).strip())
    if found is None:
        return None
    number = Decimal(found["number"])
    unit = unit_of(analyte, number, found["unit"].strip())
    if unit is None:
        return None
    amount = number * unit.factor
    if analyte.readable and not analyte.readable[0] <= amount <= analyte.readable[1]:
        return None
    return Reading(amount=amount, read_as=unit.unit, beyond=found["beyond"][:1])


def unit_of(analyte: Analyte, number: Decimal, written: str) -> OtherUnit | None:
    """The unit that a number was written in; a bare one is in the analyte's, unless it cannot be."""
    own = OtherUnit(unit=analyte.unit, factor=Decimal(1))
    if not written:
        cannot_be = (other for other in analyte.also if other.bare_from is not None and number >= other.bare_from)
        return next(cannot_be, own)
    return next((unit for unit in (own, *analyte.also) if unit.unit.lower() == written.lower()), None)


def flag_of(analyte: Analyte, reading: Reading, patient: Whose) -> Flag | None:
    """Critical as soon as it is for anybody whom the patient may be; else what all their ranges agree upon.

    A value that is only known to lie above or below something is never called normal.
    """
    for limits in criticals_for(analyte, patient):
        if (limits.at_most is not None and reading.is_at_most(limits.at_most)) or (
            limits.below is not None and reading.is_below(limits.below)
        ):
            return Flag.LL
        if limits.at_least is not None and reading.is_at_least(limits.at_least):
            return Flag.HH
    verdicts = {within(limits, reading) for limits in ranges_for(analyte, patient)}
    agreed = verdicts.pop() if len(verdicts) == 1 else None
    return None if reading.beyond and agreed is Flag.N else agreed


def within(limits: Range, reading: Reading) -> Flag:
    if limits.low is not None and reading.is_below(limits.low):
        return Flag.L
    if limits.high is not None and reading.is_above(limits.high):
        return Flag.H
    return Flag.N


def criticals_for(analyte: Analyte, patient: Whose) -> list[Critical]:
    return [limits for limits in analyte.criticals if limits.may_hold(patient.youngest, patient.oldest)]


def ranges_for(analyte: Analyte, patient: Whose) -> list[Range]:
    """Every range that may be this patient's."""
    of_age = [limits for limits in analyte.ranges if limits.may_hold(patient.youngest, patient.oldest)]
    return [limits for limits in of_age if None in (limits.sex, patient.sex) or limits.sex == patient.sex]


def judged_by(analyte: Analyte, patient: Whose) -> dict[str, Any]:
    """The limits as the record keeps them, so that a reader years later sees what they were."""
    return {
        "ranges": [limits.model_dump(mode="json", exclude_none=True) for limits in ranges_for(analyte, patient)],
        "critical": [limits.model_dump(mode="json", exclude_none=True) for limits in criticals_for(analyte, patient)],
    }


def same_value(given: Any, stored: Any, unit: str = "") -> bool:
    """Whether somebody who reads a value back has read it right: 2.90 is 2.9, and its unit may be left out.

    `unit`: the one that the stored value was read in, where it was written without one.
    """
    one, other = (WRITTEN.fullmatch(str(value).strip()) for value in (given, stored))
    if one is None or other is None or isinstance(given, bool) or isinstance(stored, bool):
        return str(given).strip().casefold() == str(stored).strip().casefold()
    is_same = Decimal(one["number"]) == Decimal(other["number"]) and one["beyond"] == other["beyond"]
    said = one["unit"].strip().lower()
    return is_same and said in ("", (other["unit"].strip() or unit).lower())


def critical_values(results: Mapping[str, Any] | None, flags: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values that somebody must acknowledge, by name."""
    return {name: (results or {}).get(name) for name, flag in (flags or {}).items() if flag in CRITICAL}
