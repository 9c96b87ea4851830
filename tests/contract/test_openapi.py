"""Every operation of the OpenAPI document, asked with what fits it and with what does not, answers as described.

What is asked is made up by schemathesis. It is sent at a facility of its own, from an address of its own, so that no
other test notices.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.config import GenerationConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from activities.seed import add_facility_and_admin, seed
from api.app import create_app
from models.staff import Role
from tests.clinic import QUICK, WholeClinic
from tests.contract.explorer import AnyCase, Explorer
from tests.walks import fresh

BOUNDARIES, EXAMPLES = 12, 3
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
PASSWORD = "nyota-ya-nakuru"
ADDRESS = ("10.20.30.40", 5060)


@pytest.fixture(scope="module")
async def explorer(open_clinic: WholeClinic) -> AsyncIterator[Explorer]:
    """Somebody who holds every role at a facility with patients and lists."""
    name = f"nakuru_{fresh()[:8]}"
    elsewhere = open_clinic.settings.model_copy(update={"facility_code": name, "facility_name": "Nakuru"})
    await add_facility_and_admin(elsewhere, name, "Chebet Rono", PASSWORD, tuple(Role), QUICK)
    await seed(elsewhere, QUICK)
    transport = httpx2.ASGITransport(create_app(open_clinic.clinic), raise_app_exceptions=False, client=ADDRESS)
    async with httpx2.AsyncClient(transport=transport, base_url="http://clinic", timeout=30) as http:
        answer = await http.post("/api/auth/token", data={"username": name, "password": PASSWORD})
        explorer = Explorer(http, answer.json()["access_token"], asyncio.get_running_loop())
        await explorer.prepare(visits=6)
        yield explorer


@pytest.fixture(scope="module")
def schema(open_clinic: WholeClinic) -> BaseSchema:
    return schemathesis.openapi.from_dict(create_app(open_clinic.clinic).openapi())


def failures(explorer: Explorer, cases: Iterator[AnyCase]) -> list[str]:
    found = []
    for case in cases:
        try:
            explorer.explore(case, CHECKS)
        except FailureGroup as group:
            found.append(f"{case.operation.label}: {group}")
    return found


def operations(schema: BaseSchema) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    for operation in schema.get_all_operations():
        assert isinstance(operation, Ok)
        yield operation.ok()


def covering(schema: BaseSchema) -> Iterator[AnyCase]:
    """The boundaries of each field, kept and crossed: of each operation's cases so many, evenly, always the same."""
    for operation in operations(schema):
        cases = list(
            schema.iter_coverage_cases(
                operation, generation_modes=list(GenerationMode), generation_config=GenerationConfig()
            )
        )
        yield from cases[:: max(1, len(cases) // BOUNDARIES)]


async def test_every_boundary_of_every_field_is_answered_as_described(explorer: Explorer, schema: BaseSchema) -> None:
    next(iter(covering(schema)))  # imports here what two threads must not parse at once (Python 3.11)
    found = await asyncio.to_thread(failures, explorer, covering(schema))
    assert not found, "\n\n".join(found)
    assert {asked for asked, _ in explorer.statuses} == {operation.label for operation in operations(schema)}


def made_up(schema: BaseSchema, mode: GenerationMode, found: list[str], explorer: Explorer) -> None:
    """Whatever hypothesis thinks of, the same at every run."""
    for operation in operations(schema):

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: AnyCase) -> None:
            found.extend(failures(explorer, iter([case])))

        with suppress(Unsatisfiable):  # what takes nothing can be asked nothing wrong
            ask()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name)
async def test_what_nobody_thought_of_is_answered_as_described(
    explorer: Explorer, schema: BaseSchema, mode: GenerationMode
) -> None:
    found: list[str] = []
    await asyncio.to_thread(made_up, schema, mode, found, explorer)
    assert not found, "\n\n".join(found)
