"""`njia up` as people meet it: opened, closed, killed, opened twice, and beside others."""

import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

from integrations.embedded.cluster import remove_cluster
from integrations.embedded.house import House
from integrations.embedded.ports import refuse_busy_ports
from integrations.embedded.process import PartFailed
from integrations.settings import Settings, libpq_url
from tests.house.traces import (
    comes_true,
    is_alive,
    line_with,
    noted_parts,
    open_house,
    pid_of,
    processes_of,
    surroundings,
    the_rest,
)
from tests.ports import free_port

Opener = Callable[..., Awaitable[Process]]
EVERY_PART = {"postgres", "temporal", "sandbox", "worker", "api"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def environment(data: Path) -> dict[str, str]:
    return surroundings(data)


@pytest.fixture
async def opened(data: Path, environment: dict[str, str]) -> AsyncIterator[Opener]:
    """Opens houses on the same data folder; they, and the cluster, are gone afterwards."""
    houses: list[Process] = []

    async def open_one(*without: str) -> Process:
        houses.append(await open_house(environment, *without))
        return houses[-1]

    yield open_one
    for house in houses:
        if house.returncode is None:
            house.terminate()
            assert (await the_rest(house))[0] == 0
    assert await comes_true(lambda: processes_of(data) == set(), 10)
    remove_cluster(data)
    if (sockets := Settings(data=data).socket_folder).exists():
        sockets.rmdir()


def database(data: Path) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(libpq_url(Settings(data=data).database), autocommit=True)


async def test_a_house_opens_in_order_and_closes_without_a_trace(opened: Opener, data: Path) -> None:
    house = await opened()
    said = await line_with(house, "open")
    assert said == ["preparing", "open"]
    assert noted_parts(data) == EVERY_PART
    assert all(is_alive(pid_of(data, part)) for part in EVERY_PART)
    # A terminal sends Ctrl-C to the whole group, and an impatient person sends it twice.
    os.killpg(house.pid, signal.SIGINT)
    os.killpg(house.pid, signal.SIGINT)
    code, rest = await the_rest(house)
    assert rest.splitlines() == [
        "stopping api",
        "stopping worker",
        "stopping sandbox",
        "stopping temporal",
        "stopping postgres",
    ]
    assert code == 0
    assert processes_of(data) == set()
    assert noted_parts(data) == set()


async def test_a_killed_database_comes_back_with_its_data(opened: Opener, data: Path) -> None:
    house = await opened("temporal", "sandbox", "worker", "api")
    await line_with(house, "open")
    with database(data) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    first = pid_of(data, "postgres")
    os.kill(first, signal.SIGKILL)
    await line_with(house, "postgres was ended by SIGKILL")
    await line_with(house, "postgres is ready again")
    assert pid_of(data, "postgres") != first
    with database(data) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]


async def test_a_second_house_on_the_same_data_is_refused(opened: Opener, data: Path) -> None:
    first = await opened("temporal", "sandbox", "worker", "api")
    await line_with(first, "open")
    code, said = await the_rest(await opened("temporal", "sandbox", "worker", "api"))
    assert code == 1
    assert f"process {first.pid}" in said
    assert "NJIA_DATA" in said
    assert is_alive(pid_of(data, "postgres"))


async def test_what_a_killed_house_left_does_not_hinder_the_next(opened: Opener, data: Path) -> None:
    house = await opened()
    await line_with(house, "open")
    with database(data) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    house.kill()
    await the_rest(house)
    assert noted_parts(data) == EVERY_PART
    following = await opened()
    await line_with(following, "open")
    with database(data) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]
    assert all(is_alive(pid_of(data, part)) for part in EVERY_PART)


async def test_a_port_in_use_stops_a_house_before_anything_starts(
    opened: Opener, data: Path, environment: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", int(environment["NJIA_TEMPORAL_UI_PORT"]))):
        code, said = await the_rest(await opened())
    assert code == 1
    assert "NJIA_TEMPORAL_UI_PORT moves it" in said
    assert not (data / "logs").exists()


@pytest.mark.parametrize("setting", ["NJIA_PORT", "NJIA_TEMPORAL_PORT", "NJIA_TEMPORAL_UI_PORT"])
def test_a_port_in_use_is_named_with_the_setting_that_moves_it(
    monkeypatch: pytest.MonkeyPatch, data: Path, environment: dict[str, str], setting: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ports = House(Settings(), ("njia",)).ports()
    refuse_busy_ports(ports)
    address = ("127.0.0.1", int(environment[setting]))
    with socket.create_server(address), pytest.raises(PartFailed, match=f"{address[1]} .*; {setting} moves it"):
        refuse_busy_ports(ports)


def test_two_of_our_servers_cannot_have_one_port() -> None:
    port = free_port()
    with pytest.raises(PartFailed, match="NJIA_PORT moves it"):
        refuse_busy_ports({"NJIA_TEMPORAL_PORT": ("127.0.0.1", port), "NJIA_PORT": ("127.0.0.1", port)})


async def test_servers_that_exist_already_are_not_started(
    opened: Opener, data: Path, environment: dict[str, str]
) -> None:
    environment |= {"NJIA_DATABASE_URL": "postgresql://elsewhere/njia", "NJIA_TEMPORAL_ADDRESS": "elsewhere:7233"}
    house = await opened("worker")
    await line_with(house, "open")
    assert noted_parts(data) == {"sandbox", "api"}
