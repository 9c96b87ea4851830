"""Every wait that is over has left exactly one line, and together the lines are the waits."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, settings

from models.actions import (
    Action,
    BreakGlass,
    CancelOrder,
    Change,
    EnterInError,
    OrderLabTest,
    PatientLeft,
    RecordDeath,
    RecordEncounter,
    ReportLabTest,
    TakeIn,
    TakePatient,
    TakePayment,
    UndoDeath,
)
from models.deadlines import Step, wait_key
from models.next_steps import NextStep, next_steps
from models.policy import HOUSE, When
from models.staff import Person, Role, Station
from models.stays import HowEnded, Stay, stays_ended
from models.visit import Visit
from tests.pathway.desk import Desk, registered, seen, taken_in, triaged, with_test
from tests.pathway.people import CLINICIAN, NURSE, SECOND_CLINICIAN, STAFF, triage
from tests.pathway.test_state_machine import Pathway

STRICT_LAB = HOUSE.policy[0].model_copy(update={"gates": {Station.LABORATORY: When.BEFORE}})
"""The house's policy, but tests are paid first."""


def stays_of(desk: Desk, who: Person | Role, action: Action) -> dict[str, Stay]:
    """What ends with the action, by its step."""
    before = desk.visit
    desk.does(who, action)
    actor = STAFF[who] if isinstance(who, Role) else who
    return {one.step: one for one in stays_ended(before, desk.visit, actor, UUID(int=9), desk.now)}


def test_triage_ends_the_wait_for_triage_with_the_category_that_it_found() -> None:
    desk = registered()
    since = desk.visit.waiting[0].since
    ended = stays_of(desk, NURSE, triage("URGENT"))
    assert list(ended) == ["TRIAGE"]
    one = ended["TRIAGE"]
    assert (one.since, one.ended_at, one.ended_how, one.ended_by) == (since, desk.now, HowEnded.DONE, NURSE.id)
    assert (one.triage_category, one.taken_by) == ("URGENT", None)


def test_who_takes_the_patient_in_has_taken_them_and_nobody_looks_again_while_waiting() -> None:
    ended = stays_of(triaged(), CLINICIAN, TakeIn())
    assert {step: one.ended_how for step, one in ended.items()} == {"CONSULTATION": "DONE", "RETRIAGE": "ENDED"}
    consultation = ended["CONSULTATION"]
    assert (consultation.taken_by, consultation.taken_at) == (CLINICIAN.id, consultation.ended_at)


def test_the_service_time_of_a_consultation_is_its_encounter() -> None:
    desk = taken_in()
    since = desk.visit.stage_since
    one = stays_of(desk, CLINICIAN, RecordEncounter())["ENCOUNTER"]
    assert (one.taken_at, one.taken_by, one.ended_at - since) == (since, CLINICIAN.id, timedelta(minutes=1))
    assert one.ended_how is HowEnded.DONE


def test_a_cancelled_order_was_not_served_and_a_new_one_is_not_a_payment() -> None:
    desk, order = with_test()
    cancelled = stays_of(desk, CLINICIAN, CancelOrder(order_id=order, reason="Not needed"))
    assert cancelled["LABORATORY"].ended_how is HowEnded.ENDED
    assert stays_of(desk, CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))["CASHIER"].ended_how is HowEnded.ENDED


def test_money_that_was_taken_ends_the_wait_at_the_cashier() -> None:
    desk = taken_in()
    desk.does(CLINICIAN, RecordEncounter())
    before = desk.visit
    desk.pay()
    (one,) = stays_ended(before, desk.visit, STAFF[Role.CASHIER], UUID(int=9), desk.now)
    assert (one.step, one.ended_how) == ("CASHIER", HowEnded.DONE)


def test_a_death_ends_every_wait_unserved_and_one_that_goes_on_is_not_doubled() -> None:
    desk = triaged()
    death = RecordDeath(time_of_death=desk.now, circumstances="Cardiac arrest")
    ended = stays_of(desk, CLINICIAN, death)
    assert {one.ended_how for one in ended.values()} == {"ENDED"}
    assert stays_of(desk, SECOND_CLINICIAN, UndoDeath(reason="In error")) == {}
    again = stays_of(desk, CLINICIAN, TakeIn())
    assert again["RETRIAGE"].id == ended["RETRIAGE"].id, "the same wait for another look"
    assert again["CONSULTATION"].id != ended["CONSULTATION"].id


