"""Why a visit does not move: every reason in words, since when, who can act, and who was told already."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.base import Value
from models.next_steps import next_steps
from models.services import Standing
from models.staff import Role
from models.urgency import TriageColour
from models.visit import Visit
from models.words import clock, someone, spoken


class Code(StrEnum):
    """The worst first."""

    CRITICAL_RESULT = "CRITICAL_RESULT"
    WEDGED = "WEDGED"
    NOT_WATCHED = "NOT_WATCHED"
    LATE = "LATE"
    TASK_LATE = "TASK_LATE"
    WAITS_OUTSIDE = "WAITS_OUTSIDE"
    NO_PROGRESS = "NO_PROGRESS"


class Told(Value):
    """Up to which rung of the ladder somebody was told, and who last."""

    rung: int
    to: Role


class Reason(Value):
    """`roles`: who can act; `owner_id`: whose it is by name."""

    code: Code
    words: str
    since: datetime
    roles: tuple[Role, ...]
    owner_id: UUID | None = None
    told: Told | None = None


class Facts(Value):
    """One visit, and what the rows and Temporal say beside it. Rows as plain dictionaries, as the tables have them.

    `late`: of `overdues`, unresolved; `tasks`: open and overdue; `critical`: since when a value is not acknowledged;
    `payments`: since when M-Pesa has not answered; `cover`: who has not answered since when. `is_wedged`,
    `is_watched`: None where Temporal does not answer.
    """

    visit: Visit
    late: tuple[dict[str, Any], ...] = ()
    tasks: tuple[dict[str, Any], ...] = ()
    critical: datetime | None = None
    payment: datetime | None = None
    cover: datetime | None = None
    payer: str = ""
    is_wedged: bool | None = None
    is_watched: bool | None = None


LONG = timedelta(minutes=2)
"""After which a payment by phone, or a payer, is said to keep somebody waiting."""

OPERATORS = (Role.ADMIN, Role.SUPERVISOR)


def reasons(facts: Facts, down: dict[str, Standing], patience: timedelta, now: datetime) -> tuple[Reason, ...]:
    """Every reason, the worst first. `down`: services that fail or are paused; `patience`: how long nothing may
    happen."""
    found = [
        *critical(facts),
        *runs(facts, now),
        *(late(row) for row in facts.late),
        *(task(row) for row in facts.tasks),
        *outside(facts, down, now),
        *unmoved(facts.visit, patience, now),
    ]
    return tuple(sorted(found, key=lambda one: (list(Code).index(one.code), one.since)))


def critical(facts: Facts) -> Iterator[Reason]:
    if facts.critical:
        words = f"A critical result was reported at {clock(facts.critical)}, and no clinician has read it back."
        yield Reason(
            code=Code.CRITICAL_RESULT,
            words=words,
            since=facts.critical,
            roles=(Role.CLINICAL_OFFICER,),
            owner_id=facts.visit.provider_id,
        )


def runs(facts: Facts, now: datetime) -> Iterator[Reason]:
    visit = facts.visit
    if facts.is_wedged:
        words = "Its workflow meets a fault in our code and cannot go on; nothing is lost. Tell an engineer."
        yield Reason(code=Code.WEDGED, words=words, since=visit.updated_at, roles=(Role.ADMIN,))
    if facts.is_watched is False and visit.end is None:
        words = (
            "No workflow watches it: its clocks stand still. Its next action starts one, and so does `njia recover`."
        )
        yield Reason(code=Code.NOT_WATCHED, words=words, since=visit.updated_at, roles=OPERATORS)


def late(row: dict[str, Any]) -> Reason:
    step, to = spoken(row["step"]), Role(row["escalated_to"])
    words = f"{step.capitalize()} was due at {clock(row['due_at'])}; waited for since {clock(row['since'])}."
    return Reason(
        code=Code.LATE,
        words=f"{words} {someone(to).capitalize()} was told last.",
        since=row["due_at"],
        roles=tuple(row["roles"]),
        owner_id=row["owner_id"],
        told=Told(rung=row["escalations"], to=to),
    )


def task(row: dict[str, Any]) -> Reason:
    told = Told(rung=row["escalations"], to=row["escalated_to"]) if row["escalated_to"] else None
    return Reason(
        code=Code.TASK_LATE,
        words=f"A task is overdue since {clock(row['due_at'])}: {row['words']}",
        since=row["due_at"],
        roles=(Role(row["role"]),),
        owner_id=row["owner_id"],
        told=told,
    )


def outside(facts: Facts, down: dict[str, Standing], now: datetime) -> Iterator[Reason]:
    """What somebody else must answer; the patient's care goes on meanwhile."""
    if facts.payment and now - facts.payment > LONG:
        words = f"M-Pesa has not said since {clock(facts.payment)} whether the patient paid.{standing(down, 'mpesa')}"
        yield Reason(code=Code.WAITS_OUTSIDE, words=words, since=facts.payment, roles=(Role.CASHIER,))
    if facts.cover and now - facts.cover > LONG:
        said = f"{facts.payer} has not said since {clock(facts.cover)} whether the patient is covered."
        words = said + standing(down, "sha")
        yield Reason(code=Code.WAITS_OUTSIDE, words=words, since=facts.cover, roles=(Role.CASHIER, Role.RECEPTIONIST))


def standing(down: dict[str, Standing], service: str) -> str:
    found = down.get(service)
    return f" The service is {found.said}{found.since}." if found else ""


def unmoved(visit: Visit, patience: timedelta, now: datetime) -> Iterator[Reason]:
    if visit.end is None and now - visit.updated_at > patience:
        steps = next_steps(visit)
        roles = tuple(dict.fromkeys(role for step in steps for role in step.roles))
        words = f"Nothing has happened since {clock(visit.updated_at)}."
        owner = next((step.owner_id for step in steps if step.owner_id), None)
        yield Reason(code=Code.NO_PROGRESS, words=words, since=visit.updated_at, roles=roles, owner_id=owner)


def by_urgency(visit: Visit, found: Iterable[Reason]) -> tuple[int, int, datetime]:
    """The worst reason first, then the most urgent patient, then who waits longest."""
    worst = min(found, key=lambda one: (list(Code).index(one.code), one.since))
    colours = list(TriageColour)
    urgency = colours.index(visit.triage_colour) if visit.triage_colour else colours.index(TriageColour.GREEN)
    return list(Code).index(worst.code), urgency, worst.since
