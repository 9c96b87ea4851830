"""A supervisor's way in a browser: sign in, find who is late, read why, and free the visit."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from activities.records import TEMPORAL_UI
from api.app import create_app
from models.staff import Role
from tests.browser import Browser, browsing
from tests.clinic import WholeClinic, eventually
from tests.supervising.test_views import late
from tests.waiting.ward import Ward
from workflows.freeing import FREEING

IMAGES = Path(__file__).parents[2] / "docs" / "images"
GLASSES = """
    if (location.origin === "{ui}") {{
        localStorage.setItem("endpoint", JSON.stringify("{own}/codec"));
        localStorage.setItem("includeCredentials", "true");
        localStorage.setItem("overrideRemoteCodecConfiguration", "true");
    }}
"""
"""What the glasses at the top of the Temporal UI keep, once per browser."""

FRAMES = "[...document.querySelectorAll('iframe')].map(f => f.contentDocument?.body?.innerText ?? '').join()"
OPTIONS = "[...document.querySelectorAll('dialog[open] [role=option]')]"
EDITOR = "[...document.querySelectorAll('dialog[open] .cm-content')]"


@pytest.fixture
async def browser(ward: Ward, tmp_path: Path) -> AsyncIterator[Browser]:
    """At the clinic's API, which listens."""
    config = uvicorn.Config(create_app(ward.clinic.clinic), log_level="warning", ws="none", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", ward.clinic.settings.port)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with browsing(tmp_path / "profile") as browser:
            yield browser
        server.should_exit = True
        await serving


async def signed_in(browser: Browser, clinic: WholeClinic) -> None:
    settings = clinic.settings
    await browser.on_every_page(GLASSES.format(ui=settings.ui_url, own=settings.own_url))
    await browser.open(f"{settings.own_url}/supervision/sign-in")
    await browser.shows("User name")
    await browser.fill("#user_name", "supervisor")
    await browser.fill("#password", settings.demo_password.get_secret_value())
    await browser.press("Sign in")
    await browser.shows("You are signed in", "Ready-made views")


async def opened(browser: Browser, ward: Ward, visit: dict[str, Any]) -> None:
    """From the list to the visit's details."""

    async def is_listed() -> bool:
        return "OVERDUE" in await ward.attention(visit)

    await eventually(is_listed)
    await browser.press("Late")
    await browser.shows("Workflows")
    await browser.press(f"visit-{visit['id']}")
    await browser.press("User Metadata")


async def says(browser: Browser, *words: str) -> None:
    """Wait until the details, which stand in frames of their own, say all of it."""

    async def is_said() -> bool:
        said = str(await browser.run(FRAMES))
        return all(word in said for word in words)

    await eventually(is_said)


async def offers_all(browser: Browser) -> bool:
    """Whether each signal that frees a visit may be chosen, with its description."""
    offered = [" ".join(entry.split()) for entry in await browser.run(f"{OPTIONS}.map(e => e.innerText)")]
    return {f"{one.kind} {one.description}" for one in FREEING.values()} <= set(offered)


async def send(browser: Browser, name: str, data: str, picture: Path | None = None) -> None:
    await browser.press("More Actions")
    await browser.press("Send a Signal")
    await browser.shows("Signal name")
    await browser.run("document.querySelector('dialog[open] [data-testid=signal-select-button]').click()")
    await eventually(lambda: offers_all(browser))
    if picture:
        await browser.photograph(picture)
    await browser.run(f"{OPTIONS}.find(e => e.innerText.trim().startsWith('{name}')).click()")

    async def is_typed() -> bool:
        return bool(await browser.run(f"{EDITOR}.some(e => e.innerText.includes({json.dumps(data)}))"))

    await browser.run(f"{EDITOR}.at(-1).focus()")
    await browser.type(data)
    await eventually(is_typed)
    await browser.press("Submit")


async def test_a_supervisor_finds_a_late_visit_reads_why_and_frees_it(
    ward: Ward, browser: Browser, tmp_path: Path
) -> None:
    visit = await late(ward)
    await signed_in(browser, ward.clinic)
    await opened(browser, ward, visit)
    await says(browser, f"{visit['op_number']} is triaged", "Late: consultation was due at", "by a clinical officer")
    await browser.photograph(tmp_path / "late-visit.png")

    await send(browser, "release_patient", '"CASHIER"', tmp_path / "send-a-signal.png")

    async def is_refused() -> bool:
        return "was refused at" in await ward.words(visit)

    await eventually(is_refused)
    await browser.reload()
    await says(browser, "was refused at", "does not wait at CASHIER but at CONSULTATION")
    await browser.photograph(tmp_path / "refused-signal.png")

    await send(browser, "patient_left", '"Nobody has seen them since noon"')

    async def has_left() -> bool:
        return bool((await ward.walk.visit(visit["id"]))["status"] == "LEFT_WITHOUT_BEING_SEEN")

    await eventually(has_left)
    done = await ward.walk.does(Role.SUPERVISOR, "GET", f"/api/visits/{visit['id']}/timeline")
    assert done.json()["items"][-1]["actor_id"] == str(TEMPORAL_UI)
    for picture in tmp_path.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
        if os.environ.get("RENEW_PICTURES"):
            picture.replace(IMAGES / picture.name)
