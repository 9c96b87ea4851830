"""When the day ends every open visit gets an owner and a next step, once, and nothing is closed."""

from datetime import UTC, datetime, timedelta

from models.staff import Role
from tests.clinic import eventually
from tests.day.evening import SUPERVISOR, Evening
from tests.workflow.test_clock import waits
from workers.recovery import recover

A_MINUTE = timedelta(minutes=1)


async def test_an_open_visit_is_the_clinicians_who_has_the_patient_else_a_supervisors(evening: Evening) -> None:
    waiting, inside = await evening.walk.registered(), await evening.walk.seen()
    day = evening.a_day()
    run = await evening.begins(day)
    mine, theirs = await evening.handed_over(inside, day), await evening.handed_over(waiting, day)
    assert (mine["owner_id"], mine["owner_role"]) == (str(await evening.user("clinical_officer")), "CLINICAL_OFFICER")
    assert (theirs["owner_id"], theirs["owner_role"]) == (str(await evening.user("supervisor")), "SUPERVISOR")
    assert (mine["steps"], theirs["steps"]) == (["CASHIER"], ["TRIAGE"])
    assert "Payment of KES 300" in mine["words"]
    assert "KES 300.00 are owed" in mine["why_open"]
    task = await evening.task(mine)
    assert (task["kind"], task["owner_id"], task["due_at"]) == ("HAND_OVER_VISIT", mine["owner_id"], mine["due_at"])
    assert (await evening.walk.visit(inside["id"]))["status"] == "AWAITING_PAYMENT"
    await run.terminate("not of interest here")


async def test_the_doors_open_at_eight_in_nairobi(evening: Evening) -> None:
    visit, day = await evening.walk.registered(), evening.a_day()
    run = await evening.begins(day)
    row = await evening.handed_over(visit, day)
    due = datetime.fromisoformat(row["due_at"])
    assert due.astimezone(UTC).strftime("%H:%M") == "05:00"
    assert timedelta(hours=14) <= due - datetime(day.year, day.month, day.day, 15, tzinfo=UTC) <= timedelta(hours=38)
    await run.terminate("not of interest here")


async def test_however_often_the_day_ends_each_visit_is_handed_over_once(evening: Evening) -> None:
    visit, day = await evening.walk.registered(), evening.a_day()
    runs = [await evening.begins(day, name) for name in ("", "-again", "-once-more")]
    await evening.handed_over(visit, day)
    for run in runs:
        await waits(run)
    version = (await evening.walk.visit(visit["id"]))["version"]
    assert version == visit["version"] + 1
    assert len(await evening.handovers(visit, day)) == 1
    (told,) = await evening.ended(day)
    assert told["audience"] == ["SUPERVISOR"]
    assert told["payload"]["openVisits"] >= told["payload"]["byStation"]["TRIAGE"] >= 1
    assert told["payload"]["late"] >= 0
    for run in runs:
        await run.terminate("not of interest here")


async def test_whatever_happens_on_the_visit_settles_it(evening: Evening) -> None:
    visit, day = await evening.walk.seen(), evening.a_day()
    run = await evening.begins(day)
    row = await evening.handed_over(visit, day)
    await evening.walk.paid(visit["id"])
    (after,) = await evening.handovers(visit, day)
    assert after["settled_at"]
    assert after["settled_by"] == str(await evening.user("cashier"))
    assert (await evening.task(row))["status"] == "DONE"
    await evening.walk.discharged(visit["id"])
    await run.terminate("not of interest here")


async def test_a_visit_over_several_nights_gets_an_owner_each_night(evening: Evening) -> None:
    visit = await evening.walk.registered()
    first, second = evening.a_day(), evening.a_day()
    runs = [await evening.begins(first)]
    former = await evening.handed_over(visit, first)
    runs.append(await evening.begins(second))
    latter = await evening.handed_over(visit, second)
    assert [row["day"] for row in await evening.handovers(visit)] == [str(second), str(first)]
    assert (await evening.task(former))["outcome"] == "The next night came."
    assert (await evening.task(latter))["status"] == "OPEN"
    for run in runs:
        await run.terminate("not of interest here")


