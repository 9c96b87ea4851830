"""A supervisor reads in words why a visit does not move, since when, who can act and what may be done."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.worker import Worker

from integrations.temporal import connect
from models.staff import Role
from tests.clinic import ROOT, WholeClinic, eventually
from tests.waiting.ward import Ward
from tests.workflow.test_clock import waits
from workers.recovery import recover

SUPERVISOR = Role.SUPERVISOR
A_MINUTE = timedelta(minutes=1)


async def stuck(ward: Ward, query: str = "") -> dict[str, dict[str, Any]]:
    """Every stuck visit by its id."""
    answer = await ward.walk.does(SUPERVISOR, "GET", f"/api/supervision/visits{query}")
    assert answer.status_code == 200, answer.text
    return {item["visit_id"]: item for item in answer.json()["items"]}


async def reasons(ward: Ward, visit: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = (await stuck(ward)).get(visit["id"], {"reasons": []})
    return {reason["code"]: reason for reason in found["reasons"]}


async def becomes(ward: Ward, visit: dict[str, Any], *codes: str) -> dict[str, dict[str, Any]]:
    async def is_so() -> bool:
        return set(await reasons(ward, visit)) == set(codes)

    await eventually(is_so)
    return await reasons(ward, visit)


async def njia_stuck(clinic: WholeClinic, **changed: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "njia.py"),
        "stuck",
        env={**clinic.environment, **changed},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_a_visit_that_is_late_says_what_for_since_when_and_who_was_told(ward: Ward) -> None:
    visit = await ward.walk.registered()
    assert await reasons(ward, visit) == {}
    await waits(ward.run(visit))
    await ward.skipper.fast_forward(ward.run(visit), 16 * A_MINUTE)
    found = (await becomes(ward, visit, "LATE"))["LATE"]
    assert found["words"].startswith("Triage was due at ")
    assert found["words"].endswith("A triage nurse was told last.")
    assert (found["roles"], found["told"]) == (["TRIAGE_NURSE"], {"rung": 1, "to": "TRIAGE_NURSE"})
    item = (await stuck(ward, "?reason=LATE&station=TRIAGE"))[visit["id"]]
    assert item["next"] == "Triage at triage, by a triage nurse."
    assert {"record_triage", "cancel_visit"} <= {offer["kind"] for offer in item["actions"]}
    assert item["actions"][0]["kind"] == "record_triage"
    assert visit["id"] not in await stuck(ward, "?reason=WEDGED")
    assert visit["id"] not in await stuck(ward, "?station=PHARMACY")
    await ward.triage(visit)
    await becomes(ward, visit)


async def test_a_critical_value_that_nobody_read_back_comes_first(ward: Ward) -> None:
    visit = await ward.walk.seen()
    test = await ward.walk.test_ordered(visit["id"])
    body = {"status": "COMPLETED", "results": {"hemoglobin": "6.1"}}
    await ward.walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", body)
    found = (await becomes(ward, visit, "CRITICAL_RESULT"))["CRITICAL_RESULT"]
    assert found["roles"] == ["CLINICAL_OFFICER"]
    offered = (await stuck(ward))[visit["id"]]["actions"]
    assert [offer["body"] for offer in offered if offer["kind"] == "acknowledge_critical"] == [
        {"kind": "acknowledge_critical", "lab_request_id": test["id"]}
    ]


async def test_a_visit_on_which_nothing_happens_is_named_with_who_can_act(ward: Ward) -> None:
    visit = await ward.walk.taken_in()
    await ward.clinic.rows(
        "update visits set updated_at = updated_at - interval '5 hours' where id = %s", UUID(visit["id"])
    )
    found = (await becomes(ward, visit, "NO_PROGRESS"))["NO_PROGRESS"]
    assert found["words"].startswith("Nothing has happened since ")
    assert (found["roles"], found["owner_id"]) == (["CLINICAL_OFFICER"], visit["provider_id"])


async def test_money_that_m_pesa_does_not_decide_is_waited_for_outside(ward: Ward) -> None:
    visit = await ward.walk.seen()
    body = {"visit_id": visit["id"], "amount": 100, "payment_type": "MPESA", "phone_number": "0712345600"}
    payment = await ward.walk.done(Role.CASHIER, "POST", "/api/payments", body)
    await ward.clinic.rows(
        "update payments set recorded_at = recorded_at - interval '9 minutes', status = 'PENDING' where id = %s",
        UUID(payment["id"]),
    )
    found = (await becomes(ward, visit, "WAITS_OUTSIDE"))["WAITS_OUTSIDE"]
    assert found["words"].startswith("M-Pesa has not said since ")
    assert found["roles"] == ["CASHIER"]


async def test_a_visit_that_no_workflow_watches_is_named_until_it_is_watched_again(ward: Ward) -> None:
    visit = await ward.walk.registered()
    await ward.run(visit).terminate("a slip in the Temporal UI")
    await ward.clinic.rows(
        "update visits set updated_at = updated_at - interval '1 minute' where id = %s", UUID(visit["id"])
    )
    found = (await becomes(ward, visit, "NOT_WATCHED"))["NOT_WATCHED"]
    assert "`njia recover`" in found["words"]
    await recover(ward.clinic.clinic.temporal, ward.clinic.settings)
    await becomes(ward, visit)


@asynccontextmanager
async def faulty(clinic: WholeClinic) -> AsyncIterator[Worker]:
    """A worker with a fault of ours in the visit's workflow."""
    from tests.supervising.faulty import FaultyVisit

    client = await connect(clinic.settings)
    worker = Worker(client, task_queue=clinic.settings.task_queue, workflows=[FaultyVisit])
    async with worker:
        yield worker


