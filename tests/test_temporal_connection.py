"""How we reach the Temporal server, what we teach it, and that a bug in a handler stops nothing but itself."""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import GrpcCompression, RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from integrations.encryption import data_converter
from integrations.settings import Settings
from integrations.temporal import WrongAttribute, compression, connect, prepare_namespace
from tests.ports import free_port
from tests.sample_workflows import ClumsyWorkflow, lose
from workflows.attributes import SEARCH_ATTRIBUTES, VISIT_STATUS
from workflows.interceptors import SafeHandlers

SECRET = "Wanjiku-has-malaria"
Clumsy = WorkflowHandle[ClumsyWorkflow, list[str]]


@pytest.fixture(scope="module")
async def address() -> AsyncIterator[str]:
    """A Temporal server of our own."""
    temporal = Path(sys.executable).with_name("temporal")
    async with await WorkflowEnvironment.start_local(
        port=free_port(), dev_server_existing_path=str(temporal)
    ) as server:
        yield server.client.service_client.config.target_host


@pytest.fixture
async def clumsy(address: str) -> AsyncIterator[Clumsy]:
    """A workflow whose handlers fail, on a worker that expects it of them."""
    client = await connect(Settings(temporal_address=address, temporal_namespace="default"))
    queue = f"clumsy-{uuid4()}"
    async with Worker(
        client, task_queue=queue, workflows=[ClumsyWorkflow], activities=[lose], interceptors=[SafeHandlers()]
    ):
        yield await client.start_workflow(ClumsyWorkflow.run, id=queue, task_queue=queue)


def fresh(address: str, retention_days: int = 90) -> Settings:
    """Settings for a namespace that nobody has made yet."""
    return Settings(
        temporal_address=address, temporal_namespace=f"clinic-{uuid4().hex[:8]}", retention_days=retention_days
    )


async def retention(client: Client) -> timedelta:
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    return described.config.workflow_execution_retention_ttl.ToTimedelta()


async def attributes(client: Client) -> dict[str, int]:
    asked = ListSearchAttributesRequest(namespace=client.namespace)
    return dict((await client.operator_service.list_search_attributes(asked)).custom_attributes)


@pytest.mark.parametrize("near", ["127.0.0.1:7233", "[::1]:7233", "localhost:7233", "127.8.8.8:1"])
def test_nothing_is_compressed_on_loopback(near: str) -> None:
    assert compression(near) is GrpcCompression.NONE


@pytest.mark.parametrize("far", ["temporal:7233", "10.0.0.7:7233", "[fd00::7]:7233", "temporal.clinic.example:443"])
def test_what_goes_to_another_machine_is_compressed(far: str) -> None:
    assert compression(far) is GrpcCompression.GZIP


async def test_a_namespace_that_is_missing_is_made_whole(address: str) -> None:
    settings = fresh(address)
    client = await connect(settings)
    await prepare_namespace(client, settings, SEARCH_ATTRIBUTES)
    assert await retention(client) == timedelta(days=90)
    assert await attributes(client) == {key.name: int(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}


async def test_preparing_twice_changes_nothing(address: str) -> None:
    settings = fresh(address)
    client = await connect(settings)
    await prepare_namespace(client, settings, SEARCH_ATTRIBUTES)
    before = await attributes(client)
    await prepare_namespace(client, settings, SEARCH_ATTRIBUTES)
    assert await attributes(client) == before


async def test_several_processes_may_prepare_at_once(address: str) -> None:
    settings = fresh(address)
    clients = [await connect(settings) for _ in range(4)]
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(prepare_namespace(client, settings, SEARCH_ATTRIBUTES))
    assert len(await attributes(clients[0])) == len(SEARCH_ATTRIBUTES)


async def test_attributes_that_came_later_are_added_to_an_old_namespace(address: str) -> None:
    settings = fresh(address)
    client = await connect(settings)
    await prepare_namespace(client, settings, SEARCH_ATTRIBUTES[:2])
    await prepare_namespace(client, settings, SEARCH_ATTRIBUTES)
    assert set(await attributes(client)) == {key.name for key in SEARCH_ATTRIBUTES}


async def test_retention_is_raised_but_never_lowered(address: str) -> None:
    settings = fresh(address, retention_days=30)
    client = await connect(settings)
    for wanted, kept in ((30, 30), (90, 90), (60, 90)):
        days = settings.model_copy(update={"retention_days": wanted})
        await prepare_namespace(client, days, SEARCH_ATTRIBUTES)
        assert await retention(client) == timedelta(days=kept)


async def test_an_attribute_of_another_type_is_said_and_not_papered_over(address: str) -> None:
    settings = fresh(address)
    client = await connect(settings)
    await prepare_namespace(client, settings, [SearchAttributeKey.for_int(VISIT_STATUS.name)])
    with pytest.raises(WrongAttribute, match="VisitStatus is INDEXED_VALUE_TYPE_INT"):
        await prepare_namespace(client, settings, SEARCH_ATTRIBUTES)


async def test_a_worker_says_at_once_that_no_server_listens() -> None:
    with pytest.raises(RuntimeError):
        await connect(Settings(temporal_address=f"127.0.0.1:{free_port()}"))


async def test_the_api_starts_without_a_server_and_gives_up_soon() -> None:
    client = await connect(Settings(temporal_address=f"127.0.0.1:{free_port()}"), impatient=True)
    started = time.monotonic()
    with pytest.raises((RPCError, RuntimeError)):
        await client.get_workflow_handle("visit-nobody").describe(rpc_timeout=timedelta(seconds=2))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("handler", ["stumble", "stumble_at_once"])
async def test_a_bug_in_an_update_fails_that_command_and_the_next_one_works(clumsy: Clumsy, handler: str) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await clumsy.execute_update(handler, SECRET, rpc_timeout=timedelta(seconds=10))
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.message, cause.non_retryable) == ("UnexpectedHandlerError", "Bug", True)
    assert await clumsy.execute_update(ClumsyWorkflow.note, "next") == ["next"]


