"""Before a new version is rolled out: does everything that is open go on with this code?

What is open is read from the clinic's Temporal server and replayed here; nothing there changes.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple

from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, WorkflowReplayResult
from temporalio.workflow import NondeterminismError

from integrations.encryption import data_converter
from integrations.settings import Settings
from workers.build import fingerprint
from workers.clinic import WORKFLOWS
from workers.runner import RUNNER
from workflows.interceptors import SafeHandlers

OPEN = 'ExecutionStatus="Running"'


class Finding(NamedTuple):
    """One open run. `trouble`: why it cannot go on with this code; None where it can. Nothing about a person."""

    workflow_id: str
    kind: str
    trouble: str | None

    def in_words(self) -> str:
        return f"{self.workflow_id} ({self.kind}): {self.trouble or 'goes on'}"


async def replayed(client: Client, settings: Settings) -> AsyncIterator[Finding]:
    """What becomes of each run that is open, one after the other."""
    async with replayer(settings).workflow_replay_iterator(open_histories(client)) as results:
        async for result in results:
            started = result.history.events[0].workflow_execution_started_event_attributes
            yield Finding(result.history.workflow_id, started.workflow_type.name, trouble(result))


def replayer(settings: Settings) -> Replayer:
    """As the clinic's worker runs them."""
    return Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter(settings.keyring),
        interceptors=[SafeHandlers()],
        workflow_runner=RUNNER,
        build_id=fingerprint(),
    )


async def open_histories(client: Client) -> AsyncIterator[WorkflowHistory]:
    async for found in client.list_workflows(OPEN):
        try:
            yield await client.get_workflow_handle(found.id, run_id=found.run_id).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it ended, and is not kept any more
                raise


def trouble(result: WorkflowReplayResult) -> str | None:
    """Steps are named as the server says them. What else fails may quote a patient: that it fails is enough."""
    failure = result.replay_failure
    if failure is None:
        return None
    if isinstance(failure, NondeterminismError):
        return str(failure)
    return f"cannot be carried on ({type(failure).__name__}): a message that is not understood, or a type that is gone"
