"""A worker dies before, while and after a message goes out: the patient gets it once."""

from datetime import timedelta

import pytest

from tests.clinic import eventually
from tests.messages.conftest import PostOffice, Run, phones, waiting

SOON = timedelta(hours=5)


@pytest.fixture
def bare(closed_post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """Without a worker; those that the test starts find the sandbox."""
    settings = closed_post_office.clinic.settings
    for name in ("sandbox_port", "sandbox_smtp_port", "outside_seconds"):
        monkeypatch.setenv(f"NJIA_{name.upper()}", str(getattr(settings, name)))
    return closed_post_office


async def has_gone_on(run: Run) -> bool:
    """Whether the message that was under way is over for the reminder, whatever became of it."""
    return not (await run.describe()).raw_description.pending_activities


async def test_killed_before_it_went_out(bare: PostOffice) -> None:
    phone = next(phones)
    async with bare.clinic.worker_process() as doomed:
        await bare.sandbox.breaks("sms", "down")
        appointment = await bare.booked(SOON, phone_number=phone)
        await bare.message(appointment, "INTENDED")
        doomed.kill()
        await doomed.wait()
    await bare.sandbox.mend("sms")
    async with bare.clinic.worker():
        await bare.message(appointment, "DELIVERED")
    assert len(await bare.received(phone)) == 1


async def test_killed_while_it_went_out(bare: PostOffice) -> None:
    phone = next(phones)
    async with bare.clinic.worker_process() as doomed:
        await bare.sandbox.breaks("sms", "timeout_after_effect", count=1, seconds=30)
        appointment = await bare.booked(SOON, phone_number=phone)

        async def is_out() -> bool:
            return bool(await bare.received(phone))

        await eventually(is_out)
        doomed.kill()
        await doomed.wait()
    await bare.sandbox.mend("sms")
    async with bare.clinic.worker():
        await eventually(lambda: has_gone_on(bare.reminder(appointment)), 60)
        await bare.message(appointment, "UNKNOWN")
    assert len(await bare.received(phone)) == 1


async def test_killed_after_it_went_out(bare: PostOffice) -> None:
    phone = next(phones)
    async with bare.clinic.worker_process() as doomed:
        appointment = await bare.booked(SOON, phone_number=phone)
        await bare.message(appointment, "SENT", "DELIVERED")
        doomed.kill()
        await doomed.wait()
    async with bare.clinic.worker():
        await waiting(bare.reminder(appointment))
        await bare.message(appointment, "DELIVERED")
    assert len(await bare.received(phone)) == 1
