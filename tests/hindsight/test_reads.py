"""Who read what is written down once for each state of a visit, and never holds up a reader."""

import logging
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from activities.reads import Read, Reads, reads_of
from integrations.database import writing_pool
from models.staff import Person, Role
from tests.walks import Walk

READ = "select person_id, what, record_ids, version from reads where visit_id = %s order by at"


async def reads(walk: Walk, visit_id: str) -> list[tuple[str, int, list[UUID]]]:
    return [(row["what"], row["version"], row["record_ids"]) for row in await walk.clinic.rows(READ, visit_id)]


async def test_the_same_is_noted_once_until_the_visit_moves(walk: Walk) -> None:
    visit = await walk.seen()
    path = f"/api/patient-encounters?visit_id={visit['id']}"
    for _ in range(3):
        await walk.done(Role.CLINICAL_OFFICER, "GET", path)
    ((what, version, ids),) = await reads(walk, visit["id"])
    assert (what, version, len(ids)) == ("patient_encounters", visit["version"], 2)
    await walk.test_ordered(visit["id"])
    await walk.done(Role.CLINICAL_OFFICER, "GET", path)
    await walk.done(Role.PHARMACIST, "GET", path)
    assert [version for _, version, _ in await reads(walk, visit["id"])] == [visit["version"]] + [
        visit["version"] + 1
    ] * 2


async def test_opening_a_visit_is_noted_and_an_empty_list_is_not(walk: Walk) -> None:
    visit = await walk.registered()
    await walk.done(Role.CLINICAL_OFFICER, "GET", f"/api/lab-requests?visit_id={visit['id']}")
    assert await reads(walk, visit["id"]) == []
    await walk.done(Role.CASHIER, "GET", f"/api/visits/{visit['id']}")
    assert await reads(walk, visit["id"]) == [("visits", 1, [UUID(visit["id"])])]


async def test_who_may_not_read_leaves_no_trace_of_having_read(walk: Walk) -> None:
    visit = await walk.seen()
    answer = await walk.does(Role.CASHIER, "GET", f"/api/patient-encounters?visit_id={visit['id']}")
    assert (answer.status_code, await reads(walk, visit["id"])) == (403, [])


async def test_what_was_read_cannot_be_changed_or_removed(walk: Walk) -> None:
    visit = await walk.registered()
    await walk.visit(visit["id"])
    for change in ("update reads set version = 9", "delete from reads", "truncate reads"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            await walk.clinic.rows(change)


async def test_a_database_that_is_away_costs_the_note_and_not_the_answer(
    walk: Walk, caplog: pytest.LogCaptureFixture
) -> None:
    pool = writing_pool(walk.clinic.settings, size=2)  # never opened: it gives no connection
    reader = Person(id=uuid4(), facility_id=uuid4(), roles=(Role.CASHIER,))
    with caplog.at_level(logging.WARNING):
        await Reads(pool).note(reader, [Read(uuid4(), 1, "visits", (uuid4(),))])
    assert "not written down" in caplog.text


def test_rows_of_several_visits_are_noted_with_each_and_those_of_none_are_not() -> None:
    one, other = uuid4(), uuid4()
    rows: list[dict[str, Any]] = [
        {"id": UUID(int=2), "visit_id": one, "visit_version": 4},
        {"id": UUID(int=1), "visit_id": one, "visit_version": 4},
        {"id": UUID(int=3), "visit_id": other, "visit_version": 7},
        {"id": UUID(int=4), "visit_id": None, "visit_version": None},
    ]
    assert reads_of("appointments", rows) == [
        Read(one, 4, "appointments", (UUID(int=1), UUID(int=2))),
        Read(other, 7, "appointments", (UUID(int=3),)),
    ]
