"""What is confided to the clinic is readable in its database alone: in no history, index or log."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
)

from integrations.encryption import KeyringCodec
from tests.clinic import WholeClinic
from tests.workflow.confiding import MARKS, Confided, confiding, words


@pytest.fixture(scope="module")
async def confided() -> AsyncIterator[Confided]:
    async with confiding() as found:
        yield found


def marks_in(read: bytes) -> set[bytes]:
    return {mark for mark in MARKS if mark in read}


async def histories_of(clinic: WholeClinic) -> dict[str, Any]:
    """The server's answer for the history of every workflow, by workflow id."""
    client = clinic.clinic.temporal
    found = {}
    async for run in client.list_workflows():
        asked = GetWorkflowExecutionHistoryRequest(
            namespace=client.namespace, execution=WorkflowExecution(workflow_id=run.id, run_id=run.run_id)
        )
        found[run.id] = await client.workflow_service.get_workflow_execution_history(asked)
    return found


async def test_what_was_confided_is_in_the_histories(confided: Confided) -> None:
    """Or the tests below would show nothing: opened with the key, the histories hold it."""
    history = (await histories_of(confided.clinic))[f"visit-{confided.visit_ids[0]}"]
    sealed = [
        payload
        for event in history.history.events
        for payload in (
            *event.workflow_execution_update_accepted_event_attributes.accepted_request.input.args.payloads,
            *event.workflow_execution_signaled_event_attributes.input.payloads,
        )
    ]
    opened = await KeyringCodec(confided.clinic.settings.keyring).decode(sealed)
    read = b"".join(payload.data for payload in opened)
    assert marks_in(read) == set(MARKS)
    for said in ("triage", "note", "ugonjwa", "tokeo", "maelezo", "dawa", "kwaheri", "sababu", "tendo"):
        assert words(said).encode() in read


async def test_no_history_can_be_read(confided: Confided) -> None:
    histories = await histories_of(confided.clinic)
    kinds = {name.partition("-")[0] for name in histories}
    assert kinds >= {"visit", "appointment"}
    told = {name: marks_in(history.SerializeToString()) for name, history in histories.items()}
    in_clear = {name: marks for name, marks in told.items() if marks}
    assert list(in_clear.values()) == [{b"Siri"}]  # the broken signal, which nobody sealed
    assert next(iter(in_clear)).startswith("appointment")


async def test_nothing_that_supervisors_search_by_can_be_read(confided: Confided) -> None:
    client = confided.clinic.clinic.temporal
    listed = await client.workflow_service.list_workflow_executions(
        ListWorkflowExecutionsRequest(namespace=client.namespace)
    )
    assert len(listed.executions) >= 4
    assert marks_in(listed.SerializeToString()) == set()
    for found in listed.executions:
        asked = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=found.execution)
        described = await client.workflow_service.describe_workflow_execution(asked)
        assert marks_in(described.SerializeToString()) == set()


async def test_the_worker_logs_what_failed_and_nothing_that_was_said(confided: Confided) -> None:
    log = confided.log("worker")
    for told in (
        "PoolTimeout at",
        "failed: CheckViolation",
        "signal could not be read",
        "WARNING psycopg.pool: error connecting",
    ):
        assert told in log
    assert marks_in(log.encode()) == set()


async def test_the_api_logs_nothing_that_was_said(confided: Confided) -> None:
    assert marks_in(confided.log("api").encode()) == set()


async def test_no_file_of_the_workflow_server_holds_what_was_confided(confided: Confided) -> None:
    """Its database with everything in it, but for the broken signal, and whatever the servers have logged."""
    cluster = confided.folder / "postgres"
    files = [path for path in confided.folder.rglob("*") if path.is_file() and cluster not in path.parents]
    assert confided.folder / "temporal.db" in files
    for path in files:
        assert marks_in(path.read_bytes().replace(b'{"name": "Sirijina', b"")) == set(), path.name
