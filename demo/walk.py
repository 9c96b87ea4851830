"""Walks generated patients through a running clinic and says how it went."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

import httpx2

from demo.answers import CannotSignIn, ClinicAway, Stopped
from demo.cases import CASES, play
from demo.catalogue import Catalogue
from demo.clerk import Clerk
from demo.clinic import Clinic
from demo.daybook import Daybook
from demo.journeys import Journey, in_quiet, journeys
from demo.morning import Morning
from demo.outage import Outage
from demo.reckoning import Reckoning
from demo.report import (
    Watcher,
    paper,
    print_actions,
    print_cases,
    print_morning,
    print_outside,
    print_visits,
    progress,
    say,
)
from demo.sandbox import Sandbox
from demo.settling import settled
from demo.stage import Case
from demo.tally import Tally
from demo.visit import walk_visit

CLINIC_ZONE = ZoneInfo("Africa/Nairobi")
INTERRUPTED = 130

Trouble = ClinicAway | CannotSignIn | Stopped | KeyError | httpx2.HTTPError


@dataclass(frozen=True, slots=True)
class Plan:
    """`url` of the clinic, `sandbox` of the outside services (empty: they are real); `at_once`: side by side."""

    url: str
    password: str
    sandbox: str
    patients: int
    at_once: int
    seed: int
    has_outage: bool = True

    def journeys(self) -> list[Journey]:
        return journeys(self.patients, self.seed, datetime.now(CLINIC_ZONE).date())


def any_seed() -> int:
    return secrets.randbelow(2**32)


def main(plan: Plan) -> int:
    """The exit code: 0 when every visit completed, every claim was settled and nothing happened twice, 1 when not,
    130 after Ctrl-C."""
    try:
        return 0 if asyncio.run(Walk(plan).run()) else 1
    except KeyboardInterrupt:
        return INTERRUPTED


class Walk:
    """One run of the demo."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.console = paper()
        self.tally = Tally(planned=plan.patients)
        self.daybook = Daybook()
        self.reckoning: Reckoning | None = None
        self.waiting: list[str] = ["the end of the walk"]
        self.morning = Morning(self.say)

    async def run(self) -> bool:
        """Walk everybody and report; True when all is as it should be."""
        started = monotonic()
        try:
            async with AsyncExitStack() as stack:
                sandbox = await stack.enter_async_context(Sandbox(self.plan.sandbox))
                clinic = await stack.enter_async_context(Clinic(self.plan.url, self.plan.password, self.tally))
                await self.everything(clinic, sandbox)
        except* (ClinicAway, CannotSignIn, Stopped, KeyError, httpx2.HTTPError) as troubles:
            self.say(why_not(first(troubles), self.plan))
        finally:
            # Also after Ctrl-C, which arrives here as a cancellation.
            if self.tally.started:
                self.report(monotonic() - started)
        return self.is_right

    @property
    def is_right(self) -> bool:
        """Every visit completed, nothing is left to wait for, and the services took everything once."""
        return self.tally.is_whole and not self.waiting and (self.reckoning is None or self.reckoning.is_right)

    def report(self, seconds: float) -> None:
        print_actions(self.console, self.tally)
        if self.reckoning:
            print_outside(self.console, self.daybook, self.reckoning, self.waiting)
        print_cases(self.console, self.tally)
        print_morning(self.console, self.morning.notes)
        print_visits(self.console, self.tally, seconds)

    async def everything(self, clinic: Clinic, sandbox: Sandbox) -> None:
        """The patients with an outage in their midst, a clerk beside them, and the wait for what is still to come."""
        await clinic.open_doors()
        before = await sandbox.ledgers() if await sandbox.find() else {}
        catalogue = await Catalogue.read(clinic, sandbox.services)
        self.announce(bool(sandbox.services))
        async with asyncio.TaskGroup() as beside:
            clerk = beside.create_task(Clerk(clinic, self.daybook).work())
            # Most of it is waiting, so that it begins first.
            morning = beside.create_task(self.cases(clinic, (self.morning.case,) if sandbox.services else ()))
            await self.patients(clinic, catalogue, sandbox)
            self.reckoning, self.waiting = await settled(self.daybook, sandbox, before, self.say)
            clerk.cancel()
            if sandbox.services:
                self.say("Rare cases, one after the other.")
                await self.cases(clinic, CASES)
                await morning

    async def cases(self, clinic: Clinic, cases: tuple[Case, ...]) -> None:
        self.tally.told += await play(cases, clinic, datetime.now(CLINIC_ZONE).date())

    def announce(self, has_sandbox: bool) -> None:
        plan = self.plan
        self.say(f"{plan.patients} patients, {plan.at_once} at once, through {plan.url} (seed {plan.seed})")
        if not has_sandbox:
            where = f"No sandbox answers at {plan.sandbox}" if plan.sandbox else "The outside services are real"
            self.say(f"{where}: everybody pays cash, nobody is sent a message, and there is no outage and no count.")

    async def patients(self, clinic: Clinic, catalogue: Catalogue, sandbox: Sandbox) -> None:
        """Everybody's way through the clinic, and the outage to its end."""
        with progress(self.console, self.tally) as ended:
            if not (sandbox.services and self.plan.has_outage):
                await self.walk_all(clinic, catalogue, bool(sandbox.services), ended, lambda: None)
                return
            outage = Outage(sandbox, self.tally, self.say)
            async with asyncio.TaskGroup() as both:
                both.create_task(outage.happen())
                await self.walk_all(clinic, catalogue, True, ended, outage.watch)

    async def walk_all(
        self, clinic: Clinic, catalogue: Catalogue, has_payers: bool, ended: Watcher, begun: Watcher
    ) -> None:
        """`at_once` walkers share the journeys; the first to find the clinic gone stops them all."""
        todo: Iterator[Journey] = iter(self.plan.journeys())

        async def keep_walking() -> None:
            for journey in todo:
                self.tally.started += 1
                begun()
                patient = journey if has_payers else in_quiet(journey)
                self.tally.endings.append(await walk_visit(clinic, catalogue, patient, self.daybook))
                ended()

        async with asyncio.TaskGroup() as walkers:
            for _ in range(max(self.plan.at_once, 1)):
                walkers.create_task(keep_walking())

    def say(self, sentence: str) -> None:
        say(self.console, sentence)


def first(troubles: BaseExceptionGroup[Trouble]) -> Trouble:
    """One trouble of a nest of them: the walkers mostly stop for the same."""
    found = troubles.exceptions[0]
    return first(found) if isinstance(found, BaseExceptionGroup) else found


def why_not(error: Trouble, plan: Plan) -> str:
    """One sentence on why the walk stopped."""
    match error:
        case ClinicAway():
            return f"No clinic answers at {plan.url} ({error}): start one with `make run`."
        case CannotSignIn():
            return (
                f"The demo person {error} may not sign in at {plan.url}: demo people exist in development only, "
                "and NJIA_DEMO_PASSWORD must be the clinic's."
            )
        case Stopped():
            return f"The clinic at {plan.url} does not say what is asked for: {error}"
        case KeyError():
            return f"What answers at {plan.url} is no Njia of this version: it leaves out {error}."
        case httpx2.HTTPError():
            return f"The sandbox at {plan.sandbox} went away ({type(error).__name__}: {error})."
