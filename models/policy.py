"""How a facility wants its patients served: targets, ladders, hours. One TOML file, effective-dated, by `NJIA_POLICY`.

What a clinic says in it is checked when a process starts; a visit keeps the version that it began with.
"""

import tomllib
from collections.abc import Iterator
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from models.base import Line, Value
from models.deadlines import Ladder, Rung, Step
from models.opening_hours import Day, Hours
from models.staff import Role, Station
from models.urgency import CATEGORY_OF, TriageColour

DEFAULT = Path(__file__).parents[1] / "rules" / "policy" / "default.toml"
ANY = "ANY"
UNTRIAGED = "UNTRIAGED"
URGENT_ORDER = "URGENT_ORDER"

Minutes = Annotated[float, Field(ge=0, le=60 * 24 * 366, allow_inf_nan=False)]
"""As long as `minute_seconds` says."""


class To(StrEnum):
    """Who a rung of the ladder tells: whose step it is, the supervisor in charge, the lead of the facility."""

    STATION = "STATION"
    IN_CHARGE = "IN_CHARGE"
    FACILITY_LEAD = "FACILITY_LEAD"


class PolicyRung(Value):
    """So many minutes after the deadline, they are told."""

    after: Minutes
    to: To

    def role(self, station: Role) -> Role:
        return {To.STATION: station, To.IN_CHARGE: Role.SUPERVISOR, To.FACILITY_LEAD: Role.ADMIN}[self.to]


class CallBacks(Value):
    """The call to who left before being looked at to the end: by when, how often it is tried, and how long between."""

    within: dict[str, Minutes] = {TriageColour.RED: 10, TriageColour.ORANGE: 15, ANY: 60}
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    again_after: Minutes = 60

    @model_validator(mode="after")
    def complete(self) -> Self:
        if ANY not in self.within:
            raise ValueError("call_back.within.ANY is missing: every call needs a deadline")
        return self


class Calling(Value):
    """A call that nobody answered or took up counts for so long; then another desk may call. After so many unanswered
    calls the patient has perhaps left."""

    call_lasts: Minutes = 5
    unanswered_calls: Annotated[int, Field(ge=1, le=100)] = 3


class When(StrEnum):
    """Whether a service is paid before it is given, or at the end of the visit."""

    BEFORE = "BEFORE"
    AFTER = "AFTER"


GATED = frozenset(set(Station) - {Station.TRIAGE, Station.CASHIER})
"""Where a money gate may stand."""


class Deciding(Value):
    """Until when a supervisor should have decided, who hears of it when not, and when the request lapses."""

    decide_within: Minutes = 60
    expires_after: Minutes | None = None
    ladder: tuple[PolicyRung, ...] = ()
    """None of its own: the policy's."""

    @model_validator(mode="after")
    def in_time(self) -> Self:
        if self.expires_after is not None and self.expires_after < self.decide_within:
            raise ValueError("expires_after must not lie before decide_within")
        return self


