"""Appointments beside visits: booked, changed, over."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest

from models.staff import Role
from tests.contract.forms import APPOINTMENT, FOLLOW_UP
from tests.walks import Walk, fresh

RECEPTION = Role.RECEPTIONIST


async def booked(walk: Walk, key: str | None = None, **changed: Any) -> dict[str, Any]:
    patient_id = (await walk.registered())["patient_id"]
    form = {"patient_id": patient_id, **APPOINTMENT, **changed}
    return await walk.done(RECEPTION, "POST", "/api/appointments", form, key)


async def test_reception_books_and_the_key_is_the_appointments_id(walk: Walk) -> None:
    key = fresh()
    made = await booked(walk, key)
    assert (made["id"], made["status"], made["visit_id"]) == (key, "SCHEDULED", None)
    assert dt.datetime.fromisoformat(made["appointment_date"]) == dt.datetime(2027, 3, 1, 6, tzinfo=dt.UTC)
    read = await walk.does(RECEPTION, "GET", f"/api/appointments/{key}")
    assert same(read.json(), made)
    listed = await walk.does(Role.CASHIER, "GET", f"/api/appointments?patient_id={made['patient_id']}")
    assert [item["id"] for item in listed.json()["items"]] == [key]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Equal, however the moments are written."""

    def read(value: Any) -> Any:
        try:
            return dt.datetime.fromisoformat(value)
        except (TypeError, ValueError):
            return value

    return {n: read(v) for n, v in one.items()} == {n: read(v) for n, v in other.items()}


async def test_a_change_is_audited_with_what_was_before(walk: Walk) -> None:
    made = await booked(walk)
    path = f"/api/appointments/{made['id']}"
    moved = await walk.done(Role.CLINICAL_OFFICER, "PUT", path, {"appointment_date": "2027-04-02T10:00:00+03:00"})
    assert (moved["version"], moved["notes"]) == (made["version"] + 1, made["notes"])
    kept = await walk.done(RECEPTION, "PUT", path, {"status": "COMPLETED"})
    assert kept["status"] == "COMPLETED"
    again = await walk.does(RECEPTION, "PUT", path, {"notes": "Late"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-done")
    found = await walk.does(Role.SUPERVISOR, "GET", f"/api/audit-logs?resource_id={made['id']}")
    entries = found.json()["items"]
    assert [(e["action"], e["resource"]) for e in entries] == [
        ("UPDATE", "APPOINTMENT"),
        ("UPDATE", "APPOINTMENT"),
        ("CREATE", "APPOINTMENT"),
    ]
    assert "2027-03-01" in entries[1]["details"]


@pytest.mark.parametrize("status", ["CANCELLED", "MISSED"])
async def test_an_appointment_that_is_over_stays_as_it_is(walk: Walk, status: str) -> None:
    made = await booked(walk)
    path = f"/api/appointments/{made['id']}"
    assert (await walk.done(RECEPTION, "PUT", path, {"status": status}))["status"] == status
    assert (await walk.does(RECEPTION, "PUT", path, {"status": "SCHEDULED"})).status_code == 409


async def test_the_follow_up_of_a_discharge_may_be_moved(walk: Walk) -> None:
    visit = await walk.seen()
    await walk.paid(visit["id"])
    made = (await walk.discharged(visit["id"], follow_up=FOLLOW_UP))["appointment"]
    assert (made["appointment_type"], made["status"], made["visit_id"]) == ("FOLLOW_UP", "SCHEDULED", visit["id"])
    change = {"appointment_date": "2027-06-01T09:00:00+03:00", "notes": "Moved"}
    moved = await walk.done(RECEPTION, "PUT", f"/api/appointments/{made['id']}", change)
    assert (moved["visit_id"], moved["notes"], moved["version"]) == (visit["id"], "Moved", 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"appointment_date": "2020-01-01T09:00:00+03:00"},
        {"appointment_date": "2027-03-01T09:00:00"},
        {"appointment_date": "9999-12-31T23:59:59-12:00"},
        {"appointment_date": "9999-12-31T12:00:00+03:00"},
        {"appointment_date": "tomorrow"},
        {"appointment_date": None},
        {"appointment_type": ""},
        {"status": "COMPLETED"},
        {"provider_id": "me"},
    ],
    ids=str,
)
async def test_a_wrong_booking_is_refused(walk: Walk, wrong: dict[str, Any]) -> None:
    patient_id = (await walk.registered())["patient_id"]
    form = {"patient_id": patient_id, **APPOINTMENT, **wrong}
    answer = await walk.does(RECEPTION, "POST", "/api/appointments", form)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(wrong)))
    listed = await walk.does(RECEPTION, "GET", f"/api/appointments?patient_id={patient_id}")
    assert listed.json()["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [{}, {"appointment_date": "2020-01-01T09:00:00+03:00"}, {"appointment_date": "9999-12-31T12:00:00+03:00"}],
    ids=str,
)
async def test_a_wrong_change_leaves_the_appointment_as_it_was(walk: Walk, wrong: dict[str, Any]) -> None:
    made = await booked(walk)
    path = f"/api/appointments/{made['id']}"
    assert (await walk.does(RECEPTION, "PUT", path, wrong)).status_code == 422
    assert same((await walk.does(RECEPTION, "GET", path)).json(), made)
    assert (await walk.done(RECEPTION, "PUT", path, {"notes": "Still here"}))["version"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"in_days": 0},
        {"in_days": 731},
        {"date": "2026-01-01"},
        {"date": "9999-12-31"},
        {"in_days": 3, "date": "2027-01-01"},
        {},
    ],
    ids=str,
)
async def test_a_wrong_follow_up_refuses_the_discharge(walk: Walk, wrong: dict[str, Any]) -> None:
    visit = await walk.seen()
    await walk.paid(visit["id"])
    body = {"status": "COMPLETED", "discharge_notes": "Stable", "follow_up": wrong}
    answer = await walk.does(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("follow_up")
    assert (await walk.visit(visit["id"]))["status"] == "READY_FOR_DISCHARGE"


async def test_nobody_is_booked_who_is_not_registered(walk: Walk) -> None:
    form = {"patient_id": str(uuid4()), **APPOINTMENT}
    answer = await walk.does(RECEPTION, "POST", "/api/appointments", form)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
