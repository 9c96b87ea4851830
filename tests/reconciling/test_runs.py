"""Runs that are missing, behind or left over: named, put right, audited; and two who look at once."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from models.actions import DecideWaiver
from models.actions.consultation import TakeIn
from models.actions.telling import TellPatient
from models.command import Command
from models.reconciliation import Code, Repair
from models.staff import Person, Role
from tests.clinic import eventually
from tests.payments.steps import SILENT, asked, prompt_of
from tests.reconciling.house import House, said
from tests.walks import new_patient
from workers.schedules import AUDIT_SEAL, RECONCILIATION, ensure_schedule


async def command(house: House, visit: dict[str, Any], action: Any, role: Role = Role.CLINICAL_OFFICER) -> Command:
    (row,) = await house.clinic.rows("select facility_id from visits where id = %s", visit["id"])
    actor = Person(id=await house.person(role), facility_id=row["facility_id"], roles=(role,))
    return Command(id=uuid4(), visit_id=UUID(visit["id"]), actor=actor, at=datetime.now(UTC), action=action)


async def a_run_of_each_kind(house: House) -> dict[str, str]:
    """By kind, the workflow's id."""
    visit, test = await house.bench.ordered()
    await house.bench.report(test, "6.1")
    await house.bench.task(visit, "ACKNOWLEDGE_CRITICAL")
    owing = await house.walk.seen()
    order = await house.walk.prescribed(owing["id"])
    await house.walk.done(Role.PHARMACIST, "PUT", f"/api/prescriptions/{order['id']}", {"status": "OWED"})
    (owed,) = await house.clinic.rows("select id from obligations where visit_id = %s", owing["id"])
    await house.bench.task(owing, "HAND_OUT_OWED")
    payment = await asked(house.till, owing["id"], amount="100", phone_number=SILENT)
    await prompt_of(house.till, payment["id"])
    claimed = await house.claims.consulted()
    await house.claims.invoiced(claimed["id"])
    claim = await house.claims.becomes(claimed["id"], "AWAITING_CONSENT")
    made = await house.walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient())
    booked = {"patient_id": made["patient"]["id"], "appointment_date": "2027-05-05T09:00:00+03:00"}
    booked |= {"appointment_type": "FOLLOW_UP", "notes": ""}
    appointment = await house.walk.done(Role.RECEPTIONIST, "POST", "/api/appointments", booked)
    asked_for = await house.purse.asks_waiver(owing, "100")
    runs = {
        "visit": f"visit-{visit['id']}",
        "critical": f"critical-{test}",
        "obligation": f"obligation-{owed['id']}",
        "payment": f"payment-{payment['id']}",
        "claim": f"claim-{claim['id']}",
        "approval": f"approval-{asked_for}",
        "reminder": f"reminder-{appointment['id']}",
    }
    for run in runs.values():
        await until_running(house, run)
    return runs


async def until_running(house: House, run: str) -> None:
    async def is_running() -> bool:
        try:
            return await house.status_of(run) == WorkflowExecutionStatus.RUNNING.name
        except RPCError:
            return False

    await eventually(is_running)


async def test_a_run_of_any_kind_that_is_missing_is_named_started_and_audited(house: House) -> None:
    runs = await a_run_of_each_kind(house)
    await house.agrees()
    for run in runs.values():
        await house.loses(run)
    named = await house.found(repair=False)
    assert {one.run for one in named} == set(runs.values()), said(named)
    assert {one.code for one in named} == {Code.RUN_MISSING}
    assert all("terminated" in one.words for one in named)
    compared = await house.compared()
    assert (compared.report.differences, compared.report.repaired) == (len(runs), len(runs))
    for run in runs.values():
        await until_running(house, run)
    entries = await house.book(Code.RUN_MISSING)
    assert {(entry["times"], entry["repairs"], entry["repair"]) for entry in entries} == {(2, 1, Repair.START_RUN)}
    for entry in entries:
        (audited,) = await house.audited(entry["id"])
        assert entry["run"] in audited["details"]
    await house.agrees()
    assert await house.book(Code.RUN_MISSING) == []


async def test_a_visit_that_moved_behind_its_run_is_named_and_the_run_looks(house: House) -> None:
    visit = await house.walk.triaged()
    await house.behind_the_back(await command(house, visit, TakeIn()))
    (one,) = await house.found()
    assert (one.code, one.repair, one.run) == (Code.RUN_BEHIND, Repair.TELL_RUN, f"visit-{visit['id']}")
    assert "shows TRIAGED at CONSULTATION, its row says IN_CONSULTATION at no station" in one.words
    handle = house.clinic.clinic.temporal.get_workflow_handle(one.run)

    async def knows() -> bool:
        return bool((await handle.query("current"))["status"] == "IN_CONSULTATION")

    await eventually(knows)
    await house.agrees()
    await house.walk.encounter(visit["id"])
    await house.agrees()


