"""Contacts with mother and baby, and danger signs, as the rule pack tells them (`rules/maternal/`). Pure."""

from datetime import date, timedelta
from functools import cache

from models.base import Value
from models.rulepacks import pack_for, packs
from models.urgency import TriageCategory

WEEK = timedelta(weeks=1)


class Antenatal(Value):
    contact_weeks: tuple[int, ...]
    delivery_from_weeks: int
    source: str


class Postnatal(Value):
    """`due_days` after birth."""

    label: str
    due_days: int
    source: str


class DangerSign(Value):
    """`category`: what the visit is raised to."""

    code: str
    words: str
    category: TriageCategory
    source: str


class Maternal(Value):
    """One version of the rules."""

    version: str
    effective_from: date
    signed_off_by: str
    source: tuple[str, ...]
    antenatal: Antenatal
    postnatal: tuple[Postnatal, ...]
    danger_sign: tuple[DangerSign, ...]

    def signs(self, codes: tuple[str, ...]) -> tuple[DangerSign, ...]:
        return tuple(sign for sign in self.danger_sign if sign.code in codes)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sign.code for sign in self.danger_sign)


class Contact(Value):
    """Which contact this is, and which comes next."""

    due: str | None = None
    next: str | None = None
    next_date: date | None = None


@cache
def versions() -> dict[str, Maternal]:
    return {version: Maternal.model_validate(pack) for version, pack in packs("maternal").items()}


def maternal_for(day: date) -> Maternal:
    """The version in force on that day."""
    return versions()[pack_for("maternal", day)["version"]]


def antenatal_contact(rules: Maternal, lmp: date, today: date) -> Contact:
    """By weeks since the last menstrual period: the latest contact whose week has come; before, the first."""
    weeks, plan = (today - lmp) // WEEK, rules.antenatal
    if weeks >= plan.delivery_from_weeks:
        return Contact(due=f"From {plan.delivery_from_weeks} weeks: send for delivery")
    reached = max(sum(week <= weeks for week in plan.contact_weeks), 1)
    due = f"ANC contact {reached} ({'up to ' if reached == 1 else ''}{plan.contact_weeks[reached - 1]} weeks)"
    if reached == len(plan.contact_weeks):
        week, label = plan.delivery_from_weeks, f"Delivery, else at {plan.delivery_from_weeks} weeks"
    else:
        week, label = plan.contact_weeks[reached], f"ANC contact {reached + 1} ({plan.contact_weeks[reached]} weeks)"
    return Contact(due=due, next=label, next_date=lmp + week * WEEK)


def postnatal_contact(rules: Maternal, delivered_on: date, today: date) -> Contact:
    """By days since birth: the first contact that is not over yet."""
    days = (today - delivered_on).days
    ahead = [contact for contact in rules.postnatal if contact.due_days >= days]
    if not ahead:
        return Contact(due="After the last postnatal contact")
    following = ahead[1] if len(ahead) > 1 else None
    return Contact(
        due=ahead[0].label,
        next=following.label if following else None,
        next_date=delivered_on + timedelta(days=following.due_days) if following else None,
    )


versions()  # a pack that cannot be read stops the process at its start
