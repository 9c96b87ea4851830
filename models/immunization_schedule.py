"""The whole programme for one patient: what was given, is due, overdue, too early, too late or contraindicated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from models.base import Value
from models.doses import Counted, Given, Recipient, against, counted, earliest, has_passed, last_of, reached
from models.kepi import Dose, Programme, Vaccine


class Standing(StrEnum):
    GIVEN = "GIVEN"
    DUE = "DUE"
    OVERDUE = "OVERDUE"
    TOO_EARLY = "TOO_EARLY"
    TOO_LATE = "TOO_LATE"
    CONTRAINDICATED = "CONTRAINDICATED"
    UNKNOWN = "UNKNOWN"
    """The date of birth is not known, and the dose goes by age."""


class Scheduled(Value):
    """One dose of the programme for one patient. `due_on`: from when it may be given."""

    vaccine: str
    name: str
    dose_number: int
    label: str
    status: Standing
    given_on: date | None = None
    due_on: date | None = None
    latest_on: date | None = None
    only: str = ""
    note: str = ""
    reasons: tuple[str, ...] = ()


def schedule(
    programme: Programme, who: Recipient, history: Iterable[Given], today: date, conditions: Iterable[str] = ()
) -> list[Scheduled]:
    """Every dose of the programme for this patient: given, due, overdue, too early, too late or contraindicated.

    What is not routine (Td, say) is shown once it has begun.
    """
    past, stated = list(history), list(conditions)
    shown: list[Scheduled] = []
    for vaccine in programme.vaccine:
        if (vaccine.routine and vaccine.suits(who.gender)) or any(given.code in vaccine.codes for given in past):
            rules = against(programme, vaccine.code, past, stated)
            reasons = tuple(programme.said(rule.condition) for rule in rules if rule.kind != "judgement")
            shown += Series(programme, vaccine, who, today, reasons).shown(counted(who, past, vaccine))
    return shown


def coming(doses: Iterable[Scheduled], begun: str = "") -> Scheduled | None:
    """What comes next: the earliest dose for every child, or of the series `begun`, that is still to be given."""
    open_ones = (Standing.DUE, Standing.OVERDUE, Standing.TOO_EARLY)
    still = (d for d in doses if d.status in open_ones and d.due_on and (not d.only or d.vaccine == begun))
    return min(still, key=when, default=None)


def when(dose: Scheduled) -> date:
    return dose.due_on or date.max


@dataclass(frozen=True)
class Series:
    """One vaccine's doses for one patient; `reasons` speak against any of them."""

    programme: Programme
    vaccine: Vaccine
    who: Recipient
    today: date
    reasons: tuple[str, ...]

    def shown(self, told: list[Counted]) -> list[Scheduled]:
        """Doses to come follow each other by their intervals, beginning today at the earliest."""
        given = {c.number: c.given.on for c in told if c.number is not None}
        before, doses, former = last_of(told), [], Standing.GIVEN
        for dose in self.vaccine.dose:
            if dose.number in given:
                former = Standing.GIVEN
                doses.append(self.told(dose, former, given_on=given[dose.number]))
                continue
            due_on = earliest(self.who, dose, before)
            status = self.standing(dose, due_on, is_skipped=dose.number < reached(told))
            if former in (Standing.TOO_LATE, Standing.UNKNOWN):  # what it builds on will not be, or nobody knows when
                status = former
            doses.append(self.told(dose, status, due_on=due_on))
            former = Standing.GIVEN if dose.may_be_left_out else status
            if status is not Standing.TOO_LATE:
                before = max(due_on, self.today) if due_on else self.today
        return doses

    def standing(self, dose: Dose, due_on: date | None, *, is_skipped: bool) -> Standing:
        if is_skipped or has_passed(self.who, dose, max(due_on or self.today, self.today)):
            return Standing.TOO_LATE
        if self.reasons:
            return Standing.CONTRAINDICATED
        if self.who.born is None and dose.due_days is not None:
            return Standing.UNKNOWN
        if due_on and due_on > self.today:
            return Standing.TOO_EARLY
        grace = timedelta(days=self.programme.overdue.after_days)
        is_overdue = due_on and dose.due_days is not None and self.today > due_on + grace
        return Standing.OVERDUE if is_overdue else Standing.DUE

    def told(
        self, dose: Dose, status: Standing, *, due_on: date | None = None, given_on: date | None = None
    ) -> Scheduled:
        latest = dose.latest_days if self.who.born and status is not Standing.GIVEN else None
        return Scheduled(
            vaccine=self.vaccine.code,
            name=self.vaccine.name,
            dose_number=dose.number,
            label=dose.label,
            status=status,
            given_on=given_on,
            due_on=due_on,
            latest_on=self.who.born + timedelta(days=latest) if self.who.born and latest is not None else None,
            only=self.vaccine.only,
            note=" ".join(words for words in (self.vaccine.note, dose.note) if words),
            reasons=self.reasons if status is Standing.CONTRAINDICATED else (),
        )
