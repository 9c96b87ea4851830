"""Many desks at once: each patient is called by one, and taken by one."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx2

from models.staff import Role
from tests.queues.hall import Hall

DESKS = 50
NURSES = 20


HIRED = """
    insert into users (id, facility_id, user_name, full_name, roles, password_hash)
    select gen_random_uuid(), facility_id, %s, 'Mfano', roles, password_hash from users where user_name = %s
"""


async def hired(hall: Hall, role: Role, count: int) -> list[str]:
    """So many of the role, each with a user name of their own; they sign in as the one who is there."""
    names = [f"desk-{uuid4().hex[:12]}" for _ in range(count)]
    for name in names:
        await hall.clinic.rows(HIRED, name, role.lower())
        await hall.clinic.desk(name)
    return names


async def test_fifty_desks_call_the_next_and_each_patient_is_called_once(hall: Hall) -> None:
    waiting = [(await hall.registered())["id"] for _ in range(DESKS)]
    nurses = await hired(hall, Role.TRIAGE_NURSE, DESKS)
    answers = await asyncio.gather(
        *(hall.next(nurse, "TRIAGE", f"Room {number}") for number, nurse in enumerate(nurses))
    )
    assert Counter(answer.status_code for answer in answers) == {201: DESKS}
    assert sorted(answer.json()["id"] for answer in answers) == sorted(waiting)
    line = await hall.line("TRIAGE")
    assert [one["visit_id"] for one in line] == waiting, "everybody keeps their place"
    assert {one["calls"] for one in line} == {1}
    assert {one["room"] for one in line} == {f"Room {number}" for number in range(DESKS)}
    assert (await hall.next(nurses[0], "TRIAGE")).status_code == 404


async def test_of_twenty_who_take_the_same_patient_one_has_them(hall: Hall) -> None:
    visit = await hall.registered()
    nurses = await hired(hall, Role.TRIAGE_NURSE, NURSES)
    answers: list[httpx2.Response] = await asyncio.gather(
        *(hall.act(nurse, visit["id"], "take_patient", "TRIAGE", room=nurse[:9]) for nurse in nurses)
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: NURSES - 1}
    (won,) = (answer.json() for answer in answers if answer.status_code == 201)
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["type"] == "/problems/conflict"
            assert f"in {won['calls'][0]['room']}, since" in answer.json()["detail"]
    (kept,) = await hall.clinic.rows("select calls, version from visits where id = %s", visit["id"])
    assert (kept["version"], kept["calls"][0]["taken_by"]) == (2, won["calls"][0]["taken_by"])


async def test_the_same_request_twice_calls_one_patient(hall: Hall) -> None:
    first, _ = await hall.registered(), await hall.registered()
    key = uuid4()
    answers: list[Any] = [(await hall.next(Role.TRIAGE_NURSE, "TRIAGE", "Room 1", key)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["id"] == first["id"]
    assert [one["calls"] for one in await hall.line("TRIAGE")] == [1, 0]
