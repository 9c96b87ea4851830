"""Methods of family planning as the rule pack tells them (`rules/family-planning/`): returning, and warnings. Pure."""

from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from typing import Any

from models.base import Value
from models.rulepacks import pack_for, packs


class Method(Value):
    """When the client comes again; without weeks and months there is no fixed day."""

    code: str
    return_weeks: int | None = None
    return_months: int | None = None
    return_for: str
    source: str

    def returns_on(self, start: date) -> date | None:
        if self.return_weeks:
            return start + timedelta(weeks=self.return_weeks)
        return months_later(start, self.return_months) if self.return_months else None


class Caution(Value):
    """`category`: 3 or 4 of WHO's medical eligibility criteria, where the source gives it."""

    method: str
    category: int | None = None
    advice: str = ""
    source: str


class Condition(Value):
    code: str
    words: str
    warning: tuple[Caution, ...]


class FamilyPlanningRules(Value):
    """One version of the rules."""

    version: str
    effective_from: date
    signed_off_by: str
    source: tuple[str, ...]
    method: tuple[Method, ...]
    condition: tuple[Condition, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(condition.code for condition in self.condition)

    def about(self, code: str) -> Method | None:
        return next((method for method in self.method if method.code == code), None)

    def warnings(self, method: str, conditions: tuple[str, ...]) -> list[dict[str, Any]]:
        """What speaks against a method under these conditions, the gravest first."""
        found = [
            {
                "condition": c.code,
                "words": c.words,
                "category": w.category,
                "advice": w.advice or None,
                "source": w.source,
            }
            for c in self.condition
            for w in c.warning
            if c.code in conditions and w.method == method
        ]
        return sorted(found, key=lambda warning: -(warning["category"] or 0))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@cache
def versions() -> dict[str, FamilyPlanningRules]:
    return {version: FamilyPlanningRules.model_validate(pack) for version, pack in packs("family-planning").items()}


def rules_for(day: date) -> FamilyPlanningRules:
    """The version in force on that day."""
    return versions()[pack_for("family-planning", day)["version"]]


versions()  # a pack that cannot be read stops the process at its start
