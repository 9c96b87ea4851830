"""Crowds that boards were told wrong of, and tasks that no work is left for: named, put right, audited."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from models.actions.calling_back import PatientCalledBack
from models.departures import CallOutcome
from models.policy import DEFAULT
from models.reconciliation import Code, Finding, Repair
from models.staff import Role
from tests.clinic import eventually
from tests.leaving.gate import Gate
from tests.reconciling.conftest import opened_house
from tests.reconciling.house import House, said
from tests.reconciling.test_runs import command

CROWDED = 3
LASTING = "select * from crowds where ended_at is null"
TOLD = "select kind, payload from events where kind in ('queue:crowded', 'queue:eased') order by id"
LONG_AGO = "now() - interval '1 hour'"


@pytest.fixture(scope="module")
async def hall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Its policy says that three who wait for triage are too many."""
    policy = tmp_path_factory.mktemp("crowded") / "policy.toml"
    policy.write_text(f"{DEFAULT.read_text()}\n[policy.crowded]\nTRIAGE = {CROWDED}\n")
    async with opened_house(policy=policy) as opened, opened.clinic.worker():
        yield opened


async def is_put_right(house: House, code: Code, repair: Repair, subject_id: str | None = None) -> Finding:
    """That difference alone is found, repaired once and audited; then nothing differs."""
    (one,) = await house.found()
    assert (one.code, one.repair) == (code, repair), one.words
    assert subject_id in (None, str(one.subject_id))
    (entry,) = await house.book(code)
    (audited,) = await house.audited(entry["id"])
    assert repair in audited["details"]
    assert said(await house.found()) == []
    assert await house.book(code) == []
    return one


async def told(house: House) -> list[tuple[str, int]]:
    return [(row["kind"], row["payload"]["waiting"]) for row in await house.clinic.rows(TOLD)]


async def test_a_crowd_is_told_of_and_taken_back_as_many_as_wait_there(hall: House) -> None:
    visits = [await hall.walk.registered() for _ in range(CROWDED)]
    await hall.agrees()
    assert await told(hall) == [("queue:crowded", 3)]

    await hall.clinic.rows("delete from crowds")
    one = await is_put_right(hall, Code.CROWD_UNTOLD, Repair.COUNT_AGAIN)
    assert one.words == "3 wait at TRIAGE, which is crowded from 3 on, and nobody was told."
    (crowd,) = await hall.clinic.rows(LASTING)
    assert (crowd["station"], crowd["threshold"], crowd["waiting"]) == ("TRIAGE", 3, 3)
    assert await told(hall) == [("queue:crowded", 3)] * 2

    for visit in visits[:2]:
        body = {"kind": "cancel_visit", "reason": "Registered by mistake"}
        await hall.walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{visit['id']}/actions", body)
    await hall.agrees()
    assert await hall.clinic.rows(LASTING) == []

    await hall.clinic.rows("update crowds set ended_at = null where id = %s", crowd["id"])
    one = await is_put_right(hall, Code.CROWD_LEFT_OVER, Repair.COUNT_AGAIN)
    assert one.words == "TRIAGE is said to be crowded, and 1 wait there."
    assert await hall.clinic.rows(LASTING) == []
    assert (await told(hall))[-2:] == [("queue:eased", 2), ("queue:eased", 1)]


async def test_a_crowd_at_a_station_that_the_policy_names_no_more_is_told_to_nobody(hall: House) -> None:
    await hall.clinic.rows(
        "insert into crowds (id, facility_id, station, threshold, waiting, began_at) "
        "select gen_random_uuid(), id, 'MCH', 2, 2, now() from facilities limit 1"
    )
    await hall.agrees()
    await hall.clinic.rows("delete from crowds where station = 'MCH'")


async def test_a_task_of_a_claim_that_has_ended_is_closed(house: House) -> None:
    visit = await house.claims.consulted()
    await house.claims.invoiced(visit["id"])
    claim = await house.claims.becomes(visit["id"], "AWAITING_CONSENT")
    task = await house.claims.task(visit["id"], "ASK_VISIT_CODE")
    await house.agrees()
    await house.loses(f"claim-{claim['id']}")
    await house.clinic.rows("update claims set status = 'CLOSED', updated_at = now() where id = %s", claim["id"])
    assert said(await house.found(repair=False)) == [], "it may have ended a moment ago"
    await house.clinic.rows(f"update claims set updated_at = {LONG_AGO} where id = %s", claim["id"])
    one = await is_put_right(house, Code.TASK_LEFT_OVER, Repair.CLOSE_TASK, task["id"])
    assert str(one.visit_id) == visit["id"]
    assert one.words.endswith("a task is open (ask visit code), though nothing is left to do for it.")
    await is_closed(house, task)


async def test_a_task_that_an_older_version_of_a_claim_asked_for_is_closed_and_the_new_one_is_not(
    house: House,
) -> None:
    """The run was lost between the claim's step and its task."""
    visit = await house.claims.consulted()
    await house.claims.invoiced(visit["id"])
    claim = await house.claims.becomes(visit["id"], "AWAITING_CONSENT")
    task = await house.claims.task(visit["id"], "ASK_VISIT_CODE")
    run = f"claim-{claim['id']}"
    await house.loses(run)
    await house.clinic.rows(
        f"update claims set version = version + 1, updated_at = {LONG_AGO} where id = %s", claim["id"]
    )
    found = await house.found()
    assert {(one.code, one.repair) for one in found} == {
        (Code.RUN_MISSING, Repair.START_RUN),
        (Code.TASK_LEFT_OVER, Repair.CLOSE_TASK),
    }
    await is_closed(house, task)

    async def is_asked_anew() -> bool:
        return [one["kind"] for one in await house.claims.tasks(visit["id"])] == ["ASK_VISIT_CODE"]

    await eventually(is_asked_anew)
    await house.agrees()


async def test_a_task_to_call_a_patient_who_was_reached_is_closed(house: House) -> None:
    gate = Gate(house.clinic, house.walk)
    gone = await gate.urgent_and_gone()
    (task,) = await gate.until_tasks(gone, "CALL_BACK_PATIENT")
    await house.agrees()
    await house.loses(gate.call(gone).id)
    call = UUID(gone["departure"]["call_back"]["id"])
    reached = PatientCalledBack(outcome=CallOutcome.REACHED, notes="By phone")
    assert str(call) in gate.call(gone).id
    await house.behind_the_back(await command(house, gone, reached, Role.TRIAGE_NURSE))
    assert said(await house.found(repair=False)) == [], "it may have been a moment ago"
    await house.clinic.rows(f"update commands set written_at = {LONG_AGO} where visit_id = %s", gone["id"])
    one = await is_put_right(house, Code.TASK_LEFT_OVER, Repair.CLOSE_TASK, task["id"])
    assert one.words.startswith(gone["op_number"])
    await is_closed(house, task)


async def is_closed(house: House, task: dict[str, Any]) -> None:
    (row,) = await house.clinic.rows("select status, outcome from tasks where id = %s", task["id"])
    assert (row["status"], row["outcome"]) == ("CANCELLED", "Nothing was left to do for it.")
