"""Nothing that a workflow carries is readable in Temporal, and keys can be changed without losing what is there."""

import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from google.protobuf.message import Message
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
    QueryWorkflowRequest,
)
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from integrations.encryption import KeyringCodec, Unreadable, data_converter
from integrations.settings import Settings
from integrations.temporal import connect
from tests.ports import free_port
from tests.sample_workflows import ConfidingWorkflow, Story, fall_silent, keep, lose

SECRET = "Wanjiku-has-malaria"
ACTIVITIES = [keep, lose, fall_silent]
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def keys(**keyring: bytes) -> SecretStr:
    return SecretStr(",".join(f"{name}:{b64encode(key).decode()}" for name, key in keyring.items()))


def story_payload() -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=f'"{SECRET}"'.encode())


@pytest.fixture(scope="module")
async def settings() -> AsyncIterator[Settings]:
    """A Temporal server of our own, and how to reach it with the old key."""
    temporal = Path(sys.executable).with_name("temporal")
    async with await WorkflowEnvironment.start_local(
        port=free_port(), dev_server_existing_path=str(temporal)
    ) as server:
        yield reaching(server.client.service_client.config.target_host, keys(old=OLD))


def reaching(address: str, payload_keys: SecretStr) -> Settings:
    return Settings(temporal_address=address, temporal_namespace="default", payload_keys=payload_keys)


async def test_what_is_sealed_with_a_key_opens_with_the_same_keyring() -> None:
    codec = KeyringCodec({"old": OLD})
    sealed = await codec.encode([story_payload(), story_payload()])
    assert [payload.metadata["encoding"] for payload in sealed] == [b"binary/encrypted"] * 2
    assert [payload.metadata["encryption-key-id"] for payload in sealed] == [b"old"] * 2
    assert await codec.decode(sealed) == [story_payload(), story_payload()]


async def test_the_same_payload_is_never_sealed_the_same_way_twice() -> None:
    codec = KeyringCodec({"old": OLD})
    sealed = await codec.encode([story_payload()] * 100)
    assert len({payload.data for payload in sealed}) == 100


async def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    before = await KeyringCodec({"old": OLD}).encode([story_payload()])
    rotated = KeyringCodec({"new": NEW, "old": OLD})
    after = await rotated.encode([story_payload()])
    assert after[0].metadata["encryption-key-id"] == b"new"
    assert await rotated.decode([*before, *after]) == [story_payload()] * 2


async def test_an_unknown_key_is_refused_by_its_name_alone() -> None:
    sealed = await KeyringCodec({"old": OLD}).encode([story_payload()])
    with pytest.raises(Unreadable) as refused:
        await KeyringCodec({"new": NEW}).decode(sealed)
    assert str(refused.value) == "No payload key is called 'old'."


async def test_a_key_that_does_not_fit_is_refused_by_its_name_alone() -> None:
    sealed = await KeyringCodec({"old": OLD}).encode([story_payload()])
    with pytest.raises(Unreadable) as refused:
        await KeyringCodec({"old": NEW}).decode(sealed)
    assert str(refused.value) == "A payload does not open with the key 'old'."


@pytest.mark.parametrize("position", [0, 11, 12, -1])
async def test_a_payload_that_somebody_touched_does_not_open(position: int) -> None:
    codec = KeyringCodec({"old": OLD})
    (sealed,) = await codec.encode([story_payload()])
    touched = bytearray(sealed.data)
    touched[position] ^= 1
    sealed.data = bytes(touched)
    with pytest.raises(Unreadable):
        await codec.decode([sealed])


@pytest.mark.parametrize("length", [0, 5, 12, 20])
async def test_a_payload_cut_short_does_not_open(length: int) -> None:
    codec = KeyringCodec({"old": OLD})
    (sealed,) = await codec.encode([story_payload()])
    sealed.data = sealed.data[:length]
    with pytest.raises(Unreadable):
        await codec.decode([sealed])


async def test_what_was_never_sealed_passes_as_it_is() -> None:
    assert await KeyringCodec({"old": OLD}).decode([story_payload()]) == [story_payload()]


async def test_nothing_told_to_a_workflow_is_readable_in_temporal(settings: Settings) -> None:
    """Inputs, results, messages, failures, summaries, memo, details, heartbeats, children and following runs."""
    client = await connect(settings)
    started = f"confiding-{uuid4()}"
    stored = await told_everything(client, started)
    written = b"".join(message.SerializeToString() for message in stored)
    assert SECRET.encode() not in written
    assert b64encode(SECRET.encode()).strip(b"=") not in written

    codec = KeyringCodec(settings.keyring)
    opened = b"".join([p.data for message in stored for p in await codec.decode(list(payloads(message)))])
    for kind in KINDS:
        assert f"{kind}{SECRET}".encode() in opened, f"the test did not make Temporal store {kind!r}"


