"""Which dose of a vaccine it is for a patient, from when it may be given, and what speaks against it. Pure; in days.

A dose counts by the version of the programme that was in force on its day, so history stays valid across versions.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from models.base import Value
from models.kepi import Contraindication, Dose, Programme, Vaccine, programme_for

YEAR = 365
"""Days that a year of a stated age has at least."""

PREVIOUS_ANAPHYLAXIS = "ANAPHYLAXIS_TO_VACCINE"


class Recipient(Value):
    """Who is vaccinated: born on a day, or of an age in years that was stated on a day (None: on any that is asked)."""

    born: date | None = None
    age_years: int | None = None
    stated_on: date | None = None
    gender: str = "UNKNOWN"

    def least_age(self, on: date) -> int | None:
        """Days of age that are certain, where anything is."""
        if self.born:
            return (on - self.born).days
        if self.age_years is None:
            return None
        since = (on - self.stated_on).days if self.stated_on else 0
        return max(0, self.age_years * YEAR + since)


class Given(Value):
    """A dose of a product that was given."""

    code: str
    on: date
    anaphylaxis: bool = False
    conditions: tuple[str, ...] = ()


class Counted(Value):
    """A given dose, and which dose of its series it is: None where it was too early or beyond the series."""

    given: Given
    number: int | None = None
    label: str = ""


class Judged(Value):
    """What the programme says of one dose. `dose`: None outside the schedule; `may_from`: too early until then."""

    version: str
    dose: Dose | None = None
    may_from: date | None = None
    against: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    observe_minutes: int = 0


def counted(who: Recipient, history: Iterable[Given], vaccine: Vaccine) -> list[Counted]:
    """The doses of a series in the order in which they were given, each judged by the version of its day."""
    told: list[Counted] = []
    for given in sorted((g for g in history if g.code in vaccine.codes), key=lambda g: g.on):
        then = programme_for(given.on).series(given.code) or vaccine
        dose = upcoming(who, told, then, given.on)
        from_when = earliest(who, dose, last_of(told)) if dose else None
        if dose is None or (from_when and given.on < from_when):
            told.append(Counted(given=given))
        else:
            told.append(Counted(given=given, number=dose.number, label=dose.label))
    return told


def last_of(told: list[Counted]) -> date | None:
    """When the last dose was given, counted or not: the interval runs from it."""
    return told[-1].given.on if told else None


def reached(told: list[Counted]) -> int:
    return max((c.number for c in told if c.number is not None), default=-1)


def upcoming(who: Recipient, told: list[Counted], vaccine: Vaccine, on: date) -> Dose | None:
    """The dose of the series that comes next; None where it is complete, or its age has passed for certain."""
    for dose in vaccine.dose:
        if dose.number > reached(told) and not (dose.may_be_left_out and has_passed(who, dose, on)):
            return None if has_passed(who, dose, on) else dose
    return None


def has_passed(who: Recipient, dose: Dose, on: date) -> bool:
    age = who.least_age(on)
    return dose.latest_days is not None and age is not None and age > dose.latest_days


def earliest(who: Recipient, dose: Dose, last: date | None) -> date | None:
    """From when the dose may be given, by age and by the interval since the last one; None where neither is known."""
    by_age = who.born + timedelta(days=dose.due_days) if who.born and dose.due_days is not None else None
    by_interval = last + timedelta(days=dose.min_interval_days) if last else None
    return max((day for day in (by_age, by_interval) if day), default=None)


def against(
    programme: Programme, code: str, history: Iterable[Given], conditions: Iterable[str]
) -> list[Contraindication]:
    """What speaks against a vaccine: stated today, remembered from before, or an anaphylaxis after this vaccine."""
    past, vaccine = list(history), programme.series(code)
    lasting = {condition.code for condition in programme.condition if condition.lasting}
    known = set(conditions) | {c for given in past for c in given.conditions if c in lasting}
    if any(given.anaphylaxis and given.code in (vaccine.codes if vaccine else (code,)) for given in past):
        known.add(PREVIOUS_ANAPHYLAXIS)
    rules = (*programme.contraindication, *(vaccine.contraindication if vaccine else ()))
    return [rule for rule in rules if rule.condition in known]


def judge(
    programme: Programme, who: Recipient, history: Iterable[Given], code: str, on: date, conditions: Iterable[str]
) -> Judged:
    """One dose of a product on a day, after these doses and under these conditions."""
    past, vaccine = list(history), programme.series(code)
    rules = against(programme, code, past, conditions)
    dose, told = None, []
    if vaccine and vaccine.suits(who.gender):
        told = counted(who, past, vaccine)
        dose = upcoming(who, told, vaccine, on)
    from_when = earliest(who, dose, last_of(told)) if dose else None
    watch = programme.observation
    return Judged(
        version=programme.version,
        dose=dose,
        may_from=from_when if from_when and on < from_when else None,
        against=tuple(programme.said(rule.condition) for rule in rules if rule.kind != "judgement"),
        warnings=(*warned(programme, rules), *doubts(who, dose)),
        observe_minutes=watch.minutes if dose else watch.outside_schedule_minutes,
    )


def warned(programme: Programme, rules: Iterable[Contraindication]) -> list[str]:
    return [f"Use clinical judgement: {programme.said(r.condition)}." for r in rules if r.kind == "judgement"]


def doubts(who: Recipient, dose: Dose | None) -> list[str]:
    """What could not be judged."""
    if dose is None:
        return ["Outside the schedule: age and interval were not checked. Set observe_minutes."]
    if who.born is None and dose.due_days is not None:
        return ["The date of birth is not known: the age was not checked."]
    return []
