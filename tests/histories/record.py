"""Records the histories that `tests/workflow/test_replay.py` replays, on a clinic with the development keys.

    .venv/bin/python -m tests.histories.record              # all of them, in about a minute
    .venv/bin/python -m tests.histories.record visit_plain  # only these

Record again after a change of the workflow that old histories cannot replay (and before the first release, after any):
from then on open visits carry such histories, and `workflow.patched` is the way.
"""

import asyncio
import json
import socket
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from pydantic import SecretStr
from temporalio.client import WorkflowHistory

from integrations.settings import DEVELOPMENT_SECRETS, Settings
from tests.clinic import WholeClinic, whole_clinic
from tests.histories.recorder import Recorder
from tests.histories.stories import STORIES
from tests.services.harness import Sandbox, sandbox_of
from workers.logs import log_discreetly

FOLDER = Path(__file__).parent
LARGEST = 300_000
"""Bytes of one file."""

FEW_EVENTS = {"limit.historyCount.suggestContinueAsNew": "150"}


def recorded(name: str) -> WorkflowHistory:
    """The history as it is committed."""
    events = json.loads((FOLDER / f"{name}.json").read_text())
    started = events["events"][0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(started["workflowId"], events)


def keep(name: str, history: WorkflowHistory) -> int:
    text = json.dumps(history.to_json_dict(), separators=(",", ":"), sort_keys=True)
    text = text.replace(f"@{socket.gethostname()}", "@clinic")  # which machine it was is nobody's business
    if len(text) > LARGEST:
        raise ValueError(f"{name} takes {len(text)} bytes; tell a shorter story")
    (FOLDER / f"{name}.json").write_text(text + "\n")
    return len(text)


def clinic_beside(sandbox: Sandbox, **keys: SecretStr) -> AbstractAsyncContextManager[WholeClinic]:
    ports = sandbox.settings.model_dump(include={"sandbox_port", "sandbox_smtp_port"})
    return whole_clinic(dynamic=FEW_EVENTS, patience_seconds=2.0, outside_seconds=3.0, **ports, **keys)


async def record(names: list[str]) -> None:
    secrets = Settings.model_validate({"environment": "development", **DEVELOPMENT_SECRETS})
    keys = {"payload_keys": secrets.payload_keys, "command_secret": secrets.command_secret}
    async with sandbox_of(sandbox_seconds=0.2) as sandbox, clinic_beside(sandbox, **keys) as clinic:
        for name in names:
            handle = await STORIES[name](Recorder(clinic, sandbox))
            size = keep(name, await handle.fetch_history())
            sys.stdout.write(f"{name}: {size} bytes\n")


if __name__ == "__main__":
    log_discreetly()
    asyncio.run(record(sys.argv[1:] or list(STORIES)))
