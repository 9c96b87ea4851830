"""What a house leaves on the machine: processes, pid files, lines of its output."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable
from pathlib import Path

from tests.ports import free_port

STAND_IN = Path(__file__).with_name("stand_in.py")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0


def surroundings(data: Path) -> dict[str, str]:
    """The environment of a house of its own in `data`."""
    ports = {
        name: str(free_port())
        for name in ("NJIA_PORT", "NJIA_TEMPORAL_PORT", "NJIA_TEMPORAL_UI_PORT", "NJIA_SANDBOX_PORT")
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith("NJIA_")}
    return {**ours, **ports, "NJIA_DATA": str(data), "PYTHONPATH": str(ROOT)}


async def open_house(environment: dict[str, str], *without: str) -> Process:
    """A house in a process group of its own, as a terminal would start it."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(STAND_IN), "up", *without),
        cwd=ROOT,
        env=environment,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
    )


async def line_with(house: Process, words: str) -> list[str]:
    """Read what the house says up to a line with these words; AssertionError with all of it if none comes."""
    assert house.stdout is not None
    said: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while line := (await house.stdout.readline()).decode():
            said.append(line.rstrip())
            if words in line:
                return said
    raise AssertionError(f"no {words!r} in {said}")


async def the_rest(house: Process) -> tuple[int, str]:
    """The exit code of a house that ends, and what it said until then."""
    async with asyncio.timeout(PATIENCE):
        said, _ = await house.communicate()
    assert house.returncode is not None
    return house.returncode, said.decode()


async def comes_true(seen: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    for _ in range(int(seconds * 20)):
        if seen():
            return True
        await asyncio.sleep(0.05)
    return False


def pid_of(data: Path, part: str) -> int:
    """The noted process id; 0 while there is none."""
    note = data / "run" / f"{part}.pid"
    return int(note.read_text() or 0) if note.exists() else 0


def noted_parts(data: Path) -> set[str]:
    return {note.stem for note in (data / "run").glob("*.pid")}


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def processes_of(data: Path) -> set[int]:
    """Every process that carries the mark of this data folder, or works in its cluster."""
    mark = f"NJIA_HOUSE={data.resolve()}\0".encode()
    cluster = (data / "postgres").resolve()
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (
                mark in (entry / "environ").read_bytes() or (entry / "cwd").readlink() == cluster
            ):
                found.add(int(entry.name))
        except OSError:
            continue
    return found
