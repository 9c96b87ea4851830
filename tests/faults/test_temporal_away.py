"""The Temporal server dies, or is lost with everything it knew; the rows are enough to carry on."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations.temporal import connect, prepare_namespace
from models.staff import Role
from tests.clinic import WholeClinic
from tests.faults.desk import (
    Slip,
    diagnosis,
    keys_done,
    payment,
    registration,
    require_sound,
    require_whole_audit,
    take_in,
    together,
)
from tests.faults.messages import run_of
from tests.walks import Walk, fresh, new_patient
from workers.recovery import recover
from workflows.attributes import SEARCH_ATTRIBUTES


async def test_while_the_workflow_server_is_away_nothing_is_accepted_and_reading_goes_on(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker():
        seen, triaged = await steps.seen(), await steps.triaged()
        slips = [payment(steps, seen["id"], 100), registration(steps, new_patient()), take_in(steps, triaged["id"])]
        await breakable.temporal.stop("kill")
        answers = await together(Slip.sent, *slips)
        assert [answer.status_code for answer in answers] == [503] * 3
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
        assert await steps.visit(seen["id"]) == seen
        for path in (f"/api/visits/{seen['id']}/bill", "/api/queues/CONSULTATION", "/api/patients?query=Taa"):
            assert (await steps.does(Role.CLINICAL_OFFICER, "GET", path)).status_code == 200
        health = await breakable.http.get("/healthz")
        assert (health.status_code, health.json()["database"], health.json()["temporal"]) == (503, True, False)

        await breakable.temporal.start()
        answers = await together(Slip.until_answered, *slips)
        assert [answer.status_code for answer in answers] == [201, 201, 200]
        again = await together(Slip.sent, *slips)
        assert [answer.json() for answer in again] == [answer.json() for answer in answers]
        assert (await breakable.http.get("/healthz")).status_code == 200
    assert [(await require_sound(breakable, slip.visit_id))["version"] for slip in slips] == [5, 1, 3]


async def test_servers_that_hang_are_not_waited_for(breakable: WholeClinic, steps: Walk) -> None:
    async with breakable.worker():
        visit = await steps.seen()
        slips = [payment(steps, visit["id"], 100), registration(steps, new_patient())]
        reading = Slip(steps, Role.CASHIER, "GET", f"/api/visits/{visit['id']}", {}, fresh(), visit["id"])
        with hanging(breakable.temporal.pid, *family(breakable.postgres.pid)):
            answers = await together(Slip.sent, *slips, reading)
        assert [answer.status_code for answer in answers] == [503] * 3
        answers = await together(Slip.until_answered, *slips, reading)
        assert [answer.status_code for answer in answers] == [201, 201, 200]
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 100


def family(pid: int) -> list[int]:
    """A process with its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


@contextmanager
def hanging(*pids: int) -> Iterator[None]:
    """These processes hold still: connections stay open, and nobody answers."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_a_workflow_server_killed_in_the_middle_of_work_loses_nothing_and_repeats_nothing(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker():
        visits = [str(visit["id"]) for visit in await asyncio.gather(*(steps.seen() for _ in range(4)))]
        slips = [payment(steps, visit_id, 10 + n) for n in range(3) for visit_id in visits]
        slips += [diagnosis(steps, visit_id) for _ in range(2) for visit_id in visits]
        sending = [asyncio.create_task(slip.until_answered()) for slip in slips]
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        await breakable.temporal.stop("kill")
        assert not all(task.done() for task in sending)
        await breakable.temporal.start()
        assert [answer.status_code for answer in await asyncio.gather(*sending)] == [201] * 20
    for visit_id in visits:
        ours = [slip.key for slip in slips if slip.visit_id == visit_id]
        assert sorted((await keys_done(breakable, visit_id))[4:]) == sorted(ours)
        assert (await require_sound(breakable, visit_id))["amount_paid"] == 10 + 11 + 12


async def test_a_workflow_server_lost_with_all_it_knew_is_made_good_from_the_rows(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker():
        arrival, slip = registration(steps, new_patient()), payment(steps, (await steps.seen())["id"], 100)
        arrived, paid = await together(Slip.sent, arrival, slip)
        waiting = await steps.triaged()
        closed = await steps.seen()
        last = payment(steps, closed["id"], 300)
        await last.sent()
        goodbye = fresh()
        await steps.discharged(closed["id"], goodbye)

    await breakable.temporal.stop("kill")
    for file in breakable.settings.data.glob("temporal.db*"):
        file.unlink()
    await breakable.temporal.start()
    client = await connect(breakable.settings)
    await prepare_namespace(client, breakable.settings, SEARCH_ATTRIBUTES)
    opened = await breakable.rows("select id from visits where completed_at is null")

    async def runs() -> set[str]:
        return {str((await run_of(breakable, str(row["id"])).describe()).run_id) for row in opened}

    assert await recover(client, breakable.settings) == len(opened)
    started = await runs()
    assert len(started) == len(opened)
    assert await recover(client, breakable.settings) == len(opened)
    assert await runs() == started

    async with breakable.worker():
        again = await together(Slip.sent, arrival, slip, last)
        assert [answer.status_code for answer in again] == [201] * 3
        assert [answer.json() for answer in again[:2]] == [arrived.json(), paid.json()]
        assert (await steps.discharged(closed["id"], goodbye))["version"] == 6
        late = await diagnosis(steps, closed["id"]).sent()
        assert (late.status_code, late.json()["type"]) == (409, "/problems/visit-closed")
        call = await take_in(steps, waiting["id"]).sent()
        assert call.status_code == 200
        await steps.paid(slip.visit_id)
        await steps.discharged(slip.visit_id)
    versions = [(await require_sound(breakable, id))["version"] for id in (slip.visit_id, waiting["id"], closed["id"])]
    assert versions == [7, 3, 6]
    await require_whole_audit(breakable)
