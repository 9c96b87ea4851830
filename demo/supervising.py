"""What a supervisor reads: who waits too long, and how patients flow."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from demo.answers import Body
from demo.crowd import CONSULTATION, Crowd
from demo.settling import in_words
from demo.stage import OFFICER, SUPERVISOR, Stage, expect, until

LATE = "/api/supervision/visits?reason=LATE"
# The clinic notices by itself, a moment after a step was due.
MOMENT = timedelta(seconds=5)
NO_JAM = "It jams nowhere: nine waits in ten are as short as the clinic wants, at every station."

Late = Mapping[str, Body]


class Supervisor:
    """Looks at the whole clinic; what is expected of it is known of the crowd only."""

    def __init__(self, stage: Stage, crowd: Crowd) -> None:
        self._stage, self._crowd = stage, crowd
        self.others = 0

    async def reads(self) -> Late:
        """Who of the crowd is late, by visit id: exactly those of whom a step is overdue. `others`: how many others."""

        async def exactly_those() -> Late | None:
            at, late, due = now(), await self._late(), await self._due()
            must = {one for one, moments in due.items() if any(moment < at - MOMENT for moment in moments)}
            may = {one for one, moments in due.items() if any(moment <= now() for moment in moments)}
            ours = {one: item for one, item in late.items() if one in due}
            self.others = len(late) - len(ours)
            return ours if must and must <= ours.keys() <= may else None

        late = await until(exactly_those, "the supervisor does not read of exactly those who wait too long")
        await self._agree(late)
        return late

    async def reads_no_more(self, former: Late) -> None:
        """Nobody is named any more for what they were late for; that is noticed a moment later."""

        async def is_settled() -> bool:
            late = await self._late()
            return not any(since(late[one]) & since(item) for one, item in former.items() if one in late)

        await until(is_settled, "somebody who was seen is named as late all the same")

    async def _agree(self, late: Late) -> None:
        """Each reason is one of the visit's deadlines, names who can act, and says who was told."""
        due = await self._due()
        marked = {item["visit_id"] for item in await self._crowd.items(CONSULTATION) if item["is_late"]}
        for visit_id, item in late.items():
            expect(since(item) <= due[visit_id], "a reason is none of the visit's deadlines")
            expect(all(why["roles"] and why["told"] for why in reasons(item)), "nobody can act, or nobody was told")
            waits_for_clinician = any(OFFICER in why["roles"] for why in reasons(item))
            expect(
                visit_id in marked or not waits_for_clinician, "the line at the clinician's does not show who is late"
            )

    async def _late(self) -> Late:
        return {item["visit_id"]: item for item in await self._stage.items(SUPERVISOR, LATE)}

    async def _due(self) -> dict[str, set[datetime]]:
        """When the next steps of each are due."""
        visits = {one: await self._stage.visit(chart) for one, chart in self._crowd.charts.items()}
        return {one: {moment(step["due_at"]) for step in visit["deadlines"]} for one, visit in visits.items()}


def reasons(item: Body) -> list[Body]:
    return [reason for reason in item["reasons"] if reason["code"] == "LATE"]


def since(item: Body) -> set[datetime]:
    """Since when it is late, for each reason."""
    return {moment(reason["since"]) for reason in reasons(item)}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def now() -> datetime:
    return datetime.now(UTC)


def late_lines(late: Late) -> Iterator[str]:
    """Each reason by the visit's number and colour, then who can act, and what must happen next."""
    for item in late.values():
        for reason in reasons(item):
            yield f"  {item['op_number']} ({item['triage_colour'] or 'not triaged'}): {reason['words']}"
            who = " or ".join(map(in_words, reason["roles"]))
            yield f"      Can act: {who}. Next: {item['next']}"


def flow_lines(flow: Body) -> Iterator[str]:
    """The day so far: who waits, how long waits were, from the door to the clinician, what was late, where it jams."""
    yield f"  Waiting now: {waiting(flow['waiting_now'])}."
    yield "  Times in minutes, as half / nine in ten of the patients had them at most:"
    yield f"      waits: {waits(flow['steps'])}"
    yield f"      from the door to the clinician: {to_the_clinician(flow['door_to']['clinician_by_colour'])}"
    late = (f"{in_words(step)} {count}" for step, count in flow["breaches"].items())
    yield f"  Late: {', '.join(late) or 'nothing'}."
    left = flow["left_without_being_seen"]
    yield f"  Left without being seen: {left['left']} of {left['arrived']}."
    if jam := flow["bottleneck"]:
        yield f"  It jams: {jam['words']}"
    elif flow["steps"]:
        yield f"  {NO_JAM}"


def waiting(groups: list[Body]) -> str:
    """`consultation 9 (2 late)` for each station."""
    count: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for group in groups:
        count[group["station"]] += group["waiting"]
        late[group["station"]] += group["late"]
    said = (f"{in_words(one)} {count[one]}{f' ({late[one]} late)' if late[one] else ''}" for one in count)
    return ", ".join(said) or "nobody"


def waits(steps: list[Body]) -> str:
    """Of all categories together; steps at which hardly anybody waited are left out."""
    known = (one for one in steps if one["triage_category"] is None and one["wait"]["p90"])
    return ", ".join(f"{in_words(one['step'])} {spans(one['wait'])}" for one in known) or "none to speak of"


def to_the_clinician(colours: Mapping[str, Body]) -> str:
    """By colour, with the share that was in time; colours of which too few were seen are left out."""
    known = ((colour, times) for colour, times in colours.items() if times["p50"] is not None)
    said = (f"{colour} {spans(times)} ({times['within_target']:.0%} in time)" for colour, times in known)
    return ", ".join(said) or "too few to say"


def spans(times: Body) -> str:
    return f"{times['p50']:g} / {times['p90']:g}"
