"""Whatever is sent, the answer is a clear no that names the field, and nothing is written."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from models.staff import Role
from tests.contract.forms import (
    GENERAL,
    ROUTES,
    WRITES,
    Write,
)
from tests.contract.sending import named, nothing_written, sent
from tests.walks import Walk

BAD: dict[str, Any] = {
    "the NUL character": "a\x00b",
    "half a surrogate pair": "a\ud800b",
    "a text of 20,000 letters": "x" * 20_000,
    "a list": [1],
    "an object in an object": {"a": {"b": 1}},
    "not a number": float("nan"),
    "infinity": float("inf"),
}


@pytest.mark.parametrize("write", ROUTES, ids=lambda write: write.name)
@pytest.mark.parametrize("what", BAD)
async def test_no_field_takes(walk: Walk, write: Write, what: str) -> None:
    async with nothing_written(walk):
        for field in write.body:
            answer = await sent(walk, write, json.dumps({**write.body, field: BAD[what]}).encode())
            assert field in named(answer), answer.text
            assert "xxxx" not in answer.text


@pytest.mark.parametrize("write", GENERAL, ids=lambda write: write.name)
async def test_the_general_door_names_the_wrong_field_too(walk: Walk, write: Write) -> None:
    async with nothing_written(walk):
        for field, bad in ((f, b) for f in write.body if f != "kind" for b in ("a\x00b", [1], float("nan"))):
            answer = await sent(walk, write, json.dumps({**write.body, field: bad}).encode())
            assert any(field in error["field"] for error in answer.json()["errors"]), answer.text
        for kind in ("dance", None, 1, "register_patient"):
            assert (await sent(walk, write, json.dumps({**write.body, "kind": kind}).encode())).status_code == 422


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
async def test_an_unknown_field_is_refused_by_its_name(walk: Walk, write: Write) -> None:
    async with nothing_written(walk):
        answer = await sent(walk, write, json.dumps({**write.body, "colour": "red"}).encode())
        assert any("colour" in error["field"] for error in answer.json()["errors"]), answer.text
        assert answer.status_code == 422


UNREADABLE: dict[str, Callable[[bytes], tuple[bytes, str]]] = {
    "nothing": lambda _: (b"", "application/json"),
    "half an object": lambda body: (body[:-1], "application/json"),
    "bytes that are no text": lambda _: (b'{"notes": "\xff\xfe"}', "application/json"),
    "a list": lambda body: (b"[" + body + b"]", "application/json"),
    "null": lambda _: (b"null", "application/json"),
    "a word": lambda _: (b'"hello"', "application/json"),
    "a number of 5,000 digits": lambda _: (b'{"amount": ' + b"9" * 5000 + b"}", "application/json"),
    "a hundred thousand brackets": lambda _: (b"[" * 100_000, "application/json"),
    "a hundred thousand nested objects": lambda _: (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "application/json"),
    "plain text": lambda body: (body, "text/plain"),
    "a form": lambda _: (b"notes=x", "application/x-www-form-urlencoded"),
    "an upload": lambda _: (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    "XML": lambda _: (b"<notes/>", "application/xml"),
    "no content type": lambda body: (body, ""),
}


@pytest.mark.parametrize("what", UNREADABLE)
async def test_a_body_that_is_no_form_is_refused_at_every_route(walk: Walk, what: str) -> None:
    async with nothing_written(walk):
        for write in (*ROUTES, GENERAL[0]):
            answer = await sent(walk, write, *UNREADABLE[what](json.dumps(write.body).encode()))
            assert named(answer), write.name


@pytest.mark.parametrize("megabytes", [2, 10])
async def test_a_body_larger_than_a_form_can_be_is_not_read(walk: Walk, megabytes: int) -> None:
    letters = b"x" * (megabytes * 1024 * 1024)
    async with nothing_written(walk):
        for write in (ROUTES[0], GENERAL[0]):
            announced = await sent(walk, write, b'{"notes": "' + letters + b'"}')
            assert (announced.status_code, announced.json()["type"]) == (413, "/problems/too-large")
        desk = await walk.clinic.desk(Role.RECEPTIONIST)
        headers = {"Authorization": f"Bearer {desk.token}", "Content-Type": "application/json"}

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(megabytes * 16):
                yield letters[: 64 * 1024]

        streamed = await walk.clinic.http.request("POST", "/api/patients", content=pieces(), headers=headers)
        assert (streamed.status_code, streamed.json()["type"]) == (413, "/problems/too-large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/patients", 405),
        ("PATCH", "/api/visits", 405),
        ("GET", "/api/visits/", 404),
        ("GET", "/api/visits/1", 422),
        ("GET", "/api/queues/KITCHEN", 422),
        ("GET", "/api/patients/%00", 422),
        ("PUT", "/api/prices/%00", 422),
        ("PUT", f"/api/prices/{'x' * 201}", 422),
    ],
)
async def test_a_wrong_address_is_a_problem_too(open_clinic: Any, method: str, path: str, status: int) -> None:
    """Asked without the description, which knows no such address."""
    desk = await open_clinic.desk(Role.ADMIN)
    body = {"name": "Bandage", "amount": "1"} if method == "PUT" else None
    answer = await desk.ask(method, path, body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize(("name", "password"), [("a\x00", "b"), ("x" * 10_000, "y"), ("cashier", "z" * 100_000)])
async def test_a_sign_in_with_nonsense_is_refused(walk: Walk, name: str, password: str) -> None:
    if name == "cashier":
        name = "cashier\x00"
    answer = await walk.clinic.http.post("/api/auth/token", data={"username": name, "password": password})
    assert answer.status_code in (401, 422)


async def test_a_sign_in_that_is_no_form_is_refused(walk: Walk) -> None:
    for content, content_type in ((b"{}", "application/json"), (b"", ""), (b"--x\r\n\r", "multipart/form-data")):
        answer = await walk.clinic.http.post("/api/auth/token", content=content, headers={"Content-Type": content_type})
        assert answer.status_code == 422
