"""What deposits, waivers, refunds and gates mean for ends, deaths, late money, other payers and other names."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from models import actions as do
from models.actions.break_glass import end_of_next_working_day
from models.catalogue import Resource
from models.claims import CoverStatus
from models.command import NAIROBI
from models.paying import PaymentStatus, PaymentType
from models.policy import HOUSE
from models.staff import Role, Station
from models.status import Status
from tests.pathway.desk import STRICT, Desk, registered, seen, taken_in, triaged, with_prescription, with_test
from tests.pathway.forms import CLINIC
from tests.pathway.people import CLINICIAN, NAMES, NURSE, SECOND_CLINICIAN, STAFF, looking, prescription

HOUSE_POLICY = HOUSE.policy[0]


def deposit(desk: Desk, amount: Any, payment_type: PaymentType = PaymentType.CASH) -> UUID:
    form = {"amount": amount, "payment_type": payment_type}
    return desk.does(Role.CASHIER, do.TakeDeposit.model_validate(form)).rows[0].id


def waived(desk: Desk, amount: Any) -> UUID:
    id = desk.does(Role.CASHIER, do.RequestWaiver(amount=Decimal(amount), reason="Cannot pay")).rows[0].id
    desk.does(Role.SUPERVISOR, do.DecideWaiver(waiver_id=id, approved=True, reason="Known to us"))
    return id


def refunded(desk: Desk, amount: Any) -> None:
    id = desk.does(Role.CASHIER, do.RequestRefund(amount=Decimal(amount), reason="Too much")).rows[0].id
    desk.does(Role.SUPERVISOR, do.DecideRefund(refund_id=id, approved=True, reason="It is so"))
    desk.does(Role.CASHIER, do.PayOutRefund(refund_id=id, payment_type=PaymentType.CASH))


def strict(*, is_paid: bool = True) -> Desk:
    """Seen, in a clinic where every service is paid first."""
    desk = registered(STRICT)
    if is_paid:
        deposit(desk, 300)
    desk.does(NURSE, looking("GREEN"))
    desk.does(CLINICIAN, do.TakeIn())
    desk.does(CLINICIAN, do.RecordEncounter())
    return desk


def kes(*amounts: Decimal) -> tuple[int, ...]:
    """Whole shillings."""
    assert all(amount == int(amount) for amount in amounts)
    return tuple(int(amount) for amount in amounts)


def tasks(desk: Desk, kind: str) -> list[str]:
    rows = (row for (resource, _), row in desk.shelf.rows.items() if resource is Resource.TASK)
    return [row["status"] for row in rows if row["kind"] == kind]


def test_a_bill_is_paid_in_parts_over_midnight() -> None:
    desk = seen()
    desk.now = datetime(2026, 11, 22, 23, 50, tzinfo=NAIROBI)
    desk.pay("100")
    before = desk.visit
    desk.now += timedelta(minutes=20)
    change = desk.pay("200")
    assert (before.status, desk.visit.status) == (Status.AWAITING_PAYMENT, Status.READY_FOR_DISCHARGE)
    assert kes(desk.visit.amount_paid, desk.visit.balance) == (300, 0)
    assert change.rows[0].values["processed_at"].astimezone(NAIROBI).day == 23
    desk.does(CLINICIAN, do.Discharge(discharge_notes="Stable"))


def test_the_rest_of_a_deposit_is_a_task_at_the_end_and_closed_by_paying_out() -> None:
    desk = taken_in()
    deposit(desk, 500)
    desk.does(CLINICIAN, do.RecordEncounter())
    desk.does(CLINICIAN, do.Discharge(discharge_notes="Stable"))
    assert tasks(desk, "REFUND_PATIENT") == ["OPEN"]
    refunded(desk, 150)
    assert tasks(desk, "REFUND_PATIENT") == ["OPEN"]
    refunded(desk, 50)
    assert tasks(desk, "REFUND_PATIENT") == ["DONE"]
    assert kes(desk.visit.held, desk.visit.amount_refunded) == (0, 200)
    desk.does(CLINICIAN, do.ReopenVisit(reason="Overlooked"))
    assert desk.visit.balance == 0


def test_what_the_payer_covered_beyond_the_bill_is_not_the_patients() -> None:
    desk, test = with_test()
    desk.pay("100")
    desk.does(Role.CASHIER, do.RaiseShaInvoice(sha_number="SHA1", service_given="Care"))
    desk.does(CLINICIAN, do.CancelOrder(order_id=test, reason="Not needed"))
    assert kes(desk.visit.held, desk.visit.refundable) == (500, 100)
    above = do.RequestRefund(amount=Decimal(101), reason="All of it")
    assert desk.refused(Role.CASHIER, above).type == "/problems/invalid"


def test_late_money_takes_the_place_of_a_waiver() -> None:
    """Who paid after all is owed nothing back that was waived, and nobody is asked to give it back."""
    desk = seen()
    asked = do.TakePayment(amount=Decimal(300), payment_type=PaymentType.MPESA)
    id = desk.does(Role.CASHIER, asked).rows[0].id
    waiver = waived(desk, 300)
    desk.does(CLINICIAN, do.Discharge(discharge_notes="Stable"))
    desk.does(CLINIC, do.ConfirmPayment(payment_id=id, amount=Decimal(300)))
    assert kes(desk.visit.amount_paid, desk.visit.amount_waived, desk.visit.held) == (300, 0, 0)
    assert desk.shelf.rows[Resource.WAIVER, waiver]["amount_counted"] == 0
    assert tasks(desk, "REFUND_PATIENT") == []
    assert desk.visit.payment_status is PaymentStatus.PAID


def test_a_deposit_by_phone_is_held_when_it_is_true() -> None:
    desk = strict()
    desk.does(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    id = deposit(desk, 500, PaymentType.MPESA)
    assert desk.visit.is_gated
    assert kes(desk.visit.amount_pending, desk.visit.balance) == (500, 500)
    desk.does(CLINIC, do.ConfirmPayment(payment_id=id, amount=Decimal(500)))
    assert not desk.visit.is_gated
    assert kes(desk.visit.amount_deposited, desk.visit.balance) == (800, 0)


def died(desk: Desk) -> None:
    form = {"time_of_death": desk.now, "circumstances": "Cardiac arrest"}
    desk.does(CLINICIAN, do.RecordDeath.model_validate(form))


def test_a_waiver_that_a_death_made_smaller_is_whole_when_the_death_is_taken_back() -> None:
    desk, _ = with_test()
    desk.pay("200")
    waiver = waived(desk, 600)
    died(desk)
    assert kes(desk.visit.amount_waived, desk.visit.balance) == (100, 0)
    assert desk.shelf.rows[Resource.WAIVER, waiver]["amount_counted"] == 100
    desk.does(SECOND_CLINICIAN, do.UndoDeath(reason="Wrong visit"))
    assert kes(desk.visit.amount_waived, desk.visit.balance) == (600, 0)
    assert desk.shelf.rows[Resource.WAIVER, waiver]["amount_counted"] == 600


def test_the_debt_of_the_dead_may_be_waived() -> None:
    desk = seen()
    died(desk)
    waived(desk, 300)
    assert desk.visit.balance == 0
    assert desk.visit.payment_status is PaymentStatus.WAIVED


def test_a_cancelled_visit_gives_its_deposit_back() -> None:
    desk = triaged()
    deposit(desk, 300)
    cancel = do.CancelVisit(reason="Opened by mistake")
    assert desk.refused(Role.RECEPTIONIST, cancel).type == "/problems/not-your-role"
    desk.does(Role.SUPERVISOR, cancel)
    assert tasks(desk, "REFUND_PATIENT") == ["OPEN"]
    refunded(desk, 300)
    assert tasks(desk, "REFUND_PATIENT") == ["DONE"]


def test_money_and_gates_go_with_the_visit_to_the_right_patient() -> None:
    desk = strict()
    desk.does(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    waived(desk, 100)
    right = uuid5(NAMES, "the right one")
    wrong = desk.shelf.rows[Resource.PATIENT, desk.visit.patient_id]
    desk.shelf.rows[Resource.PATIENT, right] = {**wrong, "id": right, "insurance_type": "SHA"}
    desk.does(Role.RECEPTIONIST, do.WrongPatient(patient_id=right, reason="Two of one name"))
    assert kes(desk.visit.amount_paid, desk.visit.amount_waived) == (300, 100)
    assert desk.visit.cover is CoverStatus.PROVISIONAL
    assert not desk.visit.is_gated
    desk.does(CLINIC, do.HearCover(patient_id=wrong["id"], status=CoverStatus.INACTIVE))
    assert not desk.visit.is_gated, "what another person's payer says is not about this patient"
    desk.does(CLINIC, do.HearCover(patient_id=right, status=CoverStatus.INACTIVE))
    assert desk.visit.is_gated


def test_a_cover_that_is_active_lets_everything_through() -> None:
    desk = registered(STRICT, payment_type="SHA", insurance_type="SHA")
    desk.does(CLINIC, do.HearCover(patient_id=desk.visit.patient_id, status=CoverStatus.ACTIVE))
    desk.does(NURSE, looking("GREEN"))
    desk.does(CLINICIAN, do.TakeIn())
    desk.does(CLINICIAN, do.RecordEncounter())
    test = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    assert desk.visit.waiting_at == (Station.LABORATORY,)
    desk.answer(Role.LAB_TECHNICIAN, test)


def test_urgent_tests_are_paid_for_first() -> None:
    desk = strict()
    first = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    urgent = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST", urgency="URGENT"))
    desk.pay("500")
    assert {order.id: order.gated for order in desk.visit.open_orders} == {first: True, urgent: False}
    desk.answer(Role.LAB_TECHNICIAN, urgent)
    report = do.ReportLabTest(lab_request_id=first, status="COMPLETED", results={"hb": 1})
    assert "KES 500.00 before the test" in desk.refused(Role.LAB_TECHNICIAN, report).detail
    desk.does(Role.LAB_TECHNICIAN, do.ReportLabTest(lab_request_id=first, status="CANCELLED"))
    assert desk.visit.balance == 0


def test_a_dearer_drug_in_the_place_of_another_is_paid_for_first() -> None:
    desk = strict()
    id = desk.ordered(CLINICIAN, prescription(4, "Paracetamol"))
    desk.pay("21")
    instead = {"medication_name": "Amoxicillin", "reason": "None is left"}
    form = {"prescription_id": id, "status": "DISPENSED", "substitution": instead, "override": {"reason": "Agreed"}}
    refused = desk.refused(Role.PHARMACIST, do.Dispense.model_validate(form))
    assert refused.missing[0].what == "payment of KES 19.00 before the medicine is handed out"
    deposit(desk, 19)
    desk.does(Role.PHARMACIST, do.Dispense.model_validate(form))
    assert desk.visit.balance == 0


def test_what_waits_for_payment_is_late_at_the_cashier_and_not_at_the_bench() -> None:
    desk = strict()
    desk.does(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    due = {str(clock.step): clock.due_at - clock.since for clock in desk.visit.clocks}
    assert due["LABORATORY"] > due["CASHIER"]
    desk.now += timedelta(hours=5)
    desk.pay("500")
    (clock,) = desk.visit.clocks
    assert clock.due_at - desk.now == timedelta(minutes=90)


def test_an_emergency_that_comes_down_again_pays_first_for_what_comes_new() -> None:
    desk = strict()
    first = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    desk.does(NURSE, looking("RED", retriage=True))
    assert not desk.visit.is_gated
    desk.does(NURSE, looking("GREEN", retriage=True, reason="Better"))
    desk.does(CLINICIAN, do.ConfirmRetriage())
    second = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    assert {order.id: order.gated for order in desk.visit.open_orders} == {first: False, second: True}


def test_a_broken_gate_stays_open_for_the_station_and_is_paid_afterwards() -> None:
    desk = strict()
    desk.does(CLINICIAN, do.BreakGlass(station=Station.LABORATORY, reason="Bleeding"))
    test = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    desk.answer(Role.LAB_TECHNICIAN, test)
    desk.does(CLINICIAN, do.RecordEncounter())
    assert desk.visit.status is Status.AWAITING_PAYMENT
    drug = desk.ordered(CLINICIAN, prescription(4))
    assert desk.visit.order(drug) is not None
    assert desk.visit.is_gated
    desk.pay("21")
    assert not desk.visit.is_gated, "what went through without money does not take the drug's"


@pytest.mark.parametrize(("day", "due", "hour"), [(23, 24, 17), (27, 28, 13), (28, 30, 17)])
def test_a_broken_gate_is_reviewed_until_the_clinic_closes_on_its_next_working_day(
    day: int, due: int, hour: int
) -> None:
    """From Monday to Tuesday, from Friday to Saturday at noon, from Saturday over Sunday."""
    today = date(2026, 11, day)
    closes = datetime(2026, 11, due, hour, tzinfo=NAIROBI)
    assert end_of_next_working_day(HOUSE_POLICY, today) == closes.astimezone(UTC)
    always_closed = HOUSE_POLICY.model_copy(update={"hours": {}})
    evening = datetime(2026, 11, day, 17, tzinfo=NAIROBI) + timedelta(days=1)
    assert end_of_next_working_day(always_closed, today) == evening


def test_a_refund_says_which_payment_it_was() -> None:
    desk = seen()
    first = desk.pay("100").rows[0].id
    deposit(desk, 300)
    assert desk.visit.refundable == 100
    for named, no in ((uuid5(NAMES, "none"), "not-found"), (first, None)):
        form = do.RequestRefund(amount=Decimal(100), reason="Paid twice", payment_id=named)
        if no:
            assert desk.refused(Role.CASHIER, form).type == f"/problems/{no}"
        else:
            assert desk.does(Role.CASHIER, form).rows[0].values["payment_id"] == first


def test_a_cashier_who_is_in_charge_too_does_not_decide_their_own_request() -> None:
    desk = seen()
    deposit(desk, 400)
    both = STAFF[Role.CASHIER].model_copy(update={"roles": (Role.CASHIER, Role.SUPERVISOR)})
    refund = desk.does(both, do.RequestRefund(amount=Decimal(100), reason="Too much")).rows[0].id
    decide = do.DecideRefund(refund_id=refund, approved=True, reason="I say so")
    assert desk.refused(both, decide).type == "/problems/wrong-stage"


def test_cancelled_drugs_give_back_what_was_paid_first() -> None:
    desk, id = with_prescription()
    desk.pay()
    desk.does(Role.PHARMACIST, do.Dispense.model_validate({"prescription_id": id, "status": "CANCELLED"}))
    refunded(desk, 21)
    assert kes(desk.visit.balance, desk.visit.amount_paid - desk.visit.amount_refunded) == (0, 300)
