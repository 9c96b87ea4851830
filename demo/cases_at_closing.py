"""The last of the cases: whoever of them is still in the house is seen, pays, and goes home."""

from demo.answers import Body
from demo.chart import Chart
from demo.stage import DESK, OFFICER, Case, Stage, expect


async def everybody_goes_home(stage: Stage) -> None:
    for chart in stage.opened:
        visit = await stage.visit(chart)
        if visit["completed_at"] is None:
            await ends(stage, chart, visit)
    left = [chart.op_number for chart in stage.opened if (await stage.visit(chart))["completed_at"] is None]
    expect(not left, f"still in the house: {', '.join(left)}")


async def ends(stage: Stage, chart: Chart, visit: Body) -> None:
    """By the cashier, once nothing is left to be done; without charge where nothing was."""
    if visit["status"] == "REGISTERED":
        await stage.does(DESK, chart, "cancel_visit", reason="Went home before anything was done")
        return
    for order in (order for order in visit["open_orders"] if order["kind"] == "LAB_REQUEST"):
        await stage.does(OFFICER, chart, "cancel_order", order_id=order["id"], reason="Not needed any more")
    if "CONSULTATION" in (await stage.visit(chart))["waiting_at"]:
        await stage.examined(chart)
    await stage.goes_home(chart)


CLOSING = (Case("the day is over", "everybody of these cases is seen, pays, and goes home", everybody_goes_home),)
