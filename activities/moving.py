"""Records that stand under one registration and shall stand under another: moved in any table, and kept as they were.

Every table that has a `patient_id` is moved; a new one needs nothing here.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Table

from models.actions import Change
from models.actions.registration import INSURED
from models.claims import ClaimStatus
from models.command import Command
from models.identity import MoveKind
from models.tables import Base, VisitRow

Statement = tuple[str, dict[str, Any]]

SECRETS = " - 'session'"
"""What opens a claim at the payer is in no copy."""

STAYS: dict[str, str] = {
    "messages": "t.status = 'INTENDED'",
    "claims": "t.handed_in = 'NO' and t.submitted_at is null and t.status <> 'CLOSED'",
}
"""Of a visit made for the wrong registration: what has gone out stays with the person in whose name it went."""

CLAIM_ANEW = f"""
    update claims set session = null, reason = 'The visit was moved to another registration.', raw_status = '',
        status = case when gateway = 'manual' then '{ClaimStatus.BY_HAND}' else '{ClaimStatus.AWAITING_CONSENT}' end,
        turn_asked_at = null, version = version + 1, updated_at = %(at)s
    where visit_id = %(visit)s and {STAYS["claims"].replace("t.", "")}
"""
CLAIM_STEP = f"""
    insert into claim_steps (id, claim_id, version, status, raw_status, reason, actor_id, at)
    select gen_random_uuid(), id, version, status, raw_status, reason, %(by)s, %(at)s
    from claims where visit_id = %(visit)s and {STAYS["claims"].replace("t.", "")}
"""
NOTE_VISIT = """
    insert into record_moves (facility_id, change_id, kind, reason, table_name, record_id, visit_id,
        from_patient, to_patient, record, moved_by, moved_at)
    select %(facility_id)s, %(change_id)s, %(kind)s, %(reason)s, 'visits', v.id, v.id,
        %(from)s, %(to)s, to_jsonb(v), %(by)s, %(at)s from visits v where v.id = %(visit)s
"""
COVER_ANEW = """
    update coverages set payer = %(payer)s, status = case when %(is_asked)s then 'PROVISIONAL' else 'NOT_FOUND' end,
        member_number = null, schemes = '[]', answered_at = null, asked_at = %(at)s, advice = %(advice)s
    where visit_id = %(visit)s
"""
NOBODY_ASKED = "The visit was moved to another registration, whose payer nobody has asked."
ASKED_ANEW = "The visit was moved to another registration; the payer is asked anew."


class Why(NamedTuple):
    """What each line of the ledger of moves says beside the record."""

    change_id: UUID
    facility_id: UUID
    kind: MoveKind
    reason: str
    by: UUID
    at: datetime

    def values(self, former: UUID, now: UUID) -> dict[str, Any]:
        return {**self._asdict(), "kind": str(self.kind), "from": former, "to": now}


def tables_of_patients() -> list[Table]:
    """Every table whose rows belong to a patient, but that of the visits."""
    return [
        table
        for table in Base.metadata.sorted_tables
        if "patient_id" in table.columns and table.name != VisitRow.__tablename__
    ]


def moving(table: Table, where: str, given: dict[str, Any]) -> Statement:
    """Move the rows of `t` for which `where` holds, each with its line in the ledger."""
    visit = "old.visit_id" if "visit_id" in table.columns else "null::uuid"
    text = f"""
        with old as (select t.* from {table.name} t where t.patient_id = %(from)s and {where} for update),
        moved as (update {table.name} t set patient_id = %(to)s from old where t.id = old.id)
        insert into record_moves (facility_id, change_id, kind, reason, table_name, record_id, visit_id,
            from_patient, to_patient, record, moved_by, moved_at)
        select %(facility_id)s, %(change_id)s, %(kind)s, %(reason)s, '{table.name}', old.id, {visit},
            %(from)s, %(to)s, to_jsonb(old){SECRETS}, %(by)s, %(at)s from old
    """
    return text, given


def everything(why: Why, former: UUID, now: UUID) -> Iterator[tuple[str, Statement]]:
    """All that stands under a registration but its visits, by table."""
    for table in tables_of_patients():
        yield table.name, moving(table, "true", why.values(former, now))


def brought_back(why: Why, former: UUID, now: UUID, merge_id: UUID, visits: Iterable[UUID]) -> Iterator[Statement]:
    """What a merge had moved, and all that was written down in the visits that it moved."""
    given = {**why.values(former, now), "merge": merge_id, "visits": list(visits)}
    for table in tables_of_patients():
        moved = (
            f"t.id in (select record_id from record_moves where change_id = %(merge)s and table_name = '{table.name}')"
        )
        inside = " or t.visit_id = any(%(visits)s)" if "visit_id" in table.columns else ""
        yield moving(table, f"({moved}{inside})", given)


def of_one_visit(why: Why, former: UUID, now: UUID, visit_id: UUID) -> Iterator[Statement]:
    """A visit's own records. A temporary registration has no others: there everything moves."""
    given = {**why.values(former, now), "visit": visit_id}
    is_wrong = why.kind is MoveKind.WRONG_PATIENT
    for table in tables_of_patients():
        if "visit_id" not in table.columns:
            continue
        stays = STAYS.get(table.name, "true") if is_wrong else "true"
        which = "t.visit_id = %(visit)s" if is_wrong else "(t.visit_id = %(visit)s or t.visit_id is null)"
        yield moving(table, f"{which} and {stays}", given)


def note_visit(why: Why, former: UUID, now: UUID, visit_id: UUID) -> Statement:
    """The visit's own line, as it stands before its row is written by whoever decides about it."""
    return NOTE_VISIT, {**why.values(former, now), "visit": visit_id}


def cover_anew(why: Why, visit_id: UUID, payer: str, *, is_asked: bool) -> Iterator[Statement]:
    """Nobody's cover but the right patient's counts: claims that are still here and the cover begin anew."""
    given = {"visit": visit_id, "at": why.at, "by": why.by}
    yield CLAIM_ANEW, given
    yield CLAIM_STEP, given
    yield (
        COVER_ANEW,
        {**given, "payer": payer, "is_asked": is_asked, "advice": ASKED_ANEW if is_asked else NOBODY_ASKED},
    )


def left_statements(command: Command, change: Change) -> Iterator[Statement]:
    """The visit as it stood under the patient whom it leaves, before its row is written."""
    if change.moved_from is not None:
        yield note_visit(why_moved(command, change), change.moved_from, change.visit.patient_id, change.visit.id)


def why_moved(command: Command, change: Change) -> Why:
    kind = MoveKind.WRONG_PATIENT if change.moved_because else MoveKind.IDENTIFIED
    reason = change.moved_because or command.action.said
    return Why(command.id, change.visit.facility_id, kind, reason, command.actor.id, command.at)


def move_statements(command: Command, change: Change) -> Iterator[Statement]:
    """What was written down for the patient that the visit had before, in whatever table, becomes this patient's."""
    if change.moved_from is None:
        return
    visit, why = change.visit, why_moved(command, change)
    yield from of_one_visit(why, change.moved_from, visit.patient_id, visit.id)
    if change.moved_because:
        yield from cover_anew(why, visit.id, visit.payment_type, is_asked=visit.payment_type in INSURED)
