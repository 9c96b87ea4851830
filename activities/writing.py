"""From a decided change to the statements that write it, in the order in which they must run."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid5

from pydantic_core import to_jsonable_python

from activities.moving import left_statements, move_statements
from integrations.database import inserting, updating
from models.actions import Change, Row
from models.actions.base import charge_id
from models.audit import START, Entry, visit_chain
from models.catalogue import Known, Resource
from models.command import Command, case_of
from models.events import Event, for_person
from models.hindsight import wrote
from models.problems import Problem
from models.staff import Person
from models.stays import stays_ended
from models.stock import StockMove
from models.tables import TABLE_OF, AuditRow, ChargeRow, CommandRow, EventRow, StayRow, VisitRow
from models.visit import Visit
from models.visit_summary import summary

Statement = tuple[str, dict[str, Any]]
RECHARGE = """
    insert into charges (id, facility_id, visit_id, patient_id, recorded_by, recorded_at, order_id, code, description,
        quantity, unit_price, amount)
    select gen_random_uuid(), facility_id, visit_id, patient_id, %(actor)s, %(at)s, order_id, code, description,
        quantity, unit_price, amount
    from charges where order_id = %(order)s and taken_back_by = %(by)s
"""
"""A line that was taken back stays so; what is charged again is a line of its own."""

TAKE_BACK = """
    update charges set taken_back_by = %(by)s where (order_id = %(order)s or id = %(own)s) and taken_back_by is null
"""
"""`own`: the line that a record made which is no order."""

NOTIFY: Statement = ("select pg_notify('events', '')", {})
MOVE_BATCH = "update stock_batches set on_hand = on_hand + %(quantity)s where id = %(batch_id)s"
NOTE_MOVE = """
    insert into stock_movements (id, facility_id, batch_id, code, kind, quantity, on_hand_after, reason, notes,
        command_id, visit_id, prescription_id, moved_by, moved_at)
    select %(id)s, %(facility_id)s, b.id, %(code)s, %(kind)s, %(quantity)s, b.on_hand, %(reason)s, %(notes)s,
        %(command_id)s, %(visit_id)s, %(prescription_id)s, %(moved_by)s, %(moved_at)s
    from stock_batches b where b.id = %(batch_id)s
"""


ENDS_AGAIN = """ on conflict (id) do update set triage_category = excluded.triage_category,
    triage_colour = excluded.triage_colour, called_at = excluded.called_at, taken_at = excluded.taken_at,
    taken_by = excluded.taken_by, ended_at = excluded.ended_at, ended_how = excluded.ended_how,
    ended_by = excluded.ended_by, command_id = excluded.command_id
"""


UNSERVED = """
    update stays set ended_how = 'ENDED' where visit_id = %(visit)s and ended_how = 'DONE' and (command_id = %(record)s
        or step = 'CONSULTATION' and ended_at in (
            select since from stays where visit_id = %(visit)s and step = 'ENCOUNTER' and command_id = %(record)s))
"""
"""A record has the id of its command. With an encounter goes the wait that ended as the patient was taken in for it."""


class Moved(Exception):
    """The visit's row is no longer at the version that the decision was taken on."""


class Written(NamedTuple):
    """The visit and answer after the change, and how to write it; `guard` is the statement that must hit one row."""

    visit: Visit
    answer: dict[str, Any]
    statements: list[Statement]
    guard: int


def statements(before: Visit | None, command: Command, change: Change) -> Written:
    entries = audit_entries(before, command, change)
    visit = change.visit.having(audit_head=entries[-1].hash, audit_length=entries[-1].seq)
    answer = to_jsonable_python(command.action.answer(change, summary(visit)))
    patients = [row for row in change.rows if row.resource is Resource.PATIENT]
    others = [row for row in change.rows if row.resource is not Resource.PATIENT]
    kept = wrote(before, visit, change)
    first = [
        command_statement(command, answer, kept, change),
        *writes(patients),
        *left_statements(command, change),
    ]
    guarded = visit_statement(before, visit)
    moved = [*move_statements(command, change)]
    shelf = [*stock_statements(command, change)]
    charged = [*charge_statements(command, change)]
    audited = [inserting(AuditRow, audit_values(one)) for one in entries]
    unserved = [(UNSERVED, {"visit": visit.id, "record": id}) for id in change.unserved]
    stayed = [*unserved, *stay_statements(before, visit, command)]
    rest = [*moved, *writes(others), *shelf, *charged, *stayed, *audited]
    told = [event_statement(visit.facility_id, event, command.at) for event in change.events]
    heard = [*told, NOTIFY] if told else []
    return Written(visit, answer, [*first, guarded, *rest, *heard], guard=len(first))


def command_statement(
    command: Command, answer: dict[str, Any], kept: list[dict[str, Any]], change: Change
) -> Statement:
    starts = [start.model_dump(mode="json") for start in change.starts]
    values = {
        "id": command.id,
        "facility_id": command.actor.facility_id,
        "visit_id": command.visit_id,
        "actor_id": command.actor.id,
        "kind": command.action.kind,
        "digest": command.digest,
        "status": "DONE",
        "answer": answer,
        "starts": starts or None,
        "wrote": kept,
        "at": command.at,
    }
    return inserting(CommandRow, values)


def visit_statement(before: Visit | None, visit: Visit) -> Statement:
    values = visit_values(visit)
    if before is None:
        return inserting(VisitRow, values)
    text, parameters = updating(VisitRow, values, "id = %(id)s and version = %(version_before)s")
    return text, {**parameters, "version_before": before.version}


