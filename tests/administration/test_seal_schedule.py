"""The seal comes by the clock."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.audit import AuditSeals
from integrations.encryption import data_converter
from integrations.settings import Settings
from tests.administration.office import Office
from tests.ports import free_port
from workers.schedules import AUDIT_SEAL, ensure_schedule
from workflows.seal import AuditSealWorkflow


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    temporal = Path(sys.executable).with_name("temporal")
    converter = data_converter(settings.keyring)
    async with await WorkflowEnvironment.start_local(
        port=free_port(), dev_server_existing_path=str(temporal), data_converter=converter
    ) as server:
        yield server.client


async def test_the_schedule_is_made_once_and_seals(office: Office, client: Client) -> None:
    await ensure_schedule(client, office.settings)
    handle = client.get_schedule_handle(AUDIT_SEAL)
    await handle.pause()
    await ensure_schedule(client, office.settings)
    described = await handle.describe()
    assert described.schedule.state.paused
    assert [at.strftime("%H:%M %z") for at in described.info.next_action_times[:1]] == ["20:55 +0000"]
    seals = AuditSeals(office.pool)
    async with Worker(
        client, task_queue=office.settings.task_queue, workflows=[AuditSealWorkflow], activities=[seals.seal_day]
    ):
        number = await client.execute_workflow(
            AuditSealWorkflow.run, id="seal-now", task_queue=office.settings.task_queue
        )
    (row,) = await office.rows("select number from audit_seals")
    assert number == row["number"] == 1
