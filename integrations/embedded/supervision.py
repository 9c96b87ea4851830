"""The watch over the parts: in order up, again up when one dies, in reverse order down."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from integrations.embedded.process import NotReady, Part, PartFailed, PartProcess, keep_log_small


@dataclass(frozen=True)
class Patience:
    """How a dying part is treated. Seconds.

    One that lived `quick` or longer is started again at once. One that dies sooner is started again after `pauses`,
    one after the other; when they are used up, everything stops.
    """

    quick: float = 10.0
    pauses: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    log_bytes: int = 20_000_000
    log_check: float = 60.0


class Supervision:
    """Parts that are kept running under one data folder; `say` is told what a person should know."""

    def __init__(self, data: Path, say: Callable[[str], None], patience: Patience | None = None) -> None:
        self.data = data
        self.say = say
        self.patience = patience or Patience()
        self._processes: list[PartProcess] = []
        self._group = asyncio.TaskGroup()

    async def run(self, work: Callable[["Supervision"], Awaitable[None]]) -> None:
        """Do `work`, which starts parts, then watch them for ever; however that ends, no part is left.

        Raises PartFailed when a part cannot be kept alive, or what `work` raises.
        """
        try:
            async with self._group as group:
                group.create_task(self._keep_logs_small())
                await work(self)
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            await self.stop()

    async def start(self, part: Part) -> None:
        """Return when the part is ready; from now on it is kept alive."""
        process = PartProcess(part, self.data)
        self._processes.append(process)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._group.create_task(self._keep(process, ready))
        await ready

    async def stop(self) -> None:
        """Stop what was started last first."""
        while self._processes:
            process = self._processes.pop()
            if process.is_running:
                self.say(f"stopping {process.part.name}")
            await process.stop()

    async def _keep(self, process: PartProcess, ready: asyncio.Future[None]) -> None:
        deaths = 0
        while True:
            began = time.monotonic()
            reason = await self._live(process, ready)
            lived = time.monotonic() - began
            deaths = deaths + 1 if lived < self.patience.quick else 0
            if deaths > len(self.patience.pauses):
                raise PartFailed(f"{process.part.name} died {deaths} times within seconds of its start: {reason}")
            pause = self.patience.pauses[deaths - 1] if deaths else 0.0
            when = f"in {pause:g} s" if pause else "at once"
            self.say(f"{reason.splitlines()[0].partition('; its log')[0]}; starting it again {when}")
            await asyncio.sleep(pause)

    async def _live(self, process: PartProcess, ready: asyncio.Future[None]) -> str:
        """One life of a part, from its start to its death; answers how it died."""
        try:
            await process.start()
            if ready.done():
                self.say(f"{process.part.name} is ready again")
            else:
                ready.set_result(None)
            ending = process.ending(await process.wait())
        except PartFailed as failure:
            if isinstance(failure, NotReady) and not ready.done():
                raise
            return str(failure)
        await process.stop()
        return f"{process.part.name} {ending}; its log ends with\n{process.last_words()}"

    async def _keep_logs_small(self) -> None:
        while True:
            await asyncio.sleep(self.patience.log_check)
            for process in self._processes:
                keep_log_small(process.log, self.patience.log_bytes)
