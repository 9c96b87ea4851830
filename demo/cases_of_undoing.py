"""Rare cases in which something was wrong and is put right, and nothing is deleted."""

import asyncio
from datetime import UTC, datetime

import httpx2

from demo.answers import Body
from demo.chart import Chart
from demo.stage import DESK, LABORATORY, OFFICER, PHARMACY, SUPERVISOR, Case, Stage, expect, refused
from demo.steps import Role

MOMENT_SECONDS = 0.2
OF_ANOTHER = "Meant for the patient before"


async def sent_home_too_soon(stage: Stage) -> None:
    chart = await stage.seen()
    await stage.pays(chart)
    await stage.leaves(chart)
    await stage.does(OFFICER, chart, "reopen_visit", reason="The drip was not given yet")
    visit = await stage.visit(chart)
    expect(visit["status"] == "READY_FOR_DISCHARGE", f"the visit is {visit['status']} after it was opened again")
    await stage.leaves(chart)


async def visit_was_made_for_the_wrong_patient(stage: Stage) -> None:
    chart, right = await stage.seen(), await stage.arrives()
    form = {"patient_id": right.patient_id, "reason": "Two people of one name"}
    await refused(stage.does(DESK, chart, "wrong_patient", **form), "conflict")
    await stage.does(DESK, right, "cancel_visit", reason="Opened twice")
    await stage.does(DESK, chart, "wrong_patient", **form)
    expect((await stage.visit(chart))["patient_id"] == right.patient_id, "the visit is still the wrong patient's")


async def somebody_is_registered_twice(stage: Stage) -> None:
    first, second = await stage.arrives(), await stage.arrives()
    form = {
        "patient_id": first.patient_id,
        "reason": "The same person at two desks",
        "confirmed": True,
        "override_reason": "Both cards were seen",
    }
    path = f"/api/patients/{second.patient_id}/merge"
    await stage.clinic.act("merge", SUPERVISOR, "POST", path, form)
    old = await stage.clinic.read(DESK, f"/api/patients/{second.patient_id}")
    expect(old["merged_into"] == first.patient_id, "the second registration does not lead to the first")


async def death_is_taken_back(stage: Stage) -> None:
    chart = await stage.seen()
    await stage.tested(chart)
    form = {"time_of_death": datetime.now(UTC).isoformat(), "circumstances": "Found without pulse"}
    await stage.does(OFFICER, chart, "record_death", **form)
    expect((await stage.visit(chart))["status"] == "DECEASED", "the death is not seen")
    reason = "Written down on the wrong visit"
    await refused(stage.does(OFFICER, chart, "undo_death", reason=reason), "wrong-stage")
    await stage.does(SUPERVISOR, chart, "undo_death", reason=reason)
    expect((await stage.visit(chart))["waiting_at"] == ["LABORATORY"], "the test that was ordered did not come back")


async def somebody_asks_what_was_known(stage: Stage) -> None:
    chart = await stage.seen()
    test = await stage.tested(chart)
    await stage.reports(test, "13.2")
    await asyncio.sleep(MOMENT_SECONDS)
    then = datetime.now(UTC).isoformat()
    await asyncio.sleep(MOMENT_SECONDS)
    form = {"lab_request_id": test, "results": {"hemoglobin": "10.1"}, "reason": "Tubes were exchanged"}
    await stage.does(LABORATORY, chart, "correct_lab_result", **form)
    path = f"{chart.visit}/timeline?{httpx2.QueryParams({'at': then})}"
    (known,) = (await stage.clinic.read(OFFICER, path))["records"]["lab_requests"]
    expect(known["results"] == {"hemoglobin": "13.2"}, "the past shows what nobody knew then")


async def record_was_for_somebody_else(stage: Stage) -> None:
    """Tablets of another patient: bill and queue are as before they were written down, and the record stays."""
    chart = await stage.seen()
    owed = await stage.owes(chart)
    drug = await stage.prescribed(chart, pieces=15)
    path = f"/api/prescriptions/{drug}"
    form = {"status": "PARTIALLY_DISPENSED", "quantity_dispensed": 5}
    await stage.clinic.act("dispense (part)", PHARMACY, "PUT", path, form)
    said = await refused(marks(stage, OFFICER, chart, "PRESCRIPTION", drug), "outstanding-work")
    expect("DISPENSING" in said, "the refusal does not say what must be marked first")
    (handed,) = await stage.items(PHARMACY, f"{path}/dispenses")
    await marks(stage, PHARMACY, chart, "DISPENSING", handed["id"])
    expect(
        (await stage.clinic.read(PHARMACY, path))["quantity_dispensed"] == 0, "the tablets still count as handed out"
    )
    await refused(marks(stage, LABORATORY, chart, "PRESCRIPTION", drug), "not-your-role")
    visit = (await marks(stage, OFFICER, chart, "PRESCRIPTION", drug))["visit"]
    expect(await stage.owes(chart) == owed, "the patient pays for what was never theirs")
    expect(visit["waiting_at"] == ["CASHIER"], f"the patient waits at {visit['waiting_at']}, not for the cashier alone")
    kept = await stage.clinic.read(OFFICER, path)
    expect(kept["quantity"] == 15 and kept["entered_in_error_reason"] == OF_ANOTHER, "the original is not readable")
    await refused(marks(stage, OFFICER, chart, "PRESCRIPTION", drug), "already-done")


async def marks(stage: Stage, who: Role, chart: Chart, record: str, record_id: str) -> Body:
    form = {"record": record, "record_id": record_id, "reason": OF_ANOTHER}
    return await stage.does(who, chart, "enter_in_error", **form)


UNDOING = (
    Case("somebody goes home too soon", "the visit is opened again as it was", sent_home_too_soon),
    Case(
        "a visit was made for the wrong patient",
        "moved with all its records, one visit at a time",
        visit_was_made_for_the_wrong_patient,
    ),
    Case("somebody is registered twice", "the second registration leads to the first", somebody_is_registered_twice),
    Case("a death is taken back", "by a second person, with what was ordered", death_is_taken_back),
    Case(
        "a record was entered in error",
        "marked, and readable; without effect; the last step first",
        record_was_for_somebody_else,
    ),
    Case("what was known then?", "the result as it was before its correction", somebody_asks_what_was_known),
)
