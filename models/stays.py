"""Waits that came to their end: what a visit waited for, since when, who took it on, and how it ended.

While all work at a station is behind a money gate, the patient waits for the cashier and not for the station: its own
wait begins when the gate opens, and is over when only gated work is left.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from models.base import Value
from models.calls import Call
from models.deadlines import Step, wait_key
from models.next_steps import NextStep, next_steps
from models.staff import THE_CLINIC, Person
from models.status import Status
from models.urgency import TriageCategory, TriageColour
from models.visit import Visit

DISCHARGED = frozenset({Status.COMPLETED, Status.REFERRED})


class HowEnded(StrEnum):
    """DONE: what was waited for was done. LEFT: the patient had gone. ENDED: nobody was served, because the visit
    ended otherwise, the order was cancelled, its gate closed again, somebody else's work took its place, or what was
    done was entered in error."""

    DONE = "DONE"
    LEFT = "LEFT"
    ENDED = "ENDED"


class Stay(Value):
    """One wait, for one step, from `since`, when it could be done, to `ended_at`.

    `taken_at`, `taken_by`: who took the patient on; for ENCOUNTER the clinician who had the patient in. `called_at`:
    the call that they came to. `ended_by`: whose action ended it, which may be somebody else. The category is that of
    the end: of a wait for triage, what triage found.
    """

    id: UUID
    facility_id: UUID
    visit_id: UUID
    step: Step
    triage_category: TriageCategory | None
    triage_colour: TriageColour | None
    since: datetime
    called_at: datetime | None
    taken_at: datetime | None
    taken_by: UUID | None
    ended_at: datetime
    ended_how: HowEnded
    ended_by: UUID
    command_id: UUID


def stay_id(visit_id: UUID, step: Step, since: datetime) -> UUID:
    """One for each wait, also where it goes on after an end that was undone."""
    return uuid5(visit_id, f"stay {wait_key(step, since)}")


def own_waits(visit: Visit) -> dict[str, NextStep]:
    """What is waited for and could be done, by the key of the wait; not what waits for the cashier."""
    return {wait_key(one.step, one.since): one for one in next_steps(visit) if not one.waits_for_payment}


def stays_ended(before: Visit | None, after: Visit, by: Person, command_id: UUID, at: datetime) -> tuple[Stay, ...]:
    """The waits that are over with this change, in the order in which they were told."""
    if before is None:
        return ()
    going_on = own_waits(after)
    over = [one for key, one in own_waits(before).items() if key not in going_on]
    return tuple(stay(one, before, after, by, command_id, at) for one in over)


def stay(one: NextStep, before: Visit, after: Visit, by: Person, command_id: UUID, at: datetime) -> Stay:
    ended_at = max(at, one.since)  # the clocks of two API processes may differ
    since = min(one.begins, ended_at)
    taken_at, taken_by = taken(one, before, after)
    call = call_of(before, one)
    came = call is not None and (call.called_by or call.taken_by)
    called_at = call.called_at if call and came else None
    return Stay(
        id=stay_id(before.id, one.step, since),
        facility_id=before.facility_id,
        visit_id=before.id,
        step=one.step,
        triage_category=after.triage_category,
        triage_colour=after.triage_colour,
        since=since,
        called_at=called_at if called_at and called_at >= since else None,
        taken_at=max(taken_at, since) if taken_at else None,
        taken_by=taken_by,
        ended_at=ended_at,
        ended_how=how_ended(one, before, after, by),
        ended_by=by.id,
        command_id=command_id,
    )


def call_of(visit: Visit, one: NextStep) -> Call | None:
    here = (call for call in visit.calls if Step(call.station) is one.step)
    return next((call for call in here if call.since == one.since), None)


def taken(one: NextStep, before: Visit, after: Visit) -> tuple[datetime | None, UUID | None]:
    """When the patient was taken on, and by whom; a clinician who takes the patient in takes them on."""
    if one.step is Step.ENCOUNTER:
        return one.since, before.provider_id
    call = call_of(before, one)
    if call and call.taken_by:
        return call.taken_at, call.taken_by
    if one.step is Step.CONSULTATION and is_taken_in(before, after):
        return max(after.updated_at, one.since), after.provider_id
    return None, None


def is_taken_in(before: Visit, after: Visit) -> bool:
    return after.status is Status.IN_CONSULTATION and before.status is not Status.IN_CONSULTATION


def how_ended(one: NextStep, before: Visit, after: Visit, by: Person) -> HowEnded:
    if after.end and after.departure:
        return HowEnded.LEFT
    return HowEnded.DONE if is_done(one, before, after, by) else HowEnded.ENDED


def is_done(one: NextStep, before: Visit, after: Visit, by: Person) -> bool:
    """Whether this was what the wait was for, and not merely the end of it."""
    if one.step is Step.DISCHARGE:
        return after.end in DISCHARGED
    if after.end:
        return False
    if one.step is Step.CASHIER:
        return after.settled_amount > before.settled_amount
    if one.step is Step.RETRIAGE and not (after.triaged_at and after.triaged_at > one.since):
        return False
    if is_shut(one, before, after):
        return False
    return by.id == THE_CLINIC or by.is_any_of(frozenset(one.roles))


def is_shut(one: NextStep, before: Visit, after: Visit) -> bool:
    """Whether a gate closed before it, and all the work that was free is there still."""
    free = {order.id for order in before.open_orders if Step(order.station) is one.step and not order.gated}
    waits = {wait_key(left.step, left.since) for left in next_steps(after) if left.waits_for_payment}
    return wait_key(one.step, one.since) in waits and free <= {order.id for order in after.open_orders}
