"""Money: what is owed, who has settled it, and how it is written."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from models.actions import Dispense, RaiseShaInvoice, RecordImmunization, TakePayment
from models.base import NOTHING, Amount, Price
from models.paying import PaymentStatus
from models.staff import Role
from models.visit import Visit, payment_status_of
from models.visit_summary import summary
from tests.pathway.desk import Desk, registered, seen, triaged, with_prescription, with_test
from tests.pathway.people import MEASLES, RABIES

CASHIER = Role.CASHIER
S = PaymentStatus


def payment(amount: Any, payment_type: str = "CASH") -> TakePayment:
    return TakePayment.model_validate({"amount": amount, "payment_type": payment_type})


def invoice(amount: Any = None) -> RaiseShaInvoice:
    form = {"sha_number": "SHA1", "service_given": "Consultation", "amount_charged": amount}
    return RaiseShaInvoice.model_validate(form)


def owing(total: int, paid: int = 0, covered: int = 0, waived: int = 0) -> Visit:
    facts = {"total_amount": total, "amount_paid": paid, "amount_covered": covered, "amount_waived": waived}
    return registered().visit.having(**{name: Decimal(value) for name, value in facts.items()})


@pytest.mark.parametrize(
    ("total", "paid", "covered", "waived", "status"),
    [
        (0, 0, 0, 0, S.PAID),
        (500, 0, 0, 0, S.UNPAID),
        (500, 1, 0, 0, S.PARTIAL),
        (500, 0, 499, 0, S.PARTIAL),
        (500, 0, 0, 499, S.PARTIAL),
        (500, 500, 0, 0, S.PAID),
        (500, 1, 499, 0, S.PAID),
        (500, 1, 0, 499, S.PAID),
        (500, 0, 500, 0, S.COVERED),
        (500, 0, 400, 100, S.COVERED),
        (500, 0, 0, 500, S.WAIVED),
        (300, 500, 0, 0, S.PAID),
        (300, 0, 500, 0, S.COVERED),
    ],
)
def test_payment_status_says_who_took_the_bill(
    total: int, paid: int, covered: int, waived: int, status: PaymentStatus
) -> None:
    visit = owing(total, paid, covered, waived)
    assert payment_status_of(visit) is status
    assert visit.balance == total - paid - covered - waived


def test_partial_payments_are_welcome_until_nothing_is_owed() -> None:
    desk = seen()
    desk.pay("0.01")
    assert (desk.visit.payment_status, desk.visit.balance) == (S.PARTIAL, Decimal("299.99"))
    desk.pay()
    assert (desk.visit.payment_status, desk.visit.status) == (S.PAID, "READY_FOR_DISCHARGE")


@pytest.mark.parametrize("amount", ["300.01", "301", "9999999999.99"])
def test_a_payment_above_the_balance_is_refused(amount: str) -> None:
    problem = seen().refused(CASHIER, payment(amount))
    assert (problem.status, problem.errors[0].field) == (422, "amount")
    assert "300.00" in problem.detail


def test_nothing_is_paid_where_nothing_is_owed() -> None:
    assert registered().refused(CASHIER, payment("1")).status == 422


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "10000000000", "NaN", "Infinity", "", "much", None])
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(ValidationError):
        payment(amount)


@pytest.mark.parametrize("amount", ["300", "300.0", "3E2", 300, 300.0, "+300.00"])
def test_money_is_always_written_with_two_places(amount: Any) -> None:
    assert payment(amount).amount == Decimal(300)
    assert payment(amount).model_dump(mode="json")["amount"] == "300.00"


def test_prices_and_amounts_are_decimal_strings() -> None:
    assert TypeAdapter(Price).dump_json(TypeAdapter(Price).validate_python(0)) == b'"0.00"'
    assert TypeAdapter(Amount).dump_json(TypeAdapter(Amount).validate_python("12.5")) == b'"12.50"'


def test_the_summary_writes_money_as_decimal_strings() -> None:
    desk, _ = with_prescription(3)
    desk.pay("100")
    shown = TypeAdapter(dict[str, Any]).dump_python(summary(desk.visit), mode="json")
    written = {name: shown[name] for name in ("total_amount", "amount_paid", "balance")}
    assert written == {"total_amount": "315.75", "amount_paid": "100.00", "balance": "215.75"}


def test_a_payment_is_told_to_cashier_and_clinicians_with_what_is_left() -> None:
    desk = seen()
    told = next(event for event in desk.pay("100").events if event.kind == "payment:received")
    assert told.audience == (Role.CASHIER, Role.CLINICAL_OFFICER)
    assert (told.payload["amount"], told.payload["balance"]) == (100, 200)


def test_sha_is_invoiced_for_the_balance_unless_said_otherwise() -> None:
    desk = seen()
    desk.pay("100")
    change = desk.does(CASHIER, invoice())
    row = change.rows[0].values
    assert (row["amount_charged"], row["status"]) == (200, "PENDING")
    assert row["client_number"] == desk.visit.op_number
    assert row["invoice_number"].startswith("INV")
    assert (desk.visit.balance, desk.visit.amount_covered, desk.visit.payment_status) == (NOTHING, Decimal(200), S.PAID)


def test_sha_may_cover_a_part_and_never_more_than_is_owed() -> None:
    desk = seen()
    assert desk.refused(CASHIER, invoice("300.01")).errors[0].field == "amount_charged"
    desk.does(CASHIER, invoice("100"))
    assert (desk.visit.balance, desk.visit.payment_status) == (Decimal(200), S.PARTIAL)
    desk.does(CASHIER, invoice())
    assert desk.visit.payment_status is S.COVERED
    assert desk.refused(CASHIER, invoice()).type == "/problems/already-done"


def test_what_was_paid_and_then_cancelled_is_owed_to_the_patient() -> None:
    desk, id = with_prescription(4)
    desk.pay()
    desk.does(Role.PHARMACIST, Dispense(prescription_id=id, status="CANCELLED"))
    assert (desk.visit.balance, desk.visit.payment_status) == (Decimal("-21.00"), S.PAID)
    assert desk.visit.status == "READY_FOR_DISCHARGE"
    assert desk.refused(CASHIER, payment("1")).status == 422


def test_what_is_owed_to_the_patient_is_used_up_before_anything_is_paid_again() -> None:
    desk, id = with_prescription(4)
    desk.pay()
    desk.does(Role.PHARMACIST, Dispense(prescription_id=id, status="CANCELLED"))
    desk.does(Role.IMMUNIZATION_NURSE, dose(RABIES))
    assert desk.visit.balance == Decimal("1179.00")


def dose(vaccine: Any) -> RecordImmunization:
    return RecordImmunization(vaccine_id=vaccine, batch_number="B1", site="Left arm", route="IM", dosage="0.5ml")


def test_kepi_vaccines_are_free_and_others_are_charged_when_given() -> None:
    desk = triaged()
    desk.does(Role.IMMUNIZATION_NURSE, dose(MEASLES))
    assert not desk.visit.total_amount
    assert not desk.shelf.bill
    desk.does(Role.IMMUNIZATION_NURSE, dose(RABIES))
    assert desk.visit.total_amount == desk.shelf.total == 1200


def test_a_bill_is_paid_also_while_orders_are_open() -> None:
    desk, _ = with_test()
    desk.pay()
    assert (desk.visit.status, desk.visit.payment_status) == ("IN_SERVICES", S.PAID)


def test_only_the_cashier_takes_money() -> None:
    problem = seen().refused(Role.RECEPTIONIST, payment("300"))
    assert (problem.status, problem.roles) == (403, (CASHIER,))


def test_a_visit_waits_for_the_cashier_once_nothing_else_is_open() -> None:
    desk: Desk = seen()
    assert (desk.visit.status, desk.visit.waiting_at) == ("AWAITING_PAYMENT", ("CASHIER",))
