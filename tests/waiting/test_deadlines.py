"""Who waits longer than the clinic wants is told of: once to each, up the ladder, and not after there was progress."""

from datetime import datetime, timedelta
from typing import Any

from temporalio.client import WorkflowExecutionStatus

from models.staff import Role
from tests.clinic import eventually
from tests.waiting.ward import Ward
from tests.workflow.test_clock import waits

A_MINUTE = timedelta(minutes=1)
LADDER = [("TRIAGE", "TRIAGE_NURSE", 1), ("TRIAGE", "SUPERVISOR", 2), ("TRIAGE", "ADMIN", 3)]


def due(visit: dict[str, Any], step: str) -> timedelta:
    """How long that step may take from the moment on which its wait began."""
    (found,) = [one for one in visit["deadlines"] if one["step"] == step]
    return datetime.fromisoformat(found["due_at"]) - datetime.fromisoformat(found["since"])


async def test_nobody_is_told_before_the_time_and_each_rung_once_after_it(ward: Ward) -> None:
    visit = await ward.walk.registered()
    run = ward.run(visit)
    await waits(run)
    await ward.skipper.fast_forward(run, 14 * A_MINUTE)
    assert await ward.told(visit) == []
    await ward.skipper.fast_forward(run, 2 * A_MINUTE)
    await ward.becomes_told(visit, *LADDER[:1])
    await waits(run, 2)
    await ward.skipper.fast_forward(run, 10 * A_MINUTE)
    await ward.becomes_told(visit, *LADDER[:2])
    await waits(run, 3)
    await ward.skipper.fast_forward(run, 20 * A_MINUTE)
    await ward.becomes_told(visit, *LADDER)
    await ward.skipper.fast_forward(run, timedelta(days=3))
    assert (await run.describe()).status is WorkflowExecutionStatus.RUNNING
    assert await ward.told(visit) == LADDER
    (row,) = await ward.late(visit)
    assert (row["escalations"], row["escalated_to"], row["resolved_at"]) == (3, "ADMIN", None)


async def test_where_supervisors_look_it_says_that_and_since_when_a_patient_is_late(ward: Ward) -> None:
    visit = await ward.walk.registered()
    run = ward.run(visit)
    await waits(run)
    found = (await run.describe()).search_attributes
    assert found["DueAt"] == [datetime.fromisoformat(visit["deadlines"][0]["due_at"])]
    await ward.skipper.fast_forward(run, 16 * A_MINUTE)
    await ward.becomes_told(visit, *LADDER[:1])

    async def is_marked() -> bool:
        return await ward.attention(visit) == ["OVERDUE"]

    await eventually(is_marked)
    assert "**Late**: triage was due at" in await ward.words(visit)
    await ward.triage(visit)
    await ward.becomes_settled(visit)
    assert "Late" not in await ward.words(visit)


async def test_progress_in_time_tells_nobody(ward: Ward) -> None:
    visit = await ward.walk.registered()
    run = ward.run(visit)
    await waits(run)
    after = await ward.triage(visit)
    assert {one["step"] for one in after["deadlines"]} == {"CONSULTATION", "RETRIAGE"}
    await waits(run, 3)
    await ward.skipper.fast_forward(run, 16 * A_MINUTE)
    assert await ward.told(visit) == []


async def test_every_step_has_a_time_of_its_own_by_the_patients_colour(ward: Ward) -> None:
    visit = await ward.triage(await ward.walk.registered())
    assert due(visit, "CONSULTATION") == timedelta(hours=4)
    worse = await ward.is_urgent(visit, retriage=True)
    assert due(worse, "CONSULTATION") == {"ORANGE": 10 * A_MINUTE, "YELLOW": 60 * A_MINUTE}[worse["triage_colour"]]
    assert [one["since"] for one in worse["deadlines"][:1]] == [one["since"] for one in visit["deadlines"][:1]]


async def test_a_patient_who_became_worse_is_late_by_the_new_deadline(ward: Ward) -> None:
    visit = await ward.triage(await ward.walk.registered())
    run = ward.run(visit)
    await waits(run, 3)
    await ward.skipper.fast_forward(run, 90 * A_MINUTE)
    assert await ward.told(visit) == []
    await ward.is_urgent(visit, retriage=True)
    await eventually(lambda: has_told(ward, visit, "CONSULTATION"))


async def has_told(ward: Ward, visit: dict[str, Any], step: str) -> bool:
    return step in [told for told, _, _ in await ward.told(visit)]


async def test_a_patient_inside_a_room_and_one_who_may_go_home_have_clocks_too(ward: Ward) -> None:
    visit = await ward.walk.taken_in()
    assert [one["step"] for one in visit["deadlines"]] == ["ENCOUNTER"]
    seen = await ward.walk.encounter(visit["id"])
    assert [one["step"] for one in seen["visit"]["deadlines"]] == ["CASHIER"]
    await ward.walk.paid(visit["id"])
    ready = await ward.walk.visit(visit["id"])
    assert [one["step"] for one in ready["deadlines"]] == ["DISCHARGE"]
    gone = await ward.walk.discharged(visit["id"])
    assert gone["deadlines"] == []
    assert "DueAt" not in (await ward.run(visit).describe()).search_attributes


async def test_an_end_settles_what_was_late(ward: Ward) -> None:
    visit = await ward.walk.registered()
    run = ward.run(visit)
    await waits(run)
    await ward.skipper.fast_forward(run, 16 * A_MINUTE)
    await ward.becomes_told(visit, *LADDER[:1])
    body = {"kind": "cancel_visit", "reason": "Registered twice"}
    await ward.walk.done(Role.SUPERVISOR, "POST", f"/api/visits/{visit['id']}/actions", body)
    assert await run.result() == "CANCELLED"
    (row,) = await ward.late(visit)
    assert row["resolved_at"]
    assert await ward.attention(visit) == []


async def test_the_urgent_test_is_due_before_the_others(ward: Ward) -> None:
    visit = await ward.walk.seen()
    await ward.walk.test_ordered(visit["id"])
    assert due(await ward.walk.visit(visit["id"]), "LABORATORY") == 90 * A_MINUTE
    body = {"visit_id": visit["id"], "test_type": "BLOOD_TEST", "urgency": "URGENT", "notes": ""}
    ordered = await ward.walk.done(Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", body)
    assert due(ordered["visit"], "LABORATORY") == 30 * A_MINUTE
