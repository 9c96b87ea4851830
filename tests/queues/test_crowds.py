"""A station is crowded: told once when it becomes so, and once when it no longer is, however many come and go."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from activities.crowding import ONE_AT_A_TIME, crowd_statements
from integrations.settings import libpq_url
from models.crowding import eased_at, touched
from models.policy import DEFAULT
from models.staff import Role, Station
from tests.clinic import eventually, whole_clinic
from tests.pathway.desk import registered, triaged
from tests.queues.conftest import STILL_THERE
from tests.queues.hall import Hall
from tests.walks import WELL, new_patient

THRESHOLD = 20
FEW = 16
ARRIVALS = 50
TOLD = "select kind, audience, payload from events where kind in ('queue:crowded', 'queue:eased') order by id"
CROWDS = "select * from crowds order by began_at"


@pytest.fixture(scope="module")
async def crowded_hall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hall]:
    """Its policy wants fewer than twenty to wait for triage."""
    policy = tmp_path_factory.mktemp("crowds") / "policy.toml"
    policy.write_text(f"{DEFAULT.read_text()}\n[policy.crowded]\nTRIAGE = {THRESHOLD}\n")
    async with whole_clinic(policy=policy) as clinic, clinic.worker():
        yield Hall(clinic)


@pytest.fixture
async def hall(crowded_hall: Hall) -> Hall:
    """Everybody has gone, and nothing was told yet."""
    for row in await crowded_hall.clinic.rows(STILL_THERE):
        await goes(crowded_hall, str(row["id"]))
    await crowded_hall.clinic.rows("delete from crowds")
    await crowded_hall.clinic.rows("delete from events")
    return crowded_hall


async def written(hall: Hall, path: str, body: Any) -> str:
    """Which visit it was; answered at once, or, on a busy machine, stored and done later."""
    key = uuid4()
    answer = await hall.does(Role.RECEPTIONIST, "POST", path, body, key)
    assert answer.status_code in (201, 202), answer.text
    rows: list[dict[str, Any]] = []

    async def is_there() -> bool:
        rows[:] = await hall.clinic.rows("select visit_id, status from commands where id = %s", key)
        return bool(rows)

    await eventually(is_there, 60)
    assert rows[0]["status"] == "DONE"
    return str(rows[0]["visit_id"])


async def come(hall: Hall, count: int) -> list[str]:
    """So many at once."""
    return await asyncio.gather(*(written(hall, "/api/patients", new_patient()) for _ in range(count)))


async def goes(hall: Hall, visit_id: str) -> None:
    body = {"kind": "cancel_visit", "reason": "Registered by mistake"}
    await written(hall, f"/api/visits/{visit_id}/actions", body)


async def told(hall: Hall) -> list[tuple[str, int]]:
    return [(one["kind"], one["payload"]["waiting"]) for one in await hall.clinic.rows(TOLD)]


async def flow(hall: Hall) -> list[dict[str, Any]]:
    found = await hall.done(Role.SUPERVISOR, "GET", "/api/supervision/flow")
    return [{name: one[name] for name in ("station", "threshold", "waiting", "ended_at")} for one in found["crowds"]]


async def test_of_fifty_who_arrive_at_once_the_twentieth_is_told_of_and_nobody_else(hall: Hall) -> None:
    visits = await come(hall, ARRIVALS)
    assert await told(hall) == [("queue:crowded", THRESHOLD)]
    lasting = {"station": "TRIAGE", "threshold": THRESHOLD, "waiting": THRESHOLD, "ended_at": None}
    assert await flow(hall) == [lasting]
    assert 'njia_crowded{facility="DEV",station="TRIAGE"} 1.0' in (await hall.clinic.http.get("/metrics")).text

    await asyncio.gather(*(goes(hall, visit_id) for visit_id in visits))
    assert await told(hall) == [("queue:crowded", THRESHOLD), ("queue:eased", FEW)]
    (crowd,) = await hall.clinic.rows(CROWDS)
    assert crowd["ended_at"] >= crowd["began_at"]
    assert [one["ended_at"] is None for one in await flow(hall)] == [False]
    assert 'njia_crowded{facility="DEV",station="TRIAGE"} 0.0' in (await hall.clinic.http.get("/metrics")).text


async def test_those_who_serve_there_reception_and_supervisors_hear_numbers_and_no_names(hall: Hall) -> None:
    await come(hall, THRESHOLD)
    (one,) = await hall.clinic.rows(TOLD)
    assert set(one["audience"]) == {"TRIAGE_NURSE", "RECEPTIONIST", "SUPERVISOR", "ADMIN"}
    assert one["payload"] == {"station": "TRIAGE", "waiting": THRESHOLD, "threshold": THRESHOLD}


async def test_one_patient_more_or_less_is_not_told_of_every_time(hall: Hall) -> None:
    visits = await come(hall, THRESHOLD)
    for _ in range(2):
        await goes(hall, visits.pop())
        visits += await come(hall, 1)
    assert await told(hall) == [("queue:crowded", THRESHOLD)]
    while len(visits) > FEW:
        await goes(hall, visits.pop())
    visits += await come(hall, THRESHOLD - len(visits))
    assert await told(hall) == [("queue:crowded", THRESHOLD), ("queue:eased", FEW), ("queue:crowded", THRESHOLD)]


async def test_while_some_come_and_others_go_what_is_told_takes_turns_and_agrees_with_the_line(hall: Hall) -> None:
    there = await come(hall, THRESHOLD - 1)
    await asyncio.gather(come(hall, ARRIVALS // 2), *(goes(hall, visit_id) for visit_id in there))
    heard = await told(hall)
    assert heard, "twenty-five are there in the end"
    assert [kind for kind, _ in heard] == ["queue:crowded", "queue:eased"] * (len(heard) // 2) + ["queue:crowded"]
    assert {n for kind, n in heard if kind == "queue:crowded"} == {THRESHOLD}
    assert {n for kind, n in heard if kind == "queue:eased"} <= {FEW}
    assert len(await hall.line("TRIAGE")) == ARRIVALS // 2


async def test_who_goes_on_to_the_next_station_leaves_the_line(hall: Hall) -> None:
    visits = await come(hall, THRESHOLD)
    body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
    for visit_id in visits[FEW:]:
        await hall.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit_id}", body)
    assert await told(hall) == [("queue:crowded", THRESHOLD), ("queue:eased", FEW)]


async def test_who_leaves_while_another_is_just_leaving_is_counted_after_them(hall: Hall) -> None:
    visits = await come(hall, THRESHOLD)
    while len(visits) > FEW + 2:
        await goes(hall, visits.pop())
    (first,) = await hall.clinic.rows("select id, facility_id from visits where id = %s", visits[0])

    async def somebody_waits() -> bool:
        return bool(await hall.clinic.rows("select 1 from pg_locks where locktype = 'advisory' and not granted"))

    async with await psycopg.AsyncConnection.connect(libpq_url(hall.clinic.settings.database)) as another:
        await another.execute(ONE_AT_A_TIME, {"facility_id": first["facility_id"], "station": "TRIAGE"})
        await another.execute("update visits set waiting_at = '{}' where id = %s", [first["id"]])
        leaving = asyncio.ensure_future(goes(hall, visits[1]))
        await eventually(somebody_waits)
        await another.commit()
    await leaving
    assert await told(hall) == [("queue:crowded", THRESHOLD), ("queue:eased", FEW)]


def test_without_a_threshold_nothing_is_written_and_nobody_waits_for_anybody() -> None:
    visit = registered().visit
    assert list(crowd_statements(None, visit, {}, visit.arrived_at)) == []
    assert list(crowd_statements(None, visit, {Station.CASHIER: 1}, visit.arrived_at)) == []
    assert len(list(crowd_statements(None, visit, {Station.TRIAGE: 9}, visit.arrived_at))) == 2


def test_stations_are_locked_in_one_order_and_only_where_somebody_came_or_went() -> None:
    desk = triaged()
    assert touched(registered().visit, desk.visit) == (Station.CONSULTATION, Station.TRIAGE)
    assert touched(desk.visit, desk.visit) == ()


@pytest.mark.parametrize("threshold", [1, 2, 3, 5, 20, 10_000])
def test_a_line_has_eased_only_when_it_is_shorter_than_what_was_too_long(threshold: int) -> None:
    assert 0 <= eased_at(threshold) < threshold
