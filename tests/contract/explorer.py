"""Sends what schemathesis makes up to the application, with ids that exist where what was made up is right."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import uuid4

import httpx2
import requests
from schemathesis import Case
from schemathesis.checks import CheckFunction

from tests.contract.forms import APPOINTMENT, LAB, TRIAGE
from tests.walks import PRESCRIPTION, new_patient

AnyCase: TypeAlias = Case[Any]

KNOWN_BY_PATH = {
    "/api/visits/{id}": "visit",
    "/api/prescriptions/patient/{id}": "patient",
    "/api/prescriptions/{id}": "prescription",
    "/api/lab-requests/{id}": "test",
    "/api/appointments/{id}": "appointment",
    "/api/staff/{id}": "staff",
    "patients/{id}": "patient",
}
KNOWN_BY_FIELD = {
    "visit_id": "visit",
    "vaccine_id": "vaccine",
    "method_id": "method",
    "service_id": "service",
    "prescription_id": "prescription",
    "lab_request_id": "test",
    "test_type": "code",
    "medication_name": "drug",
}


@dataclass
class Explorer:
    """Somebody who may do everything. `ask` and `explore` are for a thread that is not the application's."""

    http: httpx2.AsyncClient
    token: str
    loop: asyncio.AbstractEventLoop
    known: dict[str, Iterator[str]] = field(default_factory=dict)
    statuses: set[tuple[str, int]] = field(default_factory=set)

    @property
    def signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        key = {"Idempotency-Key": str(uuid4())}
        answer = await self.http.request(method, path, headers=self.signed | key, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def prepare(self, visits: int) -> None:
        """Visits with something open on each, and an entry of each list."""
        made: dict[str, list[str]] = {name: [] for name in ("visit", "patient", "prescription", "test", "appointment")}
        for _ in range(visits):
            arrival = await self.send("POST", "/api/patients", new_patient())
            visit, patient = arrival["visit"]["id"], arrival["patient"]["id"]
            await self.send("PUT", f"/api/visits/{visit}", TRIAGE)
            await self.send("PUT", f"/api/visits/{visit}", {"status": "IN_CONSULTATION"})
            drug = await self.send("POST", "/api/prescriptions", {**PRESCRIPTION, "visit_id": visit})
            test = await self.send("POST", "/api/lab-requests", {**LAB, "visit_id": visit})
            booked = await self.send("POST", "/api/appointments", {**APPOINTMENT, "patient_id": patient})
            for name, record in zip(made, (visit, patient, drug["id"], test["id"], booked["id"]), strict=True):
                made[name].append(record)
        for name, path in (("vaccine", "vaccines"), ("method", "family-planning-methods"), ("service", "mch-services")):
            made[name] = [item["id"] for item in (await self.send("GET", f"/api/{path}"))["items"]]
        newcomer = {"user_name": f"p-{uuid4().hex}", "full_name": "P", "roles": ["CASHIER"], "password": "x" * 12}
        made |= {"staff": [(await self.send("POST", "/api/staff", newcomer))["id"]]}
        made |= {"code": ["BLOOD_TEST", "HB"], "drug": ["Paracetamol", "ORS"]}
        self.known = {name: itertools.cycle(ids) for name, ids in made.items()}

    def ask(self, case: AnyCase) -> httpx2.Response:
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://clinic")).prepare()
        sent = {name: str(value) for name, value in prepared.headers.items()}
        content = prepared.body if isinstance(prepared.body, bytes) else str(prepared.body or "").encode()
        asked = self.http.request(str(prepared.method), str(prepared.url), headers=sent | self.signed, content=content)
        return asyncio.run_coroutine_threadsafe(asked, self.loop).result(timeout=30)

    def explore(self, case: AnyCase, checks: list[CheckFunction]) -> None:
        """Raise FailureGroup where the answer is not as described."""
        if case.meta is None or case.meta.generation.mode.is_positive:
            self.make_real(case)
        answer = self.ask(case)
        self.statuses.add((case.operation.label, answer.status_code))
        case.validate_response(answer, checks=checks, headers=self.signed)

    def make_real(self, case: AnyCase) -> None:
        """What is right in form is made to be about somebody who is there."""
        found = next((name for part, name in KNOWN_BY_PATH.items() if part in case.path), None)
        if found and "id" in case.path_parameters:
            case.path_parameters = {**case.path_parameters, "id": next(self.known[found])}
        if isinstance(case.body, dict):
            named = KNOWN_BY_FIELD.keys() & case.body.keys()
            body = {**case.body, **{field: next(self.known[KNOWN_BY_FIELD[field]]) for field in named}}
            if "visit_id" in body:
                body.pop("patient_id", None)
            case.body = body
