"""A death: certified, everything that was open closed, the debt kept; and a death that was none."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from models.actions import (
    Dispense,
    IdentifyPatient,
    OpenVisit,
    OrderLabTest,
    ReceiveEmergency,
    RecordDeath,
    Refer,
    RegisterPatient,
    ReopenVisit,
    ReportLabTest,
    TakeIn,
    TakePayment,
    UndoDeath,
)
from models.actions.base import Start
from models.catalogue import Resource
from models.notices import Papers, owed
from models.paying import PaymentType
from models.staff import Role, Station
from models.status import Status
from models.words import NAIROBI, next_step
from tests.pathway.desk import Desk, come_again, registered, seen, with_prescription
from tests.pathway.forms import sha_invoice
from tests.pathway.people import CLINICIAN, MORNING, NAMES, SECOND_CLINICIAN, STAFF, prescription

ARRIVED = MORNING + timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
NOT_SO = UndoDeath(reason="Written on the wrong visit")
VISIT_ID = uuid5(NAMES, "the next visit")


def death(desk: Desk, **changed: Any) -> RecordDeath:
    form = {"time_of_death": desk.now, "circumstances": "Cardiac arrest", **changed}
    return RecordDeath.model_validate(form)


def died(desk: Desk) -> Desk:
    desk.does(CLINICIAN, death(desk))
    return desk


def patient(desk: Desk) -> dict[str, Any]:
    return desk.shelf.rows[Resource.PATIENT, desk.visit.patient_id]


def tasks(desk: Desk) -> dict[str, str]:
    return {row["kind"]: row["words"] for (kind, _), row in desk.shelf.rows.items() if kind is Resource.TASK}


def beside(desk: Desk) -> Desk:
    return Desk(shelf=desk.shelf, now=desk.now, id=VISIT_ID)


@pytest.mark.parametrize("make", [registered, seen])
def test_a_death_ends_a_visit_wherever_it_stands(make: Any) -> None:
    desk = make()
    change = desk.does(CLINICIAN, death(desk))
    visit = desk.visit
    assert (visit.status, visit.waiting, visit.completed_at) == (Status.DECEASED, (), desk.now)
    assert visit.discharge_notes == "Cardiac arrest"
    assert visit.death is not None
    assert (visit.death.certified_by, visit.death.brought_in_dead) == (CLINICIAN.id, False)
    assert patient(desk)["deceased_at"] == visit.death.time_of_death
    assert {"patient:deceased", "visit:status_changed"} <= {event.kind for event in change.events}


@pytest.mark.parametrize("who", [Role.SUPERVISOR, Role.TRIAGE_NURSE, Role.RECEPTIONIST, Role.ADMIN])
def test_clinicians_certify_deaths(who: Role) -> None:
    desk = seen()
    assert desk.refused(who, death(desk)).roles == (Role.CLINICAL_OFFICER,)


@pytest.mark.parametrize(
    ("moment", "brought_in_dead", "is_possible"),
    [
        (ARRIVED, False, True),
        (ARRIVED - MINUTE, False, False),
        (ARRIVED - MINUTE, True, True),
        (ARRIVED, True, True),
        (ARRIVED + MINUTE, True, False),
        (ARRIVED + 600 * MINUTE, False, False),
    ],
)
def test_the_time_of_a_death_is_possible(moment: Any, brought_in_dead: bool, is_possible: bool) -> None:
    desk = registered()
    assert desk.visit.arrived_at == ARRIVED
    form = death(desk, time_of_death=moment, brought_in_dead=brought_in_dead)
    desk.now += MINUTE
    if is_possible:
        desk.does(CLINICIAN, form)
    else:
        assert desk.refused(CLINICIAN, form).errors[0].field == "time_of_death"


def test_the_minute_of_arrival_is_no_moment_before_it() -> None:
    """A clock on the wall shows no seconds."""
    desk = registered()
    desk.current = desk.visit.having(arrived_at=ARRIVED.replace(second=40))
    desk.does(CLINICIAN, death(desk, time_of_death=ARRIVED.astimezone(NAIROBI)))


def with_everything() -> tuple[Desk, UUID, UUID]:
    """Two tests, one preliminary; a prescription of which 1 of 4 pieces was handed out; a referral."""
    desk, drug = with_prescription()
    test = desk.ordered(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    desk.does(CLINICIAN, OrderLabTest(test_type="BLOOD_TEST"))
    desk.does(Role.LAB_TECHNICIAN, preliminary(test))
    desk.does(Role.PHARMACIST, Dispense(prescription_id=drug, status="PARTIALLY_DISPENSED", quantity_dispensed=1))
    desk.does(CLINICIAN, Refer(station=Station.MCH, reason="It is due"))
    return desk, test, drug


def preliminary(test: UUID) -> ReportLabTest:
    form = {"lab_request_id": test, "status": "PRELIMINARY", "results": {"hemoglobin": "9.9"}}
    return ReportLabTest.model_validate(form)


def statuses(desk: Desk) -> set[str]:
    kinds = (Resource.LAB_REQUEST, Resource.PRESCRIPTION, Resource.REFERRAL)
    return {row["status"] for (kind, _), row in desk.shelf.rows.items() if kind in kinds}


def test_open_orders_are_cancelled_and_what_was_not_given_is_taken_off_the_bill() -> None:
    desk, test, _ = with_everything()
    died(desk)
    assert desk.visit.open_orders == ()
    assert statuses(desk) == {"CANCELLED"}
    assert desk.visit.total_amount == desk.shelf.total == Decimal("305.25"), "the consultation, and one piece"
    assert desk.shelf.rows[Resource.LAB_REQUEST, test]["results"] == {"hemoglobin": "9.9"}, "what was found stays"
    assert "SETTLE_BILL" in tasks(desk)


def test_the_second_person_brings_all_of_it_back() -> None:
    desk, test, drug = with_everything()
    before = desk.visit
    died(desk)
    desk.does(SECOND_CLINICIAN, NOT_SO)
    assert desk.visit.open_orders == before.open_orders
    assert desk.visit.total_amount == desk.shelf.total == before.total_amount
    assert desk.shelf.rows[Resource.LAB_REQUEST, test]["status"] == "PRELIMINARY"
    assert desk.shelf.rows[Resource.PRESCRIPTION, drug]["status"] == "PARTIALLY_DISPENSED"
    assert patient(desk)["deceased_at"] is None
    (kept,) = desk.visit.undone_ends
    assert kept.death is not None
    assert (kept.end, kept.by, kept.reason) == (Status.DECEASED, SECOND_CLINICIAN.id, "Written on the wrong visit")
    desk.does(Role.PHARMACIST, Dispense(prescription_id=drug, status="DISPENSED", quantity_dispensed=3))


def test_a_death_that_was_taken_back_may_be_recorded_again() -> None:
    desk, _, _ = with_everything()
    for _ in range(2):
        died(desk)
        assert desk.visit.total_amount == desk.shelf.total == Decimal("305.25")
        desk.does(SECOND_CLINICIAN, NOT_SO)
    assert len(desk.visit.undone_ends) == 2


def test_nobody_takes_back_the_death_that_they_certified() -> None:
    desk = died(seen())
    problem = desk.refused(CLINICIAN, NOT_SO)
    assert (problem.type, problem.missing[0].what) == ("/problems/wrong-stage", "a second person")
    assert desk.refused(Role.RECEPTIONIST, NOT_SO).status == 403
    desk.does(Role.SUPERVISOR, NOT_SO)


def test_a_death_is_not_undone_by_opening_the_visit_again() -> None:
    assert "undo_death" in died(seen()).refused(SECOND_CLINICIAN, ReopenVisit(reason="Not so")).detail
    assert seen().refused(SECOND_CLINICIAN, NOT_SO).type == "/problems/conflict"


def test_after_a_day_the_patient_lives_but_the_visit_stays_over() -> None:
    desk = died(seen())
    desk.now += timedelta(hours=24)
    desk.does(SECOND_CLINICIAN, NOT_SO)
    assert (desk.visit.status, desk.visit.death) == (Status.COMPLETED, None)
    assert patient(desk)["deceased_at"] is None
    assert desk.visit.balance == 300
    desk.pay()
    beside(desk).does(Role.RECEPTIONIST, come_again(desk))


def test_the_family_pays_what_is_owed_and_no_more() -> None:
    desk = died(seen())
    assert desk.visit.balance == 300
    assert "300.00" in next_step(desk.visit)
    assert "cashier" in next_step(desk.visit)
    desk.pay("100")
    assert desk.refused(Role.CASHIER, paying(201)).errors[0].field == "amount"
    desk.pay("200")
    assert desk.refused(Role.CASHIER, paying(1)).type == "/problems/visit-closed"


def paying(amount: int, **more: Any) -> TakePayment:
    return TakePayment.model_validate({"amount": amount, "payment_type": "CASH", **more})


def test_the_phone_of_who_has_died_is_not_asked_to_pay() -> None:
    desk = died(seen())
    by_phone = paying(300, payment_type="MPESA")
    assert desk.refused(Role.CASHIER, by_phone).errors[0].field == "phone_number"
    desk.does(Role.CASHIER, paying(300, payment_type="MPESA", phone_number="0722000001"))


def test_the_cover_still_pays_for_who_has_died() -> None:
    from tests.pathway.forms import Choice
    from tests.pathway.paper import Paper

    desk = died(seen())
    desk.does(Role.CASHIER, sha_invoice(Choice(Paper(), [], 0)))
    assert desk.visit.balance == 0


def test_a_closed_visit_takes_nothing_from_who_lives() -> None:
    desk = seen()
    desk.pay()
    died(desk)
    assert desk.refused(Role.CASHIER, paying(1)).type == "/problems/visit-closed"


def test_money_beyond_the_bill_goes_back_to_the_family() -> None:
    desk = seen()
    desk.does(CLINICIAN, prescription())
    desk.pay()
    died(desk)
    assert desk.visit.balance == -21
    assert "KES 21.00" in tasks(desk)["REFUND_PATIENT"]


@pytest.mark.parametrize("form", ["open", "return"])
def test_the_dead_are_not_registered_again(form: str) -> None:
    desk = died(seen())
    returning = RegisterPatient(
        registration_type="RETURNING",
        patient_id=desk.visit.patient_id,
        chief_complaint="Cough",
        payment_type=PaymentType.CASH,
    )
    action: OpenVisit | RegisterPatient = come_again(desk) if form == "open" else returning
    problem = beside(desk).refused(Role.RECEPTIONIST, action)
    assert (problem.status, "died" in problem.detail) == (409, True)


def test_all_appointments_to_come_are_cancelled_and_kept_again() -> None:
    desk = seen()
    id = uuid5(NAMES, "review")
    row = {"id": id, "patient_id": desk.visit.patient_id, "visit_id": None, "recorded_at": MORNING}
    desk.shelf.rows[Resource.APPOINTMENT, id] = {**row, "status": "SCHEDULED", "version": 1}
    change = desk.does(CLINICIAN, death(desk))
    assert Start(kind="Reminder", id=id) in change.starts
    assert desk.shelf.rows[Resource.APPOINTMENT, id]["status"] == "CANCELLED"
    change = desk.does(SECOND_CLINICIAN, NOT_SO)
    assert Start(kind="Reminder", id=id) in change.starts
    assert desk.shelf.rows[Resource.APPOINTMENT, id]["status"] == "SCHEDULED"


@pytest.mark.parametrize(
    ("prescription_id", "task", "said", "taken_back"),
    [(None, "tell", "next of kin", "tell the patient"), (uuid5(NAMES, "drug"), "hand out", "cancel", "hand out")],
)
def test_what_is_owed_of_an_earlier_visit_is_spoken_of_with_the_next_of_kin_until_the_death_is_taken_back(
    prescription_id: UUID | None, task: str, said: str, taken_back: str
) -> None:
    desk = seen()
    id = uuid5(NAMES, "obligation")
    row = {"id": id, "patient_id": desk.visit.patient_id, "visit_id": uuid5(NAMES, "old"), "recorded_at": MORNING}
    kind = "DRUGS_OWED" if prescription_id else "RESULT_TO_TELL"
    owed_row = {**row, "kind": kind, "status": "OPEN", "prescription_id": prescription_id}
    desk.shelf.rows[Resource.OBLIGATION, id] = owed_row
    desk.does(CLINICIAN, death(desk))
    assert desk.shelf.rows[Resource.OBLIGATION, id]["status"] == "OPEN"
    asked = (Resource.TASK, uuid5(id, task))
    assert said in desk.shelf.rows[asked]["words"]
    desk.does(SECOND_CLINICIAN, NOT_SO)
    assert desk.shelf.rows[Resource.OBLIGATION, id]["status"] == "OPEN"
    assert taken_back in desk.shelf.rows[asked]["words"]
    assert "died" not in desk.shelf.rows[asked]["words"]


def test_nothing_is_written_to_who_has_died() -> None:
    facts: dict[str, Any] = {"is_over": True, "was_discharged": False, "ready_at": MORNING, "has_died": True}
    for has_email in (True, False):
        assert owed(VISIT_ID, Papers(has_email=has_email, **facts), NAIROBI) is None


def test_the_report_of_a_second_end_is_a_letter_of_its_own() -> None:
    first = owed(VISIT_ID, Papers(has_email=True, is_over=True, was_discharged=True), NAIROBI)
    facts: dict[str, Any] = {"has_email": True, "is_over": True, "was_discharged": True}
    second = owed(VISIT_ID, Papers(**facts, ended_again=MORNING), NAIROBI)
    assert first
    assert second
    assert first.notice.key != second.notice.key


def test_an_emergency_that_died_unknown_is_dead_when_it_has_a_name() -> None:
    known = registered()
    desk = beside(known)
    desk.does(Role.TRIAGE_NURSE, ReceiveEmergency())
    desk.does(CLINICIAN, TakeIn())
    died(desk)
    desk.does(STAFF[Role.RECEPTIONIST], IdentifyPatient(patient_id=known.visit.patient_id))
    assert desk.visit.patient_id == known.visit.patient_id
    assert patient(desk)["deceased_at"]