def visit_values(visit: Visit) -> dict[str, Any]:
    facts = {name: getattr(visit, name) for name in Visit.model_fields}
    return {
        **facts,
        "waiting_at": [str(station) for station in visit.waiting_at],
        "referred_to": [str(station) for station in visit.referred_to],
    }


def writes(rows: list[Row]) -> Iterator[Statement]:
    for row in rows:
        table = TABLE_OF[row.resource]
        if row.former is None:
            yield inserting(table, {"id": row.id, **row.values})
        elif row.values:
            text, parameters = updating(table, row.values, "id = %(row_id)s")
            yield text, {**parameters, "row_id": row.id}


def charge_statements(command: Command, change: Change) -> Iterator[Statement]:
    for order_id in change.uncharged:
        yield TAKE_BACK, {"by": command.id, "order": order_id, "own": charge_id(order_id, 0)}
    for line in change.recharged:
        values = {"at": command.at, "actor": command.actor.id, "order": line.order_id}
        yield RECHARGE, {**values, "by": line.taken_back_by}
    for number, charge in enumerate(change.charges):
        values = {
            "id": charge_id(command.id, number),
            "facility_id": change.visit.facility_id,
            "visit_id": change.visit.id,
            "patient_id": change.visit.patient_id,
            "recorded_by": command.actor.id,
            "recorded_at": command.at,
            **charge.model_dump(),
            "amount": charge.amount,
        }
        yield inserting(ChargeRow, values)


def stock_statements(command: Command, change: Change) -> Iterator[Statement]:
    """Each move changes its batch by so many pieces, whatever is there; the database refuses to go below zero."""
    stamp = {
        "facility_id": change.visit.facility_id,
        "command_id": command.id,
        "visit_id": change.visit.id,
        "moved_by": command.actor.id,
        "moved_at": command.at,
    }
    for move in change.moves:
        yield from moving(move, stamp)


def moving(move: StockMove, stamp: Mapping[str, Any]) -> tuple[Statement, Statement]:
    """The batch, and its line in the ledger, whose id follows from the command and the batch."""
    values = {
        **stamp,
        **move.model_dump(exclude={"kind"}),
        "id": uuid5(stamp["command_id"], f"stock {move.batch_id}"),
        "kind": str(move.kind),
    }
    return (MOVE_BATCH, {"quantity": move.quantity, "batch_id": move.batch_id}), (NOTE_MOVE, values)


def stay_statements(before: Visit | None, visit: Visit, command: Command) -> Iterator[Statement]:
    """The waits that end here; one that goes on after an end that was undone has one line, with its last end."""
    for stay in stays_ended(before, visit, command.actor, command.id, command.at):
        text, given = inserting(StayRow, stay.model_dump())
        yield text + ENDS_AGAIN, given


def audit_entry(before: Visit | None, command: Command, change: Change) -> Entry:
    action = command.action
    is_patient = action.audited_resource is Resource.PATIENT
    about = change.visit.patient_id if is_patient else action.audit_id(case_of(before, command, Known()))
    return Entry(
        id=uuid5(command.id, "audit"),
        facility_id=change.visit.facility_id,
        chain=visit_chain(change.visit.id),
        seq=(before.audit_length if before else 0) + 1,
        visit_id=change.visit.id,
        user_id=command.actor.id,
        action=action.writes,
        resource=action.audited_resource,
        resource_id=about,
        details=action.audited(change),
        ip_address=command.address,
        at=command.at,
        previous_hash=before.audit_head if before else START,
    )


def audit_entries(before: Visit | None, command: Command, change: Change) -> list[Entry]:
    """One for what was done; where the visit left another patient, a second one about that patient."""
    entry = audit_entry(before, command, change)
    if change.moved_from is None:
        return [entry]
    left = {"resource_id": change.moved_from, "details": f"{command.action.said}; moved from this one"}
    second = {"id": uuid5(command.id, "audit-left"), "seq": entry.seq + 1, "previous_hash": entry.hash, **left}
    return [entry, entry.model_copy(update=second)]


def audit_values(entry: Entry) -> dict[str, Any]:
    return {**{name: getattr(entry, name) for name in Entry.model_fields}, "hash": entry.hash}


def event_statement(facility_id: UUID, event: Event, at: datetime) -> Statement:
    values = {
        "facility_id": facility_id,
        "kind": event.kind,
        "audience": [str(who) for who in event.audience],
        "payload": to_jsonable_python(event.payload),
        "occurred_at": at,
    }
    return inserting(EventRow, values)


class Identified(Protocol):
    """What a refusal is about: a command, or a message that could not be read."""

    @property
    def id(self) -> UUID: ...
    @property
    def visit_id(self) -> UUID | None: ...


def refusal_statements(about: Identified, sender: Person, kind: str, problem: Problem) -> list[Statement]:
    """A refusal that its sender did not hear: kept in `commands`, and told to that person."""
    said = problem.model_dump(mode="json", exclude_defaults=True)
    now = datetime.now(UTC)
    row = {
        "id": about.id,
        "facility_id": sender.facility_id,
        "visit_id": about.visit_id,
        "actor_id": sender.id,
        "kind": kind,
        "digest": getattr(about, "digest", ""),
        "status": "REFUSED",
        "problem": said,
        "at": getattr(about, "at", now),
    }
    payload = {"commandId": about.id, "visitId": about.visit_id, "problem": said}
    event = Event(kind="command:refused", audience=(for_person(sender.id),), payload=payload)
    return [inserting(CommandRow, row), event_statement(sender.facility_id, event, now), NOTIFY]
