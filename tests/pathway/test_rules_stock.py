"""The shelf: what leaves first, what never leaves, and a ledger that always adds up."""

from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.problems import OutOfStock
from models.stock import Adjustment, Batch, Stock, StockMove, leaving, pick, put_back
from tests.pathway.people import NAMES

TODAY = date(2026, 11, 22)
PRESCRIPTION = UUID(int=5)

batches = st.lists(st.tuples(st.integers(-3, 4), st.integers(0, 12)), max_size=6).map(
    lambda rows: tuple(
        Batch(id=uuid5(NAMES, str(n)), batch_number=f"B{n}", expires_on=TODAY + timedelta(days=days), on_hand=pieces)
        for n, (days, pieces) in enumerate(rows)
    )
)
wishes = st.lists(st.integers(1, 15), max_size=12)


def moved(stock: Stock, moves: tuple[StockMove, ...]) -> Stock:
    """The shelf afterwards, as the database reckons: each move is added to its batch."""
    change = {move.batch_id: move.quantity for move in moves}
    assert len(change) == len(moves), "a batch is moved once by a command: its line in the ledger is named after both"
    after = tuple(b.model_copy(update={"on_hand": b.on_hand + change.get(b.id, 0)}) for b in stock.batches)
    return stock.model_copy(update={"batches": after})


@settings(derandomize=True, database=None, deadline=None)
@given(batches, wishes)
def test_whatever_is_wanted_the_ledger_adds_up_and_no_batch_goes_below_nothing(
    there: tuple[Batch, ...], wanted: list[int]
) -> None:
    stock = first = Stock(code="Zinc", batches=there)
    ledger: list[StockMove] = []
    for pieces in wanted:
        usable = stock.on_hand(TODAY)
        try:
            picked = pick(stock, pieces, TODAY)
        except OutOfStock:
            assert usable < pieces
            continue
        assert sum(one.quantity for one in picked) == pieces <= usable
        moves = leaving(picked, "Zinc", PRESCRIPTION)
        stock = moved(stock, moves)
        ledger += moves
    for before, after in zip(first.batches, stock.batches, strict=True):
        assert after.on_hand == before.on_hand + sum(m.quantity for m in ledger if m.batch_id == before.id) >= 0
        assert after.on_hand == before.on_hand or before.expires_on >= TODAY


@settings(derandomize=True, database=None, deadline=None)
@given(batches, st.integers(1, 30))
def test_nothing_that_expires_later_leaves_before_what_expires_sooner(there: tuple[Batch, ...], pieces: int) -> None:
    stock = Stock(code="Zinc", batches=there)
    if stock.on_hand(TODAY) < pieces:
        return
    picked = pick(stock, pieces, TODAY)
    after = moved(stock, leaving(picked, "Zinc", PRESCRIPTION))
    last = max(one.expires_on for one in picked)
    assert not [b for b in after.usable(TODAY) if b.expires_on < last]


@settings(derandomize=True, database=None, deadline=None)
@given(batches, st.integers(1, 30))
def test_what_is_put_back_is_as_if_it_had_never_left(there: tuple[Batch, ...], pieces: int) -> None:
    stock = Stock(code="Zinc", batches=there)
    if stock.on_hand(TODAY) < pieces:
        return
    picked = pick(stock, pieces, TODAY)
    left = moved(stock, leaving(picked, "Zinc", PRESCRIPTION))
    assert moved(left, put_back(picked, "Zinc", PRESCRIPTION, "Entered in error")) == stock


def test_a_shelf_that_is_too_empty_says_what_there_is_and_what_to_do() -> None:
    shelf = Stock(code="Zinc", batches=(Batch(id=NAMES, batch_number="B", expires_on=TODAY, on_hand=3),))
    with pytest.raises(OutOfStock, match=r"Zinc: 3 of 5 .*quantity_dispensed: 3") as short:
        pick(shelf, 5, TODAY)
    assert short.value.problem.type == "/problems/out-of-stock"
    with pytest.raises(OutOfStock, match=r"0 of 5 .*Now owe it"):
        pick(shelf, 5, TODAY + timedelta(days=1))


def test_an_adjustment_of_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="must not be 0"):
        Adjustment(quantity=0, reason="LOST")


@pytest.mark.parametrize(("quantity", "reason"), [(1, "DAMAGED"), (1, "EXPIRED"), (-1, "FOUND"), (-1, "RETURNED")])
def test_an_adjustment_goes_the_way_its_reason_says(quantity: int, reason: str) -> None:
    with pytest.raises(ValueError, match=f"{reason} pieces"):
        Adjustment.model_validate({"quantity": quantity, "reason": reason})
    assert Adjustment.model_validate({"quantity": -quantity, "reason": reason}).reason == reason
    assert Adjustment.model_validate({"quantity": quantity, "reason": "CORRECTION"}).quantity == quantity
