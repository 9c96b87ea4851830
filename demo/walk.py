"""Walks generated patients through a running clinic and says how it went."""

import asyncio
import secrets
from collections.abc import Iterator
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

from rich.console import Console

from demo.answers import CannotSignIn, ClinicAway, Stopped
from demo.catalogue import Catalogue
from demo.clinic import Clinic
from demo.journeys import Journey, journeys
from demo.report import Watcher, paper, print_report, progress
from demo.tally import Tally
from demo.visit import walk_visit

CLINIC_ZONE = ZoneInfo("Africa/Nairobi")
INTERRUPTED = 130


def main(url: str, patients: int, at_once: int, seed: int | None, password: str) -> int:
    """The exit code: 0 when every visit completed, 1 when one did not, 130 after Ctrl-C."""
    try:
        return 0 if asyncio.run(run(url, patients, at_once, seed, password)) else 1
    except KeyboardInterrupt:
        return INTERRUPTED


async def run(url: str, patients: int, at_once: int, seed: int | None, password: str) -> bool:
    """Walk `patients` visits, `at_once` side by side, and report; True when every visit completed."""
    console, tally = paper(), Tally(planned=patients)
    seed = secrets.randbelow(2**32) if seed is None else seed
    todo = iter(journeys(patients, seed, datetime.now(CLINIC_ZONE).date()))
    started = monotonic()
    try:
        async with Clinic(url, password, tally) as clinic:
            await clinic.open_doors()
            catalogue = await Catalogue.read(clinic)
            say(console, f"{patients} patients, {at_once} at once, through {url} (seed {seed})")
            with progress(console, tally) as ended:
                await walk_all(clinic, catalogue, todo, at_once, tally, ended)
    except (ClinicAway, CannotSignIn, Stopped, KeyError) as error:
        say(console, why_not(error, url))
    finally:
        # Also after Ctrl-C, which arrives here as a cancellation.
        if tally.started:
            print_report(console, tally, monotonic() - started)
    return tally.is_whole


def why_not(error: ClinicAway | CannotSignIn | Stopped | KeyError, url: str) -> str:
    """One sentence on why there is nothing to walk through."""
    match error:
        case ClinicAway():
            return f"No clinic answers at {url} ({error}): start one with `make run`."
        case CannotSignIn():
            return (
                f"The demo person {error} may not sign in at {url}: demo people exist in development only, "
                "and NJIA_DEMO_PASSWORD must be the clinic's."
            )
        case Stopped():
            return f"The clinic at {url} does not say what it offers: {error}"
        case KeyError():
            return f"What answers at {url} is no Njia of this version: it leaves out {error}."


def say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


async def walk_all(
    clinic: Clinic, catalogue: Catalogue, todo: Iterator[Journey], at_once: int, tally: Tally, ended: Watcher
) -> None:
    """`at_once` walkers share the journeys; the first to find the clinic gone stops them all."""

    async def keep_walking() -> None:
        for journey in todo:
            tally.started += 1
            tally.endings.append(await walk_visit(clinic, catalogue, journey))
            ended()

    try:
        async with asyncio.TaskGroup() as walkers:
            for _ in range(max(at_once, 1)):
                walkers.create_task(keep_walking())
    except* ClinicAway as gone:
        raise ClinicAway(str(gone.exceptions[0])) from gone
