"""The Temporal UI shows supervisors, and nobody else, what visits carry; each reading is written down."""

import asyncio
import socket
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload

from api.codec import router
from integrations.encryption import KeyringCodec
from integrations.settings import Settings
from models.problems import NotSignedIn, TooMany, Unavailable
from models.staff import Person, Role

SECRET = "Wanjiku has malaria"
UI = "http://127.0.0.1:8233"
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
WEB = Path(__file__).parents[1] / "web"

ACHIENG = Person(id=UUID(int=1), facility_id=UUID(int=9), roles=(Role.SUPERVISOR,))
BARASA = Person(id=UUID(int=2), facility_id=UUID(int=9), roles=(Role.ADMIN,))
CHEBET = Person(id=UUID(int=3), facility_id=UUID(int=9), roles=(Role.CLINICAL_OFFICER,))


@dataclass
class FrontDoor:
    """Lets in three people, whose password is their own name; remembers the readings, or is out of paper."""

    staff: dict[str, Person] = field(default_factory=lambda: {"achieng": ACHIENG, "barasa": BARASA, "chebet": CHEBET})
    readings: list[tuple[Person, str | None, int, str]] = field(default_factory=list)
    out_of_paper: bool = False

    async def sign_in(self, request: Request, user_name: str, password: str) -> tuple[Person, str]:
        if user_name == "too-often":
            raise TooMany("Too many failed sign-ins.", retry_after=60)
        if user_name not in self.staff or password != user_name:
            raise NotSignedIn("User name or password is wrong.")
        return self.staff[user_name], f"token-of-{user_name}"

    async def person_from_token(self, request: Request, token: str) -> Person:
        name = token.removeprefix("token-of-")
        if name not in self.staff or not token.startswith("token-of-"):
            raise NotSignedIn("The sign-in has ended.")
        return self.staff[name]

    async def audit(self, person: Person, address: str | None, count: int, namespace: str) -> None:
        if self.out_of_paper:
            raise Unavailable("The audit log is away.", retry_after=5)
        self.readings.append((person, address, count, namespace))


@pytest.fixture(scope="module")
def door() -> FrontDoor:
    return FrontDoor()


