"""What waits too long for a supervisor keeps the visit in sight, in words, with what may be done about it."""

from datetime import timedelta

from tests.clinic import eventually
from tests.money.purse import ADMIN, CASHIER, SUPERVISOR, Purse, Shown
from tests.workflow.test_clock import waits


async def stuck(purse: Purse, visit: Shown) -> Shown:
    items = (await purse.read("/api/supervision/visits?reason=TASK_LATE"))["items"]
    return next((item for item in items if item["visit_id"] == visit["id"]), {})


async def named(purse: Purse, visit: Shown) -> Shown:
    async def is_there() -> bool:
        return bool(await stuck(purse, visit))

    await eventually(is_there)
    return await stuck(purse, visit)


async def gone(purse: Purse, visit: Shown) -> None:
    async def is_gone() -> bool:
        return not await stuck(purse, visit)

    await eventually(is_gone)


async def becomes_late(purse: Purse, visit: Shown, request: str, kind: str) -> None:
    await purse.task(visit, kind)
    await waits(purse.run(request))
    await purse.skipper.fast_forward(purse.run(request), timedelta(minutes=61))
    await waits(purse.run(request), 2)


async def overdue(purse: Purse, visit: Shown) -> None:
    """By the clock on the wall, too: what counts as late there is what the row says."""
    text = "update tasks set due_at = due_at - interval '2 hours' where visit_id = %s and status = 'OPEN'"
    await purse.clinic.rows(text, visit["id"])


async def test_a_waiver_that_nobody_decides_is_shown_until_somebody_does(purse: Purse) -> None:
    visit = await purse.walk.seen()
    waiver = await purse.asks_waiver(visit, "200")
    assert await stuck(purse, visit) == {}
    await becomes_late(purse, visit, waiver, "DECIDE_WAIVER")
    await overdue(purse, visit)
    item = await named(purse, visit)
    (reason,) = (one for one in item["reasons"] if one["code"] == "TASK_LATE")
    assert "somebody asks to waive KES 200.00" in reason["words"]
    assert (reason["roles"], reason["told"]["rung"]) == (["SUPERVISOR"], 1)
    (offer,) = (one for one in item["actions"] if one["kind"] == "decide_waiver")
    assert (offer["body"]["waiver_id"], offer["roles"]) == (waiver, ["ADMIN", "SUPERVISOR"])
    body = {**offer["body"], "approved": True, "reason": "Known to us"}
    answer = await purse.walk.does(SUPERVISOR, offer["method"], offer["href"], body)
    assert answer.status_code == 201, answer.text
    await gone(purse, visit)


async def test_a_refund_that_waits_too_long_is_offered_to_each_in_turn(purse: Purse) -> None:
    visit = await purse.walk.seen()
    await purse.deposits(visit, "700")
    refund = await purse.asks_refund(visit, "100")
    await becomes_late(purse, visit, refund, "DECIDE_REFUND")
    await overdue(purse, visit)
    assert "give KES 100.00 back" in str(await named(purse, visit))
    for who, kind, form in (
        (ADMIN, "decide_refund", {"approved": True, "reason": "It is so"}),
        (CASHIER, "pay_out_refund", {"payment_type": "CASH"}),
    ):
        mine = (await purse.read(f"/api/visits/{visit['id']}/actions", who))["items"]
        (offer,) = (one for one in mine if one["kind"] == kind)
        assert (await purse.walk.does(who, "POST", offer["href"], {**offer["body"], **form})).status_code == 201
    await gone(purse, visit)
    await purse.stands(visit, refunded=100, owed=0)
