from datetime import timedelta
from tests.messages.conftest import PostOffice

HOUR = timedelta(hours=1)

async def test_an_appointment_tomorrow_is_reminded_of_at_once(post_office: PostOffice) -> None:
    appointment = await post_office.booked(5 * HOUR, phone_number="0711000001")
    message = await post_office.message(appointment, "DELIVERED")
    received = await post_office.received("+254711000001")
    print(message, received)
    assert len(received) == 1