async def test_running_out_of_time_in_an_update_is_a_bug_like_any_other(clumsy: Clumsy) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await clumsy.execute_update(ClumsyWorkflow.wait_in_vain, rpc_timeout=timedelta(seconds=10))
    assert isinstance(failed.value.cause, ApplicationError)
    assert (failed.value.cause.type, failed.value.cause.message) == ("UnexpectedHandlerError", "TimeoutError")


async def test_a_refusal_reaches_its_sender_as_it_was_said(clumsy: Clumsy) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await clumsy.execute_update(ClumsyWorkflow.refuse, "today")
    assert isinstance(refused.value.cause, ApplicationError)
    assert (refused.value.cause.type, refused.value.cause.message) == ("Refused", "no today")


async def test_a_failed_activity_reaches_the_sender_as_what_it_is(clumsy: Clumsy) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await clumsy.execute_update(ClumsyWorkflow.fail_elsewhere, "a story")
    assert isinstance(failed.value.cause, ActivityError)


@pytest.mark.parametrize("handler", ["trip", "trip_hard"])
async def test_an_exception_in_a_signal_is_swallowed_and_the_visit_goes_on(clumsy: Clumsy, handler: str) -> None:
    await clumsy.signal(handler, SECRET)
    heard = "tripped" if handler == "trip" else "tripped hard"
    assert await clumsy.execute_update(ClumsyWorkflow.note, "end") == [heard, "end"]
    assert await clumsy.result() == [heard, "end"]
    assert (await clumsy.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_a_bug_is_logged_with_its_place_and_without_what_it_says(
    clumsy: Clumsy, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        with pytest.raises(WorkflowUpdateFailedError):
            await clumsy.execute_update(ClumsyWorkflow.stumble, SECRET)
        await clumsy.signal(ClumsyWorkflow.trip, SECRET)
        await clumsy.execute_update(ClumsyWorkflow.note, "end")
    assert "The update handler stumble failed: Bug at ClumsyWorkflow.stumble:" in caplog.text
    assert "The signal handler trip failed: Bug at ClumsyWorkflow.trip:" in caplog.text
    assert SECRET not in caplog.text


async def test_a_history_with_bugs_replays(clumsy: Clumsy) -> None:
    with pytest.raises(WorkflowUpdateFailedError):
        await clumsy.execute_update(ClumsyWorkflow.stumble, SECRET)
    await clumsy.signal(ClumsyWorkflow.trip, SECRET)
    await clumsy.execute_update(ClumsyWorkflow.note, "end")
    await clumsy.result()
    replayer = Replayer(
        workflows=[ClumsyWorkflow], data_converter=data_converter(Settings().keyring), interceptors=[SafeHandlers()]
    )
    await replayer.replay_workflow(await clumsy.fetch_history())
