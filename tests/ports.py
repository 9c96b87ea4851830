"""Ports for the servers that tests start."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress

# Above the machine's own servers, below what Linux gives to outgoing connections: one of those may take
# a port between the moment it is found free and the moment a server listens.
LOWEST, BEYOND = 10_000, 32_000


def _not_yet_given() -> Iterator[int]:
    """Each port once; test runners that work side by side have none in common."""
    runner = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    runners = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports = list(range(LOWEST + runner, BEYOND, runners))
    random.shuffle(ports)
    yield from ports


_ports = _not_yet_given()


def free_port() -> int:
    """A port that nobody listens on, and that nobody else is given."""
    for port in _ports:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no port is left")


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]
