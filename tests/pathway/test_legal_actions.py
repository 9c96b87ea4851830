"""What is offered may be done, and what may be done now is offered."""

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import actions as do
from models.actions import VisitAction
from models.legal_actions import ABOUT, CHOSEN, legal_actions
from models.paying import PaymentType
from models.staff import Role
from tests.pathway.desk import STRICT, Desk, registered, seen
from tests.pathway.people import CLINICIAN, STAFF, looking
from tests.pathway.test_undoing import STEPS, walked

SAID_ANYWHERE = {"problems/wrong-stage", "problems/visit-closed", "problems/not-your-role"}
BOUNDS = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def kinds(desk: Desk, role: Role | None = None) -> set[str]:
    return {offer.kind for offer in legal_actions(desk.visit, STAFF[role] if role else None)}


def test_each_offer_says_who_may_take_it_up_and_what_is_to_be_filled_in() -> None:
    offers = {offer.kind: offer for offer in legal_actions(seen().visit)}
    payment = offers["take_payment"]
    assert (payment.roles, payment.fields) == ((Role.CASHIER,), ("amount", "payment_type"))
    assert payment.body == {"kind": "take_payment"}
    assert payment.href == f"/api/visits/{seen().visit.id}/actions"
    assert next(iter(offers)) == "take_payment", "what the visit waits for stands first"


def test_a_cashier_is_offered_what_a_cashier_may_do() -> None:
    desk = seen()
    bill = {"take_payment", "raise_sha_invoice", "bill_insurer", "take_deposit", "request_waiver"}
    assert kinds(desk, Role.CASHIER) == {*bill, "patient_left"}
    assert kinds(desk, Role.PHARMACIST) == {"record_allergy"}
    assert "discharge" not in kinds(desk), "the bill is open"


def test_what_waits_to_be_decided_is_offered_to_another_than_who_asked() -> None:
    desk = seen()
    waiver = desk.does(Role.SUPERVISOR, do.RequestWaiver(amount=Decimal(100), reason="Cannot pay")).rows[0].id
    assert "decide_waiver" not in kinds(desk, Role.SUPERVISOR), "asked for it"
    (offer,) = [one for one in legal_actions(desk.visit) if one.kind == "decide_waiver"]
    assert (offer.body["waiver_id"], offer.fields) == (waiver, ("approved", "reason"))
    desk.does(Role.ADMIN, do.DecideWaiver(waiver_id=waiver, approved=False, reason="They can"))
    assert "decide_waiver" not in kinds(desk)


def test_a_refund_is_offered_step_by_step() -> None:
    desk = seen()
    desk.does(Role.CASHIER, do.TakeDeposit(amount=Decimal(500), payment_type=PaymentType.CASH))
    assert "request_refund" in kinds(desk, Role.CASHIER)
    id = desk.does(Role.CASHIER, do.RequestRefund(amount=Decimal(200), reason="Too much")).rows[0].id
    steps = {"request_refund", "decide_refund", "pay_out_refund"}
    assert kinds(desk) & steps == {"decide_refund"}
    desk.does(Role.SUPERVISOR, do.DecideRefund(refund_id=id, approved=True, reason="It is so"))
    assert kinds(desk) & steps == {"pay_out_refund"}
    desk.does(Role.CASHIER, do.PayOutRefund(refund_id=id, payment_type=PaymentType.CASH))
    assert not kinds(desk) & steps


def test_each_gate_that_is_closed_may_be_opened_and_looked_at_afterwards() -> None:
    desk = registered(STRICT)
    desk.does(Role.CASHIER, do.TakeDeposit(amount=Decimal(300), payment_type=PaymentType.CASH))
    desk.does(Role.TRIAGE_NURSE, looking("GREEN"))
    desk.does(CLINICIAN, do.TakeIn())
    desk.does(CLINICIAN, do.RecordEncounter())
    test = desk.ordered(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    assert [body for body in broken(desk, Role.LAB_TECHNICIAN) if "order_id" in body] == [{"order_id": test}]
    opened = desk.does(Role.LAB_TECHNICIAN, do.BreakGlass(order_id=test, reason="Bleeding")).rows[0].id
    assert {"order_id": test} not in broken(desk)
    (offer,) = [one for one in legal_actions(desk.visit) if one.kind == "review_break_glass"]
    assert (offer.roles, offer.body["break_glass_id"]) == ((Role.ADMIN, Role.SUPERVISOR), opened)


def broken(desk: Desk, role: Role | None = None) -> list[dict[str, Any]]:
    found = (offer for offer in legal_actions(desk.visit, STAFF[role] if role else None))
    return [{k: v for k, v in one.body.items() if k != "kind"} for one in found if one.kind == "break_glass"]


def test_who_has_the_patient_in_is_not_offered_to_take_them_in_again() -> None:
    desk = seen()
    assert desk.visit.provider_id == CLINICIAN.id
    for offer in legal_actions(desk.visit, CLINICIAN):
        assert Role.CLINICAL_OFFICER in offer.roles


@pytest.mark.parametrize(("kind", "name"), ABOUT, ids=[kind for kind, _ in ABOUT])
def test_the_records_that_are_named_are_fields_of_that_form(kind: str, name: str) -> None:
    (form,) = [action for action in get_args(VisitAction) if action.model_fields["kind"].default == kind]
    assert name in form.model_fields


def test_what_is_chosen_from_a_list_is_a_field_of_some_form() -> None:
    assert {name for action in get_args(VisitAction) for name in action.model_fields} >= CHOSEN


@BOUNDS
@given(far=st.integers(0, 3), steps=st.lists(STEPS, max_size=12))
def test_on_any_way_the_next_step_can_be_done_by_whose_it_is(far: int, steps: list[tuple[str, int]]) -> None:
    """No open visit is a dead end: for each thing that it waits for, its people are offered something."""
    walk: Any = walked(far, steps)
    visit = walk.visit
    offers = legal_actions(visit)
    for clock in visit.clocks:
        whose = clock.ladder[0].to
        assert any(whose in offer.roles for offer in offers), clock.step
    if visit.end:
        assert not {"take_in", "record_triage", "prescribe"} & {offer.kind for offer in offers}
