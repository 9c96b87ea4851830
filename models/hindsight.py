"""A visit as it was known at a past moment: put together again from what each command wrote, and when.

What was written is known from the moment at which it was written into the clinic's record, not from the moment that a
message names: a command that waited while workers were away was known to nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import UUID, uuid5

from models.actions import Action, AnyAction, Change
from models.base import Value
from models.catalogue import Resource
from models.visit import Visit
from models.visit_summary import summary

FORMS: tuple[type[Action], ...] = get_args(get_args(AnyAction)[0])
ABOUT: dict[str, Resource] = {form.model_fields["kind"].default: form.resource for form in FORMS}
"""What the record is about that an action answers with."""

BESIDE = {"patient": Resource.PATIENT, "encounter": Resource.ENCOUNTER, "appointment": Resource.APPOINTMENT}
"""Records that stand in an answer under a name of their own."""

UNMADE = "recorded_at"
"""The field that a record has from its first writing on and that no later one names."""

Key = tuple[Resource, UUID]


class Wrote(Value):
    """The fields of one row as a command left them, as JSON: of a new row all, of an older one those that changed."""

    resource: Resource
    id: UUID
    values: dict[str, Any]


class Writing(Value):
    """The same with its moment. `former`: the values before, where they are known."""

    at: datetime
    resource: Resource
    id: UUID
    values: dict[str, Any]
    former: dict[str, Any] | None = None


class Past(Value):
    """One command of a visit as its row in `commands` has it. `wrote` is None before such was kept."""

    id: UUID
    kind: str
    actor_id: UUID
    status: str
    at: datetime
    written_at: datetime
    answer: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    wrote: tuple[Wrote, ...] | None = None

    @property
    def is_done(self) -> bool:
        return self.status == "DONE"

    @property
    def writings(self) -> Iterable[Writing]:
        rows = self.answered if self.wrote is None else self.wrote
        return (Writing(at=self.written_at, **row.model_dump()) for row in rows)

    @property
    def answered(self) -> tuple[Wrote, ...]:
        """What an old command wrote, as far as it was answered: the records as they stood afterwards, whole."""
        said = self.answer or {}
        named = [(resource, said[name]) for name, resource in BESIDE.items() if isinstance(said.get(name), dict)]
        if "visit" in said and UNMADE in said and self.kind in ABOUT:
            named.append((ABOUT[self.kind], {name: value for name, value in said.items() if name != "visit"}))
        return tuple(Wrote(resource=resource, id=record["id"], values=record) for resource, record in named)

    @property
    def visit_shown(self) -> dict[str, Any]:
        """The visit's summary, which every answer holds."""
        said = self.answer or {}
        inside = said.get("visit")
        return inside if isinstance(inside, dict) else {n: v for n, v in said.items() if n not in BESIDE}


def wrote(before: Visit | None, visit: Visit, change: Change) -> list[dict[str, Any]]:
    """What a change leaves in the rows, the visit's own facts first; values still typed."""
    facts = {
        name: getattr(visit, name)
        for name in Visit.model_fields
        if before is None or getattr(before, name) != getattr(visit, name)
    }
    rows = [{"resource": row.resource, "id": row.id, "values": dict(row.values)} for row in change.rows if row.values]
    return [{"resource": Resource.VISIT, "id": visit.id, "values": facts}, *rows]


def until(at: datetime, commands: Iterable[Past]) -> list[Past]:
    """What had been decided by then."""
    return [command for command in commands if command.written_at <= at]


def done(commands: Iterable[Past]) -> list[Past]:
    return [command for command in commands if command.is_done]


def is_whole(commands: Iterable[Past]) -> bool:
    """Whether all that these commands wrote was kept."""
    return all(command.wrote is not None for command in commands)


def row_then(at: datetime, writings: Sequence[Writing], now: Mapping[str, Any]) -> dict[str, Any]:
    """One row: as it stands now, without what was written later, with what had been written by then.

    A field that was filled later, nobody knows from what, was empty.
    """
    row = dict(now)
    for later in reversed([one for one in writings if one.at > at]):
        row |= dict.fromkeys(later.values) if later.former is None else later.former
    for earlier in (one for one in writings if one.at <= at):
        row |= earlier.values
    return row


def was_there(at: datetime, writings: Sequence[Writing], now: Mapping[str, Any]) -> bool:
    """Whether a record had been made: by a command, or, beside the commands, at the time that it names."""
    made = next((one.at for one in writings if UNMADE in one.values), None)
    return (made or datetime.fromisoformat(now[UNMADE])) <= at


def records_then(
    at: datetime, writings: Sequence[Writing], now: Mapping[Key, Mapping[str, Any]]
) -> dict[Key, dict[str, Any]]:
    """Every record of `now` that was there, as it was."""
    by_row: dict[Key, list[Writing]] = {key: [] for key in now}
    for one in sorted(writings, key=lambda writing: writing.at):
        if (one.resource, one.id) in by_row:
            by_row[one.resource, one.id].append(one)
    return {key: row_then(at, by_row[key], row) for key, row in now.items() if was_there(at, by_row[key], row)}


def facts_then(commands: Sequence[Past]) -> dict[str, Any]:
    """The visit's facts after these commands, as far as they were kept."""
    facts: dict[str, Any] = {}
    for command in commands:
        for row in command.wrote or ():
            facts |= row.values if row.resource is Resource.VISIT else {}
    return facts


def visit_then(commands: Sequence[Past]) -> dict[str, Any]:
    """The visit's summary after these commands; of an old visit, as its last answer had it."""
    if not is_whole(commands):
        return commands[-1].visit_shown
    return summary(Visit.model_validate(facts_then(commands)))


def charged_by(commands: Iterable[Past], lines: int) -> set[UUID]:
    """The ids of the lines of a bill that these commands can have made, of so many in all."""
    return {uuid5(command.id, f"charge-{number}") for command in commands for number in range(lines)}
