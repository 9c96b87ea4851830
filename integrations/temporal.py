"""The one way to the Temporal server, and what the server must know before visits run on it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import GrpcCompression, RetryConfig, RPCError, RPCStatusCode

from integrations.encryption import data_converter
from integrations.settings import Settings

# A desk waits for the answer: little is gained by the SDK's ten attempts in ten seconds.
IMPATIENT = RetryConfig(max_interval_millis=500, max_elapsed_time_millis=2000, max_retries=4)
# A cluster's frontends read new namespaces and attributes from a cache that is refreshed every few seconds.
SETTLING = timedelta(seconds=40)
LOOK_AGAIN = timedelta(milliseconds=250)
# What a second process doing the same at the same moment, or a frontend that has not heard yet, answers.
PASSING = {
    RPCStatusCode.ALREADY_EXISTS,
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.FAILED_PRECONDITION,
    RPCStatusCode.ABORTED,
    RPCStatusCode.UNAVAILABLE,
}


class WrongAttribute(Exception):
    """The namespace has a search attribute of that name, but of another type; only an operator can mend that."""


async def connect(settings: Settings, *, impatient: bool = False) -> Client:
    """A client that seals what it sends. One per process: it holds the connection and has no `close`.

    `impatient` is for the API: failing calls are given up soon, and the connection is made at the first call, so that
    the API starts (and answers 503) while the server is away. Otherwise raises RuntimeError when nobody listens.
    """
    return await Client.connect(
        settings.temporal,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings.keyring),
        grpc_compression=compression(settings.temporal),
        retry_config=IMPATIENT if impatient else None,
        lazy=impatient,
    )


def compression(address: str) -> GrpcCompression:
    """gzip between machines, nothing on loopback, where it costs time and saves none."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        near = ip_address(host).is_loopback
    except ValueError:
        near = host == "localhost"
    return GrpcCompression.NONE if near else GrpcCompression.GZIP


async def prepare_namespace(client: Client, settings: Settings, attributes: Sequence[SearchAttributeKey[Any]]) -> None:
    """Make the namespace fit for visits: it exists, keeps closed ones long enough, and knows the search attributes.

    Does only what is missing, so every process may call it at its start, several at once. Retention is raised, never
    lowered. Raises WrongAttribute, and TimeoutError when the server does not settle within 40 s.
    """
    async with asyncio.timeout(SETTLING.total_seconds()):
        while True:
            if await is_prepared(client, settings, attributes):
                return
            await asyncio.sleep(LOOK_AGAIN.total_seconds())


async def is_prepared(client: Client, settings: Settings, attributes: Sequence[SearchAttributeKey[Any]]) -> bool:
    """Look, ask for what is missing, and say whether nothing was."""
    try:
        retention = await retained(client)
        if retention is None:
            await register(client, settings)
        elif retention < timedelta(days=settings.retention_days):
            await retain(client, settings)
        elif missing := await missing_attributes(client, attributes):
            await add(client, missing)
        else:
            return True
    except RPCError as error:
        if error.status not in PASSING:
            raise
    return False


async def retained(client: Client) -> timedelta | None:
    """How long the namespace keeps closed workflows; None when there is no such namespace."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        answer = await client.workflow_service.describe_namespace(asked)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return answer.config.workflow_execution_retention_ttl.ToTimedelta()


async def register(client: Client, settings: Settings) -> None:
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=client.namespace,
            workflow_execution_retention_period=days(settings.retention_days),
        )
    )


async def retain(client: Client, settings: Settings) -> None:
    kept = NamespaceConfig(workflow_execution_retention_ttl=days(settings.retention_days))
    await client.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=client.namespace, config=kept))


async def missing_attributes(
    client: Client, attributes: Sequence[SearchAttributeKey[Any]]
) -> list[SearchAttributeKey[Any]]:
    """Those that the namespace does not know yet; raises WrongAttribute for one that it knows as something else."""
    asked = ListSearchAttributesRequest(namespace=client.namespace)
    known = (await client.operator_service.list_search_attributes(asked)).custom_attributes
    for key in attributes:
        if key.name in known and known[key.name] != int(key.indexed_value_type):
            found = IndexedValueType.Name(known[key.name])
            raise WrongAttribute(f"Search attribute {key.name} is {found} in this namespace.")
    return [key for key in attributes if key.name not in known]


async def add(client: Client, attributes: Sequence[SearchAttributeKey[Any]]) -> None:
    wanted = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in attributes}
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    )


def days(count: int) -> Duration:
    return Duration(seconds=count * 24 * 60 * 60)
