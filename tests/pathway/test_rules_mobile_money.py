"""M-Pesa: what waits for its word, what its word does, and how payments and receipts are named."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.actions import ConfirmPayment, CreditPayment, FailPayment, TakePayment
from models.mobile_money import account_references, as_receipt, as_reference, is_receipt, receipt_id
from models.staff import THE_CLINIC, Person, Role
from tests.pathway.desk import Desk, seen
from tests.pathway.people import CLINICIAN, FACILITY

CLINIC = Person(id=THE_CLINIC, facility_id=FACILITY, roles=())


def by_phone(amount: Any, reference: str | None = None) -> TakePayment:
    return TakePayment.model_validate({"amount": amount, "payment_type": "MPESA", "payment_reference": reference})


def waiting(amount: Any = 300) -> tuple[Desk, UUID]:
    """A visit that owes KES 300, and a payment that waits for M-Pesa."""
    desk = seen()
    return desk, desk.does(Role.CASHIER, by_phone(amount)).rows[0].id


def confirmation(payment_id: UUID, amount: Any = 300) -> ConfirmPayment:
    return ConfirmPayment(payment_id=payment_id, amount=Decimal(amount), payment_reference="SKJ4ABC123")


def money_of(desk: Desk) -> tuple[int, int]:
    """What is owed, and what waits for M-Pesa; whole shillings here."""
    return int(desk.visit.balance), int(desk.visit.amount_pending)


def discharged(desk: Desk) -> None:
    desk.pay()
    desk.current = desk.visit.having(end="COMPLETED", completed_at=desk.now)


def test_what_waits_for_m_pesa_changes_no_balance_and_is_asked_for_once() -> None:
    desk, _ = waiting(200)
    assert money_of(desk) == (300, 200)
    assert desk.refused(Role.CASHIER, by_phone(101)).type == "/problems/conflict"
    desk.does(Role.CASHIER, by_phone(100))


@pytest.mark.parametrize("reference", [None, "SKJ4ABC123"])
def test_shillings_are_whole_where_a_phone_is_prompted(reference: str | None) -> None:
    desk = seen()
    if reference:
        assert desk.does(Role.CASHIER, by_phone("10.50", reference)).starts
    else:
        assert desk.refused(Role.CASHIER, by_phone("10.50")).errors[0].field == "amount"


@pytest.mark.parametrize("reference", ["paid by her son!", "SKJ4-ABC-123", "X1", "A" * 41])
def test_what_is_no_receipt_is_refused(reference: str) -> None:
    assert seen().refused(Role.CASHIER, by_phone(10, reference)).errors[0].field == "payment_reference"


def test_money_that_comes_after_it_was_given_up_counts_once() -> None:
    desk, payment = waiting()
    desk.does(CLINIC, FailPayment(payment_id=payment, reason="NEVER_ANSWERED"))
    assert money_of(desk) == (300, 0)
    discharged(desk)
    desk.does(CLINIC, confirmation(payment))
    assert money_of(desk) == (-300, 0)
    assert desk.refused(CLINIC, confirmation(payment)).type == "/problems/already-done"
    assert desk.refused(CLINIC, FailPayment(payment_id=payment, reason="1032")).type == "/problems/already-done"


def test_money_at_the_counter_becomes_a_payment_also_after_discharge() -> None:
    desk = seen()
    discharged(desk)
    id = receipt_id("SKJ4ABC123")
    change = desk.does(CLINIC, CreditPayment(payment_id=id, amount=Decimal(50), payment_reference="SKJ4ABC123"))
    row, task = change.rows
    assert (row.id, row.values["status"], row.values["payment_type"]) == (id, "COMPLETED", "MPESA")
    assert desk.visit.balance == -50
    assert (task.values["kind"], task.values["role"]) == ("REFUND_PATIENT", Role.CASHIER), "nobody owes it any more"
    told = next(event for event in change.events if event.kind == "payment:received")
    assert (told.payload["paymentId"], told.payload["balance"]) == (id, -50)


@pytest.mark.parametrize("who", [Role.CASHIER, Role.SUPERVISOR, Role.ADMIN, CLINICIAN])
def test_nobody_but_the_clinic_itself_says_that_money_is_there(who: Any) -> None:
    desk, payment = waiting()
    credit = CreditPayment(payment_id=uuid4(), amount=Decimal(300), payment_reference="SKJ4ABC123")
    for action in (confirmation(payment), FailPayment(payment_id=payment, reason="1032"), credit):
        assert desk.refused(who, action).status == 403


@pytest.mark.parametrize("op_number", ["OP00001", "OP123456789", "NAIROBI-WEST/2026/OP-000123", "1"])
def test_each_payment_has_an_account_of_its_own_of_twelve_characters_at_most(op_number: str) -> None:
    names = [next(account_references(op_number, uuid4())) for _ in range(200)]
    assert len(set(names)) > 195  # where two agree, the next name is taken
    assert all(0 < len(name) <= 12 and as_reference(name) == name for name in names)
    payment = uuid4()
    tried = list(account_references(op_number, payment))
    assert tried == list(account_references(op_number, payment))
    assert len(set(tried)) > 95


def test_what_is_typed_on_a_phone_is_read_kindly() -> None:
    assert as_reference(" op-00 001 ") == as_reference("OP00001") == "OP00001"
    assert as_receipt(" skj4 abc123 ") == "SKJ4ABC123"
    assert is_receipt("skj4 abc123")
    assert receipt_id("SKJ4ABC123") == receipt_id("SKJ4ABC123") != receipt_id("SKJ4ABC124")