async def test_a_wedged_visit_says_so_in_the_clinic_and_for_an_operator(bare: Ward) -> None:
    async with bare.clinic.worker():
        visit = await bare.walk.registered()
        assert await njia_stuck(bare.clinic) == (0, "No visit is stuck.\n")
    async with faulty(bare.clinic):
        await bare.run(visit).signal("submit", {"kind": "cancel_visit", "reason": "x"})
        found = (await becomes(bare, visit, "WEDGED"))["WEDGED"]
        assert "Tell an engineer" in found["words"]
        listed = await bare.walk.done(Role.SUPERVISOR, "GET", "/api/supervision/views")
        query = next(view["query"] for view in listed["items"] if view["name"] == "Cannot go on")
        assert [run.id async for run in bare.clinic.clinic.temporal.list_workflows(query)] == [bare.run(visit).id]
        code, said = await njia_stuck(bare.clinic)
        assert (code, visit["op_number"] in said, "WEDGED" in said) == (1, True, True)
    async with bare.clinic.worker():
        await becomes(bare, visit)
        assert (await bare.walk.visit(visit["id"]))["status"] == "CANCELLED"


async def test_while_temporal_is_away_the_rows_still_say_who_is_late(bare: Ward) -> None:
    async with bare.clinic.worker():
        visit = await bare.walk.registered()
        await waits(bare.run(visit))
        await bare.skipper.fast_forward(bare.run(visit), 16 * A_MINUTE)
        await becomes(bare, visit, "LATE")
    await bare.clinic.temporal.stop("kill")
    try:
        answer = await bare.walk.does(SUPERVISOR, "GET", "/api/supervision/visits")
        assert (answer.status_code, answer.json()["temporal"]) == (200, False)
        assert [item["visit_id"] for item in answer.json()["items"]] == [visit["id"]]
        code, said = await njia_stuck(bare.clinic)
        assert (code, "Temporal does not answer" in said, visit["op_number"] in said) == (1, True, True)
    finally:
        await bare.clinic.temporal.start()


async def test_without_the_database_an_operator_is_told_in_one_line(bare: Ward) -> None:
    nowhere = {"NJIA_DATABASE_URL": "postgresql://njia@127.0.0.1:1/njia"}
    code, said = await njia_stuck(bare.clinic, **nowhere)
    assert (code, said.count("\n")) == (3, 1)
    assert "The database does not answer" in said
