"""A port that is taken is named before anything starts."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack

from integrations.embedded.process import PartFailed


def refuse_busy_ports(wanted: Mapping[str, tuple[str, int]]) -> None:
    """`wanted`: address and port by the name of the setting that moves it. PartFailed names the first that is taken."""
    with ExitStack() as held:
        for setting, (host, port) in wanted.items():
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            trial = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
            # As the servers do: a connection that has just ended does not keep a port busy.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
                trial.listen(1)
            except OSError as error:
                raise PartFailed(
                    f"cannot listen on {host}:{port} ({error.strerror}); {setting} moves it to another port"
                ) from None
