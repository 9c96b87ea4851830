"""After the last visit: wait until claims are settled and messages have gone out, and say what is waited for."""

import asyncio
from collections.abc import Callable
from time import monotonic

from demo.daybook import Daybook
from demo.reckoning import Reckoning
from demo.sandbox import Ledgers, Sandbox

LOOK_SECONDS = 2.0
# When nothing has moved for so long, the wait is given up.
PATIENCE_SECONDS = 120.0

Say = Callable[[str], None]


async def settled(daybook: Daybook, sandbox: Sandbox, before: Ledgers, say: Say) -> tuple[Reckoning | None, list[str]]:
    """How the walk stands against the ledgers, and what was waited for in vain. No sandbox: nothing to wait for."""
    if not sandbox.services:
        return None, []
    said: list[str] = []
    moved = monotonic()
    while True:
        reckoning = Reckoning.of(daybook, before, await sandbox.ledgers())
        waiting = outstanding(daybook, reckoning)
        if not waiting or monotonic() - moved > PATIENCE_SECONDS:
            return reckoning, waiting
        if waiting != said:
            said, moved = waiting, monotonic()
            say(f"Waiting for {'; '.join(waiting)}.")
        await asyncio.sleep(LOOK_SECONDS)


def outstanding(daybook: Daybook, reckoning: Reckoning) -> list[str]:
    """What is not at its end yet, in words."""
    unsettled = daybook.unsettled
    standings = ", ".join(f"{count} {in_words(status)}" for status, count in sorted(unsettled.items()))
    noun = "claim" if unsettled.total() == 1 else "claims"
    claims = [f"{unsettled.total()} {noun} ({standings})"] if unsettled else []
    return claims + reckoning.missing


def in_words(name: str) -> str:
    """`AWAITING_CONSENT` as people say it."""
    return name.lower().replace("_", " ")
