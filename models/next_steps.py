"""What an open visit waits for next: every open visit has a step, somebody whose it is, and a clock."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.base import Value
from models.deadlines import Clock, Rung, Step
from models.opening_hours import open_for
from models.orders import Order
from models.paying import Fee
from models.policy import Policy
from models.staff import SERVES, Role, Station
from models.status import Status
from models.urgency import TriageColour
from models.visit import Visit, Wait, may_discharge


class NextStep(Value):
    """`roles`: who may do it; `owner_id`: whose it is by name, where that is known.

    `since`: when the wait began. `counts_from`: its deadline counts from then, where something must be over first.
    `waits_for_payment`: nothing of it may be done before the cashier has done their part.
    """

    step: Step
    roles: tuple[Role, ...]
    since: datetime
    owner_id: UUID | None = None
    is_urgent: bool = False
    counts_from: datetime | None = None
    is_due: bool = False
    """At once."""
    waits_for_payment: bool = False

    @property
    def begins(self) -> datetime:
        """From when on whose step it is could do it: not before the gate was open, or the observation over."""
        return max(self.since, self.counts_from or self.since)


def next_steps(visit: Visit) -> tuple[NextStep, ...]:
    """In the order in which they are told; none where the visit has ended."""
    return () if visit.end else tuple(steps_of(visit))


def steps_of(visit: Visit) -> Iterator[NextStep]:
    if visit.status is Status.IN_CONSULTATION:
        yield NextStep(
            step=Step.ENCOUNTER,
            roles=(Role.CLINICAL_OFFICER,),
            since=visit.stage_since,
            owner_id=visit.provider_id,
        )
    yield from (at_station(visit, wait) for wait in visit.waiting)
    if visit.look_again_since and visit.comes_back_unseen:
        yield NextStep(step=Step.RETRIAGE, roles=(Role.TRIAGE_NURSE,), since=visit.look_again_since, is_due=True)
    elif visit.status is Status.TRIAGED and visit.triaged_at:
        yield NextStep(step=Step.RETRIAGE, roles=(Role.TRIAGE_NURSE,), since=visit.triaged_at)
    if waits := visit.pending_retriage:
        second = (Role.CLINICAL_OFFICER, Role.SUPERVISOR, Role.TRIAGE_NURSE)
        yield NextStep(step=Step.SECOND_LOOK, roles=second, since=waits.at)
    if visit.status is Status.READY_FOR_DISCHARGE:
        yield NextStep(
            step=Step.DISCHARGE,
            roles=tuple(sorted(may_discharge(visit))),
            since=visit.stage_since,
            owner_id=visit.provider_id,
            counts_from=visit.observe_until,
        )


def at_station(visit: Visit, wait: Wait) -> NextStep:
    orders = [order for order in visit.open_orders if order.station is wait.station]
    clinician = visit.provider_id if wait.station is Station.CONSULTATION and visit.seen else None
    call = visit.call_at(wait.station)
    return NextStep(
        step=Step(wait.station),
        roles=(SERVES[wait.station],),
        since=wait.since,
        owner_id=(call and call.taken_by) or clinician,
        is_urgent=any(order.urgent for order in orders),
        **behind_gate(work_at(wait.station, visit.status, orders, visit.consultation_fee), wait.since),
    )


def work_at(station: Station, status: Status, orders: Iterable[Order], fee: Fee | None) -> list[Order | Fee]:
    """What a patient waits for there that may be paid first. `orders`: those that are open."""
    work: list[Order | Fee] = [order for order in orders if order.station is station]
    return [*work, fee] if fee and station is Station.CONSULTATION and status is Status.TRIAGED else work


def behind_gate(work: Sequence[Order | Fee], since: datetime) -> dict[str, Any]:
    """Whether the station has to wait for the cashier, or since when it has not any more. `since`: the wait's."""
    if not any(one.gated or one.cleared_at for one in work):
        return {}
    free = [one.cleared_at or (one.since if isinstance(one, Order) else since) for one in work if not one.gated]
    return {"counts_from": max(since, min(free))} if free else {"waits_for_payment": True}


def clocks_of(visit: Visit, policy: Policy) -> tuple[Clock, ...]:
    """When each next step is due, and who is told where it is late, by the policy that the visit began with."""
    return tuple(clock(visit, policy, one) for one in next_steps(visit))


def clock(visit: Visit, policy: Policy, one: NextStep) -> Clock:
    colour, starts = visit.triage_colour, one.begins
    if one.waits_for_payment:
        starts = due(policy, Step.CASHIER, colour, starts)
    due_at = starts if one.is_due else due(policy, one.step, colour, starts, is_urgent=one.is_urgent)
    ladder = policy.ladder_for(one.step, one.roles[0])
    if policy.rests(one.step, colour):
        ladder = tuple(waking(policy, due_at, rung) for rung in ladder)
    return Clock(step=one.step, since=one.since, due_at=due_at, ladder=ladder)


def due(
    policy: Policy, step: Step, colour: TriageColour | None, starts: datetime, *, is_urgent: bool = False
) -> datetime:
    """When a step that begins then is due; its minutes stand still at night where the policy says so."""
    lasting = policy.target(step, colour, is_urgent=is_urgent)
    return open_for(policy.hours, starts, lasting) if policy.rests(step, colour) else starts + lasting


def waking(policy: Policy, due_at: datetime, rung: Rung) -> Rung:
    """The rung that tells nobody while the clinic is closed."""
    return rung.model_copy(update={"after": open_for(policy.hours, due_at, rung.after) - due_at})
