"""The pharmacy: whole, in parts, too much, and cancelled after a part was given."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from models.actions import Discharge, Dispense, RecordAllergy
from models.base import NOTHING
from models.catalogue import Resource
from models.staff import Role, Station
from models.status import Status
from models.visit import Visit
from tests.pathway.desk import Desk, seen, with_prescription, with_test
from tests.pathway.people import CLINICIAN, MORNING, PRICES, STAFF, prescription

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


def owed(pieces: int = 4, given_now: int | None = None) -> tuple[Desk, UUID]:
    """A visit that ended with (the rest of) a paid prescription owed."""
    desk, id = with_prescription(pieces)
    desk.does(PHARMACY, handing(id, "OWED", given_now))
    desk.pay()
    desk.does(CLINICIAN, Discharge(discharge_notes="Stable"))
    return desk, id


def instead(id: UUID, name: str, **more: Any) -> Dispense:
    given = {"medication_name": name, "reason": "None left", **more}
    form = {"prescription_id": id, "status": "DISPENSED", "substitution": given, "override": {"reason": "Agreed"}}
    return Dispense.model_validate(form)


def test_a_debt_outlives_the_visit_and_holds_up_nothing() -> None:
    desk, id = owed(4, given_now=1)
    assert desk.visit.end is Status.COMPLETED
    assert [(one.order.id, one.pieces) for one in desk.visit.owed_drugs] == [(id, 3)]
    change = desk.does(PHARMACY, handing(id))
    assert desk.visit.owed_drugs == ()
    assert [start.kind for start in change.starts] == ["Obligation"]
    assert change.rows[0].values["quantity_dispensed"] == 4
    assert (desk.visit.end, desk.visit.balance) == (Status.COMPLETED, NOTHING)


def test_a_debt_is_due_when_the_catalogue_says() -> None:
    desk, id = with_prescription(4)
    change = desk.does(PHARMACY, handing(id, "OWED"))
    (debt,) = [row for row in change.rows if row.resource is Resource.OBLIGATION]
    assert (debt.values["due_at"] - desk.now).total_seconds() == 72 * 3600
    assert (debt.values["prescription_id"], debt.values["quantity"], debt.values["status"]) == (id, 4, "OPEN")


def test_a_debt_that_is_handed_out_in_parts_shrinks() -> None:
    desk, id = owed(4)
    assert given(desk, id, "PARTIALLY_DISPENSED", 1)["status"] == "OWED"
    assert given(desk, id, "OWED", 2)["quantity_dispensed"] == 3
    assert [one.pieces for one in desk.visit.owed_drugs] == [1]
    assert given(desk, id)["status"] == "DISPENSED"


def test_a_debt_that_cannot_be_met_is_paid_back() -> None:
    desk, id = owed(4, given_now=1)
    row = given(desk, id, "CANCELLED")
    assert (row["status"], row["request_status"]) == ("CANCELLED", "stopped")
    assert desk.visit.balance == -3 * PRICES["Paracetamol"]
    assert desk.visit.total_amount == desk.shelf.total


def test_a_dearer_drug_in_place_of_a_debt_costs_the_patient_nothing_more() -> None:
    desk, id = owed(4)
    before = desk.visit.total_amount
    desk.does(PHARMACY, instead(id, "Amoxicillin", quantity=20))
    assert (desk.visit.total_amount, desk.visit.balance, desk.visit.owed_drugs) == (before, NOTHING, ())


def test_a_substitute_takes_the_place_of_the_rest_on_the_bill() -> None:
    desk, id = with_prescription(4)
    given(desk, id, "PARTIALLY_DISPENSED", 1)
    change = desk.does(PHARMACY, instead(id, "Amoxicillin"))
    assert desk.visit.total_amount == desk.shelf.total == 300 + PRICES["Paracetamol"] + 3 * PRICES["Amoxicillin"]
    assert (change.rows[0].values["quantity_dispensed"], change.rows[0].values["substituted_by"]) == (1, "Amoxicillin")
    (made,) = [row.values for row in change.rows if row.resource is Resource.MEDICATION_DISPENSE]
    assert (made["medication_name"], made["quantity"], made["was_substituted"]) == ("Amoxicillin", 3, True)


@pytest.mark.parametrize(
    ("status", "pieces", "asked", "handed"),
    [
        ("DISPENSED", None, "completed", "completed"),
        ("PARTIALLY_DISPENSED", 1, "active", "completed"),
        ("OWED", 1, "active", "completed"),
        ("OWED", None, "active", "on-hold"),
        ("OUT_OF_STOCK", None, "on-hold", "on-hold"),
        ("CANCELLED", None, "cancelled", "declined"),
    ],
)
def test_each_word_has_its_words_in_fhir(status: str, pieces: int | None, asked: str, handed: str) -> None:
    desk, id = with_prescription(4)
    change = desk.does(PHARMACY, handing(id, status, pieces))
    (made,) = [row.values for row in change.rows if row.resource is Resource.MEDICATION_DISPENSE]
    assert (change.rows[0].values["request_status"], made["status"]) == (asked, handed)


def test_what_was_set_aside_is_handed_out_when_it_comes() -> None:
    desk, id = with_prescription(4)
    desk.does(PHARMACY, handing(id, "OUT_OF_STOCK"))
    assert desk.visit.waiting_at == (Station.PHARMACY,)
    assert given(desk, id)["request_status"] == "completed"


def test_a_shelf_that_is_too_empty_changes_nothing() -> None:
    desk, id = with_prescription(4)
    desk.shelf.receive("Paracetamol", ("P1", MORNING.date(), 3))
    before = desk.visit
    assert desk.refused(PHARMACY, handing(id)).type == "/problems/out-of-stock"
    assert desk.visit == before
    change = desk.does(PHARMACY, handing(id, "OWED", 3))
    assert [(move.quantity, move.prescription_id) for move in change.moves] == [(-3, id)]


def test_an_override_is_told_to_the_audit_without_what_the_patient_has() -> None:
    desk = seen()
    desk.does(CLINICIAN, RecordAllergy(substance="Penicillin"))
    form = {**prescription(2, "Amoxicillin").model_dump(), "override": {"reason": "Tolerated it last year"}}
    action = type(prescription()).model_validate(form)
    said = action.audited(desk.does(CLINICIAN, action))
    assert said == "Medication prescribed, overriding ALLERGY"


def test_an_override_without_a_warning_is_none() -> None:
    desk, id = with_prescription(2)
    form = {"prescription_id": id, "status": "DISPENSED", "override": {"reason": "To be sure"}}
    change = desk.does(PHARMACY, Dispense.model_validate(form))
    (made,) = [row.values for row in change.rows if row.resource is Resource.MEDICATION_DISPENSE]
    assert made["checks"]["override"] is None


def test_a_visit_from_before_owes_nothing() -> None:
    desk, _ = with_prescription()
    old = {name: value for name, value in desk.visit.model_dump(mode="json").items() if name != "owed_drugs"}
    assert Visit.model_validate(old).owed_drugs == ()
