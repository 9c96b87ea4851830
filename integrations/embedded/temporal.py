"""The embedded Temporal server and its UI: the wheel's `temporal server start-dev` on a database file of ours.

    temporal = EmbeddedTemporal(data, port=7233, ui_port=8233, namespace="clinic")
    await temporal.start()          # ready: the namespace is there, the UI listens
    temporal.address                # 127.0.0.1:7233
    await temporal.stop("kill")     # or "gently" (the usual); start() again finds every workflow

Every commit reaches the disk (`synchronous=FULL`). It listens on loopback alone: it knows no sign-in.
"""

import asyncio
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Literal, Self

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from integrations.embedded.process import Part, PartProcess
from integrations.settings import Settings

# A visit whose workflow task failed twice in a row says so in a search attribute, and supervisors can list it. It is
# tried
# again within half a minute: by itself the server would wait longer and longer, also after the code was mended.
DYNAMIC_CONFIGURATION = {
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "2",
    "history.workflowTaskRetryMaxInterval": '"20s"',
}


class EmbeddedTemporal:
    """A Temporal server on `<data>/temporal.db`.

    `dynamic` adds dynamic configuration (name to JSON value) for tests.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int,
        ui_port: int,
        namespace: str,
        codec_endpoint: str = "",
        dynamic: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.port = port
        self.ui_port = ui_port
        self.namespace = namespace
        self.codec_endpoint = codec_endpoint
        self.dynamic = DYNAMIC_CONFIGURATION | dict(dynamic or {})
        self._process: PartProcess | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The server that these settings describe."""
        return cls(
            settings.data,
            port=settings.temporal_port,
            ui_port=settings.temporal_ui_port,
            namespace=settings.temporal_namespace,
            codec_endpoint=f"{settings.own_url}/codec",
        )

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise LookupError("Temporal was not started")
        return self._process.pid

    async def start(self) -> None:
        """Return when the namespace answers; PartFailed says why it does not."""
        self._process = PartProcess(self.part(), self.data)
        await self._process.start()

    async def stop(self, mode: Literal["gently", "kill"] = "gently") -> None:
        if self._process is not None:
            await self._process.stop(SIGKILL if mode == "kill" else SIGTERM)

    def part(self) -> Part:
        """What the supervision needs to know."""
        return Part(
            name="temporal",
            command=(str(Path(sysconfig.get_path("scripts")) / "temporal"), "server", "start-dev", *self._flags()),
            prepare=self._prepare,
            ready=self._answers,
        )

    def _flags(self) -> list[str]:
        flags = ["--ip", "127.0.0.1", "--port", str(self.port), "--ui-port", str(self.ui_port)]
        flags += ["--namespace", self.namespace, "--db-filename", str(self.data.resolve() / "temporal.db")]
        flags += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"]
        flags += ["--ui-disable-news-fetch", "--log-level", "error"]
        if self.codec_endpoint:
            flags += ["--ui-codec-endpoint", self.codec_endpoint]
        for name, value in self.dynamic.items():
            flags += ["--dynamic-config-value", f"{name}={value}"]
        return flags

    async def _prepare(self) -> None:
        self.data.mkdir(mode=0o711, parents=True, exist_ok=True)

    async def _answers(self, _pid: int) -> bool:
        for port in (self.port, self.ui_port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
        try:
            client = await Client.connect(self.address, namespace=self.namespace)
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=self.namespace))
        except (RuntimeError, RPCError):
            return False
        return True
