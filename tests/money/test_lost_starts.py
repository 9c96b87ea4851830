"""A worker wrote a command and died; another command comes first: what the first was to begin begins all the same."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

from activities.records import Records, Turn
from integrations.database import writing_pool
from models.actions import DecideWaiver
from models.command import Command
from models.staff import Person, Role
from tests.money.purse import Purse
from workflows.visit import PERFORM, workflow_id


async def test_what_another_command_found_written_begins_all_the_same(bare: Purse) -> None:
    async with bare.clinic.worker():
        visit = await bare.walk.seen()
        waiver = await bare.asks_waiver(visit, "200")
        await bare.task(visit, "DECIDE_WAIVER")
        (row,) = await bare.clinic.rows("select id, facility_id from users where user_name = 'supervisor'")
        secret = bare.clinic.settings.command_secret.get_secret_value().encode()
        command = Command(
            id=uuid4(),
            visit_id=UUID(visit["id"]),
            actor=Person(id=row["id"], facility_id=row["facility_id"], roles=(Role.SUPERVISOR,)),
            at=datetime.now(UTC),
            action=DecideWaiver(waiver_id=UUID(waiver), approved=True, reason="Known"),
        ).signed(secret)
        async with writing_pool(bare.clinic.settings, size=2) as pool:
            records = Records(pool, secret)
            before = (await records.load(UUID(visit["id"]))).visit
            await records.record(Turn(visit=before, command=command))
        other = await bare.decides_waiver(visit, waiver)
        assert other.json()["type"] == "/problems/already-done"
        run = bare.clinic.clinic.temporal.get_workflow_handle(workflow_id(UUID(visit["id"])))
        await run.execute_update(PERFORM, command, id=str(command.id))
        async with asyncio.timeout(15):
            assert await bare.run(waiver).result() == "APPROVED"
