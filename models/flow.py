"""How patients flow through the clinic: waits and service times as percentiles, never as means, and where it jams.

Times in minutes. docs/supervising.md says what is counted how.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.base import Value
from models.crowding import Crowd
from models.deadlines import Step
from models.next_steps import next_steps
from models.observed import FEWEST, Arrived, Stayed, Times, minutes, percentile, service_of, times, wait_of, waited_for
from models.policy import Policy
from models.staff import Station
from models.status import Status
from models.stays import DISCHARGED, HowEnded
from models.urgency import TriageCategory, TriageColour
from models.visit import Visit
from models.words import spoken


class Reached(Times):
    """`within_target`: the share that was in the time of the clinic's policy, 0 to 1."""

    within_target: float | None = None


class WaitingNow(Value):
    """Who waits at a station at this moment, at the cashier's alone where they pay first; None: not triaged yet."""

    station: Station
    triage_category: TriageCategory | None
    waiting: int
    late: int
    longest_since: datetime


class StepTimes(Value):
    """`triage_category`: None for all together. `wait` begins when the step could be done, for what is paid first when
    that is settled, and ends when the patient is taken on or comes to a call, or else when the work is done."""

    step: Step
    triage_category: TriageCategory | None
    wait: Times
    service: Times


class Doors(Value):
    """From the arrival, while the visit was open. To the clinician by colour: what the patient was when the clinician
    took them on."""

    triage: Times
    clinician: Times
    clinician_by_colour: dict[TriageColour, Reached]


class Left(Value):
    """Patients who left without being seen and did not come back, of those who arrived; `by_step`: what they waited
    for. Visits that were cancelled are not counted."""

    arrived: int
    left: int
    rate: float | None
    by_step: dict[Step, int]


class Bottleneck(Value):
    """Where patients wait longest for what the clinic wants: p90 of the waits, each divided by its target; above 1."""

    step: Step
    ratio: float
    words: str


class Flow(Value):
    since: datetime
    until: datetime
    waiting_now: tuple[WaitingNow, ...]
    crowds: tuple[Crowd, ...]
    steps: tuple[StepTimes, ...]
    door_to: Doors
    length_of_stay: Times
    left_without_being_seen: Left
    arrivals_by_hour: dict[str, int]
    breaches: dict[Step, int]
    bottleneck: Bottleneck | None
    """None where nine waits in ten are within their target at every step: nothing jams."""


def step_times(stays: Sequence[Stayed], policy: Policy) -> tuple[StepTimes, ...]:
    """For each step, all together and for each category."""
    groups: dict[tuple[Step, TriageCategory | None], list[float]] = defaultdict(list)
    for stay in waited_for(stays):
        for category in {None, stay.triage_category}:
            groups[stay.step, category].append(wait_of(stay, policy))
    seen = service_times(stays)
    return tuple(
        StepTimes(
            step=step,
            triage_category=category,
            wait=times(found),
            service=seen[step, category] if (step, category) in seen else Times(count=0),
        )
        for (step, category), found in sorted(groups.items(), key=lambda one: place(*one[0]))
    )


def service_times(stays: Iterable[Stayed]) -> dict[tuple[Step, TriageCategory | None], Times]:
    found: dict[tuple[Step, TriageCategory | None], list[float]] = defaultdict(list)
    for stay in stays:
        took = service_of(stay)
        if stay.ended_how is not HowEnded.DONE or took is None or stay.step is Step.CONSULTATION:
            continue
        step = Step.CONSULTATION if stay.step is Step.ENCOUNTER else stay.step
        for category in {None, stay.triage_category}:
            found[step, category].append(took)
    return {key: times(values) for key, values in found.items()}


def place(step: Step, category: TriageCategory | None) -> tuple[int, int]:
    return list(Step).index(step), list(TriageCategory).index(category) if category else -1


def doors(visits: Sequence[Arrived], stays: Iterable[Stayed], policy: Policy) -> Doors:
    arrived = {visit.id: visit for visit in visits}
    triaged = firsts(stays, Step.TRIAGE, arrived)
    taken = firsts(stays, Step.CONSULTATION, arrived)
    colours: dict[TriageColour, list[Stayed]] = defaultdict(list)
    for stay in taken.values():
        if stay.triage_colour:
            colours[stay.triage_colour].append(stay)

    def to_door(found: Iterable[Stayed]) -> Times:
        return times(arrived[stay.visit_id].minutes_until(stay.reached_at) for stay in found)

    by_colour = {
        colour: Reached(**to_door(colours[colour]).model_dump(), within_target=in_time(colours[colour], policy))
        for colour in TriageColour
        if colour in colours
    }
    return Doors(triage=to_door(triaged.values()), clinician=to_door(taken.values()), clinician_by_colour=by_colour)


def firsts(stays: Iterable[Stayed], step: Step, arrived: Mapping[UUID, Arrived]) -> dict[UUID, Stayed]:
    """The first wait of each visit for that step that came to what it was for."""
    found: dict[UUID, Stayed] = {}
    for stay in stays:
        if stay.step is not step or stay.ended_how is not HowEnded.DONE or stay.visit_id not in arrived:
            continue
        if stay.visit_id not in found or stay.since < found[stay.visit_id].since:
            found[stay.visit_id] = stay
    return found


