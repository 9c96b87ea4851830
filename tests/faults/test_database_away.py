"""PostgreSQL dies, and a worker with it; what was accepted is written in order when it returns."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.faults.desk import (
    Slip,
    keys_done,
    one_by_one,
    payment,
    refusals_told,
    registration,
    require_sound,
    require_whole_audit,
    take_in,
    together,
)
from tests.faults.messages import run_of
from tests.walks import Walk, fresh, new_patient
from workflows.attributes import ATTENTION
from workflows.starting import start_visit_run


async def attention(clinic: WholeClinic, visit_id: str) -> Sequence[str] | None:
    """What the visit's run says to supervisors that it needs."""
    found = await run_of(clinic, visit_id).describe()
    return found.typed_search_attributes.get(ATTENTION)


async def health(clinic: WholeClinic) -> dict[str, Any]:
    answer = await clinic.http.get("/healthz")
    return {"status": answer.status_code, **answer.json()}


async def until_working(slip: Slip) -> None:
    """A write through the API's own door, which does not go by way of Temporal.

    A pool that doubles its pauses would by now come back to the server ten seconds later at the soonest.
    """

    async def works() -> bool:
        return (await slip.sent()).status_code == 200

    await eventually(works, 8)


def price(walk: Walk) -> Slip:
    return Slip(walk, Role.ADMIN, "PUT", "/api/prices/PLASTER", {"name": "Plaster", "amount": "50"}, fresh(), "")


def answered(walk: Walk, test_id: str, visit_id: str) -> Slip:
    body = {"status": "COMPLETED", "results": {"hemoglobin": "14.2"}}
    return Slip(walk, Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test_id}", body, fresh(), visit_id)


async def require_refused_in_words(clinic: WholeClinic, *slips: Slip) -> None:
    """What cannot be looked up is not accepted, and says when to try again; so does the clinic's health."""
    unread = await together(Slip.sent, *slips)
    assert [answer.status_code for answer in unread] == [503] * len(slips)
    assert all(answer.headers["Retry-After"] for answer in unread)
    assert await health(clinic) == {"status": 503, "database": False, "temporal": True, "worker": True}


async def test_what_is_accepted_while_the_database_is_away_is_written_in_order_when_it_returns(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker_process() as doomed:
        seen, owing, triaged = await asyncio.gather(steps.seen(), steps.seen(), steps.triaged())
        test = await steps.test_ordered(owing["id"])
        new_price = price(steps)

        await breakable.postgres.stop("kill")
        gone = asyncio.create_task(asyncio.sleep(21))
        payments = [payment(steps, seen["id"], amount) for amount in (50, 60, 70)]
        too_much = payment(steps, seen["id"], 300)
        arrival, call = registration(steps, new_patient()), take_in(steps, triaged["id"])
        accepting = [
            asyncio.create_task(one_by_one(Slip.accepted, *payments[:2])),
            asyncio.create_task(together(Slip.accepted, arrival, call)),
        ]
        results = answered(steps, test["id"], owing["id"])
        await require_refused_in_words(breakable, results, new_price)
        for path in (f"/api/visits/{seen['id']}", "/api/queues/CASHIER", payments[0].location):
            assert (await steps.does(Role.CASHIER, "GET", path)).status_code == 503
        await asyncio.gather(*accepting)
        for visit_id in (seen["id"], triaged["id"]):
            assert await attention(breakable, visit_id) == ["DATABASE"]
        doomed.kill()
        await doomed.wait()

    async with breakable.worker():
        await together(Slip.accepted, payments[2], too_much)
        await gone
        await breakable.postgres.start()
        await until_working(new_price)
        await together(lambda slip: slip.became("DONE"), *payments, arrival, call)
        refused = await too_much.became("REFUSED")

        assert refused["problem"]["type"] == "/problems/invalid"
        assert len(await refusals_told(breakable, too_much)) == 1
        assert (await keys_done(breakable, seen["id"]))[4:] == [slip.key for slip in payments]
        again = await together(Slip.until_answered, *payments, arrival, call, too_much, results)
        assert [answer.status_code for answer in again] == [201, 201, 201, 201, 200, 422, 200]
        for visit_id in (seen["id"], triaged["id"]):
            assert not await attention(breakable, visit_id)
        assert (await health(breakable))["status"] == 200
        paid = await steps.paid(seen["id"])
        assert Decimal(paid["amount"]) == 300 - 50 - 60 - 70
        await steps.discharged(seen["id"])
    versions = [
        (await require_sound(breakable, visit_id))["version"]
        for visit_id in (seen["id"], owing["id"], triaged["id"], arrival.visit_id)
    ]
    assert versions == [9, 6, 3, 1]
    await require_whole_audit(breakable)


async def test_a_database_that_takes_no_writes_is_waited_for_in_sight(breakable: WholeClinic, steps: Walk) -> None:
    """As after a failover, or with its disk full: it answers, and every attempt fails at once."""
    async with breakable.worker():
        visit = await steps.seen()
        await let_write(breakable, False)
        slip = payment(steps, visit["id"], 300)
        await slip.accepted()
        assert (await slip.look())["status"] == "PENDING"
        assert await attention(breakable, visit["id"]) == ["DATABASE"]
        await let_write(breakable, True)
        await slip.became("DONE")
        assert (await slip.until_answered()).status_code == 201
        assert not await attention(breakable, visit["id"])
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 300


async def let_write(clinic: WholeClinic, may: bool) -> None:
    await clinic.rows(f"alter system set default_transaction_read_only = {'off' if may else 'on'}")
    await clinic.rows("select pg_reload_conf()")


async def test_a_run_that_begins_while_the_database_is_away_looks_the_visit_up_when_it_returns(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker():
        visit = await steps.seen()
        await run_of(breakable, visit["id"]).terminate()
        await breakable.postgres.stop("kill")
        settings = breakable.settings
        await start_visit_run(breakable.clinic.temporal, settings.own_url, settings.task_queue, visit["id"])

        async def asks_for_attention() -> bool:
            return await attention(breakable, visit["id"]) == ["DATABASE"]

        await eventually(asks_for_attention)
        await breakable.postgres.start()

        async def is_quiet_again() -> bool:
            return not await attention(breakable, visit["id"])

        await eventually(is_quiet_again)
        assert await run_of(breakable, visit["id"]).query("current") == visit
