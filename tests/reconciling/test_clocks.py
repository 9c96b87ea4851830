"""Clocks of visits that nobody watches, or that nobody heard of: named, put right by the visit's own run, audited."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from models.actions import CancelVisit
from models.deadlines import Step
from models.overdue import overdue_id
from models.reconciliation import Code, Repair
from models.staff import Role
from tests.clinic import eventually
from tests.reconciling.house import House, said
from tests.reconciling.test_differences import Disturbed, is_named_once
from tests.reconciling.test_runs import command, until_running

LATE = "select * from overdues where visit_id = %s order by breached_at"
LONG_AGO = """
    update visits set clocks = jsonb_set(clocks, '{0,due_at}', to_jsonb(now() - interval '2 hours')) where id = %s
"""
ONCE_LATE = """
    insert into overdues (id, facility_id, visit_id, op_number, step, since, due_at, breached_at, escalations,
        escalated_to) select %s, facility_id, id, op_number, 'LABORATORY', arrived_at, arrived_at, now(), 1,
        'LAB_TECHNICIAN' from visits where id = %s
"""
TOLD = "select payload->>'rung' as rung from events where kind = any(%s) and payload->>'visitId' = %s order by id"
KINDS = ["visit:overdue", "visit:escalated"]


async def is_put_right(house: House, visit: dict[str, Any], code: Code, repair: Repair) -> str:
    """That difference alone is found, repaired once and audited; then nothing differs. What was said of it."""
    (one,) = await house.found()
    assert (one.code, one.repair, one.run) == (code, repair, f"visit-{visit['id']}"), one.words
    assert one.words.startswith(visit["op_number"])
    (entry,) = [entry for entry in await house.book(code) if entry["run"] == one.run]
    (audited,) = await house.audited(entry["id"])
    assert one.run in audited["details"]
    await house.agrees()
    assert await house.book(code) == []
    return one.words


async def late(house: House, visit: dict[str, Any], rungs: int) -> dict[str, Any]:
    """The visit's row of `overdues`, once so many were told."""
    found: list[dict[str, Any]] = []

    async def is_told() -> bool:
        found[:] = await house.clinic.rows(LATE, visit["id"])
        return [one["escalations"] for one in found] == [rungs]

    await eventually(is_told)
    return found[0]


async def told(house: House, visit: dict[str, Any]) -> list[str]:
    return [row["rung"] for row in await house.clinic.rows(TOLD, KINDS, visit["id"])]


async def long_late(house: House) -> dict[str, Any]:
    """Its first deadline was two hours ago, and everybody was told."""
    visit = await house.walk.registered()
    await house.clinic.rows(LONG_AGO, visit["id"])
    words = await is_put_right(house, visit, Code.CLOCK_BEHIND, Repair.TELL_RUN)
    assert "its workflow's first deadline is" in words
    await late(house, visit, 3)
    assert await told(house, visit) == ["1", "2", "3"]
    return visit


async def test_a_deadline_that_moved_behind_the_run_is_watched_from_then_on(house: House) -> None:
    visit = await long_late(house)
    body = {"kind": "cancel_visit", "reason": "Registered by mistake"}
    await house.walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{visit['id']}/actions", body)
    await house.agrees()
    assert (await late(house, visit, 3))["resolved_at"] is not None


async def test_who_was_told_before_a_backup_was_restored_is_told_again(house: House) -> None:
    """The rows have forgotten what the run knows."""
    visit = await long_late(house)
    await house.clinic.rows("delete from overdues where visit_id = %s", visit["id"])
    words = await is_put_right(house, visit, Code.CLOCK_UNTOLD, Repair.TELL_RUN)
    assert "not everybody was told" in words
    assert "triage, due at" in words
    await late(house, visit, 3)
    assert await told(house, visit) == ["1", "2", "3"] * 2


async def test_of_a_ladder_only_the_rungs_are_told_that_were_not(house: House) -> None:
    visit = await long_late(house)
    await house.clinic.rows("update overdues set escalations = 1 where visit_id = %s", visit["id"])
    await is_put_right(house, visit, Code.CLOCK_UNTOLD, Repair.TELL_RUN)
    await late(house, visit, 3)
    assert await told(house, visit) == ["1", "2", "3", "2", "3"]


