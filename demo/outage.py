"""An outage in the middle of the walk: some services are down for a while, and patients go on."""

import asyncio
from collections.abc import Callable

from demo.sandbox import TITLES, Sandbox
from demo.tally import Tally

SERVICES = ("sha", "mpesa", "sms")
SECONDS = 10
# A service that has failed five calls in a row is left alone by the clinic, the longer the more calls fail: for minutes
# after a few more. So many failures make it at most twenty seconds.
TURNED_AWAY = 6

Say = Callable[[str], None]


class Outage:
    """Told of every visit that starts; begins once a third of them has."""

    def __init__(self, sandbox: Sandbox, tally: Tally, say: Say) -> None:
        self._sandbox, self._tally, self._say = sandbox, tally, say
        self._is_time = asyncio.Event()
        self._services = [service for service in SERVICES if service in sandbox.services]

    def watch(self) -> None:
        if self._tally.started > self._tally.planned // 3:
            self._is_time.set()

    async def happen(self) -> None:
        """Wait for the time, take the services down, and mend them whatever happens meanwhile."""
        await self._is_time.wait()
        names = ", ".join(TITLES[service] for service in self._services)
        ended = len(self._tally.endings)
        try:
            for service in self._services:
                await self._sandbox.take_down(service, SECONDS, TURNED_AWAY)
            self._say(f"Outage: {names} are down for {SECONDS} s, after {ended} of {self._tally.planned} visits.")
            await asyncio.sleep(SECONDS)
        finally:
            turned_away = await self._mend()
        self._say(f"They are back. Meanwhile {len(self._tally.endings) - ended} visits ended; {turned_away}.")

    async def _mend(self) -> str:
        """How many calls each of them turned away, in words."""
        left = [await self._sandbox.mend(service) for service in self._services]
        counted = zip(self._services, left, strict=True)
        said = ", ".join(f"{TITLES[service]} {TURNED_AWAY - left}" for service, left in counted)
        return f"calls turned away: {said}"
