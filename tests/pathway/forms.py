"""Every action that somebody may try on a visit: its form, made from the notes on paper and one number.

The number chooses: mostly what fits, now and then another visit's record, an unknown code or a day gone by.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from models import actions as do
from models.claims import CoverStatus
from models.command import NAIROBI
from models.departures import CallOutcome, LeftBecause
from models.staff import SERVES, THE_CLINIC, Person, Role, Station
from tests.pathway.paper import Paper
from tests.pathway.people import (
    ANTENATAL,
    CLINICIAN,
    FACILITY,
    MEASLES,
    MORNING,
    NAMES,
    NURSE,
    PILL,
    RABIES,
    SECOND_CLINICIAN,
    STAFF,
    TETANUS,
    looking,
    person,
    prescription,
    registration,
    triage,
)
from tests.pathway.verdicts import FOREIGN, UNKNOWN

NURSE_AND_CLINICIAN = person(Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER)
PEOPLE = (*STAFF.values(), SECOND_CLINICIAN, NURSE_AND_CLINICIAN)
CLINIC = Person(id=THE_CLINIC, facility_id=FACILITY, roles=())
PATIENT = UUID(int=3)
Form = Callable[["Choice"], do.Action]
QUEUEING: TypeAdapter[do.Action] = TypeAdapter(do.AnyVisitAction)
ANYWHERE, ANYWHERE_TOO = (person(*SERVES.values(), name=name) for name in ("first", "second"))
SERVING = (ANYWHERE, ANYWHERE, ANYWHERE_TOO, ANYWHERE, CLINICIAN, NURSE, Role.SUPERVISOR)
DOSE = {"batch_number": "B1", "site": "Left arm", "route": "IM", "dosage": "0.5ml"}
DIAGNOSIS = {"diagnosis_code": "R51", "diagnosis_name": "Headache"}
DRUGS = ("Paracetamol", "Amoxicillin", "Ibuprofen", "Diclofenac", "Amoxicillin", "Aspirin", "Paracetamol")
STATIONS = ("IMMUNIZATION", "FAMILY_PLANNING", "MCH")


@dataclass(frozen=True)
class Choice:
    """The notes, the ids of all commands so far, and the number that chooses."""

    paper: Paper
    ids: list[UUID]
    number: int

    def one(self, *options: Any) -> Any:
        return options[self.number % len(options)]

    def record(self, *fitting: UUID) -> UUID:
        """Mostly one that fits; else any id there is."""
        there = [*fitting, *self.ids, FOREIGN, UNKNOWN] if self.number % 5 == 0 or not fitting else [*fitting]
        return there[self.number % len(there)]

    def encounter(self) -> UUID | None:
        return self.record(*self.paper.encounters) if self.number % 3 else None

    def other(self, *options: Any) -> Any:
        """Chosen apart from `one`."""
        return options[self.number // 7 % len(options)]

    def reason(self) -> dict[str, str] | None:
        return {"reason": "There is nothing better"} if self.number % 3 else None

    def share(self) -> Decimal:
        """A part of what is owed, all of it, or slightly more; at least KES 1."""
        part = Decimal(self.one("1", "0.50", "1", "0.01", "1.01"))
        return max(self.paper.owed * part, Decimal(1)).quantize(Decimal("0.01"))


def lab_report(at: Choice) -> do.Action:
    id = at.record(*at.paper.working("LAB_REQUEST"), *sorted(at.paper.to_follow))
    status = at.one("CANCELLED", "COMPLETED", "PRELIMINARY", "COMPLETED")
    results = None if status == "CANCELLED" else {"hb": at.one("12.1", "6.1", "12.1", "6.1", "5.9")}
    return do.ReportLabTest.model_validate({"lab_request_id": id, "status": status, "results": results})


def lab_correction(at: Choice) -> do.Action:
    id = at.record(*[id for id, test in at.paper.tests.items() if test.status in ("COMPLETED", "CORRECTED")])
    results = {"hb": at.one("12.1", "6.1", "5.9")}
    return do.CorrectLabResult(lab_request_id=id, results=results, reason="Wrong tube")


def acknowledgement(at: Choice) -> do.Action:
    """Mostly the value that was reported."""
    id = at.record(*[id for id, test in at.paper.tests.items() if test.waits_to_be_heard])
    value = at.paper.tests[id].value if id in at.paper.tests else ""
    return do.AcknowledgeCritical(lab_request_id=id, read_back=at.one(value, value, "6.2") or "6.1")


def order_cancelled(at: Choice) -> do.Action:
    id = at.record(*at.paper.working("LAB_REQUEST"), *sorted(at.paper.to_follow))
    return do.CancelOrder(order_id=id, reason="Not needed any more")


def patient_told(at: Choice) -> do.Action:
    return do.TellPatient(obligation_id=at.record(*at.paper.untold), outcome="Called; comes back tomorrow")


def dispensing(at: Choice) -> do.Action:
    id = at.record(*at.paper.working("PRESCRIPTION"), *at.paper.debts)
    status = at.one("DISPENSED", "PARTIALLY_DISPENSED", "OWED", "CANCELLED", "DISPENSED", "OUT_OF_STOCK", "OWED")
    needs = {
        "DISPENSED": at.other(None, 4, None),
        "PARTIALLY_DISPENSED": at.other(1, 2, 3),
        "OWED": at.other(None, 1, 2),
    }
    form = {"prescription_id": id, "status": status, "quantity_dispensed": needs.get(status), "override": at.reason()}
    instead = {"medication_name": at.other(*DRUGS), "quantity": at.other(None, 2, 9), "reason": "None is left"}
    if status == "DISPENSED" and at.number % 2:
        form |= {"substitution": instead, "quantity_dispensed": None}
    return do.Dispense.model_validate(form)


def drug(at: Choice) -> do.Action:
    """Mostly with a reason at hand, for much is prescribed on this visit."""
    form = prescription(at.one(4, 2, 3, 6), at.other(*DRUGS), at.encounter())
    return do.Prescribe.model_validate({**form.model_dump(), "override": at.reason()})


def allergy(at: Choice) -> do.Action:
    """Told anew, or said to be none."""
    if at.number % 3 == 0:
        return do.RecordAllergy(substance=at.one("Penicillin", "Peanuts", "ibuprofen", "Aspirin"))
    says = at.one({"verification_status": "refuted"}, {"verification_status": "entered-in-error"})
    says = at.one(says, {"clinical_status": "resolved"}, {"clinical_status": "active"}, says)
    id = at.record(*at.paper.allergies)
    return do.ChangeAllergy.model_validate({"allergy_id": id, **says, "reason": "Asked again"})


def sha_invoice(at: Choice) -> do.Action:
    amount = at.share() if at.number % 2 else None
    return do.RaiseShaInvoice(sha_number="SHA1", service_given="Care", amount_charged=amount)


def discharge(at: Choice) -> do.Action:
    days = at.one(None, 3, None, -1)
    when = None if days is None else do.FollowUp(date=(MORNING + timedelta(days=days)).date())
    return do.Discharge(discharge_notes="Stable", follow_up=when, results_to_follow=at.number % 2 == 0)


def vaccination(at: Choice) -> do.Action:
    """Td has a place in the schedule of an adult; nothing else has."""
    reason = at.one(None, None, None, "The clinician agreed")
    form = {**DOSE, "vaccine_id": at.one(TETANUS, MEASLES, TETANUS, RABIES, PILL), "override_reason": reason}
    return do.RecordImmunization.model_validate(form)


def reaction(at: Choice) -> do.Action:
    form = {"immunization_id": at.record(*at.paper.doses), "reaction": "Seen", "severity": "SEVERE"}
    return do.RecordReaction.model_validate({**form, "anaphylaxis": at.number % 2 == 0})


def arrival(at: Choice) -> do.Action:
    again = {"patient_id": PATIENT, "chief_complaint": "Cough", "payment_type": "CASH"}
    return registration() if at.number % 2 else do.OpenVisit.model_validate(again)


def lab_test(at: Choice) -> do.Action:
    return do.OrderLabTest(test_type=at.one("BLOOD_TEST", "FREE_TEST", "BLOOD_TEST", "BLOOD_TEST", "X-RAY"))


def payment(at: Choice) -> do.Action:
    return do.TakePayment.model_validate({"amount": at.share(), "payment_type": "CASH"})


def payment_by_phone(at: Choice) -> do.Action:
    """Mostly whole shillings; now and then by a receipt that the patient shows."""
    amount = at.share() if at.number % 4 == 0 else max(at.share() // at.one(1, 2, 3), Decimal(1))
    form = {"amount": amount, "payment_type": "MPESA", "payment_reference": at.one(None, None, "SKJ4ABC123")}
    return do.TakePayment.model_validate(form)


def money(at: Choice) -> UUID:
    """A payment that M-Pesa may tell of."""
    return at.record(*[id for id, became in at.paper.moneys.items() if became != "COMPLETED"])


def confirmation(at: Choice) -> do.Action:
    id = money(at)
    return do.ConfirmPayment(payment_id=id, amount=at.paper.phoned.get(id, Decimal(20)), payment_reference="SKJ4ABC123")


def credit(at: Choice) -> do.Action:
    """Each receipt makes one payment."""
    id = uuid5(NAMES, f"receipt {len(at.ids)}")
    return do.CreditPayment(payment_id=id, amount=Decimal(at.one(1, 50, 300)), payment_reference=f"R{len(at.ids)}")


def deposit(at: Choice) -> do.Action:
    form = {"amount": at.one(300, 50, 500, "20.50", 1000), "payment_type": at.other("CASH", "CASH", "MPESA")}
    return do.TakeDeposit.model_validate(form)


def quote(at: Choice) -> do.Action:
    items = {"IMMUNIZATION": (RABIES, MEASLES), "FAMILY_PLANNING": (PILL, ANTENATAL), "MCH": (ANTENATAL, ANTENATAL)}
    sent = [at.paper.work[id].station for id in at.paper.working("REFERRAL")]
    station = at.other(*sent, *sent, *STATIONS)
    return do.QuoteService(station=station, item_id=at.one(*items[station]))


def waiver(at: Choice) -> do.Action:
    return do.RequestWaiver(amount=at.share(), reason="Cannot pay")


def waiver_decided(at: Choice) -> do.Action:
    id = at.record(*[id for id, one in at.paper.waivers.items() if one.status == "PENDING"])
    amount = at.share() if at.number % 4 == 0 else None
    return do.DecideWaiver(waiver_id=id, approved=at.number % 3 != 0, amount=amount, reason="Known to us")


def waiver_lapsed(at: Choice) -> do.Action:
    return do.ExpireWaiver(waiver_id=at.record(*at.paper.waivers))


def refund(at: Choice) -> do.Action:
    part = Decimal(at.one("1", "0.50", "1", "1.01"))
    return do.RequestRefund(amount=max(at.paper.may_go_back * part, Decimal(1)).quantize(Decimal("0.01")), reason="x")


def refund_decided(at: Choice) -> do.Action:
    id = at.record(*[id for id, one in at.paper.refunds.items() if one.status == "PENDING"])
    return do.DecideRefund(refund_id=id, approved=at.number % 4 != 0, reason="It is so")


def refund_paid(at: Choice) -> do.Action:
    id = at.record(*[id for id, one in at.paper.refunds.items() if one.status == "APPROVED"])
    return do.PayOutRefund.model_validate({"refund_id": id, "payment_type": at.one("CASH", "CASH", "CASH", "MPESA")})


def glass(at: Choice) -> do.Action:
    waits = [UUID(id) for id in sorted(at.paper.gated()) if id != "None"]
    if waits and at.number % 3:
        return do.BreakGlass(order_id=at.record(*waits), reason="It cannot wait")
    station = at.other("LABORATORY", "CONSULTATION", "PHARMACY", "MCH")
    return do.BreakGlass(station=station, reason="It cannot wait")


def glass_reviewed(at: Choice) -> do.Action:
    return do.ReviewBreakGlass(break_glass_id=at.record(*at.paper.glasses), outcome="It was right")


def triage_again(at: Choice) -> do.Action:
    """Better or worse than before, with a reason or without; now and then with something not asked."""
    return looking(
        at.one("GREEN", "RED", "YELLOW", "ORANGE", "GREEN", "YELLOW"),
        trauma=None if at.number % 7 == 0 else False,
        incomplete=at.number % 3 == 0,
        retriage=at.number % 11 != 0,
        reason=None if at.number % 5 == 0 else "The fever has gone",
    )


def identification(at: Choice) -> do.Action:
    return do.IdentifyPatient(patient_id=PATIENT) if at.number % 2 else do.IdentifyPatient(first_name="Taa")


def another_patient(at: Choice) -> do.Action:
    """Mostly somebody else who is registered."""
    others = [one for one in at.paper.people if one != at.paper.whose]
    return do.WrongPatient(patient_id=at.one(*others, *others, PATIENT, at.paper.whose), reason="Two of one name")


def death(at: Choice) -> do.Action:
    """At any hour; people are brought in dead from before the day began."""
    hour = timedelta(hours=1)
    moment = at.one(at.paper.now, MORNING + timedelta(minutes=1), MORNING - hour, at.paper.now + hour)
    form = {"time_of_death": moment, "brought_in_dead": at.number % 3 == 0, "circumstances": "Cardiac arrest"}
    return do.RecordDeath.model_validate(form)


def referral_out(at: Choice) -> do.Action:
    form = {"facility_name": "County hospital", "urgency": at.one("ROUTINE", "URGENT"), "reason": "Surgery"}
    by = at.one(None, None, (MORNING + timedelta(days=3)).date(), MORNING.date())
    return do.ReferOut.model_validate({**form, "clinical_summary": "Acute abdomen", "feedback_by": by})


def referral(at: Choice) -> UUID:
    return at.record(*[id for id, sent in at.paper.referrals.items() if sent.status == "PENDING"])


def referral_answered(at: Choice) -> do.Action:
    return do.RecordReferralFeedback(referral_id=referral(at), feedback="Operated on", feedback_from="Ward 3")


def error(at: Choice) -> tuple[Person, do.Action]:
    """Mostly a record that is there, by whoever wrote it down."""
    written = [(record, id) for record, id in at.paper.writers if at.number % 7 == 0 or id not in at.paper.marked]
    kind, id = written[at.number % len(written)] if written else ("DIAGNOSIS", UNKNOWN)
    if at.number % 23 == 0:
        id = at.record()
    who = next((one for one in PEOPLE if one.id == at.paper.writers.get((kind, id))), STAFF[Role.SUPERVISOR])
    who = STAFF[Role.ADMIN] if at.number % 11 == 0 else who
    return who, do.EnterInError.model_validate({"record": kind, "record_id": id, "reason": "Of another patient"})


def in_queue(kind: str) -> Form:
    """Mostly where the patient waits."""

    def form(at: Choice) -> do.Action:
        there = sorted(at.paper.waits) or [Station.TRIAGE]
        station = Station.PHARMACY if at.number % 11 == 0 else at.other(*there)
        room = {"room": at.one(None, "Room 1", "Room 2")} if kind in ("call_patient", "take_patient") else {}
        return QUEUEING.validate_python({"kind": kind, "station": station, **room})

    return form


def departure(at: Choice) -> do.Action:
    """Mostly as it is noticed; now and then seen last before they came, or tomorrow."""
    hour = timedelta(hours=1)
    moment = at.one(None, None, at.paper.now, MORNING - hour, None, at.paper.now + hour, MORNING + timedelta(minutes=1))
    return do.PatientLeft(notes="Nobody answers", last_seen_at=moment, reason=at.other(None, *LeftBecause))


def call(at: Choice) -> do.Action:
    outcome = at.one("NOT_REACHED", "REACHED", "NOT_REACHED", "RETURNED", "NOT_REACHED")
    return do.PatientCalledBack(outcome=CallOutcome(outcome), notes="By phone")


def night(at: Choice) -> do.Action:
    """The day ends, once more now and then."""
    day = at.paper.now.astimezone(NAIROBI).date()
    due = datetime.combine(day + timedelta(days=1), time(8), NAIROBI)
    return do.HandOver(day=day, owner_id=at.paper.clinician, owner_role=Role.SUPERVISOR, due_at=due)


FORMS: dict[str, tuple[tuple[Person | Role, ...], Form]] = {
    "arrive": ((Role.RECEPTIONIST,), arrival),
    "triage": ((NURSE, NURSE_AND_CLINICIAN), lambda at: triage()),
    "triage again": ((NURSE, NURSE_AND_CLINICIAN), triage_again),
    "confirm triage": ((NURSE, CLINICIAN, NURSE_AND_CLINICIAN), lambda at: do.ConfirmRetriage()),
    "wrong patient": ((Role.RECEPTIONIST, Role.SUPERVISOR), another_patient),
    "identify": ((Role.RECEPTIONIST,), identification),
    "take in": ((CLINICIAN, SECOND_CLINICIAN), lambda at: do.TakeIn()),
    "call": (SERVING, in_queue("call_patient")),
    "no answer": (SERVING, in_queue("no_answer")),
    "take": (SERVING, in_queue("take_patient")),
    "give back": (SERVING, in_queue("release_patient")),
    "encounter": ((CLINICIAN, SECOND_CLINICIAN, CLINICIAN), lambda at: do.RecordEncounter()),
    "diagnose": (
        (CLINICIAN,),
        lambda at: do.RecordDiagnosis.model_validate({**DIAGNOSIS, "encounter_id": at.encounter()}),
    ),
    "order test": ((CLINICIAN, SECOND_CLINICIAN), lab_test),
    "report test": ((Role.LAB_TECHNICIAN,), lab_report),
    "correct test": ((Role.LAB_TECHNICIAN,), lab_correction),
    "acknowledge": ((CLINICIAN, SECOND_CLINICIAN), acknowledgement),
    "cancel order": ((CLINICIAN, SECOND_CLINICIAN), order_cancelled),
    "tell patient": ((CLINICIAN, SECOND_CLINICIAN), patient_told),
    "prescribe": ((CLINICIAN, SECOND_CLINICIAN), drug),
    "allergy": ((CLINICIAN, Role.PHARMACIST), allergy),
    "dispense": ((Role.PHARMACIST,), dispensing),
    "refer": (
        (NURSE, CLINICIAN, NURSE_AND_CLINICIAN),
        lambda at: do.Refer.model_validate({"station": at.one(*STATIONS), "reason": "It is due"}),
    ),
    "refer out": ((CLINICIAN, SECOND_CLINICIAN), referral_out),
    "cancel referral": (
        (CLINICIAN, NURSE, NURSE_AND_CLINICIAN),
        lambda at: do.CancelReferral(referral_id=referral(at), reason="Goes home"),
    ),
    "answer referral": ((CLINICIAN,), referral_answered),
    "vaccinate": (
        (Role.IMMUNIZATION_NURSE,),
        vaccination,
    ),
    "end observation": (
        (Role.IMMUNIZATION_NURSE, CLINICIAN),
        lambda at: do.EndObservation(reason="Watched at the ward"),
    ),
    "note reaction": ((Role.IMMUNIZATION_NURSE, CLINICIAN), reaction),
    "counsel": ((Role.FAMILY_PLANNING_COUNSELOR,), lambda at: do.RecordFamilyPlanning(method_id=PILL)),
    "care for mother": (
        (Role.MCH_NURSE,),
        lambda at: do.RecordMchService(
            service_id=at.one(ANTENATAL, ANTENATAL, MEASLES),
            danger_signs=at.one((), (), (), ("FEVER",), ("CONVULSING",)),
        ),
    ),
    "pay": ((Role.CASHIER,), payment),
    "pay by phone": ((Role.CASHIER,), payment_by_phone),
    "confirm payment": ((CLINIC,), confirmation),
    "fail payment": ((CLINIC,), lambda at: do.FailPayment(payment_id=money(at), reason="1032")),
    "credit payment": ((CLINIC,), credit),
    "day ends": ((CLINIC,), night),
    "invoice SHA": ((Role.CASHIER,), sha_invoice),
    "deposit": ((Role.CASHIER,), deposit),
    "quote": ((Role.CASHIER, NURSE, Role.MCH_NURSE), quote),
    "ask for waiver": ((Role.CASHIER, CLINICIAN, Role.SUPERVISOR), waiver),
    "decide waiver": ((Role.SUPERVISOR, Role.ADMIN), waiver_decided),
    "waiver lapses": ((CLINIC,), waiver_lapsed),
    "cover is answered": (
        (CLINIC,),
        lambda at: do.HearCover(patient_id=at.one(*at.paper.people), status=CoverStatus.ACTIVE),
    ),
    "ask for refund": ((Role.CASHIER, Role.SUPERVISOR), refund),
    "decide refund": ((Role.SUPERVISOR, Role.ADMIN), refund_decided),
    "pay refund out": ((Role.CASHIER,), refund_paid),
    "break glass": ((CLINICIAN, Role.LAB_TECHNICIAN, Role.PHARMACIST), glass),
    "review glass": ((Role.SUPERVISOR, Role.ADMIN), glass_reviewed),
    "discharge": (
        (CLINICIAN, Role.IMMUNIZATION_NURSE, Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE, CLINICIAN),
        discharge,
    ),
    "cancel visit": ((Role.RECEPTIONIST, Role.SUPERVISOR), lambda at: do.CancelVisit(reason="Opened by mistake")),
    "record death": ((CLINICIAN, SECOND_CLINICIAN), death),
    "undo death": (
        (SECOND_CLINICIAN, Role.SUPERVISOR, CLINICIAN),
        lambda at: do.UndoDeath(reason="Written on the wrong visit"),
    ),
    "patient leaves": (
        (
            CLINICIAN,
            NURSE,
            Role.RECEPTIONIST,
            Role.SUPERVISOR,
            Role.LAB_TECHNICIAN,
            Role.PHARMACIST,
            Role.CASHIER,
            Role.MCH_NURSE,
        ),
        departure,
    ),
    "patient returns": ((Role.RECEPTIONIST, NURSE, CLINICIAN), lambda at: do.PatientReturned()),
    "call back": ((NURSE, CLINICIAN), call),
    "reopen": ((CLINICIAN, Role.SUPERVISOR), lambda at: do.ReopenVisit(reason="Something was overlooked")),
}
"""What is tried: who mostly does it, and the form."""


def next_form(at: Choice) -> tuple[Person, do.Action]:
    """What the description asks for next."""
    paper = at.paper
    if not paper.triaged:
        return NURSE, triage()
    if paper.gated():
        return STAFF[Role.CASHIER], do.TakeDeposit.model_validate({"amount": paper.missing, "payment_type": "CASH"})
    if not paper.called and not paper.instead:
        return CLINICIAN, do.TakeIn()
    if tests := paper.working("LAB_REQUEST"):
        form = {"lab_request_id": tests[0], "status": "COMPLETED", "results": {"hb": 12.1}}
        return STAFF[Role.LAB_TECHNICIAN], do.ReportLabTest.model_validate(form)
    if drugs := paper.working("PRESCRIPTION"):
        work = paper.work[drugs[0]]
        there = paper.on_shelf(work.drug)
        status = "DISPENSED" if there is None or there >= work.rest else "OWED"
        form = {"prescription_id": drugs[0], "status": status, "override": {"reason": "Seen and discussed"}}
        return STAFF[Role.PHARMACIST], do.Dispense.model_validate(form)
    if paper.owed > 0:
        return STAFF[Role.CASHIER], do.TakePayment.model_validate({"amount": paper.owed, "payment_type": "CASH"})
    return (SECOND_CLINICIAN if paper.clinician == SECOND_CLINICIAN.id else CLINICIAN), do.RecordEncounter()
