"""Whatever is sent, the answer is a clear no that names the field, and nothing is written."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from models.staff import Role
from tests.contract.forms import (
    APPOINTMENT,
    DOSE,
    GENERAL,
    IMMUNIZATIONS,
    METHOD,
    RESULTS,
    ROUTES,
    SERVICE,
    TRIAGE,
    WRITES,
    Write,
)
from tests.walks import PRESCRIPTION, Walk, fresh, new_patient

WRITTEN = """
    select (select count(*) from commands) as commands, (select count(*) from audit_logs) as audit,
           (select count(*) from events) as events, (select count(*) from patients) as patients
"""
BAD: dict[str, Any] = {
    "the NUL character": "a\x00b",
    "half a surrogate pair": "a\ud800b",
    "a text of 20,000 letters": "x" * 20_000,
    "a list": [1],
    "an object in an object": {"a": {"b": 1}},
    "not a number": float("nan"),
    "infinity": float("inf"),
}


@asynccontextmanager
async def nothing_written(walk: Walk) -> AsyncIterator[None]:
    before = await walk.clinic.rows(WRITTEN)
    yield
    assert await walk.clinic.rows(WRITTEN) == before


async def sent(walk: Walk, write: Write, content: bytes, content_type: str = "application/json") -> httpx2.Response:
    """The bytes as they are, from somebody who may send them."""
    desk = await walk.clinic.desk(next(iter(write.roles)))
    headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": fresh(), "Content-Type": content_type}
    return await walk.clinic.http.request(write.method, write.address, content=content, headers=headers)


def named(answer: httpx2.Response, status: int = 422) -> set[str]:
    """The fields that a refusal names, each by its first part."""
    assert answer.status_code == status, answer.text
    assert all(error["reason"] for error in answer.json()["errors"])
    return {error["field"].partition(".")[0] for error in answer.json()["errors"]}


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


DATES: tuple[tuple[Role, str, dict[str, Any], str], ...] = (
    (Role.RECEPTIONIST, "/api/patients", new_patient(age=None), "date_of_birth"),
    (Role.IMMUNIZATION_NURSE, IMMUNIZATIONS, DOSE, "immunization_date"),
    (Role.FAMILY_PLANNING_COUNSELOR, "/api/family-planning/patients/{id}/records", METHOD, "start_date"),
    (Role.MCH_NURSE, "/api/mch-services/patients/{id}/services", SERVICE, "service_date"),
    (Role.RECEPTIONIST, "/api/appointments", {**APPOINTMENT, "patient_id": fresh()}, "appointment_date"),
)


@pytest.mark.parametrize(("who", "path", "form", "field"), DATES)
@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "0000-01-01", "10000-01-01", "30/01/2026", "", "today", -1, 0, 1e20, 86400, "86400", True, "-1"],
)
async def test_a_day_that_is_none_is_refused(
    walk: Walk, who: Role, path: str, form: dict[str, Any], field: str, day: Any
) -> None:
    write = Write("POST", path, {**form, field: day}, frozenset({who}))
    async with nothing_written(walk):
        assert field in named(await sent(walk, write, json.dumps(write.body).encode()))


CHOICES = {
    "immunization_date": ("vaccine_id", "/api/vaccines"),
    "service_date": ("service_id", "/api/mch-services"),
}


async def test_a_dose_or_a_service_is_not_given_tomorrow(walk: Walk) -> None:
    visit = await walk.triaged()
    for who, path, form, field in (d for d in DATES if d[3] in CHOICES):
        chooses, listed = CHOICES[field]
        item = (await walk.does(who, "GET", listed)).json()["items"][0]["id"]
        body = {**form, chooses: item, "visit_id": visit["id"], field: "2099-01-01"}
        async with nothing_written(walk):
            answer = await walk.does(who, "POST", path.replace("{id}", visit["patient_id"]), body)
            assert named(answer) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", "24.9"),
        ("temperature", 45.1),
        ("temperature", "NaN"),
        ("temperature", True),
        ("pulse", "95.5"),
        ("pulse", -1),
        ("pulse", True),
        ("blood_pressure", "140"),
        ("blood_pressure", "90/140"),
        ("blood_pressure", "a/b"),
        ("blood_pressure", "140/90/60"),
        ("blood_pressure", [140, 90]),
        ("spo2_percent", 101),
        ("weight_kg", 0),
        ("height_cm", "inf"),
        ("avpu", "AWAKE"),
        ("mobility", ""),
        ("trauma", "maybe"),
        ("temperature_c", 38),
    ],
)
async def test_a_vital_sign_that_no_body_shows_is_refused(walk: Walk, field: str, value: Any) -> None:
    visit = await walk.registered()
    body = {**TRIAGE, "vital_signs": {**TRIAGE["vital_signs"], field: value}}
    async with nothing_written(walk):
        answer = await walk.does(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
        assert named(answer) == {"vital_signs"}


@pytest.mark.parametrize(
    "results",
    [
        {"hb": float("nan")},
        {"hb": float("-inf")},
        {"hb": [1, 2]},
        {"hb": {"value": 14}},
        {"hb": "x" * 1001},
        {"hb": "a\x00"},
        {"a\x00": 1},
        {"\ud800": 1},
        {"hb": "\udfff"},
        {"": 1},
        {"x" * 101: 1},
        {f"r{n}": n for n in range(101)},
        {},
        [],
        "14.2",
    ],
    ids=lambda results: str(results)[:30].encode("ascii", "backslashreplace").decode(),
)
async def test_results_that_cannot_be_kept_are_refused(walk: Walk, results: Any) -> None:
    visit = await walk.taken_in()
    test = await walk.test_ordered(visit["id"])
    content = json.dumps({"status": "COMPLETED", "results": results}).encode()
    write = Write("PUT", f"/api/lab-requests/{test['id']}", {}, frozenset({Role.LAB_TECHNICIAN}))
    async with nothing_written(walk):
        assert named(await sent(walk, write, content)) <= {"results", "body"}
    assert (await walk.results(test["id"]))["results"] == {"hemoglobin": "14.2"}


async def test_results_of_every_plain_kind_are_kept_as_they_are(walk: Walk) -> None:
    visit = await walk.taken_in()
    test = await walk.test_ordered(visit["id"])
    results = {"hb": 14.2, "wbc": 7500, "big": 10**30, "malaria": False, "note": "C:\\x00 é 😀", "none": None}
    done = await walk.done(
        Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", {**RESULTS, "results": results}
    )
    assert done["results"] == results
    read = await walk.does(Role.LAB_TECHNICIAN, "GET", f"/api/lab-requests/{test['id']}")
    assert read.json()["results"] == results


@pytest.mark.parametrize("quantity", [0, -1, 10_001, 1.5, True, "many", "1_0", 10**40])
async def test_a_quantity_is_a_whole_number_that_a_pharmacy_has(walk: Walk, quantity: Any) -> None:
    visit = await walk.taken_in()
    write = Write("POST", "/api/prescriptions", {}, frozenset({Role.CLINICAL_OFFICER}))
    body = {**PRESCRIPTION, "visit_id": visit["id"], "quantity": quantity}
    async with nothing_written(walk):
        assert named(await sent(walk, write, json.dumps(body).encode())) == {"quantity"}


async def test_words_of_every_language_are_kept(walk: Walk) -> None:
    form = new_patient(first_name="Ngũgĩ 😀", last_name="ወንድሙ", chief_complaint="Maumivu — «kichwa»\n\ttangu jana")
    made = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form)
    assert (made["patient"]["first_name"], made["patient"]["last_name"]) == ("Ngũgĩ 😀", "ወንድሙ")
    assert (await walk.visit(made["visit"]["id"]))["chief_complaint"] == form["chief_complaint"]


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
