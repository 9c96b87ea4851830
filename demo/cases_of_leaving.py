"""Rare cases in which a patient does not wait for the end."""

from demo.answers import Body
from demo.chart import Chart
from demo.stage import DESK, NURSE, OFFICER, ORANGE, Case, Stage, expect, refused


async def urgent_patient_leaves(stage: Stage) -> None:
    """Nobody has examined them: a nurse owes them a call, and another one where nobody answers."""
    chart = await stage.triaged(**ORANGE)
    gone = await goes(stage, chart)
    expect(gone["status"] == "LEFT_WITHOUT_BEING_SEEN", f"the visit ended as {gone['status']}")
    departure = gone["departure"]
    expect(departure["waiting_at"] == ["CONSULTATION"], "what they had waited for is not kept")
    first = await stage.task(chart, "CALL_BACK_PATIENT")
    expect(first["due_at"] == departure["call_back"]["due_at"], "the nurse is not told by when the call is due")
    await calls(stage, chart, "NOT_REACHED")
    await stage.task(chart, "CALL_BACK_PATIENT", but=first["id"])
    await calls(stage, chart, "REACHED")
    await stage.no_task(chart, "CALL_BACK_PATIENT")
    tried = (await stage.visit(chart))["departure"]["call_back"]["attempts"]
    expect([one["outcome"] for one in tried] == ["NOT_REACHED", "REACHED"], "the attempts are not written down")


async def patient_comes_back(stage: Stage) -> None:
    """On the same day: the same visit goes on, and a nurse looks at once whether they are worse."""
    chart = await stage.triaged(**ORANGE)
    before = await stage.visit(chart)
    await goes(stage, chart)
    await stage.task(chart, "CALL_BACK_PATIENT")
    await refused(stage.puts(OFFICER, chart, status="IN_CONSULTATION"), "visit-closed")
    await stage.does(DESK, chart, "patient_returned")
    visit = await stage.visit(chart)
    expect(visit["waiting_at"] == ["CONSULTATION"], "the visit does not go on where it was")
    expect(visit["arrived_at"] == before["arrived_at"], "they have lost their place in the line")
    expect(visit["undone_ends"][0]["departure"], "nobody sees any more that they had left")
    (look,) = [one for one in visit["deadlines"] if one["step"] == "RETRIAGE"]
    expect(look["since"] == look["due_at"], "nobody looks at once whether they are worse")
    await stage.no_task(chart, "CALL_BACK_PATIENT")
    await stage.examined(chart)
    await stage.pays(chart)
    await stage.leaves(chart)
    expect((await stage.visit(chart))["status"] == "COMPLETED", "the visit did not end as others do")


async def patient_leaves_without_paying(stage: Stage) -> None:
    chart = await stage.seen()
    owed = await stage.owes(chart)
    gone = await goes(stage, chart, reason="COST")
    expect(gone["status"] == "COMPLETED" and gone["departure"]["was_seen"], "the clinician's work is not seen")
    expect(gone["departure"]["call_back"] is None, "somebody who was seen is called back")
    expect(await stage.owes(chart) == owed, "what was owed is forgotten")
    await stage.task(chart, "SETTLE_BILL")
    await stage.pays(chart)
    expect(await stage.owes(chart) == 0, "what was brought afterwards does not count")
    await stage.no_task(chart, "SETTLE_BILL")


async def goes(stage: Stage, chart: Chart, reason: str = "WAITED_TOO_LONG") -> Body:
    """The visit, once it was noticed that the patient is not there any more."""
    return await stage.does(DESK, chart, "patient_left", reason=reason, notes="Nobody answers")


async def calls(stage: Stage, chart: Chart, outcome: str) -> None:
    await stage.does(NURSE, chart, "patient_called_back", outcome=outcome, notes="By telephone")


LEAVING = (
    Case("somebody urgent leaves", "stage and wait are kept; a nurse calls until they answer", urgent_patient_leaves),
    Case("they come back", "the same visit and place; looked at again at once", patient_comes_back),
    Case(
        "somebody leaves without paying",
        "the debt is a cashier's task, and may be paid later",
        patient_leaves_without_paying,
    ),
)