async def test_an_owner_takes_note(evening: Evening) -> None:
    visit, day = await evening.walk.seen(), evening.a_day()
    run = await evening.begins(day)
    row = await evening.handed_over(visit, day)
    path = f"/api/tasks/{row['task_id']}/actions"
    await evening.walk.done(Role.CLINICAL_OFFICER, "POST", path, {"kind": "take"})
    (after,) = await evening.handovers(visit, day)
    assert after["acknowledged_by"] == str(await evening.user("clinical_officer"))
    no = await evening.walk.does(Role.CLINICAL_OFFICER, "POST", path, {"kind": "complete", "outcome": "Done"})
    assert no.status_code == 409, "it is done when the visit goes on"
    await run.terminate("not of interest here")


async def test_a_visit_that_has_ended_is_nobodys(evening: Evening) -> None:
    visit, day = await evening.walk.registered(), evening.a_day()
    body = {"kind": "patient_left", "notes": "Nobody answers"}
    await evening.walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{visit['id']}/actions", body)
    run = await evening.begins(day)
    await waits(run)
    assert await evening.handovers(visit, day) == []
    await run.terminate("not of interest here")


async def test_in_the_morning_the_owner_is_reminded_and_later_who_is_in_charge(evening: Evening) -> None:
    visit, day = await evening.walk.seen(), evening.a_day()
    run = await evening.begins(day)
    row = await evening.handed_over(visit, day)
    await waits(run)
    night = datetime.fromisoformat(row["due_at"]) - datetime.now(UTC)
    await evening.skipper.fast_forward(run, night - A_MINUTE)
    assert await evening.overdue(row["task_id"]) == [], "nobody is woken"
    await evening.skipper.fast_forward(run, 2 * A_MINUTE)
    await until_told(evening, row["task_id"], "CLINICAL_OFFICER")
    await waits(run, 2)
    await evening.skipper.fast_forward(run, 60 * A_MINUTE)
    await until_told(evening, row["task_id"], "CLINICAL_OFFICER", "SUPERVISOR")
    await waits(run, 3)
    await evening.walk.paid(visit["id"])
    await evening.skipper.fast_forward(run, timedelta(hours=4))
    assert await run.result() == day.isoformat()
    assert await evening.overdue(row["task_id"]) == ["CLINICAL_OFFICER", "SUPERVISOR"]


async def until_told(evening: Evening, task_id: str, *roles: str) -> None:
    async def are_told() -> bool:
        return await evening.overdue(task_id) == list(roles)

    await eventually(are_told)


async def test_a_night_whose_run_was_lost_goes_on_from_its_rows(evening: Evening) -> None:
    visit, day = await evening.walk.seen(), evening.a_day()
    run = await evening.begins(day)
    row = await evening.handed_over(visit, day)
    await waits(run)
    night = datetime.fromisoformat(row["due_at"]) - datetime.now(UTC)
    await evening.skipper.fast_forward(run, night + A_MINUTE)
    await until_told(evening, row["task_id"], "CLINICAL_OFFICER")
    await run.terminate("lost")
    await recover(evening.clinic.clinic.temporal, evening.clinic.settings)
    again = evening.clinic.clinic.temporal.get_workflow_handle(run.id)
    await waits(again)
    await evening.skipper.fast_forward(again, night + 61 * A_MINUTE)
    await until_told(evening, row["task_id"], "CLINICAL_OFFICER", "SUPERVISOR")
    assert len(await evening.handovers(visit, day)) == 1
    await again.terminate("not of interest here")


async def test_a_worker_that_dies_in_the_evening_leaves_no_visit_without_owner(bare_evening: Evening) -> None:
    evening, day = bare_evening, bare_evening.a_day()
    async with evening.clinic.worker_process() as doomed:
        visits = [await evening.walk.registered() for _ in range(4)]
        run = await evening.begins(day)
        await evening.handed_over(visits[0], day)
        doomed.kill()
        await doomed.wait()
    async with evening.clinic.worker():
        for visit in visits:
            await evening.handed_over(visit, day)
            assert (await evening.walk.visit(visit["id"]))["version"] == visit["version"] + 1
        assert len(await evening.ended(day)) == 1
        await run.terminate("not of interest here")


async def test_reading_it_is_for_who_is_in_charge(evening: Evening) -> None:
    no = await evening.walk.does(Role.CASHIER, "GET", "/api/supervision/handovers")
    assert (no.status_code, set(no.json()["roles"])) == (403, {"SUPERVISOR", "ADMIN"})
    assert (await evening.walk.does(SUPERVISOR, "GET", "/api/supervision/handovers?day=2026-13-01")).status_code == 422
