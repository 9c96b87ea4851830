"""Tasks over HTTP: taken, given back, completed by whoever's work they are, and by nobody else."""

import itertools
from typing import Any

from activities.seed import add_facility_and_admin
from models.staff import Role
from tests.claims.backlog import insured
from tests.claims.conftest import Counter
from tests.clinic import QUICK, Desk

numbers = itertools.count(500)


async def asked(counter: Counter) -> str:
    """A visit whose patient is to be asked for the first code."""
    visit = await counter.consulted(national_id=insured(next(numbers)))
    await counter.invoiced(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    return str(visit["id"])


async def sent(counter: Counter, task: dict[str, Any], who: Role, kind: str, **more: str) -> Any:
    return await counter.walk.does(who, "POST", f"/api/tasks/{task['id']}/actions", {"kind": kind, **more})


async def act(counter: Counter, task: dict[str, Any], who: Role, kind: str, **more: str) -> dict[str, Any]:
    answer = await sent(counter, task, who, kind, **more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_task_is_taken_and_given_back(counter: Counter) -> None:
    visit_id = await asked(counter)
    task = await counter.task(visit_id, "ASK_VISIT_CODE")
    taken = await act(counter, task, Role.CASHIER, "take")
    mine = (await counter.walk.does(Role.CASHIER, "GET", "/api/tasks?mine=true")).json()["items"]
    assert taken["owner_id"] in {one["owner_id"] for one in mine}
    assert task["id"] in {one["id"] for one in mine}
    assert (await act(counter, task, Role.CASHIER, "give_back"))["owner_id"] is None


async def test_a_task_that_closes_itself_is_completed_by_nobody(counter: Counter) -> None:
    visit_id = await asked(counter)
    task = await counter.task(visit_id, "ASK_VISIT_CODE")
    for who in (Role.CASHIER, Role.SUPERVISOR):
        for kind in ("complete", "cancel"):
            answer = await sent(counter, task, who, kind, outcome="done")
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


async def test_a_task_for_a_person_is_completed_once(counter: Counter) -> None:
    visit_id = await asked(counter)
    await counter.agreed(visit_id)
    await counter.becomes(visit_id, "PAID")
    await counter.walk.test_ordered(visit_id)
    await counter.invoiced(visit_id)
    task = await counter.task(visit_id, "CLAIM_THE_REST")
    done = await act(counter, task, Role.CASHIER, "complete", outcome="Claimed at the portal")
    assert (done["status"], done["outcome"], done["owner_id"]) == ("DONE", "Claimed at the portal", done["closed_by"])
    again = await sent(counter, task, Role.CASHIER, "complete", outcome="Again")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-done")


async def test_a_task_is_seen_by_its_role_and_by_supervisors_only(counter: Counter) -> None:
    visit_id = await asked(counter)
    task = await counter.task(visit_id, "ASK_VISIT_CODE")
    for who, status in ((Role.CASHIER, 200), (Role.SUPERVISOR, 200), (Role.LAB_TECHNICIAN, 404)):
        assert (await counter.walk.does(who, "GET", f"/api/tasks/{task['id']}")).status_code == status
    others = (await counter.walk.does(Role.LAB_TECHNICIAN, "GET", "/api/tasks")).json()["items"]
    assert task["id"] not in {one["id"] for one in others}
    assert (await sent(counter, task, Role.LAB_TECHNICIAN, "take")).status_code == 404


async def test_another_facility_knows_nothing_of_a_task(counter: Counter) -> None:
    visit_id = await asked(counter)
    task = await counter.task(visit_id, "ASK_VISIT_CODE")
    clinic = counter.clinic
    elsewhere = clinic.settings.model_copy(update={"facility_code": "KISUMU", "facility_name": "Kisumu"})
    await add_facility_and_admin(elsewhere, "kisumu_admin", "Akinyi Ouma", "nyota-ya-kisumu", tuple(Role), QUICK)
    form = {"username": "kisumu_admin", "password": "nyota-ya-kisumu"}
    stranger = Desk(clinic.http, (await clinic.http.post("/api/auth/token", data=form)).json()["access_token"])
    assert (await stranger.get(f"/api/tasks/{task['id']}")).status_code == 404
    assert (await stranger.post(f"/api/tasks/{task['id']}/actions", {"kind": "take"})).status_code == 404
    assert (await stranger.get("/api/tasks?status=OPEN")).json()["items"] == []