async def test_a_run_that_has_nothing_left_to_do_is_told_and_ends(house: House) -> None:
    bench = house.bench
    visit, test = await bench.ordered()
    await bench.leaves(visit)
    await bench.report(test)
    task = await bench.task(visit, "TELL_PATIENT")
    (owed,) = await house.clinic.rows("select id from obligations where visit_id = %s", visit["id"])
    told = TellPatient(obligation_id=owed["id"], outcome="Called")
    await house.behind_the_back(await command(house, visit, told))
    (one,) = await house.found()
    assert (one.code, one.run) == (Code.RUN_LEFT_OVER, f"obligation-{owed['id']}")

    async def has_ended() -> bool:
        return await house.status_of(one.run) == WorkflowExecutionStatus.COMPLETED.name

    await eventually(has_ended)
    assert [t["id"] for t in await bench.tasks(visit, "TELL_PATIENT", "DONE")] == [task["id"]]
    await house.agrees()


async def test_a_task_whose_work_is_done_and_whose_run_was_lost_is_closed(house: House) -> None:
    bench = house.bench
    visit, test = await bench.ordered()
    await bench.leaves(visit)
    await bench.report(test)
    await bench.task(visit, "TELL_PATIENT")
    (owed,) = await house.clinic.rows("select id from obligations where visit_id = %s", visit["id"])
    await house.loses(f"obligation-{owed['id']}")
    told = TellPatient(obligation_id=owed["id"], outcome="Called")
    await house.behind_the_back(await command(house, visit, told))
    assert [one.run for one in await house.found()] == [f"obligation-{owed['id']}"]
    await bench.no_task(visit, "TELL_PATIENT")
    await house.agrees()


async def test_a_decision_whose_run_heard_nothing_of_it_closes_its_task(house: House) -> None:
    """Whether the run waits on, or was lost."""
    for is_lost in (False, True):
        visit = await house.walk.seen()
        waiver = await house.purse.asks_waiver(visit, "100")
        task = await house.purse.task(visit, "DECIDE_WAIVER")
        if is_lost:
            await house.loses(f"approval-{waiver}")
        decision = DecideWaiver(waiver_id=UUID(waiver), approved=True, reason="Known")
        await house.behind_the_back(await command(house, visit, decision, Role.SUPERVISOR))
        (one,) = await house.found()
        assert (one.code, one.run) == (Code.RUN_MISSING if is_lost else Code.RUN_LEFT_OVER, f"approval-{waiver}")
        assert one.words.startswith(visit["op_number"])
        done = await house.purse.task(visit, "DECIDE_WAIVER", "DONE")
        assert done["id"] == task["id"]
        await house.agrees()


async def test_a_schedule_that_is_missing_is_made_again(house: House) -> None:
    client = house.clinic.clinic.temporal
    await client.get_schedule_handle(AUDIT_SEAL).delete()
    (one,) = await house.found()
    assert (one.code, one.run) == (Code.SCHEDULE_MISSING, AUDIT_SEAL)
    assert (await client.get_schedule_handle(AUDIT_SEAL).describe()).id == AUDIT_SEAL
    await ensure_schedule(client, house.clinic.settings)
    await house.agrees()


async def test_two_who_look_at_once_repair_once(house: House) -> None:
    visit = await house.walk.seen()
    run = f"visit-{visit['id']}"
    await house.loses(run)
    both = await asyncio.gather(house.compared(), house.compared())
    assert sorted(one.report.repaired for one in both) == [0, 1]
    (entry,) = await repaired(house, run)
    assert entry["repairs"] == 1
    assert len(await house.audited(entry["id"])) == 1
    await house.agrees()


async def repaired(house: House, run: str) -> list[dict[str, Any]]:
    return [entry for entry in await house.book(Code.RUN_MISSING, standing=False) if entry["run"] == run]


async def test_the_schedule_compares_and_repairs(house: House) -> None:
    visit = await house.walk.seen()
    run = f"visit-{visit['id']}"
    client = house.clinic.clinic.temporal
    await client.get_workflow_handle(run).terminate("lost")
    await client.get_schedule_handle(RECONCILIATION).trigger()

    async def is_repaired() -> bool:
        return bool(await repaired(house, run))

    await eventually(is_repaired, 90)
    await until_running(house, run)
    await house.agrees()
