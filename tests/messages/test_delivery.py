"""What the SMS service tells afterwards: believed once, at a path that nobody guesses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.delivery import Deliveries
from integrations.services.sms.paths import callback_path
from tests.clinic import eventually
from tests.messages.conftest import PostOffice, phones

SOON = timedelta(hours=5)


async def reported(post_office: PostOffice, provider_id: str, status: str, **more: str) -> int:
    """A report as the service posts it; the status of our answer."""
    path = f"{callback_path(post_office.clinic.settings)}/reports"
    form = {"id": provider_id, "status": status, "phoneNumber": "+254711999999", "networkCode": "63902", **more}
    return (await post_office.clinic.http.post(path, data=form)).status_code


async def unreported(post_office: PostOffice) -> dict[str, Any]:
    """A message that is sent and whose report was lost, as is any that comes meanwhile about an earlier one."""
    await post_office.sandbox.breaks("sms", "lost_callback")
    appointment = await post_office.booked(SOON, phone_number=next(phones))
    message = await post_office.message(appointment, "SENT")

    async def is_lost() -> bool:
        made = (await post_office.sandbox.book("sms"))["callbacks"]
        return any(one["key"] == message["provider_id"] and one["outcome"] == "lost" for one in made)

    await eventually(is_lost)
    await post_office.sandbox.mend("sms")
    return message


async def standing(post_office: PostOffice, message: dict[str, Any]) -> str:
    (row,) = await post_office.clinic.rows("select status from messages where id = %s", message["id"])
    return str(row["status"])


async def test_a_lost_report_leaves_the_message_sent_and_a_late_one_completes_it(post_office: PostOffice) -> None:
    message = await unreported(post_office)
    assert await standing(post_office, message) == "SENT"
    assert await reported(post_office, message["provider_id"], "Success") == 200
    assert await standing(post_office, message) == "DELIVERED"


async def test_a_doubled_report_is_kept_once_and_counted(post_office: PostOffice) -> None:
    message = await unreported(post_office)
    for _ in range(2):
        await reported(post_office, message["provider_id"], "Success")
    text = "select times from callbacks where service = 'sms' and position(%s::bytea in body) > 0"
    assert await post_office.clinic.rows(text, message["provider_id"].encode()) == [{"times": 2}]


@pytest.mark.parametrize("late", ["Buffered", "Submitted", "Failed", "Something new"])
async def test_a_message_that_was_delivered_stays_so(post_office: PostOffice, late: str) -> None:
    message = await unreported(post_office)
    for status in ("Success", late):
        await reported(post_office, message["provider_id"], status)
    assert await standing(post_office, message) == "DELIVERED"
    assert not await post_office.tasks(message)


async def test_a_phone_that_is_never_reached_becomes_a_task_once(post_office: PostOffice) -> None:
    appointment = await post_office.booked(SOON, phone_number="0798010007")
    message = await post_office.message(appointment, "FAILED")
    for status in ("Failed", "Rejected", "Success"):
        await reported(post_office, message["provider_id"], status)
    assert await standing(post_office, message) == "FAILED"
    assert len(await post_office.tasks(message)) == 1


async def test_a_report_that_is_faster_than_the_answer_is_not_lost(post_office: PostOffice) -> None:
    message = await unreported(post_office)
    pool, began = post_office.clinic.clinic.callbacks.pool, datetime.now(UTC)
    await post_office.clinic.rows("update messages set provider_id = null where id = %s", message["id"])
    await reported(post_office, message["provider_id"], "Success")
    assert await standing(post_office, message) == "SENT"
    await post_office.clinic.rows(
        "update messages set provider_id = %s where id = %s", message["provider_id"], message["id"]
    )
    await Deliveries(pool).catch_up(message["provider_id"], began)
    assert await standing(post_office, message) == "DELIVERED"


async def test_a_guessed_path_is_not_found_and_nothing_is_kept(post_office: PostOffice) -> None:
    for place in ("reports", "opt-outs"):
        answer = await post_office.clinic.http.post(f"/callbacks/s/{'0' * 40}/{place}", data={"id": "guessed"})
        assert answer.status_code == 404
    assert not await post_office.clinic.rows("select 1 from callbacks where body like '%%guessed%%'::bytea")


@pytest.mark.parametrize("place", ["reports", "opt-outs"])
async def test_what_cannot_be_read_is_kept_and_means_nothing(post_office: PostOffice, place: str) -> None:
    path, garbage = f"{callback_path(post_office.clinic.settings)}/{place}", f"\xff{place}&&=".encode("latin-1")
    assert (await post_office.clinic.http.post(path, content=garbage)).status_code == 200
    assert await post_office.clinic.rows("select 1 from callbacks where body = %s", garbage)


async def test_a_flood_is_turned_away(post_office: PostOffice) -> None:
    path = f"{callback_path(post_office.clinic.settings)}/reports"
    assert (await post_office.clinic.http.post(path, content=b"a" * 70_000)).status_code == 413
