"""A death on real servers: everything that was open ends with it, and nothing goes to the patient's phone any more."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.staff import Role
from tests.endings.conftest import CASHIER, OFFICER, RECEPTION, SECOND, SUPERVISOR, House
from tests.messages.conftest import phones, waiting
from tests.walks import fresh

A_DAY = timedelta(days=1)


async def booked(house: House, visit: dict[str, Any], days: float) -> dict[str, Any]:
    at = (datetime.now(UTC) + days * A_DAY).isoformat()
    body = {"patient_id": visit["patient_id"], "appointment_date": at}
    return await house.walk.done(RECEPTION, "POST", "/api/appointments", body)


async def patient(house: House, visit: dict[str, Any]) -> dict[str, Any]:
    return await house.read(f"/api/patients/{visit['patient_id']}")


async def test_a_death_closes_orders_appointments_and_reminders_and_keeps_the_debt(house: House) -> None:
    visit = await house.walk.seen()
    test, drug = await house.walk.test_ordered(visit["id"]), await house.walk.prescribed(visit["id"])
    appointment = await booked(house, visit, 10)
    reminder = house.post.reminder(appointment)
    await waiting(reminder)
    run = house.run(visit)
    dead = await house.died(visit)
    assert await run.result() == "DECEASED"
    assert (dead["status"], dead["open_orders"], dead["waiting_at"]) == ("DECEASED", [], [])
    assert (dead["total_amount"], dead["balance"], dead["discharge_notes"]) == ("300.00", "300.00", "Cardiac arrest")
    assert dead["death"]["brought_in_dead"] is False
    assert (await patient(house, visit))["deceased_at"] is not None
    assert await reminder.result() == "NOTHING"
    for path, id in (("lab-requests", test["id"]), ("prescriptions", drug["id"]), ("appointments", appointment["id"])):
        assert (await house.read(f"/api/{path}/{id}"))["status"] == "CANCELLED"
    assert await house.tasks(visit) == ["SETTLE_BILL"]
    bill = await house.read(f"/api/visits/{visit['id']}/bill")
    assert ([line["code"] for line in bill["lines"]], bill["balance"]) == (["CONSULTATION"], "300.00")
    events = await house.clinic.rows("select 1 from events where payload->>'patientId' = %s", visit["patient_id"])
    assert events


async def test_the_dead_get_no_visit_and_no_appointment(house: House) -> None:
    visit = await house.walk.seen()
    await house.died(visit)
    again = {"patient_id": visit["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    later = {"patient_id": visit["patient_id"], "appointment_date": (datetime.now(UTC) + A_DAY).isoformat()}
    returning = {"registration_type": "RETURNING", **again}
    for path, body in (("visits", again), ("patients", returning), ("appointments", later)):
        no = await house.walk.does(RECEPTION, "POST", f"/api/{path}", body)
        assert (no.status_code, no.json()["type"], "died" in no.json()["detail"]) == (409, "/problems/conflict", True)


async def test_the_family_pays_afterwards(house: House) -> None:
    visit = await house.walk.seen()
    await house.died(visit)
    paid = await house.walk.paid(visit["id"], "100")
    assert (paid["visit"]["status"], paid["visit"]["balance"]) == ("DECEASED", "200.00")
    body = {"visit_id": visit["id"], "amount": "200", "payment_type": "MPESA"}
    no = await house.walk.does(CASHIER, "POST", "/api/payments", body)
    assert (no.status_code, no.json()["errors"][0]["field"]) == (422, "phone_number")
    done = await house.walk.paid(visit["id"])
    assert (done["visit"]["balance"], done["visit"]["payment_status"]) == ("0.00", "PAID")


async def test_a_second_person_brings_everything_back(house: House) -> None:
    visit = await house.walk.seen()
    test, drug = await house.walk.test_ordered(visit["id"]), await house.walk.prescribed(visit["id"], quantity=4)
    body = {"status": "PARTIALLY_DISPENSED", "quantity_dispensed": 1}
    await house.walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", body)
    appointment = await booked(house, visit, 10)
    before, bill = await house.walk.visit(visit["id"]), await house.read(f"/api/visits/{visit['id']}/bill")
    for _ in range(2):
        dead = await house.died(visit)
        assert dead["total_amount"] != before["total_amount"]
        own = await house.asks(OFFICER, visit, "undo_death", reason="Not so")
        assert (own.status_code, own.json()["type"]) == (409, "/problems/wrong-stage")
        await house.lives(visit)
        after = await house.walk.visit(visit["id"])
        changed = {"version", "updated_at", "undone_ends", "deadlines"}
        assert {n: v for n, v in after.items() if n not in changed} == {
            n: v for n, v in before.items() if n not in changed
        }
        lines = (await house.read(f"/api/visits/{visit['id']}/bill"))["lines"]
        assert sorted(lines, key=str) == sorted(bill["lines"], key=str)
    assert (await patient(house, visit))["deceased_at"] is None
    assert (await house.read(f"/api/appointments/{appointment['id']}"))["status"] == "SCHEDULED"
    await waiting(house.post.reminder(appointment))
    assert (await house.read(f"/api/lab-requests/{test['id']}"))["status"] == "PENDING"
    assert (await house.read(f"/api/prescriptions/{drug['id']}"))["status"] == "PARTIALLY_DISPENSED"
    await house.walk.results(test["id"])
    assert await house.tasks(visit) == []


async def test_after_a_day_the_visit_stays_over_and_the_patient_comes_again(house: House) -> None:
    visit = await house.walk.seen()
    await house.died(visit)
    await house.long_ago(visit, 25)
    after = await house.lives(visit, SUPERVISOR)
    assert (after["status"], after["death"], after["balance"]) == ("COMPLETED", None, "300.00")
    await house.walk.paid(visit["id"])
    again = {"patient_id": visit["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    await house.walk.done(RECEPTION, "POST", "/api/visits", again)


async def test_two_clicks_certify_one_death(house: House) -> None:
    visit, key = await house.walk.seen(), fresh()
    form = {"time_of_death": datetime.now(UTC).isoformat(), "circumstances": "Cardiac arrest"}
    clicks = await asyncio.gather(*(house.asks(OFFICER, visit, "record_death", key, **form) for _ in range(2)))
    assert [click.status_code for click in clicks] == [201, 201]
    other = await house.asks(SECOND, visit, "record_death", **form)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/visit-closed")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"time_of_death": "2199-01-01T00:00:00Z"}, "time_of_death"),
        ({"time_of_death": "2020-01-01T00:00:00Z"}, "time_of_death"),
        ({"time_of_death": "2020-01-01T00:00:00"}, "time_of_death"),
        ({"circumstances": ""}, "circumstances"),
    ],
)
async def test_a_death_that_cannot_be_is_a_422_that_names_the_field(
    house: House, form: dict[str, str], field: str
) -> None:
    visit = await house.walk.registered()
    body = {"time_of_death": datetime.now(UTC).isoformat(), "circumstances": "Cardiac arrest", **form}
    no = await house.asks(OFFICER, visit, "record_death", **body)
    assert (no.status_code, field in no.json()["errors"][0]["field"]) == (422, True)


async def test_who_was_brought_in_dead_died_before_the_arrival(house: House) -> None:
    visit = await house.walk.registered()
    dead = await house.died(visit, time_of_death="2026-01-01T10:42:00+03:00", brought_in_dead=True)
    assert dead["death"]["brought_in_dead"] is True


async def test_no_sms_goes_to_who_has_died(house: House) -> None:
    """The result had waited to be told; the reminder had been on its way while the service was down."""
    phone = next(phones)
    visit = await house.walk.seen(phone_number=phone)
    test = await house.walk.test_ordered(visit["id"])
    await house.walk.results(test["id"])
    notice = house.post.notice(visit)
    await waiting(notice)
    await house.sandbox.breaks("sms", "down")
    appointment = await booked(house, visit, 5 / 24)
    reminder = house.post.reminder(appointment)
    await house.tried(appointment)
    await house.died(visit)
    await house.sandbox.mend("sms")
    await house.post.skipper.fast_forward(notice, A_DAY)
    assert await notice.result() == "NOTHING"
    assert await reminder.result() == "NOTHING"
    assert [m["status"] for m in await house.post.messages(appointment)] == ["SUPPRESSED"]
    assert not await house.post.received(phone)


async def test_no_letter_goes_to_who_has_died(house: House) -> None:
    await house.sandbox.breaks("smtp", "down")
    visit = await house.walk.seen(email="zawadi@example.org")
    test = await house.walk.test_ordered(visit["id"])
    await house.walk.results(test["id"])
    await house.tried(visit)
    await house.died(visit)
    await house.sandbox.mend("smtp")
    await house.post.message(visit, "SUPPRESSED")
    assert not await house.post.letters("zawadi@example.org")


async def test_a_result_that_is_owed_is_spoken_of_with_the_next_of_kin(house: House) -> None:
    earlier = await house.walk.seen()
    test = await house.walk.test_ordered(earlier["id"])
    await house.walk.paid(earlier["id"])
    await house.walk.discharged(earlier["id"], results_to_follow=True)
    await house.walk.results(test["id"])
    await house.until_tasks(earlier, "TELL_PATIENT")
    again = {"patient_id": earlier["patient_id"], "chief_complaint": "Worse", "payment_type": "CASH"}
    visit = await house.walk.done(RECEPTION, "POST", "/api/visits", again)
    await house.died(visit)
    (task,) = await house.listed(f"/api/tasks?visit_id={earlier['id']}&status=OPEN", SUPERVISOR)
    assert "next of kin" in task["words"]
    (owed,) = await house.listed(f"/api/obligations?visit_id={earlier['id']}")
    await house.acts(OFFICER, earlier, "tell_patient", obligation_id=owed["id"], outcome="Told the sister")
    await house.until_tasks(earlier)
