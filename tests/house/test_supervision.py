"""Parts are kept alive, and none outlives its house."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL

import pytest

from integrations.embedded.process import Part, PartFailed, PartProcess, keep_log_small
from integrations.embedded.supervision import Patience, Supervision
from tests.house.traces import comes_true, is_alive, noted_parts, pid_of, processes_of

QUICKLY = Patience(pauses=(0.0, 0.01, 0.02, 0.03))
NEEDS_NO_SLEEP = Patience(quick=0.0)


async def at_once(_pid: int) -> bool:
    return True


async def never(_pid: int) -> bool:
    return False


def shell(
    name: str,
    script: str,
    ready: Callable[[int], Awaitable[bool]] = at_once,
    ready_within: float = 10.0,
    grace: float = 10.0,
) -> Part:
    command = ("/bin/sh", "-c", script)
    return Part(name=name, command=command, ready=ready, ready_within=ready_within, grace=grace)


@asynccontextmanager
async def watched(supervision: Supervision, *parts: Part) -> AsyncIterator[None]:
    """All parts run inside, and the watch ends with the block."""
    started = asyncio.Event()

    async def work(house: Supervision) -> None:
        for part in parts:
            await house.start(part)
        started.set()

    life = asyncio.ensure_future(supervision.run(work))
    async with asyncio.timeout(10):
        await started.wait()
    try:
        yield
    finally:
        life.cancel()
        await asyncio.wait({life})


async def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    async with watched(Supervision(tmp_path, said.append, NEEDS_NO_SLEEP), shell("worker", "sleep 60")):
        first = pid_of(tmp_path, "worker")
        os.kill(first, SIGKILL)
        assert await comes_true(lambda: pid_of(tmp_path, "worker") not in {0, first})
        assert await comes_true(lambda: "worker is ready again" in said)
    assert said[0] == "worker was ended by SIGKILL; starting it again at once"
    assert await comes_true(lambda: processes_of(tmp_path) == set(), 2)


async def test_five_quick_deaths_stop_everything_with_the_reason(tmp_path: Path) -> None:
    said: list[str] = []
    seen: list[int] = []

    async def work(house: Supervision) -> None:
        await house.start(shell("postgres", "sleep 60"))
        seen.append(pid_of(tmp_path, "postgres"))
        await house.start(shell("worker", "echo no license to heal; exit 3"))

    with pytest.raises(PartFailed, match=r"worker died 5 times[^$]*no license to heal"):
        await Supervision(tmp_path, said.append, QUICKLY).run(work)
    assert [line for line in said if "starting it again" in line] == [
        "worker ended with exit code 3; starting it again at once",
        "worker ended with exit code 3; starting it again in 0.01 s",
        "worker ended with exit code 3; starting it again in 0.02 s",
        "worker ended with exit code 3; starting it again in 0.03 s",
    ]
    assert said[-1] == "stopping postgres"
    assert not is_alive(seen[0])
    assert noted_parts(tmp_path) == set()


async def test_deaths_far_apart_are_not_counted_together(tmp_path: Path) -> None:
    said: list[str] = []
    patience = Patience(quick=0.05, pauses=(0.0,))
    async with watched(Supervision(tmp_path, said.append, patience), shell("worker", "sleep 0.1")):
        assert await comes_true(lambda: said.count("worker is ready again") >= 4)


async def test_parts_stop_in_reverse_order(tmp_path: Path) -> None:
    said: list[str] = []
    parts = [shell(name, "sleep 60") for name in ("postgres", "temporal", "worker", "api")]
    async with watched(Supervision(tmp_path, said.append), *parts):
        assert noted_parts(tmp_path) == {"postgres", "temporal", "worker", "api"}
    assert said == ["stopping api", "stopping worker", "stopping temporal", "stopping postgres"]
    assert noted_parts(tmp_path) == set()


async def test_a_part_that_will_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    deaf = shell("worker", "trap '' TERM; sleep 60 & sleep 60", grace=0.2)
    async with watched(Supervision(tmp_path, lambda _: None), deaf):
        assert await comes_true(lambda: len(processes_of(tmp_path)) >= 3)
    assert await comes_true(lambda: processes_of(tmp_path) == set(), 2)


async def test_a_part_that_never_becomes_ready_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = PartProcess(shell("api", "echo thinking; sleep 60", ready=never, ready_within=0.5), tmp_path)
    with pytest.raises(PartFailed, match=r"api was not ready within 0\.5 s[^$]*thinking"):
        await process.start()
    assert await comes_true(lambda: processes_of(tmp_path) == set(), 2)


async def test_a_part_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from tests.house.test_supervision import shell; from integrations.embedded.process import PartProcess\n"
        "async def main():\n"
        "    await PartProcess(shell('worker', 'exec sleep 60'), Path(sys.argv[1])).start()\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(tmp_path))
    assert await parent.wait() == -SIGKILL
    assert pid_of(tmp_path, "worker") > 0
    assert await comes_true(lambda: processes_of(tmp_path) == set(), 30)


def test_a_long_log_moves_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with log.open("a") as writer:
        writer.write("first\n" * 100)
        writer.flush()
        keep_log_small(log, limit=1_000)
        assert log.read_text() == "first\n" * 100
        keep_log_small(log, limit=100)
        writer.write("second\n")
    assert log.read_text() == "second\n"
    assert (tmp_path / "worker.log.1").read_text() == "first\n" * 100
