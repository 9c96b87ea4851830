"""The same, at the till: orders, payments, deposits, waivers, refunds and broken glass in any order, in a clinic that
takes its money first and in one that does not."""

from collections import Counter
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from models import actions as do
from models.policy import GATED, HOUSE
from models.staff import Person, Role
from tests.pathway.desk import STRICT, registered
from tests.pathway.forms import FORMS, Choice, next_form
from tests.pathway.machine import Notebook, beside_another, registered_twice
from tests.pathway.paper import BATCHES, Paper
from tests.pathway.people import CLINICIAN, NURSE, PRICES, STAFF, looking, person, prescription

ORDERS = ("order test", "order test", "prescribe", "refer", "quote", "report test", "dispense", "cancel order")
TILL = ("pay", "deposit", "deposit", "pay by phone", "confirm payment", "fail payment", "credit payment", "invoice SHA")
WAIVERS = ("ask for waiver", "ask for waiver", "decide waiver", "decide waiver", "decide waiver", "waiver lapses")
REFUNDS = ("ask for refund", "ask for refund", "decide refund", "decide refund", "pay refund out", "pay refund out")
GATES = ("break glass", "review glass", "triage again", "confirm triage", "take in", "encounter")
ENDS = ("discharge", "cancel visit", "record death", "undo death", "reopen", "wrong patient", "care for mother")
DONE_OFTEN = (
    "take_deposit",
    "request_waiver",
    "decide_waiver",
    "expire_waiver",
    "request_refund",
    "decide_refund",
    "pay_out_refund",
    "break_glass",
    "review_break_glass",
    "report_lab_test",
    "dispense",
    "record_death",
    "undo_death",
)
STEPS, WALKS = 60, 200
IN_CHARGE = person(Role.SUPERVISOR, Role.CASHIER, Role.CLINICAL_OFFICER)


def before(paper: Paper, what: str) -> str:
    """What has to come first, where there is nothing yet that this could be about."""
    waits = {one.status for one in paper.waivers.values()}
    refunds = {one.status for one in paper.refunds.values()}
    if what in ("decide waiver", "waiver lapses") and "PENDING" not in waits:
        what = "ask for waiver"
    if what == "ask for waiver" and paper.owed <= 0:
        what = "order test"
    if what == "pay refund out" and "APPROVED" not in refunds:
        what = "decide refund"
    if what == "decide refund" and "PENDING" not in refunds:
        what = "ask for refund"
    if what == "ask for refund" and paper.may_go_back <= 0:
        what = "deposit"
    if what == "review glass" and all(glass.reviewed for glass in paper.glasses.values()):
        what = "break glass"
    if what in ("break glass", "report test") and not paper.work:
        what = "order test"
    return what


HOLDS = (
    Notebook.every_bill_adds_up,
    Notebook.no_money_appears_or_disappears,
    Notebook.every_request_is_remembered,
    Notebook.what_is_paid_first_waits_for_its_money,
    Notebook.it_stands_where_the_notes_say,
    Notebook.an_open_visit_waits_for_somebody,
    Notebook.nobody_waits_unseen,
    Notebook.status_follows_from_the_facts,
    Notebook.it_travels_unchanged,
)


class Till(Notebook):
    """One visit whose way chance decides; in a strict clinic every service is paid first."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)
        self.done: Counter[str] = Counter()
        is_strict = number % 3 > 0
        self.desk, self.ids = registered(STRICT if is_strict else HOUSE.policy[0]), []
        self.paper = Paper(first=frozenset(GATED), fee=PRICES["CONSULTATION"]) if is_strict else Paper()
        for code, batches in BATCHES.items():
            self.desk.shelf.receive(code, *batches)
        beside_another(self.desk)
        registered_twice(self.desk, self.paper)

    def begin(self) -> None:
        """Triaged; mostly with the consultation paid and done, and something ordered."""
        self.act(NURSE, looking("GREEN"))
        held = do.TakeDeposit.model_validate({"amount": 300, "payment_type": "CASH"})
        begun = (do.TakeIn(), do.RecordEncounter(), do.OrderLabTest(test_type="BLOOD_TEST"), prescription(4))
        if self.random.random() < 0.8:
            self.act(STAFF[Role.CASHIER], held)
            for action in begun:
                self.act(CLINICIAN, action)

    def walk(self) -> None:
        self.begin()
        for _ in range(STEPS):
            self.step()
            for holds in HOLDS:
                holds(self)

    def step(self) -> None:
        by = self.random
        if by.random() < 0.03:
            self.desk.now += timedelta(hours=by.choice([1, 25]))  # over night the visit stays as it is
        often = [*ORDERS, *TILL, *WAIVERS, *REFUNDS, *GATES]
        what = by.choice(ENDS if by.random() < (0.3 if self.paper.ended else 0.03) else [*often, "go on"])
        what = before(self.paper, what) if by.random() < 0.8 else what
        at = Choice(self.paper, self.ids, by.randrange(60))
        if what == "go on":
            self.act(*next_form(at))
            return
        likely, form = FORMS[what]
        able: list[Person] = [STAFF[one] if isinstance(one, Role) else one for one in likely]
        self.act(IN_CHARGE if by.random() < 0.05 else by.choice(able), form(at))

    def keep(self, change: do.Change, who: Person, action: do.Action, id: UUID) -> None:
        super().keep(change, who, action, id)
        self.done[f"{action.kind}, gated" if self.visit.is_gated else action.kind] += 1


@pytest.mark.parametrize("first", range(0, WALKS, 50))
def test_at_any_step_of_any_walk_every_bill_adds_up(first: int) -> None:
    """Found by chance, but always the same chance: the walks are numbered."""
    done: Counter[str] = Counter()
    for number in range(first, first + 50):
        till = Till(number)
        till.walk()
        done += till.done
    for kind in DONE_OFTEN:
        assert done[kind] + done[f"{kind}, gated"] >= 2, f"{kind} is hardly ever done"
    assert sum(count for kind, count in done.items() if kind.endswith("gated")) >= 100
