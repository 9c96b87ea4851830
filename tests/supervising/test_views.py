"""Ready-made views of the Temporal UI: the server understands each, and a browser shows the visits that are in it."""

import asyncio
import os
from pathlib import Path
from shutil import which
from typing import Any
from uuid import UUID

import pytest

from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.waiting.ward import Ward
from tests.walks import Walk
from workflows.approval import workflow_id as approval_run
from workflows.call_back import workflow_id as call_run
from workflows.claim import workflow_id as claim_run

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PNG = b"\x89PNG"
A_MINUTE = 60


async def views(walk: Walk) -> dict[str, dict[str, Any]]:
    answer = await walk.done(Role.SUPERVISOR, "GET", "/api/supervision/views")
    return {one["name"]: one for one in answer["items"]}


async def found(clinic: WholeClinic, query: str) -> set[str]:
    return {run.id.removeprefix("visit-") async for run in clinic.clinic.temporal.list_workflows(query)}


async def late(ward: Ward) -> dict[str, Any]:
    """An emergency whom no clinician has seen in time."""
    visit = await ward.walk.registered()
    await ward.triage(visit, vital_signs={"avpu": "UNRESPONSIVE"}, incomplete=True)
    await ward.skipper.fast_forward(ward.run(visit), 2 * A_MINUTE)

    async def is_said() -> bool:
        return "OVERDUE" in await ward.attention(visit)

    await eventually(is_said)
    return visit


async def test_the_server_understands_every_view(walk: Walk, open_clinic: WholeClinic) -> None:
    for view in (await views(walk)).values():
        await found(open_clinic, view["query"])


async def test_each_visit_is_in_the_views_that_are_for_it(ward: Ward) -> None:
    visit, calm = await late(ward), await ward.walk.triaged("NORMAL")
    shown = await views(ward.walk)

    async def stand_there() -> bool:
        wanted = ("Late", "Due soon", "Emergencies not seen", "Something is wrong", "At consultation")
        lists = {name: await found(ward.clinic, shown[name]["query"]) for name in wanted}
        is_there = all(visit["id"] in ids for ids in lists.values())
        elsewhere = [name for name, ids in lists.items() if calm["id"] in ids]
        return is_there and elsewhere == ["At consultation"]

    await eventually(stand_there)


async def finds(clinic: WholeClinic, query: str, *ids: str) -> None:
    """Wait until the list has them all; it may be a moment behind."""

    async def are_listed() -> bool:
        return set(ids) <= await found(clinic, query)

    await eventually(are_listed)


async def test_patients_are_in_the_view_of_where_they_are(walk: Walk, open_clinic: WholeClinic) -> None:
    arrived, inside = await walk.registered(), await walk.taken_in()
    tested, owing, cleared = await walk.taken_in(), await walk.seen(), await walk.seen()
    await walk.test_ordered(tested["id"])
    await walk.encounter(tested["id"])
    await walk.paid(cleared["id"])
    shown = await views(walk)
    lists = {
        "At triage": arrived,
        "With the clinician": inside,
        "At laboratory": tested,
        "At cashier": owing,
        "Ready to go home": cleared,
    }
    for name, visit in lists.items():
        await finds(open_clinic, shown[name]["query"], visit["id"])
        others = {one["id"] for one in lists.values()} - {visit["id"]}
        assert not others & await found(open_clinic, shown[name]["query"]), name


async def test_what_runs_beside_visits_is_in_the_view_of_whoever_decides(walk: Walk, open_clinic: WholeClinic) -> None:
    visit, gone = await walk.seen(), await walk.triaged("URGENT")
    form = {"kind": "request_waiver", "amount": "300.00", "reason": "No income"}
    waiver = await walk.done(Role.CASHIER, "POST", f"/api/visits/{visit['id']}/actions", form)
    form = {"kind": "patient_left", "notes": "Not in the waiting room"}
    await walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{gone['id']}/actions", form)
    called = (await walk.visit(gone["id"]))["departure"]["call_back"]
    shown = await views(walk)
    await finds(open_clinic, shown["Waivers, refunds, opened gates"]["query"], approval_run(UUID(waiver["id"])))
    await finds(open_clinic, shown["Calls to who has left"]["query"], call_run(UUID(called["id"])))


async def test_a_claim_on_paper_waits_for_a_clerk(walk: Walk, open_clinic: WholeClinic) -> None:
    visit = await walk.seen(payment_type="INSURANCE", insurance_type="INSURANCE")
    body = {"visit_id": visit["id"], "diagnosis_code": "B54", "diagnosis_name": "Malaria, unspecified"}
    await walk.done(Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", body)
    listed = (await walk.does(Role.CASHIER, "GET", "/api/insurers")).json()["items"]
    insurer = next(one["id"] for one in listed if one["code"] == "MFANO-PAPER")
    form = {"kind": "bill_insurer", "insurer_id": insurer, "member_number": "M-77001"}
    await walk.done(Role.CASHIER, "POST", f"/api/visits/{visit['id']}/actions", form)
    claims: list[dict[str, Any]] = []

    async def is_there() -> bool:
        claims[:] = (await walk.does(Role.CASHIER, "GET", f"/api/claims?visit_id={visit['id']}")).json()["items"]
        return bool(claims)

    await eventually(is_there)
    query = (await views(walk))["Claims that wait for a clerk"]["query"]
    await finds(open_clinic, query, claim_run(UUID(claims[0]["id"])))


async def photographed(url: str, target: Path) -> str:
    """The page as headless Chromium draws it, and what stands on it."""
    chromium = which("chromium")
    assert chromium, "browser tests need Debian's chromium"
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1400,700"]
    wait = ["--virtual-time-budget=20000", f"--user-data-dir={target.parent / 'profile'}"]
    said = ""
    for what in (f"--screenshot={target}", "--dump-dom"):
        process = await asyncio.create_subprocess_exec(
            chromium,
            *flags,
            *wait,
            what,
            url,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await asyncio.wait_for(process.communicate(), A_MINUTE)
        said += out.decode(errors="replace")
    return said


@pytest.mark.parametrize("name", ["Late", "Emergencies not seen"])
async def test_the_link_of_a_view_opens_the_list_in_a_browser(ward: Ward, tmp_path: Path, name: str) -> None:
    visit = await late(ward)
    view = (await views(ward.walk))[name]

    async def is_listed() -> bool:
        return visit["id"] in await found(ward.clinic, view["query"])

    await eventually(is_listed)
    picture = tmp_path / "view.png"
    page = await photographed(view["url"], picture)
    assert f"visit-{visit['id']}" in page
    assert picture.read_bytes().startswith(PNG)
    if os.environ.get("RENEW_PICTURES"):
        picture.replace(IMAGES / f"{name.lower().replace(' ', '-')}.png")
