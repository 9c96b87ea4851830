"""The lines of a queue as the answers show them, and whom a desk may call."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from api.queue_reads import Reckoning, Row, call_in, gate_in, since_in
from api.shapes import OpenOrder
from models.calls import Call
from models.command import NAIROBI
from models.estimates import told, turns
from models.orders import OrderKind
from models.policy import Policies, Policy
from models.queueing import is_under_way
from models.staff import Person, Role, Station
from models.urgency import TriageCategory, TriageColour


class QueuedOrder(OpenOrder):
    urgent: bool


class InLine(BaseModel):
    """A patient's place. `position`: 1 is the next; null while somebody has the patient, or while they must pay first.
    `advice`: what to do about somebody who does not answer."""

    since: datetime
    position: int | None
    waits_for_payment: bool
    called_at: datetime | None
    room: str | None
    calls: int
    missed: int
    taken_by: UUID | None
    taken_at: datetime | None
    due_at: datetime | None
    is_late: bool
    estimated_minutes: int | None
    estimate_from: int
    advice: str | None


class QueueItem(InLine):
    visit_id: UUID
    op_number: str
    patient_id: UUID
    patient_name: str
    provider_id: UUID | None
    triage_category: TriageCategory | None
    triage_colour: TriageColour | None
    triage_incomplete: bool
    orders: list[QueuedOrder]


class Place(InLine):
    """`waiting`: how many stand in that queue in all."""

    station: Station
    waiting: int


def items_of(rows: Sequence[Row], station: Station, known: Reckoning, policies: Policies) -> list[dict[str, Any]]:
    """In the order of the line; the estimate of each follows from those before."""
    pace = known.pace
    turn, position = turns(pace) if pace else None, 0
    items = []
    for row in rows:
        call = call_in(row, station)
        has_no_turn = (call is not None and call.taken_by is not None) or waits_for_payment(row, station)
        position += not has_no_turn
        minutes = None if has_no_turn or turn is None else told(next(turn))
        place = {"position": None if has_no_turn else position, "estimated_minutes": minutes}
        items.append(
            {
                **shown(row, station),
                **standing(row, station, call, known.at),
                **place,
                "estimate_from": pace.rests_on if pace else 0,
                "advice": advice(call, policy_of(policies, row)),
            }
        )
    return items


def shown(row: Row, station: Station) -> dict[str, Any]:
    names = ("op_number", "patient_id", "provider_id", "triage_category", "triage_colour", "triage_incomplete")
    here = [order for order in row["open_orders"] if order["station"] == station]
    orders = sorted(here, key=lambda order: (not order["urgent"], order["since"]))
    named = f"{row['first_name']} {row['last_name']}"
    return {**{name: row[name] for name in names}, "visit_id": row["id"], "patient_name": named, "orders": orders}


def standing(row: Row, station: Station, call: Call | None, at: datetime) -> dict[str, Any]:
    due_at = next((datetime.fromisoformat(one["due_at"]) for one in row["clocks"] if one["step"] == station), None)
    return {
        "since": since_in(row, station),
        "waits_for_payment": waits_for_payment(row, station),
        "called_at": call and call.called_at,
        "room": call and call.room,
        "calls": call.times if call else 0,
        "missed": call.missed if call else 0,
        "taken_by": call and call.taken_by,
        "taken_at": call and call.taken_at,
        "due_at": due_at,
        "is_late": due_at is not None and due_at < at,
    }


def waits_for_payment(row: Row, station: Station) -> bool:
    """Whether all that is to be done there is behind a money gate: the place is kept, and nobody calls them in vain."""
    return bool(gate_in(row, station).get("waits_for_payment"))


def policy_of(policies: Policies, row: Row) -> Policy:
    """The version that the visit began with."""
    return policies.of(row["policy"], row["arrived_at"].astimezone(NAIROBI).date())


def advice(call: Call | None, policy: Policy) -> str | None:
    if call is None or call.taken_by or call.missed < policy.calling.unanswered_calls:
        return None
    return f"Did not answer {call.missed} calls. Look for the patient; if they have gone, record that they left."


def next_first(
    rows: Iterable[Row], station: Station, actor: Person, policies: Policies, at: datetime
) -> Iterator[UUID]:
    """Whom this person may call, in turn; who did not answer lately, or often, comes after the others. Who must pay
    first is called by the cashier."""
    later = []
    for row in rows:
        call, policy = call_in(row, station), policy_of(policies, row)
        if is_somebody_elses(row, station, actor) or waits_for_payment(row, station):
            continue
        if call and (call.taken_by or is_under_way(call, policy, at)):
            continue
        if call and did_not_answer(call, policy, at):
            later.append(row["id"])
        else:
            yield row["id"]
    yield from later


def did_not_answer(call: Call, policy: Policy, at: datetime) -> bool:
    if not call.missed or call.called_at is None:
        return False
    lasts = policy.lasting(policy.calling.call_lasts)
    return call.missed >= policy.calling.unanswered_calls or at < call.called_at + lasts


def is_somebody_elses(row: Row, station: Station, actor: Person) -> bool:
    """Results wait for the clinician who ordered them."""
    if station is not Station.CONSULTATION or actor.is_any_of(frozenset({Role.SUPERVISOR})):
        return False
    reviews = any(order["kind"] == OrderKind.REVIEW for order in row["open_orders"])
    return reviews and row["provider_id"] != actor.id
