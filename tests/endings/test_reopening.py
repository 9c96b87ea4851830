"""A visit that ended too soon goes on: on real servers, once, within a day."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from activities.records import Records, Turn
from integrations.database import writing_pool
from models.actions import ReopenVisit
from models.command import Command
from models.staff import Person, Role
from tests.clinic import eventually
from tests.endings.conftest import OFFICER, RECEPTION, SECOND, SUPERVISOR, House
from tests.walks import fresh

WHY = {"reason": "The dressing was forgotten"}


async def test_a_discharged_visit_goes_on_and_ends_once_more(house: House) -> None:
    visit = await house.left()
    again = await house.reopened(visit)
    assert (again["status"], again["version"], again["completed_at"]) == (
        "READY_FOR_DISCHARGE",
        visit["version"] + 1,
        None,
    )
    (kept,) = again["undone_ends"]
    assert (kept["end"], kept["notes"], kept["reason"]) == ("COMPLETED", "Stable", WHY["reason"])
    test = await house.walk.test_ordered(visit["id"])
    waiting = await house.walk.visit(visit["id"])
    assert (waiting["status"], waiting["waiting_at"]) == ("IN_SERVICES", ["LABORATORY"])
    (queued,) = [item for item in await house.listed("/api/queues/LABORATORY") if item["visit_id"] == visit["id"]]
    assert queued["orders"][0]["id"] == test["id"]
    await house.walk.results(test["id"])
    await house.walk.encounter(visit["id"])
    await house.walk.paid(visit["id"])
    run = house.run(visit)
    done = await house.walk.discharged(visit["id"])
    assert (done["status"], len(done["undone_ends"])) == ("COMPLETED", 1)
    assert await run.result() == "COMPLETED"


async def test_it_is_told_to_the_boards_the_audit_and_the_timeline(house: House) -> None:
    visit = await house.left()
    await house.reopened(visit, SUPERVISOR)
    told = await house.clinic.rows(
        "select kind, payload from events where payload->>'visitId' = %s order by id", visit["id"]
    )
    assert [event["kind"] for event in told[-2:]] == ["visit:reopened", "visit:status_changed"]
    assert told[-2]["payload"]["formerStatus"] == "COMPLETED"
    entries = await house.listed(f"/api/audit-logs?visit_id={visit['id']}&limit=100", SUPERVISOR)
    assert "Visit reopened" in {entry["details"] for entry in entries}
    timeline = await house.listed(f"/api/visits/{visit['id']}/timeline")
    assert [item["kind"] for item in timeline[-2:]] == ["discharge", "reopen_visit"]


async def test_two_clicks_are_one_wish(house: House) -> None:
    visit, key = await house.left(), fresh()
    clicks = await asyncio.gather(*(house.asks(OFFICER, visit, "reopen_visit", key, **WHY) for _ in range(3)))
    assert {click.status_code for click in clicks} == {201}
    assert len({click.json()["version"] for click in clicks}) == 1
    one_after = await house.asks(OFFICER, visit, "reopen_visit", key, **WHY)
    assert one_after.json() == clicks[0].json()


async def test_two_people_open_it_once(house: House) -> None:
    visit = await house.left()
    both = await asyncio.gather(
        house.asks(OFFICER, visit, "reopen_visit", **WHY), house.asks(SUPERVISOR, visit, "reopen_visit", **WHY)
    )
    assert sorted(answer.status_code for answer in both) == [201, 409]
    no = next(answer.json() for answer in both if answer.status_code == 409)
    assert no["type"] == "/problems/already-done"
    assert len((await house.walk.visit(visit["id"]))["undone_ends"]) == 1


async def test_after_a_day_it_stays_over(house: House) -> None:
    visit = await house.left()
    await house.long_ago(visit, 23.9)
    await house.reopened(visit)
    await house.walk.discharged(visit["id"])
    await house.long_ago(visit, 24.1)
    no = await house.asks(OFFICER, visit, "reopen_visit", **WHY)
    assert (no.status_code, no.json()["type"]) == (409, "/problems/visit-closed")
    assert "Register a new visit" in no.json()["detail"]
    assert (await house.walk.visit(visit["id"]))["status"] == "COMPLETED"


async def test_a_patient_who_is_here_already_has_one_open_visit(house: House) -> None:
    visit = await house.left()
    body = {"patient_id": visit["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    newer = await house.walk.done(RECEPTION, "POST", "/api/visits", body)
    no = await house.asks(OFFICER, visit, "reopen_visit", **WHY)
    assert (no.status_code, no.json()["type"]) == (409, "/problems/conflict")
    await house.acts(RECEPTION, newer, "cancel_visit", reason="The first one goes on")
    await house.reopened(visit)
    no = await house.asks(OFFICER, newer, "reopen_visit", **WHY)
    assert no.json()["type"] == "/problems/conflict"


async def test_results_to_follow_are_waited_for_again(house: House) -> None:
    visit = await house.walk.seen()
    early, late = [(await house.walk.test_ordered(visit["id"]))["id"] for _ in range(2)]
    await house.walk.paid(visit["id"])
    await house.walk.discharged(visit["id"], results_to_follow=True)
    await house.walk.results(early)
    await house.until_tasks(visit, "TELL_PATIENT")
    again = await house.reopened(visit)
    assert [order["id"] for order in again["open_orders"]] == [late]
    await house.walk.results(late)
    after = await house.walk.visit(visit["id"])
    assert [order["kind"] for order in after["open_orders"]] == ["REVIEW"]
    (owed,) = await house.listed(f"/api/obligations?visit_id={visit['id']}")
    assert (owed["lab_request_id"], owed["status"]) == (early, "OPEN")
    await house.walk.encounter(visit["id"])
    await house.acts(OFFICER, visit, "tell_patient", obligation_id=owed["id"], outcome="Told here")
    await house.walk.discharged(visit["id"])


async def test_what_was_owed_because_of_the_discharge_is_owed_no_more(house: House) -> None:
    visit = await house.walk.seen()
    test = (await house.walk.test_ordered(visit["id"]))["id"]
    body = {"status": "COMPLETED", "results": {"hemoglobin": "6.1"}}
    await house.walk.done(Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test}", body)
    await house.walk.encounter(visit["id"])
    await house.walk.paid(visit["id"])
    await house.walk.discharged(visit["id"])
    await house.until_tasks(visit, "ACKNOWLEDGE_CRITICAL", "TELL_PATIENT")
    await house.reopened(visit)
    await house.until_tasks(visit, "ACKNOWLEDGE_CRITICAL")
    (owed,) = await house.listed(f"/api/obligations?visit_id={visit['id']}")
    assert (owed["status"], owed["outcome"]) == ("DONE", "The visit was opened again.")


async def test_the_follow_up_is_cancelled_and_its_reminder_ends(house: House) -> None:
    visit = await house.left({"follow_up": {"in_days": 30}})
    appointment = visit["appointment"]
    reminder = house.post.reminder(appointment)
    again = await house.reopened(visit)
    assert await reminder.result() == "NOTHING"
    shown = await house.read(f"/api/appointments/{appointment['id']}")
    assert (shown["status"], shown["version"]) == ("CANCELLED", 2)
    assert again["status"] == "READY_FOR_DISCHARGE"
    after = await house.walk.discharged(visit["id"], follow_up={"in_days": 9})
    assert after["appointment"]["status"] == "SCHEDULED"


async def test_a_cancelled_visit_comes_back_where_it_was(house: House) -> None:
    visit = await house.walk.registered()
    await house.acts(RECEPTION, visit, "cancel_visit", reason="Opened twice")
    again = await house.reopened(visit, SUPERVISOR)
    assert (again["status"], again["waiting_at"]) == ("REGISTERED", ["TRIAGE"])


async def test_a_worker_killed_while_a_visit_is_opened_again(closed_house: House) -> None:
    """It was accepted while no worker was there; the next one does it, once."""
    house = closed_house
    async with house.clinic.worker_process() as doomed:
        visit = await house.left({"follow_up": {"in_days": 30}})
        key = fresh()
        sending = asyncio.create_task(house.asks(OFFICER, visit, "reopen_visit", key, **WHY))
        await asyncio.sleep(0)
        doomed.kill()
        await doomed.wait()
    async with house.clinic.worker():
        await sending

        async def is_open() -> bool:
            return bool((await house.walk.visit(visit["id"]))["status"] == "READY_FOR_DISCHARGE")

        await eventually(is_open)
        answer = await house.asks(OFFICER, visit, "reopen_visit", key, **WHY)
        assert (answer.status_code, answer.json()["version"]) == (201, visit["version"] + 1)
        assert await house.post.reminder(visit["appointment"]).result() == "NOTHING"
        await house.walk.discharged(visit["id"])


async def person(house: House, name: str) -> Person:
    (row,) = await house.clinic.rows("select id, facility_id, roles from users where user_name = %s", name)
    return Person.model_validate(row)


async def test_a_worker_that_died_after_the_commit_tells_the_reminder_all_the_same(house: House) -> None:
    visit = await house.left({"follow_up": {"in_days": 30}})
    secret = house.clinic.settings.command_secret.get_secret_value().encode()
    facts: dict[str, Any] = {"id": uuid4(), "visit_id": UUID(visit["id"]), "actor": await person(house, SECOND)}
    again = ReopenVisit(reason="The dressing was forgotten")
    async with writing_pool(house.clinic.settings, size=2) as pool:
        records = Records(pool, secret)
        before = (await records.load(UUID(visit["id"]))).visit
        assert before is not None
        assert before.completed_at is not None
        command = Command(**facts, at=before.completed_at, action=again).signed(secret)
        first = await records.record(Turn(visit=before, command=command))
        second = await records.record(Turn(visit=before, command=command))
    assert (first.repeated, second.repeated) == (False, True)
    assert [start.kind for start in second.starts] == ["Reminder", "AfterCare"]
    assert second.starts == first.starts
