"""Those who listen: in Python, and in JavaScript with the client that browsers use."""

import asyncio
import contextlib
import json
import shutil
import subprocess
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import socketio

from tests.live.clinic import Api, until

HERE = Path(__file__).parent


class Ears:
    """What one listener was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    @property
    def ids(self) -> list[int]:
        return [payload["eventId"] for _, payload in self.told]

    async def hear(self, ids: list[int], within: float = 10.0) -> None:
        """Exactly these, in this order, and nothing after them."""
        with contextlib.suppress(TimeoutError):
            await until(lambda: len(self.ids) >= len(ids), within)
        await asyncio.sleep(0.05)
        assert self.ids == ids


class PythonEars(Ears):
    def __init__(self, token: Any, since: Any = None) -> None:
        super().__init__()
        self.token, self.since = token, since
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._on_event)
        self.client.on("connect_error", self._on_refusal)
        self.refusal: Any = None

    async def connect(self, api: Api, **options: Any) -> None:
        options = {"transports": ["websocket"], "wait_timeout": 10, **options}
        auth = {"token": self.token} | ({} if self.since is None else {"since": self.since})
        await self.client.connect(api.address, auth=auth, **options)

    async def again(self, api: Api) -> None:
        """A new connection that asks for what was missed."""
        self.since = self.ids[-1] if self.ids else self.since
        await self.connect(api)

    async def _on_event(self, kind: str, payload: dict[str, Any]) -> None:
        self.told.append((kind, payload))

    async def _on_refusal(self, refusal: Any) -> None:
        self.refusal = refusal


@contextlib.asynccontextmanager
async def listening(api: Api, token: Any, since: Any = None, **options: Any) -> AsyncIterator[PythonEars]:
    ears = PythonEars(token, since)
    try:
        await ears.connect(api, **options)
        yield ears
    finally:
        await ears.client.disconnect()


class JavaScriptEars(Ears):
    """The same in a JavaScript program of its own, with the client that browsers use."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__()
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def read(self) -> None:
        assert self.process.stdout
        async for text in self.process.stdout:
            line = json.loads(text)
            self.lines.append(line)
            if line["is"] == "told":
                self.told.append((line["kind"], line["payload"]))

    def count(self, what: str) -> int:
        return sum(line["is"] == what for line in self.lines)

    async def drop(self) -> None:
        """Lose the connection, and come back."""
        assert self.process.stdin
        before = self.count("connected")
        self.process.stdin.write(b"drop\n")
        await until(lambda: self.count("connected") > before)


@contextlib.asynccontextmanager
async def javascript(api: Api, token: str, *since: int) -> AsyncIterator[JavaScriptEars]:
    """Connected or refused."""
    command = ("node", str(HERE / "listener.mjs"), api.address, token, *map(str, since))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    ears = JavaScriptEars(process)
    reading = asyncio.create_task(ears.read())
    try:
        await until(lambda: bool(ears.lines))
        yield ears
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        await reading


def install_javascript() -> None:
    """The packages of the lock file, once."""
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        npm = shutil.which("npm") or "npm"
        quiet = ("--no-audit", "--no-fund", "--omit-lockfile-registry-resolved", "--loglevel=error")
        subprocess.run((npm, "ci", *quiet), cwd=HERE, check=True, timeout=100)
