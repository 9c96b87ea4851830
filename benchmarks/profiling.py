"""The clinic's processes under a profiler: `python -m benchmarks.profiling worker` (or `api`), and what it found.

One profile per thread, in processor time: who waits is not seen. Profiling itself slows down what makes many calls,
so the shares count, not the times; what Temporal's Rust core does is not Python's and not in it.
"""

import cProfile
import os
import pstats
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

import uvloop

from api.app import main as api
from integrations.settings import Settings
from workers.clinic import main as worker

PROFILED = (sys.executable, "-m", "benchmarks.profiling")
FOLDER = "BENCH_PROFILES"
"""Environment variable: where a process leaves its profile when it ends."""

BEGIN = signal.SIGUSR1
"""Forget what was seen until now."""


class Profiles:
    """The profiles of all threads that began after this one did."""

    def __init__(self) -> None:
        self.of_threads: list[cProfile.Profile] = []

    def start(self) -> None:
        threading.setprofile(self.begin_thread)
        self.begin_thread()

    def begin_thread(self, *_event: Any) -> None:
        profile = cProfile.Profile(time.thread_time)
        self.of_threads.append(profile)
        profile.enable()

    def forget(self, _signal: int, _frame: FrameType | None) -> None:
        for profile in self.of_threads:
            profile.clear()

    def write(self, file: Path) -> None:
        stats = pstats.Stats()
        for profile in self.of_threads:
            if profile.getstats():
                stats.add(profile)
        stats.dump_stats(file)


def busiest(file: Path, count: int, top: int) -> None:
    """Print the functions that took most, with what they called and alone, in seconds of `count` actions."""
    stats = pstats.Stats(str(file))
    sys.stdout.write(f"\n== {file.stem}: {1000 * total(stats) / count:.2f} ms of processor per action, profiled\n")
    for order in ("cumulative", "tottime"):
        stats.sort_stats(order).print_stats(top)


def total(stats: pstats.Stats) -> float:
    """Seconds in all functions together."""
    return sum(own for _, _, own, _, _ in stats.stats.values())  # type: ignore[attr-defined]


def run(room: str) -> None:
    profiles = Profiles()
    signal.signal(BEGIN, profiles.forget)
    # uvicorn, when it has stopped, raises again the signal that told it to; the profile is not written yet.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    settings = Settings()
    profiles.start()
    try:
        uvloop.run({"api": api, "worker": worker}[room](settings))
    finally:
        profiles.write(Path(os.environ[FOLDER]) / f"{room}.prof")


if __name__ == "__main__":
    run(sys.argv[1])