KINDS = (
    "",
    "again ",
    "answer to ",
    "child ",
    "details ",
    "details of ",
    "ended child ",
    "heartbeat ",
    "kept ",
    "lost ",
    "memo ",
    "no ",
    "note at start ",
    "static ",
    "summary ",
    "timer ",
)


async def told_everything(client: Client, workflow_id: str) -> list[Message]:
    """Run the confiding workflow from start to end; everything that the server then says about it, as it says it."""
    story = Story(told=SECRET)
    queue = f"secrets-{uuid4()}"
    async with Worker(client, task_queue=queue, workflows=[ConfidingWorkflow], activities=ACTIVITIES):
        handle = await client.start_workflow(
            ConfidingWorkflow.run,
            story,
            id=workflow_id,
            task_queue=queue,
            memo={"first": f"note at start {SECRET}"},
            static_summary=f"static {SECRET}",
            static_details=f"static details {SECRET}",
        )
        assert (await handle.execute_update(ConfidingWorkflow.ask, story)).told == f"answer to {SECRET}"
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(ConfidingWorkflow.refuse, story)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.message == f"no {SECRET}"
        metadata = await raw_metadata(client, workflow_id)
        await handle.signal(ConfidingWorkflow.tell, story)
        assert (await handle.result()).told == f"ended again {SECRET}"
    runs = [run async for run in client.list_workflows(f"WorkflowId STARTS_WITH '{workflow_id}'")]
    assert len(runs) == 3, "the first run, its child and the run that it continued as"
    listed = await client.workflow_service.list_workflow_executions(
        ListWorkflowExecutionsRequest(namespace=client.namespace, query=f"WorkflowId = '{workflow_id}'")
    )
    said: list[Message] = [metadata, listed]
    for run in runs:
        said += await raw_history(client, WorkflowExecution(workflow_id=run.id, run_id=run.run_id))
    return said


async def raw_history(client: Client, execution: WorkflowExecution) -> list[Message]:
    """History and description as the server sends them, before any codec of ours."""
    history = await client.workflow_service.get_workflow_execution_history(
        GetWorkflowExecutionHistoryRequest(namespace=client.namespace, execution=execution)
    )
    assert not history.next_page_token
    described = await client.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    )
    return [history, described]


async def raw_metadata(client: Client, workflow_id: str) -> Message:
    """What the Temporal UI shows as current details."""
    return await client.workflow_service.query_workflow(
        QueryWorkflowRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id),
            query=WorkflowQuery(query_type="__temporal_workflow_metadata"),
        )
    )


def payloads(message: Message) -> Iterator[Payload]:
    """Every payload anywhere inside a message."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = list(value.values()) if hasattr(next(iter(value.values())), "ListFields") else []
        else:
            inner = list(value) if field.is_repeated else [value]
        for part in inner:
            yield from payloads(part)


async def test_old_histories_stay_readable_after_the_key_was_changed(settings: Settings) -> None:
    queue, workflow_id = f"rotation-{uuid4()}", f"rotation-{uuid4()}"
    before = await connect(settings)
    async with Worker(before, task_queue=queue, workflows=[ConfidingWorkflow], activities=ACTIVITIES):
        ended = Story(told=f"again {SECRET}")
        await before.execute_workflow(ConfidingWorkflow.run, ended, id=workflow_id, task_queue=queue)

    after = await connect(reaching(settings.temporal, keys(new=NEW, old=OLD)))
    handle = after.get_workflow_handle(workflow_id, result_type=Story)
    assert (await handle.result()).told == f"ended again {SECRET}"
    history = await handle.fetch_history()
    rotated = data_converter({"new": NEW, "old": OLD})
    await Replayer(workflows=[ConfidingWorkflow], data_converter=rotated).replay_workflow(history)

    without = await connect(reaching(settings.temporal, keys(new=NEW)))
    with pytest.raises(Unreadable, match="No payload key is called 'old'"):
        await without.get_workflow_handle(workflow_id).result()


async def test_what_a_terminated_workflow_carried_is_sealed_too(settings: Settings) -> None:
    client = await connect(settings)
    handle = await client.start_workflow(
        "Nobody", Story(told=SECRET), id=f"nobody-{uuid4()}", task_queue=f"nobody-{uuid4()}"
    )
    await handle.terminate(Story(told=SECRET), reason="a test ends it")
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    stored = await raw_history(client, WorkflowExecution(workflow_id=handle.id))
    written = b"".join(message.SerializeToString() for message in stored)
    assert b"a test ends it" in written
    assert SECRET.encode() not in written