@pytest.fixture(scope="module")
async def address(door: FrontDoor) -> AsyncIterator[str]:
    """An API of nothing but this part, listening."""
    settings = Settings(temporal_ui_url=f"{UI}/")
    app = FastAPI()
    app.include_router(router(door, door.audit, settings, KeyringCodec({"new": NEW, "old": OLD})))
    app.mount("/static", StaticFiles(directory=WEB / "static"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
async def browser(address: str, door: FrontDoor) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser with the Temporal UI open, not signed in."""
    door.readings.clear()
    door.out_of_paper = False
    async with httpx2.AsyncClient(base_url=address, headers={"Origin": UI, "X-Namespace": "clinic"}) as client:
        yield client


async def signed_in(browser: httpx2.AsyncClient, name: str) -> httpx2.Response:
    return await browser.post("/supervision/sign-in", data={"user_name": name, "password": name})


def plain(text: str = SECRET) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=f'"{text}"'.encode())


async def history(key_id: str = "old", key: bytes = OLD) -> dict[str, Any]:
    """Two sealed payloads, as the Temporal UI sends them."""
    sealed = await KeyringCodec({key_id: key}).encode([plain(), plain("second")])
    return {"payloads": [MessageToDict(payload) for payload in sealed]}


def is_problem(response: httpx2.Response, status: int, kind: str) -> bool:
    body = response.json()
    return (
        (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
        and {"title", "detail", "instance"} <= set(body)
        and (body["type"], body["status"]) == (f"/problems/{kind}", status)
    )


@pytest.mark.parametrize("name", ["achieng", "barasa"])
async def test_a_supervisor_reads_what_was_sealed_with_any_key(browser: httpx2.AsyncClient, name: str) -> None:
    await signed_in(browser, name)
    response = await browser.post("/codec/decode?preserveStorageRefs=true", json=await history())
    assert response.status_code == 200
    texts = [b64decode(payload["data"]).decode() for payload in response.json()["payloads"]]
    assert texts == [f'"{SECRET}"', '"second"']
    assert response.json()["payloads"][0]["metadata"] == {"encoding": b64encode(b"json/plain").decode()}
    assert response.headers["cache-control"] == "no-store"


async def test_every_reading_is_written_down_without_what_was_read(
    browser: httpx2.AsyncClient, door: FrontDoor
) -> None:
    await signed_in(browser, "achieng")
    await browser.post("/codec/decode", json=await history())
    assert door.readings == [(ACHIENG, "127.0.0.1", 2, "clinic")]


async def test_nothing_is_read_that_cannot_be_written_down(browser: httpx2.AsyncClient, door: FrontDoor) -> None:
    await signed_in(browser, "achieng")
    door.out_of_paper = True
    response = await browser.post("/codec/decode", json=await history())
    assert is_problem(response, 503, "unavailable")
    assert response.headers["retry-after"] == "5"
    assert b64encode(SECRET.encode()).decode()[:20] not in response.text


async def test_a_message_typed_by_a_supervisor_is_sealed_with_the_current_key(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "achieng")
    response = await browser.post("/codec/encode", json={"payloads": [MessageToDict(plain())]})
    (sealed,) = response.json()["payloads"]
    assert b64decode(sealed["metadata"]["encryption-key-id"]) == b"new"
    again = await browser.post("/codec/decode", json=response.json())
    assert again.json()["payloads"] == [MessageToDict(plain())]


async def test_nothing_to_read_is_answered_with_nothing(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "achieng")
    assert (await browser.post("/codec/decode", json={"payloads": []})).json() == {"payloads": []}


@pytest.mark.parametrize("path", ["/codec/decode", "/codec/encode"])
async def test_whoever_is_not_signed_in_reads_nothing(browser: httpx2.AsyncClient, door: FrontDoor, path: str) -> None:
    response = await browser.post(path, json=await history())
    assert is_problem(response, 401, "not-signed-in")
    assert response.headers["access-control-allow-origin"] == UI
    assert door.readings == []


@pytest.mark.parametrize("token", ["token-of-nobody", "forged"])
async def test_a_forged_or_expired_cookie_opens_nothing(browser: httpx2.AsyncClient, token: str) -> None:
    browser.cookies.set("njia_session", token)
    assert is_problem(await browser.post("/codec/decode", json=await history()), 401, "not-signed-in")


@pytest.mark.parametrize("path", ["/codec/decode", "/codec/encode"])
async def test_who_does_not_supervise_reads_nothing(browser: httpx2.AsyncClient, door: FrontDoor, path: str) -> None:
    browser.cookies.set("njia_session", "token-of-chebet")
    response = await browser.post(path, json=await history())
    assert is_problem(response, 403, "not-your-role")
    assert response.json()["roles"] == ["ADMIN", "SUPERVISOR"]
    assert door.readings == []


async def test_the_command_line_may_bring_a_bearer_token(address: str) -> None:
    async with httpx2.AsyncClient(base_url=address, headers={"Authorization": "Bearer token-of-achieng"}) as terminal:
        response = await terminal.post("/codec/decode", json=await history())
    assert len(response.json()["payloads"]) == 2
    assert "access-control-allow-origin" not in response.headers


async def test_an_unknown_key_is_named_and_nothing_else(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "achieng")
    response = await browser.post("/codec/decode", json=await history("lost", bytes(32)))
    assert is_problem(response, 422, "invalid")
    assert response.json()["errors"] == [{"field": "payloads", "reason": "No payload key is called 'lost'."}]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b"7", b"\xff\xfe", b'{"payloads": 7}', b'{"payloads": [{"data": 5}]}', b"[" * 50_000]
)
async def test_a_body_that_holds_no_payloads_is_refused(browser: httpx2.AsyncClient, body: bytes) -> None:
    await signed_in(browser, "achieng")
    assert is_problem(await browser.post("/codec/decode", content=body), 422, "invalid")


@pytest.mark.parametrize("path", ["/codec/decode", "/codec/encode"])
async def test_the_browser_may_ask_for_the_temporal_ui(browser: httpx2.AsyncClient, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    response = await browser.options(path, headers=asked)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == UI
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["access-control-allow-methods"] == "POST"
    assert {"Content-Type", "X-Namespace"} <= set(response.headers["access-control-allow-headers"].split(", "))


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:8234", "https://127.0.0.1:8233", "http://localhost:8233", "http://evil.example", "null", ""],
)
async def test_no_other_origin_may_read_the_answer(browser: httpx2.AsyncClient, origin: str) -> None:
    await signed_in(browser, "achieng")
    answers = [
        await browser.options("/codec/decode", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
        await browser.post("/codec/decode", headers={"Origin": origin}, json=await history()),
    ]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["vary"] == "Origin"


async def test_signing_in_leaves_a_cookie_that_no_script_and_no_other_site_can_use(
    browser: httpx2.AsyncClient,
) -> None:
    response = await signed_in(browser, "achieng")
    assert (response.status_code, response.headers["location"]) == (303, "/supervision/sign-in")
    cookie = SimpleCookie(response.headers["set-cookie"])["njia_session"]
    assert cookie.value == "token-of-achieng"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert cookie["max-age"] == str(Settings().token_minutes * 60)
    page = await browser.get("/supervision/sign-in")
    assert "You are signed in" in page.text
    assert f'href="{UI}/"' in page.text


@pytest.mark.parametrize(("own_url", "secure"), [("https://njia.example", True), ("http://127.0.0.1:8000", "")])
async def test_the_cookie_stays_on_https_where_the_clinic_has_https(own_url: str, secure: object) -> None:
    app, door = FastAPI(), FrontDoor()
    app.include_router(router(door, door.audit, Settings(public_url=own_url), KeyringCodec({"new": NEW})))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=own_url) as browser:
        response = await signed_in(browser, "achieng")
    assert SimpleCookie(response.headers["set-cookie"])["njia_session"]["secure"] == secure


async def test_signing_out_ends_the_reading(browser: httpx2.AsyncClient) -> None:
    await signed_in(browser, "achieng")
    assert (await browser.post("/supervision/sign-out")).status_code == 303
    assert "njia_session" not in browser.cookies
    assert (await browser.post("/codec/decode", json=await history())).status_code == 401


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("nobody", 401, "User name or password is wrong."),
        ("too-often", 429, "Too many failed sign-ins."),
        ("chebet", 403, "Only supervisors may read visits"),
    ],
)
async def test_a_refused_sign_in_says_why_and_leaves_no_cookie(
    browser: httpx2.AsyncClient, name: str, status: int, said: str
) -> None:
    password = name if name == "chebet" else "wrong"
    response = await browser.post("/supervision/sign-in", data={"user_name": name, "password": password})
    assert response.status_code == status
    assert said in response.text
    assert f'value="{name}"' in response.text
    assert "set-cookie" not in response.headers
    assert (response.headers.get("retry-after") == "60") is (status == 429)


async def test_an_empty_form_is_refused_and_not_an_error(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/supervision/sign-in", data={})).status_code == 401


async def test_what_was_typed_into_the_form_is_never_run(browser: httpx2.AsyncClient) -> None:
    typed = '"><script>alert(1)</script>'
    response = await browser.post("/supervision/sign-in", data={"user_name": typed, "password": "x"})
    assert "<script>" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


async def test_the_page_says_what_it_is_for_and_finds_its_style(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/supervision/sign-in")
    assert page.status_code == 200
    assert 'name="password"' in page.text
    assert "audit log" in page.text
    assert f'href="{UI}/"' in page.text
    assert (await browser.get("/static/njia.css")).headers["content-type"].startswith("text/css")