def in_time(stays: Sequence[Stayed], policy: Policy) -> float | None:
    """The share that waited no longer than the policy wants."""
    if len(stays) < FEWEST:
        return None
    kept = sum(wait_of(one, policy) <= minutes(policy.target(one.step, one.triage_colour)) for one in stays)
    return round(kept / len(stays), 3)


def left(visits: Sequence[Arrived], stays: Iterable[Stayed]) -> Left:
    """What somebody waited for who left, came back and left again: the last time."""
    gone = {visit.id: visit.completed_at for visit in visits if visit.status is Status.LEFT_WITHOUT_BEING_SEEN}
    by_step: dict[Step, int] = defaultdict(int)
    for stay in stays:
        is_last = stay.ended_how is HowEnded.LEFT and gone.get(stay.visit_id) == stay.ended_at
        by_step[stay.step] += is_last and stay.step is not Step.RETRIAGE
    rate = round(len(gone) / len(visits), 3) if visits else None
    return Left(
        arrived=len(visits), left=len(gone), rate=rate, by_step={step: n for step, n in sorted(by_step.items()) if n}
    )


def waiting_now(visits: Iterable[Visit], now: datetime) -> tuple[WaitingNow, ...]:
    """Who must pay first waits at the cashier's, and at no other station before that is done."""
    groups: dict[tuple[Station, TriageCategory | None], list[tuple[datetime, bool]]] = defaultdict(list)
    for visit in visits:
        due = {clock.step: clock.due_at for clock in visit.clocks}
        for one in next_steps(visit):
            if one.step in Station.__members__ and not one.waits_for_payment:
                by = due.get(one.step)
                found = one.begins, by is not None and by < now
                groups[Station(one.step), visit.triage_category].append(found)
    return tuple(
        WaitingNow(
            station=station,
            triage_category=category,
            waiting=len(found),
            late=sum(late for _, late in found),
            longest_since=min(since for since, _ in found),
        )
        for (station, category), found in sorted(groups.items(), key=lambda one: place(Step(one[0][0]), one[0][1]))
    )


def bottleneck(stays: Iterable[Stayed], policy: Policy) -> Bottleneck | None:
    """The step of which nine waits in ten take longest, measured against what the clinic wants of each."""
    groups: dict[Step, list[tuple[float, float]]] = defaultdict(list)
    for stay in waited_for(stays):
        if (target := minutes(policy.target(stay.step, stay.triage_colour))) > 0:
            groups[stay.step].append((wait_of(stay, policy), target))
    found = [
        (percentile(sorted(wait / target for wait, target in waits), 90, 2), step)
        for step, waits in groups.items()
        if len(waits) >= FEWEST
    ]
    ratio, step = max(found, key=lambda one: one[0], default=(0.0, None))
    return Bottleneck(step=step, ratio=ratio, words=jam(step, ratio, groups[step])) if step and ratio > 1 else None


def jam(step: Step, ratio: float, waits: Sequence[tuple[float, float]]) -> str:
    """In minutes where the clinic wants the same of all. `waits`: each with its target."""
    targets = {target for _, target in waits}
    named = f"{spoken(step).capitalize()}: one wait in ten takes longer than"
    if len(targets) > 1:
        return f"{named} {ratio:g} times what the clinic wants of it."
    return f"{named} {percentile(sorted(wait for wait, _ in waits), 90):g} minutes; the clinic wants {targets.pop():g}."


def flow(
    since: datetime,
    until: datetime,
    visits: Sequence[Arrived],
    stays: Sequence[Stayed],
    open_visits: Sequence[Visit],
    crowds: Sequence[Crowd],
    breaches: dict[Step, int],
    policy: Policy,
    hour: Callable[[datetime], str],
    now: datetime,
) -> Flow:
    """`stays`: those that ended between, and later ones of these visits, which stayed over night, say. `hour` says in
    which hour of the clinic's day a moment lies."""
    came = [visit for visit in visits if visit.status is not Status.CANCELLED]
    ended = [stay for stay in stays if since <= stay.ended_at < until]
    arrivals: dict[str, int] = defaultdict(int)
    for visit in came:
        arrivals[hour(visit.arrived_at)] += 1
    stayed = (one.minutes_until(one.over_at) for one in came if one.over_at and one.status in DISCHARGED)
    return Flow(
        since=since,
        until=until,
        waiting_now=waiting_now(open_visits, now),
        crowds=tuple(one for one in crowds if one.ended_at or one.station in policy.crowded),
        steps=step_times(ended, policy),
        door_to=doors(came, stays, policy),
        length_of_stay=times(stayed),
        left_without_being_seen=left(came, stays),
        arrivals_by_hour=dict(sorted(arrivals.items())),
        breaches=breaches,
        bottleneck=bottleneck(ended, policy),
    )


def plain(row: dict[str, Any], shape: type[Value]) -> dict[str, Any]:
    return {name: row[name] for name in shape.model_fields}
