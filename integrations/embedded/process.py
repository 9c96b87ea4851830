"""One child process of the house: started, known to be ready, stopped, and never left behind."""

import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from integrations.embedded.installation import Account

# In the environment of every part: the data folder it belongs to.
MARK = "NJIA_HOUSE"
TETHER = Path(__file__).with_name("tether.py")


class PartFailed(Exception):
    """A part could not be started, or ended; the text says why, with the end of its log."""


class NotReady(PartFailed):
    """A part runs, but did not become ready in its time."""


async def nothing_to_prepare() -> None:
    """Most parts need no preparation."""


def keep_log_small(log: Path, limit: int) -> None:
    """Move a log of more than `limit` bytes to `<part>.log.1`; whoever appends to it goes on at its beginning."""
    if log.exists() and log.stat().st_size > limit:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a part is: its command, how one sees that it is ready, how it wants to be stopped.

    `ready` gets the process id and answers False, or raises OSError, while the part is not there yet. `prepare` runs
    before each start. `orphaned` is the signal the kernel sends when we are gone. Times are seconds.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[int], Awaitable[bool]]
    prepare: Callable[[], Awaitable[None]] = nothing_to_prepare
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    account: Account | None = None
    stop_signal: Signals = SIGTERM
    orphaned: Signals = SIGKILL
    ready_within: float = 60.0
    grace: float = 20.0


class PartProcess:
    """A part at work under a data folder: `logs/<part>.log` and `run/<part>.pid` are its traces.

    Start it from a thread that lives as long as the part shall: the kernel ties the two together.
    """

    def __init__(self, part: Part, data: Path) -> None:
        self.part = part
        self.log = data / "logs" / f"{part.name}.log"
        self.pid_file = data / "run" / f"{part.name}.pid"
        self.started_at = 0.0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process id of the part; LookupError when it was never started."""
        if self._process is None:
            raise LookupError(f"{self.part.name} was not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Return when the part is ready; otherwise leave nothing running and raise PartFailed."""
        await self.part.prepare()
        await self._spawn()
        try:
            await self._become_ready()
        except BaseException:
            await self.stop(SIGKILL)
            raise

    async def wait(self) -> int:
        """Wait for the end of the part and answer its exit code (negative: the signal that ended it)."""
        if self._process is None:
            raise LookupError(f"{self.part.name} was not started")
        return await self._process.wait()

    async def stop(self, signal: Signals | None = None) -> None:
        """Ask the part to end, kill it when it does not within its grace, and take its descendants with it."""
        if self._process is None:
            return
        if self.is_running:
            self._process.send_signal(signal or self.part.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self.part.grace)
        # The part leads a process group of its own: whatever it started ends with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, SIGKILL)
        await self._process.wait()
        self.pid_file.unlink(missing_ok=True)

    def last_words(self, lines: int = 12) -> str:
        """The end of the part's log, for people who must know why."""
        if not self.log.exists():
            return ""
        return "\n".join(f"    {line}" for line in self.log.read_text(errors="replace").splitlines()[-lines:])

    async def _spawn(self) -> None:
        for folder in (self.log.parent, self.pid_file.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        who = (str(self.part.account.uid), str(self.part.account.gid)) if self.part.account else ("-", "-")
        knot = (str(os.getpid()), str(int(self.part.orphaned)), *who)
        keep_log_small(self.log, limit=0)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(TETHER), *knot, *self.part.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self.part.environment, MARK: str(self.pid_file.parent.parent.resolve())},
                start_new_session=True,
                umask=0o077,
            )
        self.started_at = time.monotonic()
        self.pid_file.write_text(f"{self._process.pid}\n")

    async def _become_ready(self) -> None:
        deadline = self.started_at + self.part.ready_within
        while self.is_running:
            with contextlib.suppress(OSError, TimeoutError):
                if await self.part.ready(self.pid):
                    return
            if time.monotonic() > deadline:
                raise NotReady(
                    f"{self.part.name} was not ready within {self.part.ready_within:g} s; its log ends with\n"
                    + self.last_words()
                )
            await asyncio.sleep(0.05)
        raise PartFailed(f"{self.part.name} {self.ending(await self.wait())}; its log ends with\n{self.last_words()}")

    @staticmethod
    def ending(code: int) -> str:
        """How a process ended, in words."""
        return f"was ended by {Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