class Policy(Value):
    """One version. `targets`: step → who → minutes, where who is a colour of the triage scale, a triage category,
    UNTRIAGED, URGENT_ORDER or ANY, the most particular first."""

    version: Line
    effective_from: date
    source: Line
    signed_off_by: str = ""
    minute_seconds: Annotated[float, Field(gt=0, le=60)] = 60.0
    targets: dict[Step, dict[str, Minutes]]
    ladder: Annotated[tuple[PolicyRung, ...], Field(min_length=1)]
    ladders: dict[Step, Annotated[tuple[PolicyRung, ...], Field(min_length=1)]] = {}
    without_progress: Minutes = 240
    """So long may nothing happen on an open visit before supervisors see it among those that are stuck."""
    calling: Calling = Calling()
    hours: dict[Day, Hours] = {}
    """A day that is not named is closed."""
    day_ends: time = time(18, 0)
    """When each visit that is still open gets an owner for the night."""
    hand_over: Annotated[tuple[PolicyRung, ...], Field(min_length=1)] = (
        PolicyRung(after=0, to=To.STATION),
        PolicyRung(after=60, to=To.IN_CHARGE),
        PolicyRung(after=240, to=To.FACILITY_LEAD),
    )
    """Who hears in the morning of a visit from the evening before, so long after the doors opened."""
    while_open: tuple[Step, ...] = ()
    """Steps whose minutes count only while the clinic is open, except for an EMERGENCY."""
    call_back: CallBacks = CallBacks()
    crowded: dict[Station, Annotated[int, Field(ge=1, le=10_000)]] = {}
    """From how many who wait on a station is crowded, and boards are told; one that is not named never is."""
    gates: dict[Station, When] = {}
    """What is paid before it is given; what is not named, and every EMERGENCY, pays afterwards."""
    waivers: Deciding = Deciding(expires_after=24 * 60)
    refunds: Deciding = Deciding()

    @model_validator(mode="after")
    def complete(self) -> Self:
        known = {ANY, UNTRIAGED, URGENT_ORDER, *TriageColour, *CATEGORY_OF.values()}
        for step in Step:
            named = self.targets.get(step, {})
            if ANY not in named:
                raise ValueError(f"targets.{step}.ANY is missing: every step needs a deadline for everybody")
            if unknown := sorted(set(named) - known):
                raise ValueError(
                    f"targets.{step}: {', '.join(unknown)} is unknown; known are {', '.join(sorted(known))}"
                )
        if self.day_ends == time(0):
            raise ValueError("day_ends lies on the day that ends: 23:59 at the latest")
        if wrong := sorted(set(self.gates) - GATED):
            raise ValueError(f"gates: nothing is paid for at {', '.join(wrong)}")
        decided = (self.waivers.ladder, self.refunds.ladder)
        for ladder in (self.ladder, *self.ladders.values(), self.hand_over, *decided):
            if list(ladder) != sorted(ladder, key=lambda rung: rung.after):
                raise ValueError("a ladder goes up: its rungs stand in the order of their minutes")
        return self

    def lasting(self, minutes: float) -> timedelta:
        return timedelta(seconds=minutes * self.minute_seconds)

    def target(self, step: Step, colour: TriageColour | None, *, is_urgent: bool = False) -> timedelta:
        """How long this step may take for a patient of that colour (None: not triaged)."""
        named = self.targets[step]
        minutes = next((named[who] for who in particulars(colour) if who in named), named[ANY])
        return self.lasting(min(minutes, named.get(URGENT_ORDER, minutes)) if is_urgent else minutes)

    @property
    def pays_first(self) -> tuple[Station, ...]:
        """Where a visit that begins now pays first."""
        return tuple(station for station in Station if self.gates.get(station) is When.BEFORE)

    def ladder_of(self, own: tuple[PolicyRung, ...] = ()) -> Ladder:
        """Who hears that a supervisor has not decided."""
        rungs = own or self.ladder
        return tuple(Rung(after=self.lasting(rung.after), to=rung.role(Role.SUPERVISOR)) for rung in rungs)

    def ladder_for(self, step: Step, whose: Role) -> Ladder:
        return self.rungs(self.ladders.get(step, self.ladder), whose)

    def rungs(self, ladder: tuple[PolicyRung, ...], whose: Role) -> Ladder:
        return tuple(Rung(after=self.lasting(rung.after), to=rung.role(whose)) for rung in ladder)

    def rests(self, step: Step, colour: TriageColour | None) -> bool:
        """Whether this step waits for nobody while the clinic is closed."""
        return step in self.while_open and colour is not TriageColour.RED

    def call_within(self, colour: TriageColour | None) -> timedelta:
        named = self.call_back.within
        return self.lasting(next((named[who] for who in particulars(colour) if who in named), named[ANY]))


def particulars(colour: TriageColour | None) -> Iterator[str]:
    """By which names a patient is looked for, the first that is named counts."""
    if colour is None:
        yield UNTRIAGED
    else:
        yield colour
        yield CATEGORY_OF[colour]


class Policies(Value):
    """Every version that a facility has had, the oldest first."""

    facility: str = ""
    """Its code; empty: any."""
    policy: Annotated[tuple[Policy, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def in_order(self) -> Self:
        days = [one.effective_from for one in self.policy]
        if days != sorted(set(days)):
            raise ValueError("the versions stand in the order of effective_from, each with a day of its own")
        if len(self.by_version) < len(self.policy):
            raise ValueError("two versions have the same name")
        return self

    @cached_property
    def by_version(self) -> dict[str, Policy]:
        return {one.version: one for one in self.policy}

    def on(self, day: date) -> Policy:
        """The newest that is in force on that day; the oldest where none is."""
        return next((one for one in reversed(self.policy) if one.effective_from <= day), self.policy[0])

    def of(self, version: str, day: date) -> Policy:
        """The one of that name; where it is in the file no more, the one that was in force on that day."""
        return self.by_version.get(version) or self.on(day)


def read(path: Path) -> Policies:
    """Raises OSError, tomllib.TOMLDecodeError or pydantic.ValidationError, each saying what is wrong."""
    return Policies.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


HOUSE = read(DEFAULT)
"""What counts where a facility has no file of its own."""
