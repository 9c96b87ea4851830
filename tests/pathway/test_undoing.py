"""An end that is undone leaves no trace in totals, stations, orders and what is owed: whatever came before."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import actions as do
from models.catalogue import Resource
from models.paying import PaymentType
from models.staff import Person, Role
from tests.pathway.forms import FORMS, Choice, next_form
from tests.pathway.people import CLINICIAN, SECOND_CLINICIAN, STAFF
from tests.pathway.test_state_machine import MONEY, Pathway

LEAVING = {"patient leaves", "patient returns", "call back", "day ends"}
NOT_WALKED = {"discharge", "cancel visit", "record death", "undo death", "reopen", "arrive", *LEAVING}
WORK = ("order test", "order test", "prescribe", "prescribe", "dispense", "refer", "report test", "report test", *MONEY)
STEPS = st.tuples(st.sampled_from([*sorted(set(FORMS) - NOT_WALKED), *WORK, "go on"]), st.integers(0, 59))
LATER = st.lists(st.sampled_from(["report test", "correct test", "credit payment", "acknowledge"]), max_size=3)
LEFT_OUT = {
    "version",
    "updated_at",
    "stage_since",
    "waiting",
    "calls",
    "clocks",
    "audit_head",
    "audit_length",
    "undone_ends",
}
BOUNDS = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
SUPERVISOR = STAFF[Role.SUPERVISOR]


def again(status: str) -> str:
    """A drug that was out of stock is looked for anew."""
    return "PENDING" if status == "OUT_OF_STOCK" else status


ABOUT = ("lab_request_id", "prescription_id", "referral_id")


def is_open(row: dict[str, Any]) -> bool:
    return row.get("status") == "OPEN"


def about(id: Any, row: dict[str, Any]) -> Any:
    """What is owed, by what it is about: who is owed it anew may have it from another obligation."""
    return next((row[name] for name in ABOUT if row.get(name)), id)


class Walk(Pathway):
    """A visit on a random way, held against the paper at each step."""

    def tries(self, what: str, number: int) -> None:
        at = Choice(self.paper, self.ids, number)
        if what == "go on":
            self.act(*next_form(at))
            return
        likely, form = FORMS[what]
        able = [STAFF[who] if isinstance(who, Role) else who for who in likely]
        self.act(able[number % len(able)], form(at))

    def goes_on(self, is_over: Any, most: int = 25) -> None:
        """What the description asks for next, until it is so."""
        for number in range(most):
            if is_over():
                return
            self.tries("go on", number)

    @property
    def snapshot(self) -> dict[str, Any]:
        """Everything that an end may touch."""
        rows = self.desk.shelf.rows
        bill = [(line.order_id, line.code, line.quantity, line.amount) for line in self.desk.shelf.bill]
        kinds = (Resource.LAB_REQUEST, Resource.PRESCRIPTION, Resource.REFERRAL)
        open_ones = (Resource.OBLIGATION, Resource.TASK)
        return {
            "facts": self.visit.model_dump(exclude={*LEFT_OUT, "open_orders"}),
            "open": {order.id: order for order in self.visit.open_orders},
            "stations": set(self.visit.waiting_at),
            "bill": sorted(bill, key=str),
            "orders": {id: again(row["status"]) for (kind, id), row in rows.items() if kind in kinds},
            "owed": {about(id, row) for (kind, id), row in rows.items() if kind in open_ones and is_open(row)},
            "kept": {id for (kind, id), row in rows.items() if kind is Resource.APPOINTMENT and is_kept(row)},
            "died": [row.get("deceased_at") for (kind, _), row in rows.items() if kind is Resource.PATIENT],
        }

    def holds(self) -> None:
        """Every invariant of the notebook."""
        for name in dir(type(self)):
            check = getattr(type(self), name)
            if hasattr(check, "hypothesis_stateful_invariant"):
                check(self)


def is_kept(row: dict[str, Any]) -> bool:
    return bool(row["status"] == "SCHEDULED")


def walked(far: int, steps: list[tuple[str, int]]) -> Walk:
    walk = Walk()
    walk.register(far, is_vaccinated=False)
    for what, number in steps:
        walk.tries(what, number)
    return walk


def undo(who: Person, action: do.Action, walk: Walk) -> None:
    before = walk.visit.version
    walk.act(who, action)
    assert walk.visit.version == before + 1, "it was refused"


@BOUNDS
@given(far=st.sampled_from([4, 4, 3, 1]), steps=st.lists(STEPS, max_size=25), comes_back=st.booleans())
def test_a_departure_that_is_taken_back_leaves_no_trace(
    far: int, steps: list[tuple[str, int]], comes_back: bool
) -> None:
    """They came back, or had been there all the time; only that an urgent patient is looked at again is new."""
    walk = walked(far, steps)
    before = walk.snapshot
    walk.act(SUPERVISOR, do.PatientLeft(notes="Nobody answers"))
    assert not walk.visit.open_orders
    walk.holds()
    if comes_back:
        undo(STAFF[Role.RECEPTIONIST], do.PatientReturned(), walk)
        walk.desk.current = walk.visit.having(look_again_since=None)
        walk.paper.came_back = False
    else:
        undo(SUPERVISOR, do.ReopenVisit(reason="They had been there all the time"), walk)
    assert walk.snapshot == before


@BOUNDS
@given(far=st.sampled_from([4, 4, 3, 1]), steps=st.lists(STEPS, max_size=25))
def test_a_death_that_is_taken_back_leaves_no_trace(far: int, steps: list[tuple[str, int]]) -> None:
    walk = walked(far, steps)
    before = walk.snapshot
    walk.act(CLINICIAN, do.RecordDeath(time_of_death=walk.desk.now, circumstances="Cardiac arrest"))
    assert not walk.visit.open_orders
    walk.holds()
    undo(SECOND_CLINICIAN, do.UndoDeath(reason="Written on the wrong visit"), walk)
    walk.holds()
    assert walk.snapshot == before


@BOUNDS
@given(steps=st.lists(STEPS, max_size=20), days=st.sampled_from([None, 3]), tests=st.integers(0, 2))
def test_a_discharge_that_is_undone_leaves_no_trace(steps: list[tuple[str, int]], days: int | None, tests: int) -> None:
    """Also where results were to follow, and where the patient was to hear of a critical one."""
    walk = walked(4, steps)
    walk.goes_on(lambda: not walk.paper.working("PRESCRIPTION") and may_go(walk))
    to_follow(walk, tests)
    walk.desk.now += timedelta(minutes=30)  # a vaccine's observation is over
    before = walk.snapshot
    follow_up = do.FollowUp(in_days=days) if days else None
    walk.act(CLINICIAN, do.Discharge(discharge_notes="Stable", follow_up=follow_up, results_to_follow=True))
    walk.holds()
    if walk.visit.end is None:
        return
    undo(SUPERVISOR, do.ReopenVisit(reason="The dressing was forgotten"), walk)
    walk.holds()
    assert walk.snapshot == before


def to_follow(walk: Walk, tests: int) -> None:
    """So many tests that are paid for and not answered, the first of them preliminarily."""
    for _ in range(tests):
        walk.act(CLINICIAN, do.OrderLabTest(test_type="BLOOD_TEST"))
    if walk.paper.owed > 0:
        walk.act(STAFF[Role.CASHIER], do.TakePayment(amount=walk.paper.owed, payment_type=PaymentType.CASH))
    for test in walk.paper.working("LAB_REQUEST")[:1]:
        form = {"lab_request_id": test, "status": "PRELIMINARY", "results": {"hb": 6.1}}
        walk.act(STAFF[Role.LAB_TECHNICIAN], do.ReportLabTest.model_validate(form))


def may_go(walk: Walk) -> bool:
    paper = walk.paper
    only_tests = not set(paper.work) - set(paper.working("LAB_REQUEST"))
    return bool(paper.written and only_tests and paper.owed <= 0)


@BOUNDS
@given(far=st.sampled_from([4, 4, 3]), steps=st.lists(STEPS, max_size=20), later=LATER, number=st.integers(0, 59))
def test_whatever_comes_while_the_patient_is_away_is_there_when_the_visit_comes_back(
    far: int, steps: list[tuple[str, int]], later: list[str], number: int
) -> None:
    """Late results, corrections and money; then it is discharged once more."""
    walk = walked(far, steps)
    walk.goes_on(lambda: not walk.paper.working("PRESCRIPTION") and may_go(walk))
    to_follow(walk, 2)
    walk.act(CLINICIAN, do.Discharge(discharge_notes="Stable", results_to_follow=True))
    for what in later:
        walk.tries(what, number)
        walk.holds()
    if walk.visit.end is None:
        return
    undo(CLINICIAN, do.ReopenVisit(reason="The patient came back"), walk)
    walk.holds()
    walk.goes_on(lambda: not walk.paper.work and walk.paper.owed <= 0)
    walk.desk.now += timedelta(minutes=30)
    undo(CLINICIAN, do.Discharge(discharge_notes="Now it is well"), walk)
    assert [former.notes for former in walk.visit.undone_ends] == ["Stable"]


@BOUNDS
@given(steps=st.lists(STEPS, max_size=12))
def test_a_cancellation_that_is_undone_leaves_no_trace(steps: list[tuple[str, int]]) -> None:
    walk = walked(1, steps)
    walk.goes_on(lambda: not walk.paper.work and walk.paper.owed <= 0)
    before = walk.snapshot
    walk.act(SUPERVISOR, do.CancelVisit(reason="Opened by mistake"))
    walk.holds()
    if walk.visit.end is None:
        return
    undo(CLINICIAN, do.ReopenVisit(reason="It was the right one"), walk)
    walk.holds()
    assert walk.snapshot == before
