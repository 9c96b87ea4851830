"""The stand-in clinic's `up`."""

import asyncio
import sys
from pathlib import Path

from integrations.embedded.foreground import until_told_to_stop
from integrations.embedded.house import House
from integrations.embedded.process import PartFailed
from integrations.settings import Settings

PROGRAM = str(Path(__file__).with_name("stand_in.py").resolve())


def up(without: list[str]) -> None:
    house = House(Settings(), (sys.executable, PROGRAM), without)
    try:
        asyncio.run(until_told_to_stop(house.run(say, prepare, lambda: say("open"))))
    except PartFailed as failure:
        sys.exit(str(failure))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def prepare() -> None:
    say("preparing")
