"""The embedded PostgreSQL: private, durable, and never root."""

import asyncio
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integrations.embedded.cluster import ensure_cluster, remove_cluster
from integrations.embedded.installation import SHARED
from integrations.embedded.postgres import EmbeddedPostgres
from integrations.embedded.process import PartFailed
from integrations.settings import Settings, libpq_url

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")


@pytest.fixture
def secluded(tmp_path: Path) -> Path:
    """A folder that only we can reach, like one under root's home."""
    tmp_path.chmod(0o700)
    return tmp_path / "data"


@pytest.fixture
def in_the_open() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
async def postgres(secluded: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(secluded, Settings(data=secluded).socket_folder)
    await server.start()
    yield server
    await server.remove()


def ask(server: EmbeddedPostgres, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(libpq_url(server.url), autocommit=True) as connection:
        return connection.execute(question.encode()).fetchall()


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


async def test_it_listens_in_a_private_folder_and_nowhere_else(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres, "SHOW listen_addresses") == [("",)]
    assert postgres.socket_folder.stat().st_mode & 0o777 == 0o700


async def test_what_was_committed_survives_a_hard_end(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres, "SHOW fsync") + ask(postgres, "SHOW data_checksums") == [("on",), ("on",)]
    with psycopg.connect(libpq_url(postgres.url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Wanjikũ' AS name")
    await postgres.stop("kill")
    await postgres.start()
    assert ask(postgres, "SELECT upper(name) FROM kept") == [("WANJIKŨ",)]


@as_root
async def test_root_runs_it_as_nobody_without_opening_a_folder(postgres: EmbeddedPostgres, secluded: Path) -> None:
    assert owner_of(postgres.pid) == pwd.getpwnam("nobody").pw_uid
    assert secluded.parent.stat().st_mode & 0o777 == 0o700
    assert (secluded / "postgres").resolve().is_relative_to(SHARED)
    assert (secluded / "postgres" / "PG_VERSION").read_text() == "18\n"


@as_root
def test_a_cluster_that_nobody_can_reach_anyway_stays_in_its_data_folder(in_the_open: Path) -> None:
    assert ensure_cluster(in_the_open) == (in_the_open / "postgres").resolve()
    assert not (in_the_open / "postgres").is_symlink()


@as_root
async def test_a_data_folder_moves_with_its_database_but_a_copy_is_refused(
    postgres: EmbeddedPostgres, secluded: Path
) -> None:
    copy = secluded.with_name("copy")
    copy.mkdir()
    (copy / "postgres").symlink_to((secluded / "postgres").readlink())
    with pytest.raises(PartFailed, match=f"the database of {secluded}"):
        ensure_cluster(copy)
    shutil.rmtree(copy)
    moved = secluded.rename(secluded.with_name("moved"))
    assert ensure_cluster(moved) == (moved / "postgres").resolve()
    moved.rename(secluded)


async def test_a_stale_pid_file_is_harmless_even_if_its_number_lives(postgres: EmbeddedPostgres) -> None:
    await postgres.stop("kill")
    note = (postgres.data / "postgres").resolve() / "postmaster.pid"
    owner = note.stat()
    stranger = await asyncio.create_subprocess_exec("sleep", "60", user=owner.st_uid, group=owner.st_gid)
    note.write_text("\n".join([str(stranger.pid), *note.read_text().splitlines()[1:], ""]))
    await postgres.start()
    assert ask(postgres, "SELECT 1") == [(1,)]
    assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()


async def test_refused_values_are_told_to_the_caller_and_not_to_the_log(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="Wanjiku-0712345678"):
        ask(postgres, "SELECT 'Wanjiku-0712345678'::integer")
    log = (postgres.data / "logs" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "Wanjiku" not in log


@as_root
async def test_a_socket_folder_of_somebody_else_is_not_trusted(secluded: Path) -> None:
    folder = Settings(data=secluded).socket_folder
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    try:
        with pytest.raises(PartFailed, match=f"{folder} belongs to somebody else"):
            await EmbeddedPostgres(secluded, folder).start()
    finally:
        folder.rmdir()
        remove_cluster(secluded)


def test_a_data_folder_that_is_named_from_here_gets_its_cluster_there(
    in_the_open: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a fresh clone, wherever everybody may pass."""
    monkeypatch.chdir(in_the_open)
    made = ensure_cluster(Path("data"))
    assert (made / "PG_VERSION").is_file()
    assert [one.name for one in Path("data").iterdir()] == ["postgres"]
    remove_cluster(Path("data"))
