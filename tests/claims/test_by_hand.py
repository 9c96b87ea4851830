"""Payers that no computer reaches: each step is a task for the clerk; and NHIF, which has ended."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from models.actions import BillInsurer
from models.actions.base import Case
from models.catalogue import Known
from models.paying import PaymentType
from models.problems import Conflict
from models.staff import Person, Role
from models.visit import Visit
from tests.claims.conftest import Counter
from tests.clinic import eventually
from workflows.claim import workflow_id

NHIF_ADVICE = "/api/sha-invoices"


async def test_a_claim_on_paper_is_led_by_tasks(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    billed = await counter.billed(visit["id"], "MFANO-PAPER")
    assert (billed["visit"]["balance"], billed["invoice_number"][:3]) == ("0.00", "INV")
    claim = await counter.becomes(visit["id"], "BY_HAND")
    task = await counter.task(visit["id"], "HAND_IN_BY_HAND")
    assert (task["role"], task["claim_id"], task["status"]) == ("CASHIER", claim["id"], "OPEN")
    assert task["due_at"] > task["opened_at"]
    await counter.acts(claim, kind="record", status="SUBMITTED", payer_reference="LETTER-12")
    await counter.task(visit["id"], "FOLLOW_UP_PAYER")
    await counter.acts(claim, kind="record", status="PAID", amount_paid="300", reason="Bank statement of today")
    paid = await counter.becomes(visit["id"], "PAID")
    assert (paid["amount_paid"], paid["payer_reference"]) == ("300.00", "LETTER-12")

    async def all_closed() -> bool:
        return not await counter.tasks(visit["id"])

    await eventually(all_closed)


async def test_paper_that_came_back_is_handed_in_by_hand_again(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    await counter.billed(visit["id"], "MFANO-PAPER")
    claim = await counter.becomes(visit["id"], "BY_HAND")
    await counter.acts(claim, kind="record", status="SUBMITTED")
    await counter.becomes(visit["id"], "SUBMITTED")
    await counter.acts(claim, kind="record", status="SENT_BACK", reason="No stamp")
    await counter.becomes(visit["id"], "SENT_BACK")
    await counter.acts(claim, kind="resubmit")
    await counter.becomes(visit["id"], "BY_HAND")


async def test_a_double_click_is_one_step(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    await counter.billed(visit["id"], "MFANO-PAPER")
    claim = await counter.becomes(visit["id"], "BY_HAND")
    path, key = f"/api/claims/{claim['id']}/actions", "0b8f7f66-6a3f-4c4e-9d32-6d8d8f0e1c11"
    body = {"kind": "record", "status": "SUBMITTED"}
    first = await counter.walk.does(Role.CASHIER, "POST", path, body, key)
    again = await counter.walk.does(Role.CASHIER, "POST", path, body, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    claim = await counter.becomes(visit["id"], "SUBMITTED")
    assert [step["status"] for step in claim["steps"]] == ["BY_HAND", "SUBMITTED"]


async def test_a_closed_claim_keeps_its_history_and_ends_its_run(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    await counter.billed(visit["id"], "MFANO-PAPER")
    claim = await counter.becomes(visit["id"], "BY_HAND")
    await counter.acts(claim, kind="close", reason="The patient paid after all")
    closed = await counter.becomes(visit["id"], "CLOSED")
    assert closed["reason"] == "The patient paid after all"
    handle = counter.clinic.clinic.temporal.get_workflow_handle(workflow_id(claim["id"]))
    assert await handle.result() == "CLOSED"


async def test_nhif_is_refused_with_advice_to_ask_sha(counter: Counter) -> None:
    visit = await counter.consulted("NHIF")
    listed = (await counter.walk.does(Role.CASHIER, "GET", "/api/insurers")).json()["items"]
    nhif = next(one["id"] for one in listed if one["code"] == "NHIF")
    body = {"kind": "bill_insurer", "insurer_id": nhif, "member_number": "N-1"}
    answer = await counter.walk.does(Role.CASHIER, "POST", f"/api/visits/{visit['id']}/actions", body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    assert NHIF_ADVICE in answer.json()["detail"]
    assert (await counter.walk.visit(visit["id"]))["balance"] == "300.00"


@pytest.mark.parametrize(("month", "is_taken"), [(9, True), (10, False)])
def test_only_services_before_the_fund_ended_are_claimed_from_it(month: int, is_taken: bool) -> None:
    arrived = datetime(2024, month, 1, 9, tzinfo=UTC)
    visit = Visit(
        id=uuid4(),
        facility_id=uuid4(),
        patient_id=uuid4(),
        op_number="OP00001",
        arrived_at=arrived,
        updated_at=arrived,
        stage_since=arrived,
        chief_complaint="Cough",
        payment_type=PaymentType.NHIF,
        total_amount=Decimal("300.00"),
    )
    cashier = Person(id=uuid4(), facility_id=visit.facility_id, roles=(Role.CASHIER,))
    bill = BillInsurer(insurer_id=uuid4(), member_number="N-1")
    known = Known(row={"code": "NHIF", "gateway": "manual"}, number=1)
    case = Case(
        id=visit.id, visit_id=visit.id, actor=cashier, at=arrived, today=arrived.date(), before=visit, known=known
    )
    if not is_taken:
        with pytest.raises(Conflict, match="NHIF ended on 2024-10-01"):
            bill.apply(case)
        return
    change = bill.apply(case)
    assert change.visit.balance == 0
    assert [(start.kind, start.payer) for start in change.starts] == [("Claim", "NHIF")]