def test_before_a_closed_gate_the_cashier_is_waited_for_and_the_bench_from_when_it_opens() -> None:
    desk = seen(policy=STRICT_LAB)
    desk.pay()
    test = desk.ordered(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    ordered_at = desk.now
    desk.does(Role.LAB_TECHNICIAN, TakePatient(station=Station.LABORATORY))
    cashier = paid(desk, "500")["CASHIER"]
    opened_at = desk.now
    assert (cashier.since, cashier.ended_at, cashier.ended_how) == (ordered_at, opened_at, HowEnded.DONE)
    report = {"lab_request_id": test, "status": "COMPLETED", "results": {"hemoglobin": "14.2"}}
    bench = stays_of(desk, Role.LAB_TECHNICIAN, ReportLabTest.model_validate(report))["LABORATORY"]
    assert (bench.since, bench.taken_at, bench.ended_at) == (opened_at, opened_at, desk.now)


def test_money_that_opens_the_gate_and_leaves_something_owed_was_the_payment_that_was_waited_for() -> None:
    desk = seen(policy=STRICT_LAB)
    desk.does(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    assert "CASHIER" not in paid(desk, "499")
    ended = paid(desk, "1")
    assert desk.visit.balance > 0
    assert {step: one.ended_how for step, one in ended.items()} == {"CASHIER": "DONE"}


def test_a_gate_that_is_broken_or_an_order_that_is_taken_back_is_no_payment_and_no_wait_at_the_bench() -> None:
    desk = seen(policy=STRICT_LAB)
    order = desk.ordered(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    ended = stays_of(desk, CLINICIAN, CancelOrder(order_id=order, reason="Not needed"))
    assert "LABORATORY" not in ended
    order = desk.ordered(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    ended = stays_of(desk, CLINICIAN, BreakGlass(order_id=order, reason="In danger"))
    assert {step: one.ended_how for step, one in ended.items()} == {"CASHIER": "ENDED"}


def test_the_bench_is_done_with_the_patient_while_only_gated_work_is_left() -> None:
    desk = seen(policy=STRICT_LAB)
    first = desk.ordered(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    paid(desk, "500")
    opened_at = desk.now
    desk.does(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    report = {"lab_request_id": first, "status": "COMPLETED", "results": {"hemoglobin": "14.2"}}
    one = stays_of(desk, Role.LAB_TECHNICIAN, ReportLabTest.model_validate(report))["LABORATORY"]
    assert (one.since, one.ended_at, one.ended_how) == (opened_at, desk.now, HowEnded.DONE)
    paid(desk, "500")
    again = stays_of(desk, CLINICIAN, CancelOrder(order_id=desk.visit.open_orders[0].id, reason="Enough"))
    assert again["LABORATORY"].id != one.id
    assert again["LABORATORY"].ended_how is HowEnded.ENDED


def test_who_leaves_after_having_been_seen_was_not_discharged() -> None:
    desk = seen()
    desk.pay()
    ended = stays_of(desk, Role.RECEPTIONIST, PatientLeft(notes="Gone"))
    assert {step: one.ended_how for step, one in ended.items()} == {"DISCHARGE": "LEFT"}


def test_a_triage_in_error_is_no_second_look() -> None:
    desk = registered()
    look = desk.does(NURSE, triage("NORMAL")).rows[0].id
    error = EnterInError(record="ENCOUNTER", record_id=look, reason="Another patient")
    ended = stays_of(desk, NURSE, error)
    assert {step: one.ended_how for step, one in ended.items()} == {"CONSULTATION": "ENDED", "RETRIAGE": "ENDED"}


def paid(desk: Desk, amount: str) -> dict[str, Stay]:
    return stays_of(desk, Role.CASHIER, TakePayment.model_validate({"amount": amount, "payment_type": "CASH"}))


class Reckoned(Pathway):
    """Any visit: beside it a clock that runs while something is waited for, and stands while it is to be paid first."""

    def __init__(self) -> None:
        super().__init__()
        self.free_since: dict[str, datetime] = {}
        self.several: set[str] = set()

    def keep(self, change: Change, who: Person, action: Action, id: UUID) -> None:
        before = self.visit
        super().keep(change, who, action, id)
        self.tick(before, stays_ended(before, self.visit, who, id, self.desk.now))

    def tick(self, before: Visit, ended: tuple[Stay, ...]) -> None:
        was, now = free(before), free(self.visit)
        over = {was[key].step: key for key in was.keys() - now.keys()}
        assert sorted(one.step for one in ended) == sorted(over)
        for one in ended:
            self.check(one, over[one.step], was[over[one.step]])
        behind_gates = {key_of(one) for one in next_steps(before)} - was.keys()
        for key in now.keys() - was.keys():
            self.free_since[key] = self.desk.now if key in behind_gates else now[key].since
        self.several |= {key for key, one in now.items() if len(at(self.visit, one)) > 1}

    def check(self, one: Stay, key: str, step: NextStep) -> None:
        """Of several orders that were paid at different times, the wait may begin with a later one."""
        began = self.free_since.get(key, step.since)
        assert began <= one.since <= one.ended_at == max(self.desk.now, step.since)
        assert one.since == began or key in self.several or one.step == "DISCHARGE"
        assert all(moment is None or one.since <= moment <= one.ended_at for moment in (one.taken_at, one.called_at))
        assert one.triage_category == self.visit.triage_category


def key_of(one: NextStep) -> str:
    return wait_key(one.step, one.since)


def free(visit: Visit) -> dict[str, NextStep]:
    """What is waited for and need not be paid first."""
    steps = {key_of(one): one for one in next_steps(visit)}
    return {key: one for key, one in steps.items() if not at(visit, one) or not all(at(visit, one))}


def at(visit: Visit, one: NextStep) -> list[bool]:
    """Of each work at the station, whether it is gated."""
    gates = [order.gated for order in visit.open_orders if Step(order.station) is one.step]
    if one.step == "CONSULTATION" and visit.status == "TRIAGED" and visit.consultation_fee:
        gates.append(visit.consultation_fee.gated)
    return gates


TestReckoned = Reckoned.TestCase
TestReckoned.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
