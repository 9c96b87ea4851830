"""How long acts take, how many there are in a second, and which process worked for them."""

import asyncio
import itertools
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.contenders import Act

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One measurement: milliseconds of each act, acts in a second, and milliseconds of processor per act by process."""

    p50: float
    p95: float
    per_second: float
    cpu: dict[str, float]


async def measured(acts: Sequence[Act], count: int, at_once: int, pids: Mapping[str, Iterable[int]]) -> Sample:
    """Do `count` acts, `at_once` at any time, each lane on subjects of its own."""
    left = iter(range(count))
    lanes = [lane(itertools.cycle(acts[first::at_once]), left) for first in range(at_once)]
    worked = processor_seconds(pids)
    began = time.perf_counter()
    times = sorted(itertools.chain.from_iterable(await asyncio.gather(*lanes)))
    seconds = time.perf_counter() - began
    spent = {name: 1000 * (now - worked[name]) / count for name, now in processor_seconds(pids).items()}
    cuts = quantiles(times, n=20)
    return Sample(p50=1000 * cuts[9], p95=1000 * cuts[18], per_second=count / seconds, cpu=spent)


async def lane(acts: Iterator[Act], left: Iterator[int]) -> list[float]:
    """One act after the other while there are some left; the seconds of each."""
    times = []
    for _ in left:
        act = next(acts)
        began = time.perf_counter()
        await act()
        times.append(time.perf_counter() - began)
    return times


def processor_seconds(pids: Mapping[str, Iterable[int]]) -> dict[str, float]:
    """What the processes used until now, with the children that they have and had; `client` is this one, alone."""
    children = processes_by_parent()
    used = {name: sum(used_by(pid, children) for pid in those) for name, those in pids.items()}
    return {**used, "client": time.process_time()}


def used_by(pid: int, children: Mapping[int, Sequence[int]]) -> float:
    return own_seconds(pid) + sum(used_by(child, children) for child in children.get(pid, ()))


def own_seconds(pid: int) -> float:
    fields = stat_of(pid)
    return sum(map(int, fields[11:15])) / TICKS if fields else 0.0


def processes_by_parent() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := stat_of(int(folder.name)):
            found.setdefault(int(fields[1]), []).append(int(folder.name))
    return found


def stat_of(pid: int) -> list[str]:
    """The fields of `/proc/<pid>/stat` after the program's name; none where the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []
