"""Who may do and read what: the right role may, every other is told who may, and nobody without signing in."""

from uuid import uuid4

import httpx2
import pytest

from api.app import create_app
from models.staff import CLINICAL, SUPERVISING, Role
from tests.clinic import WholeClinic
from tests.contract.forms import ADMIN, GENERAL, KINDS, ROUTES, WRITES, Write, only
from tests.walks import Walk

EVERYBODY = frozenset(Role)
RECORDS = CLINICAL | {Role.SUPERVISOR}

CLAIMS = only(Role.CASHIER, Role.RECEPTIONIST, Role.SUPERVISOR, Role.ADMIN)

READS = {
    "/api/me": EVERYBODY,
    "/api/patients": EVERYBODY,
    "/api/patients/{id}": EVERYBODY,
    "/api/patients/{id}/merges": EVERYBODY,
    "/api/patients/{id}/moved-records": RECORDS,
    "/api/visits": EVERYBODY,
    "/api/visits/{id}": EVERYBODY,
    "/api/visits/{id}/bill": EVERYBODY,
    "/api/visits/{id}/timeline": EVERYBODY,
    "/api/visits/{id}/position": EVERYBODY,
    "/api/queues/{station}": EVERYBODY,
    "/api/visits/{id}/actions": EVERYBODY,
    "/api/supervision/views": SUPERVISING,
    "/api/supervision/visits": SUPERVISING,
    "/api/supervision/flow": SUPERVISING,
    "/api/queues/{station}/service-times": EVERYBODY,
    "/api/commands/{id}": EVERYBODY,
    "/api/prices": EVERYBODY,
    "/api/vaccines": EVERYBODY,
    "/api/family-planning-methods": EVERYBODY,
    "/api/mch-services": EVERYBODY,
    "/api/payments": EVERYBODY,
    "/api/payments/{id}": EVERYBODY,
    "/api/payments/{id}/receipt": EVERYBODY,
    "/api/waivers": EVERYBODY,
    "/api/waivers/{id}": EVERYBODY,
    "/api/refunds": EVERYBODY,
    "/api/refunds/{id}": EVERYBODY,
    "/api/break-glasses": EVERYBODY,
    "/api/break-glasses/{id}": EVERYBODY,
    "/api/cashier/day": only(Role.CASHIER, Role.SUPERVISOR, Role.ADMIN),
    "/api/sha-invoices": EVERYBODY,
    "/api/sha-invoices/{id}": EVERYBODY,
    "/api/appointments": EVERYBODY,
    "/api/appointments/{id}": EVERYBODY,
    "/api/patient-encounters": RECORDS,
    "/api/patient-encounters/{id}": RECORDS,
    "/api/diagnoses": RECORDS,
    "/api/diagnoses/{id}": RECORDS,
    "/api/prescriptions": RECORDS,
    "/api/prescriptions/{id}": RECORDS,
    "/api/prescriptions/patient/{id}": RECORDS,
    "/api/prescriptions/{id}/dispenses": RECORDS,
    "/api/medication-dispenses": RECORDS,
    "/api/medication-dispenses/{id}": RECORDS,
    "/api/allergies": RECORDS,
    "/api/allergies/{id}": RECORDS,
    "/api/patients/{id}/allergies": RECORDS,
    "/api/medicines": EVERYBODY,
    "/api/stock": RECORDS | ADMIN,
    "/api/stock/movements": RECORDS | ADMIN,
    "/api/lab-requests": RECORDS,
    "/api/lab-requests/{id}": RECORDS,
    "/api/lab-worklist": RECORDS,
    "/api/lab-tests": EVERYBODY,
    "/api/critical-notices": RECORDS,
    "/api/critical-notices/{id}": RECORDS,
    "/api/obligations": RECORDS,
    "/api/obligations/{id}": RECORDS,
    "/api/visits/{id}/referrals": RECORDS,
    "/api/referrals": RECORDS,
    "/api/referrals/{id}": RECORDS,
    "/api/immunizations": RECORDS,
    "/api/immunizations/{id}": RECORDS,
    "/api/immunization/patients/{id}/immunizations": RECORDS,
    "/api/immunization/patients/{id}/reactions": RECORDS,
    "/api/immunization/patients/{id}/schedule": RECORDS,
    "/api/visits/{id}/family": EVERYBODY,
    "/api/family-planning-records": RECORDS,
    "/api/family-planning-records/{id}": RECORDS,
    "/api/family-planning/patients/{id}/records": RECORDS,
    "/api/mch-records": RECORDS,
    "/api/mch-records/{id}": RECORDS,
    "/api/mch-services/patients/{id}/services": RECORDS,
    "/api/insurers": EVERYBODY,
    "/api/insurer-invoices": EVERYBODY,
    "/api/insurer-invoices/{id}": EVERYBODY,
    "/api/visits/{id}/coverage": EVERYBODY,
    "/api/claims": CLAIMS,
    "/api/claims/{id}": CLAIMS,
    "/api/tasks": EVERYBODY,
    "/api/tasks/{id}": EVERYBODY,
    "/api/supervision/handovers": only(Role.SUPERVISOR, Role.ADMIN),
    "/api/audit-logs": only(Role.SUPERVISOR),
    "/api/supervision/differences": only(Role.SUPERVISOR, Role.ADMIN),
    "/api/staff": ADMIN,
    "/api/staff/{id}": ADMIN,
}
"""Every read of the contract, and who may."""

OPEN_TO_ALL = {("POST", "/api/auth/token"), ("GET", "/healthz"), ("GET", "/metrics")}
EVERYBODYS_OWN = {("PUT", "/api/me/password"), ("POST", "/api/tasks/{id}/actions")}
"""Whoever's it is may: one's own password, a task of one's role."""


def addressed(path: str) -> str:
    return path.replace("{id}", str(uuid4())).replace("{station}", "TRIAGE")


async def test_every_route_of_the_clinic_is_tested_here(checked_clinic: WholeClinic) -> None:
    document = create_app(checked_clinic.clinic).openapi()
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    tested = {("GET", path) for path in READS} | {(w.method, w.path) for w in WRITES}
    assert described == tested | OPEN_TO_ALL | EVERYBODYS_OWN
    door = document["paths"]["/api/visits/{id}/actions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(door["discriminator"]["mapping"]) == set(KINDS)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
async def test_an_action_is_for_its_roles_only(walk: Walk, write: Write) -> None:
    for role in Role:
        answer = await walk.does(role, write.method, write.address, write.body)
        if role in write.roles:
            assert answer.status_code not in (401, 403, 422), answer.text
        else:
            refused(answer, write.roles)
    await nobody_unsigned(walk, write.method, write.address)


@pytest.mark.parametrize(("path", "readers"), READS.items())
async def test_a_record_is_read_by_its_readers_only(walk: Walk, path: str, readers: frozenset[Role]) -> None:
    for role in Role:
        answer = await walk.does(role, "GET", f"{addressed(path)}?visit_id={uuid4()}")
        if role in readers:
            assert answer.status_code in (200, 404), answer.text
        else:
            refused(answer, readers)
    await nobody_unsigned(walk, "GET", addressed(path))


def refused(answer: httpx2.Response, roles: frozenset[Role]) -> None:
    """403, with the roles that may named for people and for programs."""
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-your-role"), answer.text
    assert set(answer.json()["roles"]) == roles
    assert all(role in answer.json()["detail"] for role in roles)


async def nobody_unsigned(walk: Walk, method: str, path: str) -> None:
    """Neither without a token nor with one that is none."""
    for headers in ({}, {"Authorization": "Bearer none"}):
        answer = await walk.clinic.http.request(method, path, headers=headers, json={} if method != "GET" else None)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-signed-in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_kind_has_a_form() -> None:
    assert len(GENERAL) == len(KINDS)
    assert len({write.name for write in ROUTES}) == len(ROUTES)