async def test_nobody_is_told_to_look_because_of_a_wait_that_is_over(house: House) -> None:
    visit = await house.walk.seen()
    await house.clinic.rows(ONCE_LATE, overdue_of(visit), visit["id"])
    words = await is_put_right(house, visit, Code.CLOCK_LEFT_OVER, Repair.TELL_RUN)
    assert "because of laboratory, and nobody waits for that any more" in words
    assert (await late(house, visit, 1))["resolved_at"] is not None


async def test_nobody_is_told_to_look_after_a_visit_that_has_ended(house: House) -> None:
    visit = await house.walk.seen()
    await house.walk.paid(visit["id"])
    await house.walk.discharged(visit["id"])
    await has_ended(house, visit)
    await house.clinic.rows(ONCE_LATE, overdue_of(visit), visit["id"])
    await is_put_right(house, visit, Code.CLOCK_LEFT_OVER, Repair.START_RUN)
    assert (await late(house, visit, 1))["resolved_at"] is not None
    await has_ended(house, visit)


async def test_a_late_clock_whose_run_is_missing_is_told_by_the_run_that_is_started(house: House) -> None:
    visit = await house.walk.registered()
    await house.loses(f"visit-{visit['id']}")
    await house.clinic.rows(LONG_AGO, visit["id"])
    await is_put_right(house, visit, Code.RUN_MISSING, Repair.START_RUN)
    await until_running(house, f"visit-{visit['id']}")
    await late(house, visit, 3)


async def test_a_visit_that_ended_behind_its_run_ends_the_run_and_settles_what_was_late(house: House) -> None:
    visit = await long_late(house)
    cancelled = CancelVisit(reason="Registered by mistake")
    await house.behind_the_back(await command(house, visit, cancelled, Role.SUPERVISOR))
    await is_put_right(house, visit, Code.RUN_BEHIND, Repair.TELL_RUN)
    await has_ended(house, visit)
    assert (await late(house, visit, 3))["resolved_at"] is not None


async def test_what_is_looked_at_without_repair_stays_as_it_was(house: House) -> None:
    visit = await house.walk.registered()
    await house.clinic.rows(LONG_AGO, visit["id"])
    for _ in range(2):
        assert [one.code for one in await house.found(repair=False)] == [Code.CLOCK_BEHIND]
    assert await house.clinic.rows(LATE, visit["id"]) == []
    await is_put_right(house, visit, Code.CLOCK_BEHIND, Repair.TELL_RUN)


async def test_a_clock_that_does_not_follow_from_the_facts_is_named_and_left_to_people(house: House) -> None:
    visit = await house.walk.registered()
    since = "update visits set clocks = jsonb_set(clocks, '{0,since}', to_jsonb(arrived_at %s)) where id = %%s"
    wrong, right = since % "- interval '1 minute'", since % ""
    await is_named_once(house, visit, Disturbed(wrong, right, Code.VISIT_CLOCKS))


@pytest.mark.parametrize("clocks", ["'[{}]'", "'[7]'"])
async def test_clocks_that_nobody_can_read_hide_no_other_difference(house: House, clocks: str) -> None:
    visit, other = await house.walk.registered(), await house.walk.registered()
    (before,) = await house.clinic.rows("select clocks::text as kept from visits where id = %s", visit["id"])
    await house.clinic.rows(f"update visits set clocks = {clocks} where id = %s", visit["id"])
    await house.clinic.rows("update visits set amount_pending = 7 where id = %s", other["id"])
    found = await house.found(repair=False)
    assert {one.code for one in found} == {Code.VISIT_UNREADABLE, Code.LEDGER_PENDING}, said(found)
    await house.clinic.rows("update visits set amount_pending = 0 where id = %s", other["id"])
    await house.clinic.rows("update visits set clocks = %s::jsonb where id = %s", before["kept"], visit["id"])
    await house.agrees()


def overdue_of(visit: dict[str, Any]) -> UUID:
    """The row's id of a wait for the laboratory since the arrival."""
    return overdue_id(UUID(visit["id"]), Step.LABORATORY, datetime.fromisoformat(visit["arrived_at"]))


async def has_ended(house: House, visit: dict[str, Any]) -> None:
    async def is_over() -> bool:
        return await house.status_of(f"visit-{visit['id']}") == "COMPLETED"

    await eventually(is_over)
