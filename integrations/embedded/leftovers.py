"""What an unclean end left behind: processes that still end, and notes about processes that are gone."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, Signals
from typing import TextIO

from integrations.embedded.process import MARK, PartFailed


def refuse_a_second(data: Path) -> TextIO:
    """Take the data folder for ourselves for as long as the answer stays open; PartFailed when another holds it."""
    run = data / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (run / "up.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise PartFailed(
            f"another `njia up` (process {holder}) runs on {data}; stop it, or set NJIA_DATA to another folder"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


async def clear_parts(data: Path, patience: float = 20.0) -> None:
    """Let the parts that a killed `njia up` left behind end, then end them, and remove their pid files.

    The kernel has told them already. A process is ours if it carries our mark: its number alone may be somebody
    else's by now.
    """
    for note in (data / "run").glob("*.pid"):
        pid = int(note.read_text().strip() or 0)
        for _ in range(int(patience * 10)):
            if not _is_ours(pid, data):
                break
            await asyncio.sleep(0.1)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)
        note.unlink(missing_ok=True)


def _is_ours(pid: int, data: Path) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"{MARK}={data.resolve()}".encode() in environment


def processes_in(folder: Path) -> Iterator[int]:
    """Process ids that work in `folder` (a PostgreSQL and each of its backends work in their cluster)."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == folder:
                    yield int(entry.name)


async def clear_cluster(cluster: Path, patience: float = 30.0) -> None:
    """Let an older PostgreSQL on this cluster end, then forget its `postmaster.pid`.

    Process ids are used again after a restart of the machine, and PostgreSQL believes any living process of its own
    user that has the noted number. We know better: nobody works in the cluster any more.
    """
    for signal, seconds in ((SIGINT, patience), (SIGQUIT, patience / 3)):
        if await _gone(cluster, signal, seconds):
            (cluster / "postmaster.pid").unlink(missing_ok=True)
            return


async def _gone(cluster: Path, signal: Signals, seconds: float) -> bool:
    for pid in processes_in(cluster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal)
    for _ in range(int(seconds * 10)):
        if not any(processes_in(cluster)):
            return True
        await asyncio.sleep(0.1)
    return False
