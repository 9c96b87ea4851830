"""What comes after a visit outlives workers and the Temporal server: it is said once, and nothing is forgotten."""

from uuid import UUID

import pytest

from models.staff import Role
from tests.afterwards.later import A_DAY, Later, Shown
from tests.afterwards.recalling import Recalls, in_days
from tests.clinic import eventually
from tests.messages.conftest import phones, waiting
from tests.walks import fresh
from workers.recovery import recover


@pytest.fixture
def alone(bare: Later, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Without a worker; those that the test starts find the sandbox."""
    settings = bare.clinic.settings
    for name in ("sandbox_port", "sandbox_smtp_port", "outside_seconds"):
        monkeypatch.setenv(f"NJIA_{name.upper()}", str(getattr(settings, name)))
    return bare


async def test_a_worker_killed_while_it_invites_says_it_once(alone: Later) -> None:
    phone = next(phones)
    async with alone.clinic.worker_process() as doomed:
        await alone.post_office.sandbox.breaks("sms", "timeout_after_effect", count=1, seconds=30)
        appointment = await alone.was_expected_by(phone)
        await alone.begins(appointment)

        async def is_out() -> bool:
            return bool(await alone.post_office.received(phone))

        await eventually(is_out)
        doomed.kill()
        await doomed.wait()
    await alone.post_office.sandbox.mend("sms")
    async with alone.clinic.worker():
        await alone.call_is(appointment, "OPEN", escalations=2)
        assert await alone.run(appointment).result() == "MISSED"
    assert len(await alone.post_office.received(phone)) == 1
    assert len(await alone.heard(appointment)) == 1
    assert len(await alone.calls(appointment)) == 1


async def test_days_and_recalls_whose_runs_were_lost_come_back(later: Later, recalls: Recalls) -> None:
    phone = next(phones)
    missed = await later.was_expected_by(phone)
    visit = await recalls.walk.seen()
    await recalls.injects(visit)
    owed = await recalls.recalled(visit["patient_id"], in_days(91))
    watching = recalls.watching(owed)
    await waiting(watching)
    await watching.terminate("lost")
    await recover(later.clinic.clinic.temporal, later.clinic.settings)
    await later.is_now(missed, "MISSED")
    await later.call_is(missed, "OPEN")
    again = recalls.watching(owed)
    await waiting(again)
    assert (await again.describe()).run_id != (await watching.describe()).run_id or watching is not again
    await recover(later.clinic.clinic.temporal, later.clinic.settings)
    assert len(await later.calls(missed)) == 1


async def test_a_service_recorded_while_its_after_care_was_lost_is_looked_at_by_recovery(recalls: Recalls) -> None:
    visit = await recalls.walk.seen()
    await recalls.injects(visit)
    owed = await recalls.recalled(visit["patient_id"], in_days(91))
    run = recalls.watching(owed)
    await waiting(run)
    await run.terminate("lost")
    await recalls.clinic.rows("delete from obligations where id = %s", owed["id"])
    await recover(recalls.clinic.clinic.temporal, recalls.clinic.settings)
    assert (await recalls.recalled(visit["patient_id"], in_days(91)))["id"] == owed["id"]


async def test_a_drug_that_was_owed_and_has_come_is_told_once(later: Later) -> None:
    phone, code = next(phones), f"Dawa-{fresh()[:8]}"
    walk = later.walk
    await walk.done(Role.ADMIN, "PUT", f"/api/prices/{code}", {"name": code, "amount": "10"})
    visit = await walk.seen(phone_number=phone)
    drug = await walk.prescribed(visit["id"], medication_name=code, quantity=10)
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", {"status": "OWED"})
    for _ in range(2):
        await delivered(later, code)
    (owed,) = await later.clinic.rows("select * from obligations where prescription_id = %s", UUID(drug["id"]))
    assert owed["arrived_at"]

    async def was_told() -> bool:
        messages = await later.clinic.rows("select * from messages where key = %s", f"OWED_ARRIVED {owed['id']}")
        return bool(messages) and messages[0]["status"] in ("SENT", "DELIVERED")

    run = Recalls(later.post_office).watching({"id": str(owed["id"])})
    await later.passes(run, A_DAY / 2)
    await eventually(was_told)
    (sms,) = await later.post_office.received(phone)
    assert "what we still owe you is here" in sms["details"]["text"]
    assert code not in sms["details"]["text"]


async def delivered(later: Later, code: str) -> Shown:
    batch = {"medication_name": code, "batch_number": fresh()[:8], "expires_on": "2099-06-30", "quantity": 3}
    return await later.walk.done(Role.PHARMACIST, "POST", "/api/stock/receipts", batch)
