"""Any role, any action, any order: the rules are held against the notes that a clerk keeps on paper."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from models import actions as do
from models.policy import GATED, HOUSE
from models.staff import Role
from tests.pathway.desk import STRICT, registered
from tests.pathway.forms import DOSE, FORMS, NURSE_AND_CLINICIAN, Choice, error, next_form
from tests.pathway.machine import Notebook, beside_another, registered_twice
from tests.pathway.paper import BATCHES, Paper
from tests.pathway.people import (
    ANOTHER_FACILITY,
    CLINICIAN,
    NURSE,
    PRICES,
    SECOND_CLINICIAN,
    STAFF,
    TETANUS,
    person,
    prescription,
    triage,
)

ANYBODY = (*STAFF.values(), SECOND_CLINICIAN, NURSE_AND_CLINICIAN, person(*Role, facility=ANOTHER_FACILITY))
MONEY = ("pay by phone", "confirm payment", "fail payment")
BACK = ("deposit", "ask for waiver", "decide waiver", "ask for refund", "decide refund", "pay refund out", "quote")
TRIAGE = ("triage again", "triage again", "confirm triage", "confirm triage")
LABORATORY = ("order test", "report test", "correct test", "acknowledge")
PHARMACY = ("prescribe", "prescribe", "dispense", "dispense", "dispense", "allergy")
A_DAY = "a day goes by"
AFTERWARDS = ("reopen", "reopen", "undo death")
QUEUE = ("call", "call", "no answer", "take", "take", "give back")
LEAVING = ("patient leaves", "patient returns", "patient returns", "call back")
OFTEN = (*LABORATORY, *PHARMACY, *QUEUE, "refer", "discharge", *MONEY, *BACK, *TRIAGE, *AFTERWARDS, *LEAVING, A_DAY)
ERRORS = ("enter in error",) * 6
SELDOM = ("arrive", "day ends", "cancel visit", "diagnose", "wrong patient", "record death", A_DAY)
NUMBERS = st.integers(0, 59)


class Pathway(Notebook):
    """One visit, from the reception desk on.

    One rule chooses among all actions: hypothesis leaves some of several rules out of a run, and a run without triage
    or consultation goes nowhere.
    """

    @initialize(
        far=st.sampled_from([6, 4, 3, 2, 1, 0]),
        is_vaccinated=st.sampled_from([False, False, True]),
        is_strict=st.booleans(),
    )
    def register(self, far: int, is_vaccinated: bool, is_strict: bool = False) -> None:
        """Some visits begin further on, so that short runs also see their later stages; some in a clinic where every
        service is paid first."""
        self.desk, self.paper, self.ids = registered(STRICT if is_strict else HOUSE.policy[0]), Paper(), []
        if is_strict:
            self.paper = Paper(first=frozenset(GATED), fee=PRICES["CONSULTATION"])
        for code, batches in BATCHES.items():
            self.desk.shelf.receive(code, *batches)
        beside_another(self.desk)
        registered_twice(self.desk, self.paper)
        asked = do.TakePayment.model_validate({"amount": 100, "payment_type": "MPESA"})
        seen = (NURSE, triage()), (CLINICIAN, do.TakeIn()), (CLINICIAN, do.RecordEncounter())
        paid = do.TakePayment.model_validate({"amount": 300, "payment_type": "CASH"})
        dose = do.RecordImmunization.model_validate({**DOSE, "vaccine_id": TETANUS})
        watched = ((STAFF[Role.CASHIER], paid), (STAFF[Role.IMMUNIZATION_NURSE], dose))
        drugs = (CLINICIAN, prescription(9, "Amoxicillin")), (CLINICIAN, prescription(6, "Diclofenac"))
        later = (*seen, (STAFF[Role.CASHIER], asked), *drugs)[:far]
        if is_strict and far > 1:
            held = do.TakeDeposit.model_validate({"amount": 300, "payment_type": "CASH"})
            self.act(STAFF[Role.CASHIER], held)
        for who, action in (*seen, *watched) if is_vaccinated else later:
            self.act(who, action)

    @rule(what=st.sampled_from([*FORMS, *OFTEN, "go on", "go on", *ERRORS]), stranger=NUMBERS, number=NUMBERS)
    def somebody_tries(self, what: str, stranger: int, number: int) -> None:
        """Mostly somebody who may; now and then anybody."""
        at = Choice(self.paper, self.ids, number)
        if what == "go on":
            self.act(*next_form(at))
            return
        if what == "enter in error":
            who, action = error(at)
            self.act(ANYBODY[stranger % len(ANYBODY)] if stranger >= 50 else who, action)
            return
        if what in SELDOM and stranger % 4:
            return
        if what == A_DAY:
            self.desk.now += timedelta(hours=25) if self.paper.ended else timedelta(0)
            return
        if self.paper.ended and self.paper.debts and stranger % 3:
            what = "dispense"
        if what == "dispense" and not (self.paper.debts or self.paper.working("PRESCRIPTION")) and stranger % 4:
            what = "prescribe"
        likely, form = FORMS[what]
        able = [STAFF[who] if isinstance(who, Role) else who for who in likely]
        self.act(ANYBODY[stranger % len(ANYBODY)] if stranger >= 50 else able[stranger % len(able)], form(at))


TestPathway = Pathway.TestCase
TestPathway.settings = settings(
    max_examples=150,
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
