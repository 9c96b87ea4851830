"""Money that is not there yet, and payers who have not answered yet, where everything is paid first."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from activities.coverage import Answer, Coverages
from api.app import create_app
from integrations.database import writing_pool
from models.claims import Cover
from models.staff import Role
from tests.clinic import eventually, whole_clinic
from tests.money.purse import CASHIER, OFFICER, Purse, Shown, must_pay
from tests.money.test_gates import consulted
from tests.services.harness import Sandbox, sandbox_of, serving
from tests.walks import Walk
from workers.recovery import owed_runs, reading, recover
from workflows import coverage

SILENT = "0799000404"


@pytest.fixture(scope="module")
async def line() -> AsyncIterator[Sandbox]:
    async with sandbox_of(sandbox_seconds=0.2) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
async def till(strict_policy: Path, line: Sandbox) -> AsyncIterator[Purse]:
    """A clinic that takes its money first, and that M-Pesa can call."""
    door = socket.create_server(("127.0.0.1", 0))
    callbacks = f"http://127.0.0.1:{door.getsockname()[1]}"
    port = line.settings.sandbox_port
    async with (
        whole_clinic(policy=strict_policy, sandbox_port=port, mpesa_callback_url=callbacks) as clinic,
        serving(create_app(clinic.clinic), door),
        clinic.worker(),
    ):
        yield Purse(clinic, Walk(clinic))


async def until_open(till: Purse, visit: Shown) -> None:
    async def is_open() -> bool:
        return not (await till.visit(visit))["gated"]

    await eventually(is_open, 60)


async def test_a_deposit_by_phone_opens_the_gate_when_it_is_true(till: Purse) -> None:
    visit = await consulted(till)
    test = await till.walk.test_ordered(visit["id"])
    form = {"amount": "500", "payment_type": "MPESA"}
    pending = await till.acts(CASHIER, visit, "take_deposit", **form)
    assert (pending["status"], pending["visit"]["gated"]) == ("PENDING", True)
    await until_open(till, visit)
    assert (await till.reports(test)).status_code == 200
    await till.stands(visit, paid=800, deposited=800, owed=0)


async def test_a_prompt_that_nobody_answers_opens_nothing(till: Purse) -> None:
    visit = await consulted(till)
    test = await till.walk.test_ordered(visit["id"])
    form = {"amount": "500", "payment_type": "MPESA", "phone_number": SILENT}
    await till.acts(CASHIER, visit, "take_deposit", **form)
    assert must_pay(await till.reports(test)) == "payment of KES 500.00 before the test"
    await till.stands(visit, paid=300, owed=500)


async def test_a_payer_who_says_no_closes_the_gates_that_its_silence_held_open(till: Purse, line: Sandbox) -> None:
    await line.breaks("sha", "down")
    visit = await till.walk.seen(payment_type="SHA", insurance_type="SHA", national_id="TEST-000000402")
    first = await till.walk.test_ordered(visit["id"])
    assert not first["visit"]["gated"]
    assert (await till.reports(first)).status_code == 200
    second = await till.walk.test_ordered(visit["id"])
    await line.mend("sha")

    async def is_closed() -> bool:
        return bool((await till.visit(visit))["gated"])

    await eventually(is_closed, 90)
    assert must_pay(await till.reports(second)) == "payment of KES 1300.00 before the test"
    invoice = {"visit_id": visit["id"], "sha_number": "SHA000000001-1", "service_given": "Tests"}
    await till.walk.done(CASHIER, "POST", "/api/sha-invoices", invoice)
    assert (await till.reports(second)).status_code == 200
    await till.stands(visit, covered=1300, owed=0)


async def test_an_answer_that_the_visit_did_not_hear_is_asked_for_again(till: Purse, line: Sandbox) -> None:
    """The worker died between writing it down and telling the visit, and the Temporal server lost the run."""
    await line.breaks("sha", "down")
    visit = await till.walk.seen(payment_type="SHA", insurance_type="SHA", national_id="TEST-000001402")
    test = await till.walk.test_ordered(visit["id"])
    assert not test["visit"]["gated"]
    run, id = coverage.workflow_id(UUID(visit["id"])), UUID(visit["id"])
    client, settings = till.clinic.clinic.temporal, till.clinic.settings
    await client.get_workflow_handle(run).terminate("lost")
    async with writing_pool(settings, size=2) as pool:
        assert await Coverages(pool).answer(Answer(visit_id=id, cover=Cover(is_found=True))) == "INACTIVE"
    async with reading(settings) as db:
        assert run in {one.id for one in await owed_runs(db)}
    await line.mend("sha")
    await recover(client, settings)

    async def is_closed() -> bool:
        return bool((await till.visit(visit))["gated"])

    await eventually(is_closed, 90)
    async with reading(settings) as db:
        assert run not in {one.id for one in await owed_runs(db)}


async def test_a_payer_who_says_yes_closes_nothing(till: Purse) -> None:
    visit = await till.walk.triaged(payment_type="SHA", insurance_type="SHA")

    async def is_answered() -> bool:
        answer = await till.walk.does(Role.RECEPTIONIST, "GET", f"/api/visits/{visit['id']}/coverage")
        return bool(answer.json().get("status") == "ACTIVE")

    await eventually(is_answered, 60)
    taken = await till.walk.does(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    assert (taken.status_code, taken.json()["gated"]) == (200, False)
