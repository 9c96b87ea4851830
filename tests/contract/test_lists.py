"""Lists: pages without loss or repeat, filters, and queues by urgency and then arrival."""

import asyncio
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.staff import Role
from tests.walks import Walk, fresh, new_patient

SUPERVISOR = Role.SUPERVISOR
NAIROBI = ZoneInfo("Africa/Nairobi")


async def page(walk: Walk, path: str, **query: Any) -> dict[str, Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await walk.does(SUPERVISOR, "GET", f"{path}{'&' if '?' in path else '?'}{asked}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def everything(walk: Walk, path: str, limit: int) -> list[dict[str, Any]]:
    """All pages, one after the other; each but the last is full."""
    items: list[dict[str, Any]] = []
    found = await page(walk, path, limit=limit)
    while found["next_cursor"]:
        assert len(found["items"]) == limit
        items += found["items"]
        found = await page(walk, path, limit=limit, cursor=found["next_cursor"])
    assert len(found["items"]) <= limit
    return [*items, *found["items"]]


async def arrived_on(walk: Walk, visit_id: str, moment: dt.datetime) -> None:
    """Move an arrival to another moment, as if the visit had begun then."""
    await walk.clinic.rows("update visits set arrived_at = %s where id = %s", moment, visit_id)


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
async def test_pages_lose_nothing_and_repeat_nothing_newest_first(walk: Walk, limit: int) -> None:
    name = f"Paged{limit}"
    made = [(await walk.registered(first_name=name))["patient_id"] for _ in range(7)]
    found = await everything(walk, f"/api/patients?query={name}", limit)
    assert [patient["id"] for patient in found] == made[::-1]


async def test_pages_do_not_shift_while_patients_arrive_nor_where_moments_are_equal(walk: Walk) -> None:
    made = [(await walk.registered(first_name="Shifting"))["patient_id"] for _ in range(6)]
    moment = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    await walk.clinic.rows("update patients set registration_date = %s where first_name = 'Shifting'", moment)
    first = await page(walk, "/api/patients?query=Shifting", limit=4)
    await walk.registered(first_name="Shifting")
    second = await page(walk, "/api/patients?query=Shifting", limit=4, cursor=first["next_cursor"])
    seen = [patient["id"] for patient in first["items"] + second["items"]]
    assert sorted(seen) == sorted(made)
    assert second["next_cursor"] is None


PAGED = (
    "/api/patients",
    "/api/visits",
    "/api/audit-logs",
    "/api/lab-requests?visit_id=00000000-0000-0000-0000-000000000000",
    "/api/prescriptions/patient/00000000-0000-0000-0000-000000000000",
)


@pytest.mark.parametrize("path", PAGED)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("limit", value) for value in ("0", "201", "-1", "x", "1.5")),
        *(
            ("cursor", value)
            for value in ("x", "%00", "W10=", "bnVsbA==", "WyIyMDI2IiwgIjEiXQ==", "%F0%9F%98%80", "e30=")
        ),
    ],
)
async def test_a_limit_or_cursor_that_no_page_gave_is_refused(walk: Walk, path: str, field: str, value: str) -> None:
    answer = await walk.does(SUPERVISOR, "GET", f"{path}{'&' if '?' in path else '?'}{field}={value}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_visits_are_filtered_by_status_station_and_patient(walk: Walk) -> None:
    registered, seen = await walk.registered(), await walk.seen()
    await walk.test_ordered(seen["id"])
    for query, here, elsewhere in (
        ("status=REGISTERED", registered, seen),
        ("status=IN_SERVICES", seen, registered),
        ("station=TRIAGE", registered, seen),
        ("station=LABORATORY", seen, registered),
        ("station=LABORATORY&status=IN_SERVICES", seen, registered),
        (f"patient_id={seen['patient_id']}", seen, registered),
    ):
        found = {visit["id"] for visit in await everything(walk, f"/api/visits?{query}", 200)}
        assert here["id"] in found, query
        assert elsewhere["id"] not in found, query
    none = await everything(walk, f"/api/visits?status=COMPLETED&patient_id={seen['patient_id']}", 50)
    assert none == []


@pytest.mark.parametrize("query", ["status=OPEN", "station=KITCHEN", "date=2026-13-01", "date=0", "patient_id=1"])
async def test_a_wrong_filter_is_named(walk: Walk, query: str) -> None:
    answer = await walk.does(SUPERVISOR, "GET", f"/api/visits?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, query.partition("=")[0])


async def test_a_day_begins_and_ends_at_midnight_in_nairobi(walk: Walk) -> None:
    day = dt.date(2026, 2, 10)
    midnight = dt.datetime.combine(day, dt.time(0), NAIROBI)
    moments = {
        "before": midnight - dt.timedelta(microseconds=1),
        "first": midnight,
        "last": midnight + dt.timedelta(days=1, microseconds=-1),
        "after": midnight + dt.timedelta(days=1),
    }
    visits = {name: (await walk.registered())["id"] for name in moments}
    for name, moment in moments.items():
        await arrived_on(walk, visits[name], moment)
    found = [visit["id"] for visit in await everything(walk, f"/api/visits?date={day}", 50)]
    assert found == [visits["last"], visits["first"]]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_nobody_comes_at_the_ends_of_the_calendar(walk: Walk, day: str) -> None:
    await walk.registered()
    assert await everything(walk, f"/api/visits?date={day}", 50) == []


async def test_patients_are_found_by_every_word_of_name_number_or_identity(walk: Walk) -> None:
    form = new_patient(first_name="Njambi", last_name="O'Kamau 50%", phone_number="0733111222", sha_number="SHA-77_1")
    made = (await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form))["patient"]
    await walk.registered(first_name="Njambi", last_name="Elsewhere")
    for query in ("njambi kamau", "KAMAU", "0733111222"[1:], form["national_id"], "sha-77_1", "50%25", "o%27kamau"):
        found = [patient["id"] for patient in await everything(walk, f"/api/patients?query={query}", 50)]
        assert found == [made["id"]], query
    for query in ("Njambi Nobody", "__", "%25%25%25", "%00zz"):
        assert await everything(walk, f"/api/patients?query={query}", 50) == [], query
    assert (await walk.does(SUPERVISOR, "GET", f"/api/patients?query={'x' * 101}")).status_code == 422


async def test_a_queue_goes_by_urgency_and_then_by_arrival(walk: Walk) -> None:
    came = [(category, await walk.triaged(category)) for category in ("NORMAL", "URGENT", "EMERGENCY") * 2]
    items = (await page(walk, "/api/queues/CONSULTATION"))["items"]
    ours = [item for item in items if item["visit_id"] in {visit["id"] for _, visit in came}]
    order = [visit["id"] for wanted in ("EMERGENCY", "URGENT", "NORMAL") for c, visit in came if c == wanted]
    assert [item["visit_id"] for item in ours] == order
    last, visit = ours[-1], came[3][1]
    assert (last["op_number"], last["patient_id"]) == (visit["op_number"], visit["patient_id"])
    assert (last["patient_name"], last["triage_category"]) == ("Taa Mfano", "NORMAL")
    assert dt.datetime.fromisoformat(last["since"]) == dt.datetime.fromisoformat(visit["updated_at"])


async def test_one_visit_waits_in_several_queues_and_leaves_each_when_served(walk: Walk) -> None:
    visit = await walk.seen()
    await walk.test_ordered(visit["id"])
    drug = await walk.prescribed(visit["id"])

    async def waits_at() -> set[str]:
        found = set()
        for station in ("TRIAGE", "CONSULTATION", "LABORATORY", "PHARMACY", "IMMUNIZATION", "MCH", "CASHIER"):
            items = (await page(walk, f"/api/queues/{station}"))["items"]
            found |= {station for item in items if item["visit_id"] == visit["id"]}
        return found

    assert await waits_at() == {"LABORATORY", "PHARMACY"}
    await walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{drug['id']}", {"status": "DISPENSED"})
    assert await waits_at() == {"LABORATORY"}


async def test_numbers_are_unique_however_many_desks_register_at_once(walk: Walk) -> None:
    made = await asyncio.gather(*(walk.registered() for _ in range(30)))
    assert len({visit["op_number"] for visit in made}) == 30
    assert {visit["version"] for visit in made} == {1}


async def test_one_patient_opens_one_visit_however_many_desks_try_at_once(walk: Walk) -> None:
    patient_id = (await walk.registered())["patient_id"]
    (visit,) = await everything(walk, f"/api/visits?patient_id={patient_id}", 50)
    reason = {"kind": "cancel_visit", "reason": "Opened by mistake"}
    await walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{visit['id']}/actions", reason)
    body = {"patient_id": patient_id, "chief_complaint": "Cough", "payment_type": "CASH"}
    answers = await asyncio.gather(*(walk.does(Role.RECEPTIONIST, "POST", "/api/visits", body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert len(await everything(walk, f"/api/visits?patient_id={patient_id}", 50)) == 2


async def test_one_national_id_is_one_patient_however_many_desks_register_at_once(walk: Walk) -> None:
    form = new_patient(national_id=f"ONE-{fresh()[:8]}")
    path = "/api/patients"
    answers = await asyncio.gather(*(walk.does(Role.RECEPTIONIST, "POST", path, form) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    made = next(answer.json()["patient"]["id"] for answer in answers if answer.status_code == 201)
    assert {answer.json()["patient_id"] for answer in answers if answer.status_code == 409} == {made}


@pytest.mark.parametrize("path", ["/api/vaccines", "/api/family-planning-methods", "/api/mch-services", "/api/prices"])
async def test_the_lists_of_the_facility_are_whole(walk: Walk, path: str) -> None:
    found = await page(walk, path)
    assert found["items"]
    assert found["next_cursor"] is None
    if path == "/api/prices":
        assert {"BLOOD_TEST", "Paracetamol", "Amoxicillin"} <= {price["code"] for price in found["items"]}
        assert await everything(walk, path, 7) == found["items"]
