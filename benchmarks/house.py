"""The clinic that is measured: the servers, workers and API of `njia up`, in a folder and on ports of their own."""

import contextlib
import os
import random
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bare_worker import BARE_QUEUE
from integrations.embedded.house import House
from integrations.embedded.postgres import EmbeddedPostgres
from integrations.embedded.process import Part, PartProcess
from integrations.embedded.readiness import worker_is_polling
from integrations.embedded.temporal import EmbeddedTemporal
from integrations.settings import Settings
from njia import PROGRAM, prepare

# The servers are started by hand; no outside service is asked for anything.
LEFT_OUT = {"postgres", "temporal", "sandbox"}
PORTS = ("PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT")


@dataclass(frozen=True)
class Measured:
    """A running clinic. `pids`: the processes by the part's name, several workers together."""

    settings: Settings
    pids: dict[str, tuple[int, ...]]


@asynccontextmanager
async def measured_house(workers: int, program: tuple[str, ...] = PROGRAM) -> AsyncIterator[Measured]:
    """Start everything, and leave nothing behind. `program`: the command line to which `worker` or `api` is added."""
    with own_folder() as folder:
        settings = own_settings(folder, workers)
        postgres, temporal = EmbeddedPostgres(folder, settings.socket_folder), EmbeddedTemporal.of(settings)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(postgres.remove)
            await postgres.start()
            stack.push_async_callback(temporal.stop)
            await temporal.start()
            await prepare(settings)
            pids: dict[str, tuple[int, ...]] = {"postgres": (postgres.pid,), "temporal": (temporal.pid,)}
            clinic = House(settings, program, LEFT_OUT).processes()
            for part in (*clinic, *bare_workers(settings)):
                process = PartProcess(part, folder)
                stack.push_async_callback(process.stop)
                await process.start()
                kind = part.name.partition("-")[0]
                pids[kind] = (*pids.get(kind, ()), process.pid)
            yield Measured(settings, pids)


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may enter; goes with everything in it."""
    folder = Path(tempfile.mkdtemp(prefix="njia-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def own_settings(folder: Path, workers: int) -> Settings:
    """Defaults, whatever the shell says: no measurement may write into a clinic that is in use."""
    for name in [name for name in os.environ if name.startswith("NJIA_")]:
        del os.environ[name]
    given = {"DATA": folder, "WORKERS": workers, **dict(zip(PORTS, free_ports(len(PORTS)), strict=True))}
    os.environ |= {f"NJIA_{name}": str(value) for name, value in given.items()}
    return Settings()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, from below those that outgoing connections are given: the API starts much later."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
    return found


def bare_workers(settings: Settings) -> Iterator[Part]:
    """As many workers for the bare workflow as the clinic has for its visits."""
    for number in range(1, settings.workers + 1):
        yield Part(
            name=f"bare-{number}",
            command=(sys.executable, "-m", "benchmarks.bare_worker"),
            environment=settings.as_environment(),
            ready=worker_is_polling(settings.model_copy(update={"task_queue": BARE_QUEUE})),
        )
