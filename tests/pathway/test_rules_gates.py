"""The one rule by which money opens gates: what holds for any demands and any amount."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from models.gates import Demand, in_turn, short, waiting
from models.staff import Station
from tests.pathway.people import MORNING

amounts = st.integers(0, 900).map(Decimal)
money = st.integers(-500, 3000).map(Decimal)
demand = st.builds(
    Demand,
    order_id=st.integers(1, 99).map(lambda number: UUID(int=number)),
    station=st.sampled_from([Station.LABORATORY, Station.PHARMACY, Station.MCH]),
    amount=amounts,
    since=st.integers(0, 5).map(lambda minutes: MORNING + timedelta(minutes=minutes)),
    urgent=st.booleans(),
)
demands = st.lists(demand, max_size=6, unique_by=lambda one: one.order_id)
DEADLINE = settings(deadline=None, derandomize=True, database=None)


@DEADLINE
@given(demands, money, amounts)
def test_more_money_closes_no_gate(wanted: list[Demand], there: Decimal, more: Decimal) -> None:
    assert set(waiting(wanted, there + more)) <= set(waiting(wanted, there))


@DEADLINE
@given(demands, money)
def test_what_is_let_through_is_paid_for(wanted: list[Demand], there: Decimal) -> None:
    closed = waiting(wanted, there)
    assert sum(one.amount for one in wanted if one not in closed) <= max(there, Decimal(0))


@DEADLINE
@given(demands, money)
def test_nobody_is_passed_by_who_is_cheaper(wanted: list[Demand], there: Decimal) -> None:
    """Behind the first that waits all wait that cost something."""
    turn = [one for one in in_turn(wanted) if one.amount > 0]
    closed = waiting(wanted, there)
    assert list(closed) == turn[len(turn) - len(closed) :]
    assert [one.urgent for one in turn] == sorted((one.urgent for one in turn), reverse=True)


@DEADLINE
@given(demands, money)
def test_what_costs_nothing_waits_for_nothing(wanted: list[Demand], there: Decimal) -> None:
    assert all(one.amount > 0 for one in waiting(wanted, there))


@DEADLINE
@given(demands, money)
def test_what_is_said_to_be_missing_opens_the_gate_and_a_cent_less_does_not(
    wanted: list[Demand], there: Decimal
) -> None:
    for one in wanted:
        missing = short(wanted, there, one)
        assert (missing > 0) == (one in waiting(wanted, there))
        assert one not in waiting(wanted, there + missing)
        if missing:
            assert one in waiting(wanted, there + missing - Decimal("0.01"))


@DEADLINE
@given(demands, money, st.randoms())
def test_the_order_in_which_they_are_looked_at_does_not_matter(
    wanted: list[Demand], there: Decimal, by: object
) -> None:
    assert waiting(wanted, there) == waiting(list(reversed(wanted)), there)
