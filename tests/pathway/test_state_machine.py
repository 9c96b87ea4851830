"""Any role, any action, any order: the rules are held against the notes that a clerk keeps on paper."""

from uuid import uuid5

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from models import actions as do
from models.catalogue import Resource
from models.staff import Role
from tests.pathway.desk import registered
from tests.pathway.forms import FORMS, NURSE_AND_CLINICIAN, Choice, next_form
from tests.pathway.machine import Notebook
from tests.pathway.paper import Paper
from tests.pathway.people import (
    ANOTHER_FACILITY,
    CLINICIAN,
    FACILITY,
    NAMES,
    NURSE,
    SECOND_CLINICIAN,
    STAFF,
    person,
    triage,
)
from tests.pathway.verdicts import FOREIGN, UNKNOWN

ANYBODY = (*STAFF.values(), SECOND_CLINICIAN, NURSE_AND_CLINICIAN, person(*Role, facility=ANOTHER_FACILITY))
MONEY = ("pay by phone", "confirm payment", "fail payment")
TRIAGE = ("triage again", "triage again", "confirm triage", "confirm triage")
LABORATORY = ("order test", "report test", "correct test", "acknowledge")
OFTEN = (*LABORATORY, "prescribe", "refer", "dispense", "dispense", "discharge", *MONEY, *TRIAGE)
SELDOM = ("arrive", "cancel visit", "diagnose", "wrong patient")
NUMBERS = st.integers(0, 59)


class Pathway(Notebook):
    """One visit, from the reception desk on.

    One rule chooses among all actions: hypothesis leaves some of several rules out of a run, and a run without triage
    or consultation goes nowhere.
    """

    @initialize(far=st.sampled_from([4, 3, 2, 1, 0]))
    def register(self, far: int) -> None:
        """Some visits begin further on, so that short runs also see their later stages."""
        self.desk, self.paper, self.ids = registered(), Paper(), []
        for resource in (Resource.ENCOUNTER, Resource.LAB_REQUEST, Resource.PRESCRIPTION, Resource.PAYMENT):
            self.desk.shelf.rows[resource, FOREIGN] = {
                "facility_id": FACILITY,
                "visit_id": UNKNOWN,
                "status": "PENDING",
            }
        first, other = self.desk.visit.patient_id, uuid5(NAMES, "another patient")
        registered_too = self.desk.shelf.rows[Resource.PATIENT, first] | {"id": other, "age": 31}
        self.desk.shelf.rows[Resource.PATIENT, other] = registered_too
        self.paper.whose, self.paper.people = first, (first, other)
        asked = do.TakePayment.model_validate({"amount": 100, "payment_type": "MPESA"})
        seen = (NURSE, triage()), (CLINICIAN, do.TakeIn()), (CLINICIAN, do.RecordEncounter())
        for who, action in (*seen, (STAFF[Role.CASHIER], asked))[:far]:
            self.act(who, action)

    @rule(what=st.sampled_from([*FORMS, *OFTEN, "go on", "go on"]), stranger=NUMBERS, number=NUMBERS)
    def somebody_tries(self, what: str, stranger: int, number: int) -> None:
        """Mostly somebody who may; now and then anybody."""
        at = Choice(self.paper, self.ids, number)
        if what == "go on":
            self.act(*next_form(at))
            return
        if what in SELDOM and stranger % 4:
            return
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
