"""When the clinic expects a patient again: for the next dose, for the method's return day, for the next contact. Pure.

At most one obligation stands open for each service and patient: that of the visit in which the service was given last.
All of it follows from the records as they stand, so it is the same however often and in whatever order it is asked.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from models.base import Value
from models.doses import Given, Recipient
from models.immunization_schedule import Scheduled, Standing, schedule
from models.kepi import Programme

CHILDHOOD = timedelta(days=5 * 365)
"""Until then every dose of the programme is waited for; from then on only those of a series that was begun."""

DEADLINE_AT = time(17, 0)
EARLY = timedelta(days=14)
"""A contact without its dates, so shortly before the next was due, counts as that."""

CAME = "The patient came."
IN_ERROR = "What it followed from was not this patient's, or was entered in error."
NOT_DUE = "No further visit is due."
DIED = "The patient has died."


class Line(StrEnum):
    """The services that expect patients again, named as their stations are."""

    IMMUNIZATION = "IMMUNIZATION"
    FAMILY_PLANNING = "FAMILY_PLANNING"
    MCH = "MCH"


GRACE = {Line.IMMUNIZATION: timedelta(days=14), Line.FAMILY_PLANNING: timedelta(days=14), Line.MCH: timedelta(days=7)}
"""From the day on which the patient is due until somebody looks for them."""

KINDS = {Line.IMMUNIZATION: "NEXT_DOSE", Line.FAMILY_PLANNING: "RETURN_VISIT", Line.MCH: "RETURN_VISIT"}


class Served(Value):
    """One record of a service. `next_on`: the day that it names for coming again, where it names one.

    `tells`: whether it says anything about that; a child that is only weighed, say, leaves it as it was.
    """

    id: UUID
    visit_id: UUID
    recorded_by: UUID
    on: date
    next_on: date | None = None
    tells: bool = True


class Recall(Value):
    """The patient is expected again on `due_on`, or was already when served on `known_on`."""

    line: Line
    visit_id: UUID
    record_id: UUID
    recorded_by: UUID
    known_on: date
    due_on: date

    @property
    def id(self) -> UUID:
        """Its obligation: one for each visit and service."""
        return uuid5(self.visit_id, f"recall {self.line}")

    def due_at(self, zone: ZoneInfo) -> datetime:
        """The deadline: after it the patient is looked for."""
        return datetime.combine(max(self.due_on, self.known_on) + GRACE[self.line], DEADLINE_AT, zone)


def following(line: Line, served: Sequence[Served]) -> Recall | None:
    """From the records of a service in the order of their days: what the last one that tells anything has next."""
    telling = [one for one in served if one.tells]
    if not telling or telling[-1].next_on is None:
        return None
    last, next_on, came_last = telling[-1], telling[-1].next_on, served[-1]
    if came_last is not last and came_last.on >= next_on - EARLY:
        return None
    return recall(line, last, next_on)


def next_dose(
    programme: Programme, who: Recipient, doses: Sequence[Given], served: Sequence[Served], today: date
) -> Recall | None:
    """The earliest dose that is still to be given; `served` are the records of the same doses, in their order."""
    if not served:
        return None
    begun = {series.code for given in doses if (series := programme.series(given.code))}
    is_child = who.born is not None and today - who.born < CHILDHOOD
    wanted = [one for one in schedule(programme, who, doses, today) if is_waited_for(one, begun, is_child=is_child)]
    days = [one.due_on for one in wanted if one.due_on]
    return recall(Line.IMMUNIZATION, served[-1], min(days)) if days else None


def is_waited_for(dose: Scheduled, begun: set[str], *, is_child: bool) -> bool:
    is_open = dose.status in (Standing.DUE, Standing.OVERDUE, Standing.TOO_EARLY)
    return is_open and (dose.vaccine in begun or (is_child and not dose.only))


def recall(line: Line, served: Served, due_on: date) -> Recall:
    return Recall(
        line=line,
        visit_id=served.visit_id,
        record_id=served.id,
        recorded_by=served.recorded_by,
        known_on=served.on,
        due_on=due_on,
    )


class Owing(Value):
    """An obligation of one service as its row has it. `closed_by`: the person who gave it up, if anybody did."""

    id: UUID
    visit_id: UUID
    status: str
    due_on: date
    due_at: datetime
    record_id: UUID
    closed_by: UUID | None = None


class Step(Value):
    """What is written: of a new obligation all but its stamps, of one that is there what changes."""

    id: UUID
    is_new: bool = False
    values: dict[str, Any]


def steps(
    owed: Iterable[Owing], wanted: Recall | None, served: Sequence[Served], zone: ZoneInfo, *, has_died: bool
) -> list[Step]:
    """What makes the obligations of one service as they should be."""
    wanted = None if has_died else wanted
    standing = {one.id: one for one in owed}
    over = [one for one in standing.values() if one.status == "OPEN" and (wanted is None or one.id != wanted.id)]
    found = [Step(id=one.id, values=closed(one, served, has_died=has_died)) for one in over]
    return [*found, *(opened(standing.get(wanted.id), wanted, zone) if wanted else ())]


def opened(there: Owing | None, wanted: Recall, zone: ZoneInfo) -> list[Step]:
    """What somebody gave up stays so; what the clinic itself had closed is open again."""
    facts = {"record_id": wanted.record_id, "due_on": wanted.due_on, "due_at": wanted.due_at(zone)}
    if there is None:
        return [Step(id=wanted.id, is_new=True, values=facts)]
    if there.closed_by or (there.status == "OPEN" and all(getattr(there, n) == v for n, v in facts.items())):
        return []
    again = {} if there.status == "OPEN" else {"status": "OPEN", "outcome": "", "closed_at": None}
    return [Step(id=there.id, values={**facts, **again})]


def closed(one: Owing, served: Sequence[Served], *, has_died: bool) -> dict[str, Any]:
    if has_died:
        return {"status": "CANCELLED", "outcome": DIED}
    if not any(record.visit_id == one.visit_id for record in served):
        return {"status": "CANCELLED", "outcome": IN_ERROR}
    if served[-1].visit_id != one.visit_id:
        return {"status": "DONE", "outcome": CAME}
    return {"status": "CANCELLED", "outcome": NOT_DUE}
