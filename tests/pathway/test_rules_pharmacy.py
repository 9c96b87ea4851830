"""The pharmacy: whole, in parts, too much, and cancelled after a part was given."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from models.actions import Dispense
from models.staff import Role, Station
from tests.pathway.desk import Desk, seen, with_prescription, with_test
from tests.pathway.people import CLINICIAN, PRICES, STAFF, prescription

PHARMACY = Role.PHARMACIST


def handing(id: UUID, status: str = "DISPENSED", pieces: Any = None) -> Dispense:
    return Dispense.model_validate({"prescription_id": id, "status": status, "quantity_dispensed": pieces})


def given(desk: Desk, id: UUID, status: str = "DISPENSED", pieces: Any = None) -> dict[str, Any]:
    """What is written to the prescription."""
    return dict(desk.does(PHARMACY, handing(id, status, pieces)).rows[0].values)


def test_a_drug_is_charged_by_the_piece_when_prescribed() -> None:
    desk, _ = with_prescription(4)
    assert desk.visit.total_amount == desk.shelf.total == Decimal("321.00")


def test_one_piece_is_prescribed_where_nothing_is_said() -> None:
    form = prescription().model_dump(exclude={"quantity"})
    assert type(prescription()).model_validate(form).quantity == 1


@pytest.mark.parametrize("pieces", [None, 4])
def test_a_prescription_is_dispensed_whole(pieces: int | None) -> None:
    desk, id = with_prescription(4)
    row = given(desk, id, "DISPENSED", pieces)
    assert (row["quantity_dispensed"], row["dispensed_by"], row["dispensed_at"]) == (4, STAFF[PHARMACY].id, desk.now)
    assert desk.visit.open_orders == ()


def test_a_partly_dispensed_prescription_stays_open_until_the_rest_is_given() -> None:
    desk, id = with_prescription(4)
    since = desk.visit.open_orders[0].since
    first = desk.does(PHARMACY, handing(id, "PARTIALLY_DISPENSED", 1))
    assert not [event for event in first.events if event.kind.startswith("order:")]
    assert given(desk, id, "PARTIALLY_DISPENSED", 2)["quantity_dispensed"] == 3
    assert (desk.visit.waiting_at, desk.visit.open_orders[0].since) == ((Station.PHARMACY,), since)
    assert given(desk, id)["quantity_dispensed"] == 4
    assert desk.visit.open_orders == ()


@pytest.mark.parametrize("pieces", [3, 4])
def test_the_rest_may_be_named_as_what_is_left_or_as_the_whole(pieces: int) -> None:
    desk, id = with_prescription(4)
    given(desk, id, "PARTIALLY_DISPENSED", 1)
    assert given(desk, id, "DISPENSED", pieces)["quantity_dispensed"] == 4


@pytest.mark.parametrize(
    ("status", "pieces"),
    [("PARTIALLY_DISPENSED", 3), ("PARTIALLY_DISPENSED", 4), ("DISPENSED", 2), ("DISPENSED", 5), ("DISPENSED", 1)],
)
def test_more_or_fewer_than_the_words_say_is_refused(status: str, pieces: int) -> None:
    desk, id = with_prescription(4)
    given(desk, id, "PARTIALLY_DISPENSED", 1)
    problem = desk.refused(PHARMACY, handing(id, status, pieces))
    assert (problem.type, problem.errors[0].field) == ("/problems/invalid", "quantity_dispensed")
    assert "3 are to be dispensed" in problem.detail


@pytest.mark.parametrize(
    ("status", "pieces"),
    [("PARTIALLY_DISPENSED", None), ("CANCELLED", 1), ("DISPENSED", 0), ("DISPENSED", -1), ("PENDING", None)],
)
def test_forms_that_contradict_themselves_are_refused(status: str, pieces: int | None) -> None:
    with pytest.raises(ValidationError):
        handing(UUID(int=9), status, pieces)


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_cancelling_keeps_the_charge_of_what_was_given(taken: int) -> None:
    desk, id = with_prescription(4)
    if taken:
        given(desk, id, "PARTIALLY_DISPENSED", taken)
    row = given(desk, id, "CANCELLED")
    assert "quantity_dispensed" not in row
    assert desk.visit.total_amount == desk.shelf.total == 300 + taken * PRICES["Paracetamol"]
    assert desk.visit.open_orders == ()


def test_what_was_given_is_kept_at_the_price_of_its_prescription(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, id = with_prescription(4)
    given(desk, id, "PARTIALLY_DISPENSED", 2)
    monkeypatch.setitem(PRICES, "Paracetamol", Decimal("99.00"))
    given(desk, id, "CANCELLED")
    assert desk.visit.total_amount == desk.shelf.total == Decimal("310.50")


@pytest.mark.parametrize("status", ["DISPENSED", "CANCELLED"])
def test_a_prescription_is_closed_once(status: str) -> None:
    desk, id = with_prescription()
    given(desk, id, status)
    problem = desk.refused(PHARMACY, handing(id))
    assert (problem.type, status in problem.detail) == ("/problems/already-done", True)


def test_a_lab_request_is_no_prescription() -> None:
    desk, test = with_test()
    assert desk.refused(PHARMACY, handing(test)).type == "/problems/not-found"


def test_the_pharmacy_hears_of_a_new_prescription() -> None:
    change = seen().does(CLINICIAN, prescription())
    told = {event.kind: event.audience for event in change.events}
    assert told["prescription:ready"] == told["order:opened"] == (PHARMACY,)


def test_an_unknown_drug_is_refused_by_its_field() -> None:
    assert seen().refused(CLINICIAN, prescription(name="Paracetamil")).errors[0].field == "medication_name"


def test_a_bill_that_no_column_could_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRICES, "Paracetamol", Decimal("9999999.99"))
    desk = seen()
    problem = desk.refused(CLINICIAN, prescription(10_000))
    assert (problem.type, "quantity" in problem.detail) == ("/problems/conflict", True)
