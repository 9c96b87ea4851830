"""What the pathway's description allows, told from the notes on paper: nothing, or the problem that must come."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actions import Action, Dispense
from models.command import NAIROBI
from models.staff import SERVES, THE_CLINIC, Person, Role, Station
from tests.pathway.paper import INSTEAD, SERVICES, Paper, Request, Work
from tests.pathway.people import FACILITY, ITEMS, MORNING, PRICES

FOREIGN, UNKNOWN = UUID(int=77), UUID(int=78)
"""A record of another visit, and an id that nothing has."""

ROLES = {
    "record_triage": {Role.TRIAGE_NURSE},
    "confirm_retriage": {Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER},
    "identify_patient": {Role.RECEPTIONIST},
    "refer": {Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE},
    "report_lab_test": {Role.LAB_TECHNICIAN},
    "correct_lab_result": {Role.LAB_TECHNICIAN},
    "dispense": {Role.PHARMACIST},
    "change_allergy": {Role.CLINICAL_OFFICER, Role.PHARMACIST},
    "record_allergy": {
        Role.CLINICAL_OFFICER,
        Role.PHARMACIST,
        Role.TRIAGE_NURSE,
        Role.IMMUNIZATION_NURSE,
        Role.FAMILY_PLANNING_COUNSELOR,
        Role.MCH_NURSE,
    },
    "record_immunization": {Role.IMMUNIZATION_NURSE},
    "record_reaction": {Role.IMMUNIZATION_NURSE, Role.CLINICAL_OFFICER},
    "end_observation": {Role.IMMUNIZATION_NURSE, Role.CLINICAL_OFFICER},
    "record_family_planning": {Role.FAMILY_PLANNING_COUNSELOR},
    "record_mch_service": {Role.MCH_NURSE},
    "take_payment": {Role.CASHIER},
    "raise_sha_invoice": {Role.CASHIER},
    "cancel_referral": {Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE},
    "enter_in_error": set(Role) - {Role.RECEPTIONIST, Role.LAB_TECHNICIAN, Role.CASHIER},
    "take_deposit": {Role.CASHIER},
    "quote_service": {
        Role.CASHIER,
        Role.CLINICAL_OFFICER,
        Role.TRIAGE_NURSE,
        Role.IMMUNIZATION_NURSE,
        Role.FAMILY_PLANNING_COUNSELOR,
        Role.MCH_NURSE,
    },
    "request_waiver": {Role.CASHIER, Role.RECEPTIONIST, Role.CLINICAL_OFFICER, Role.SUPERVISOR},
    "decide_waiver": {Role.SUPERVISOR, Role.ADMIN},
    "request_refund": {Role.CASHIER, Role.SUPERVISOR},
    "decide_refund": {Role.SUPERVISOR, Role.ADMIN},
    "pay_out_refund": {Role.CASHIER},
    "break_glass": {
        Role.CLINICAL_OFFICER,
        Role.LAB_TECHNICIAN,
        Role.PHARMACIST,
        Role.IMMUNIZATION_NURSE,
        Role.FAMILY_PLANNING_COUNSELOR,
        Role.MCH_NURSE,
    },
    "review_break_glass": {Role.SUPERVISOR, Role.ADMIN},
    "cancel_visit": {Role.RECEPTIONIST, Role.SUPERVISOR},
    "wrong_patient": {Role.RECEPTIONIST, Role.SUPERVISOR},
    "reopen_visit": {Role.CLINICAL_OFFICER, Role.SUPERVISOR},
    "undo_death": {Role.CLINICAL_OFFICER, Role.SUPERVISOR},
    "patient_left": set(Role) - {Role.ADMIN},
    "patient_returned": {Role.RECEPTIONIST, Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER},
    "patient_called_back": {Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER},
    "discharge": {Role.CLINICAL_OFFICER, Role.IMMUNIZATION_NURSE, Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE},
    "call_patient": {*SERVES.values(), Role.SUPERVISOR},
    "no_answer": {*SERVES.values(), Role.SUPERVISOR},
    "take_patient": {*SERVES.values(), Role.SUPERVISOR},
    "release_patient": {*SERVES.values(), Role.SUPERVISOR},
    "register_patient": {Role.RECEPTIONIST},
    "open_visit": {Role.RECEPTIONIST},
}
"""Who may; every other action is the clinician's."""

BY_THE_CLINIC = {
    "confirm_payment": {"PENDING", "FAILED"},
    "fail_payment": {"PENDING"},
    "credit_payment": set(),
    "expire_waiver": {"PENDING"},
    "hear_cover": set(),
}
"""What only the clinic itself may, and at which standings of the payment; it may do so after the end, too."""

SERVED_BY = {
    Station.TRIAGE: Role.TRIAGE_NURSE,
    Station.CONSULTATION: Role.CLINICAL_OFFICER,
    Station.LABORATORY: Role.LAB_TECHNICIAN,
    Station.PHARMACY: Role.PHARMACIST,
    Station.CASHIER: Role.CASHIER,
    Station.IMMUNIZATION: Role.IMMUNIZATION_NURSE,
    Station.FAMILY_PLANNING: Role.FAMILY_PLANNING_COUNSELOR,
    Station.MCH: Role.MCH_NURSE,
}
NURSE_OF = {
    Station.IMMUNIZATION: Role.IMMUNIZATION_NURSE,
    Station.FAMILY_PLANNING: Role.FAMILY_PLANNING_COUNSELOR,
    Station.MCH: Role.MCH_NURSE,
}


def verdict(paper: Paper, action: Action, actor: Person) -> str | None:
    """The problem that must come, or None where it must be done."""
    kind = action.kind
    if kind == "hand_over":
        return handing_over(paper, action) if actor.id == THE_CLINIC else "not-your-role"
    if kind in BY_THE_CLINIC:
        return telling(paper, action) if actor.id == THE_CLINIC else "not-your-role"
    if not ROLES.get(kind, {Role.CLINICAL_OFFICER}) & set(actor.roles):
        return "not-your-role"
    if actor.facility_id != FACILITY:
        return "not-found"
    if kind in ("register_patient", "open_visit", "identify_patient"):
        return "already-done"
    if kind in PUTTING_RIGHT:
        return PUTTING_RIGHT[kind](paper, action, actor)
    if kind in AT_ANY_TIME:
        return AT_ANY_TIME[kind](paper, action)
    if kind in ENDED:
        return ENDED[kind](paper, actor)
    if kind in ABOUT_MONEY:
        return ABOUT_MONEY[kind](paper, action, actor)
    owing = ("take_payment", "raise_sha_invoice", "request_waiver")
    if paper.ended and not (kind in owing and paper.owed > 0):
        return "visit-closed"
    special = SPECIAL.get(kind)
    return special(paper, action, actor) if special else ordinary(paper, action)


def another(paper: Paper, action: Any) -> str | None:
    """Of whom nobody thought before, but who is registered."""
    if action.patient_id == paper.whose or paper.ended == "DECEASED":
        return "conflict"
    return None if action.patient_id in paper.people else "not-found"


def handing_over(paper: Paper, action: Any) -> str | None:
    """An open visit, once for each night."""
    if paper.ended:
        return "visit-closed"
    return "already-done" if paper.handed_over and paper.handed_over >= action.day else None


def telling(paper: Paper, action: Any) -> str | None:
    """What M-Pesa says of money."""
    if action.kind in ("credit_payment", "hear_cover"):
        return None
    if action.kind == "expire_waiver":
        return waiting(paper.waivers, action.waiver_id)
    if action.payment_id not in paper.moneys:
        return "not-found"
    return None if paper.moneys[action.payment_id] in BY_THE_CLINIC[action.kind] else "already-done"


def ordinary(paper: Paper, action: Any) -> str | None:
    """Encounters, diagnoses, tests and prescriptions come after the patient was taken in; services after triage."""
    if action.kind in SERVICES:
        return serving(paper, action)
    if not (paper.triaged and paper.consulted):
        return "wrong-stage"
    encounter = getattr(action, "encounter_id", None)
    if encounter is not None and encounter not in paper.encounters:
        is_there = encounter == FOREIGN or ("ENCOUNTER", encounter) in paper.writers
        return "conflict" if is_there else "not-found"
    code = getattr(action, "test_type", getattr(action, "medication_name", "CONSULTATION"))
    if code not in PRICES:
        return "invalid"
    is_drug = action.kind == "prescribe" and not action.override
    return "medication-warning" if is_drug and paper.speaks_against(code) else None


def serving(paper: Paper, action: Any) -> str | None:
    if not paper.triaged:
        return "wrong-stage"
    _, chosen, listed = SERVICES[action.kind]
    item = getattr(action, chosen)
    if item not in listed:
        return "invalid"
    is_dose = action.kind == "record_immunization"
    if is_dose and paper.forbids_dose(item) and not action.override_reason:
        return "conflict"
    station = SERVICES[action.kind][0]
    sent = [id for id in paper.working("REFERRAL") if paper.work[id].station is station]
    price, (what, since) = ITEMS[item].price or Decimal(0), ("service", paper.now)
    if sent:
        what, since = str(sent[0]), paper.work[sent[0]].since
    return "outstanding-work" if paper.is_behind(station) and paper.is_short(what, price, since) else None


def may_record_reaction(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged:
        return "wrong-stage"
    if action.immunization_id in paper.doses:
        return None
    is_there = action.immunization_id == FOREIGN or ("IMMUNIZATION", action.immunization_id) in paper.writers
    return "conflict" if is_there else "not-found"


def may_end_observation(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged:
        return "wrong-stage"
    return None if paper.is_watched else "already-done"


def answering(paper: Paper, action: Any) -> str | None:
    id, kind = action.prescription_id, "PRESCRIPTION"
    if id == FOREIGN:
        return "conflict"
    if id in paper.marked and ("PRESCRIPTION", id) in paper.writers:
        return "already-done"
    if id in paper.answered:
        return "already-done" if paper.answered[id] == kind else "not-found"
    work = paper.prescribed(id)
    if work is None:
        return "not-found"
    if action.status == "OUT_OF_STOCK":
        return "already-done" if id in paper.debts else None
    if action.status == "CANCELLED":
        return None
    if str(id) in paper.gated():
        return "outstanding-work"
    return fitting(work, action) or handing(paper, work, action)


def handing(paper: Paper, work: Work, action: Dispense) -> str | None:
    """Whether it suits the patient, and whether it is there."""
    if action.substitution:
        return replacing(paper, work, action)
    now = work.rest if action.status == "DISPENSED" else action.quantity_dispensed
    if not now:
        return None
    if not action.override and paper.speaks_against(work.drug, action.prescription_id, later_too=False):
        return "medication-warning"
    return on_shelf(paper, work.drug, now)


def replacing(paper: Paper, work: Work, action: Dispense) -> str | None:
    assert action.substitution is not None
    drug = action.substitution.medication_name
    if drug not in PRICES:
        return "invalid"
    id, pieces = action.prescription_id, action.substitution.quantity or work.rest
    price = work.each * work.given + PRICES[drug] * pieces
    is_behind = id in paper.behind and id in paper.work
    if is_behind and paper.is_short(str(id), price, work.since):
        return "outstanding-work"
    if drug == work.drug:
        return "invalid"
    is_listed = (work.drug, drug) in INSTEAD
    if not action.override and (not is_listed or paper.speaks_against(drug, action.prescription_id)):
        return "medication-warning"
    return on_shelf(paper, drug, action.substitution.quantity or work.rest)


def on_shelf(paper: Paper, drug: str, pieces: int) -> str | None:
    there = paper.on_shelf(drug)
    return "out-of-stock" if there is not None and there < pieces else None


def changing_allergy(paper: Paper, action: Any) -> str | None:
    id = action.allergy_id
    if id == FOREIGN:
        return "conflict"
    if id not in paper.allergies:
        return "not-found"
    return "already-done" if paper.allergies[id].in_error else None


def marking(paper: Paper, action: Any, actor: Person) -> str | None:
    """Who wrote it may, and who supervises; not while something that came of it still counts."""
    record, id = action.record, action.record_id
    if (record, id) not in paper.writers:
        return "conflict" if id == FOREIGN and record in WITH_FOREIGN else "not-found"
    if paper.writers[record, id] != actor.id and not {Role.SUPERVISOR, Role.ADMIN} & set(actor.roles):
        return "not-your-role"
    if id in paper.marked:
        return "already-done"
    if record == "DISPENSING":
        about = paper.handed_on[id]
        if about in paper.marked:
            return "already-done"
        return None if paper.occasions[about][-1][0] == id else "outstanding-work"
    if record == "PRESCRIPTION" and any(pieces for _, pieces in paper.occasions.get(id, ())):
        return "outstanding-work"
    return "outstanding-work" if record == "IMMUNIZATION" and id in paper.reactions.values() else None


WITH_FOREIGN = {"ENCOUNTER", "LAB_REQUEST", "PRESCRIPTION", "DISPENSING", "IMMUNIZATION", "REFERRAL"}


def of_pending_referral(paper: Paper, id: UUID) -> str | None:
    if id in paper.marked and ("REFERRAL", id) in paper.writers:
        return "already-done"
    if id not in paper.referrals:
        return "conflict" if id == FOREIGN else "not-found"
    return None if paper.referrals[id].status == "PENDING" else "already-done"


def cancelling_referral(paper: Paper, action: Any, actor: Person) -> str | None:
    if no := of_pending_referral(paper, action.referral_id):
        return no
    mine = paper.referrals[action.referral_id].by == actor.id
    return None if mine or Role.CLINICAL_OFFICER in actor.roles else "not-your-role"


def answering_referral(paper: Paper, action: Any, actor: Person) -> str | None:
    if no := of_pending_referral(paper, action.referral_id):
        return no
    return "conflict" if paper.referrals[action.referral_id].station else None


PUTTING_RIGHT: dict[str, Callable[[Paper, Any, Person], str | None]] = {
    "enter_in_error": marking,
    "cancel_referral": cancelling_referral,
    "record_referral_feedback": answering_referral,
}
"""What the end of the visit does not hinder."""


def of_this_visit(paper: Paper, id: UUID) -> str | None:
    if id == FOREIGN:
        return "conflict"
    if ("LAB_REQUEST", id) in paper.writers and id in paper.marked:
        return "already-done"
    return None if id in paper.tests else "not-found"


def reporting(paper: Paper, action: Any) -> str | None:
    """A test is answered while it is open, and while it is awaited."""
    id = action.lab_request_id
    is_open = id in paper.work or id in paper.to_follow
    if id in paper.tests and str(id) in paper.gated() and action.status != "CANCELLED":
        return "outstanding-work"
    return of_this_visit(paper, id) or (None if is_open else "already-done")


def correcting(paper: Paper, action: Any) -> str | None:
    id = action.lab_request_id
    if no := of_this_visit(paper, id):
        return no
    final = {"CANCELLED": "already-done", "PENDING": "conflict", "PRELIMINARY": "conflict"}
    return final.get(paper.tests[id].status)


def acknowledging(paper: Paper, action: Any) -> str | None:
    id = action.lab_request_id
    if no := of_this_visit(paper, id):
        return no
    test = paper.tests[id]
    if not test.is_critical(test.value):
        return "conflict"
    if test.heard:
        return "already-done"
    return None if Decimal(str(action.read_back)) == Decimal(test.value) else "invalid"


def cancelling(paper: Paper, action: Any) -> str | None:
    if action.order_id in paper.to_follow:
        return "visit-closed"
    if no := of_this_visit(paper, action.order_id) or (None if action.order_id in paper.work else "already-done"):
        return no
    return "outstanding-work" if paper.tests[action.order_id].waits_to_be_heard else None


def telling_patient(paper: Paper, action: Any) -> str | None:
    return None if action.obligation_id in paper.untold else "not-found"


AT_ANY_TIME: dict[str, Callable[[Paper, Any], str | None]] = {
    "record_allergy": lambda paper, action: None,
    "change_allergy": changing_allergy,
    "dispense": answering,
    "wrong_patient": another,
    "report_lab_test": reporting,
    "correct_lab_result": correcting,
    "acknowledge_critical": acknowledging,
    "cancel_order": cancelling,
    "tell_patient": telling_patient,
}
"""What may be done whether or not the patient is still there."""


def fitting(work: Work, action: Dispense) -> str | None:
    rest, now = work.rest, action.quantity_dispensed
    if action.status == "PARTIALLY_DISPENSED":
        return None if now and now < rest else "invalid"
    if action.status == "OWED":
        return None if now is None or now < rest else "invalid"
    return None if now in (None, rest, work.pieces) else "invalid"


def may_record_triage(paper: Paper, action: Any, actor: Person) -> str | None:
    if paper.triaged and not (action.retriage or paper.half_measured):
        return "already-done"
    if action.vital_signs.trauma is None:
        return None if action.incomplete else "invalid"
    return "invalid" if paper.goes_down(action) and not action.reason else None


def may_confirm_retriage(paper: Paper, action: Any, actor: Person) -> str | None:
    if paper.lower is None:
        return "conflict"
    return "wrong-stage" if paper.lower[1] == actor.id else None


def may_take_in(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged:
        return "wrong-stage"
    takes_over = paper.working("REVIEW") and paper.clinician != actor.id
    if paper.called and not paper.written and not takes_over:
        return "already-done"
    if no := None if paper.working("REVIEW") else has_another(paper, Station.CONSULTATION, actor):
        return no
    return not_paid_for(paper)


def has_another(paper: Paper, station: Station, actor: Person) -> str | None:
    """Whom somebody has, nobody else gets."""
    slip = paper.slips.get(station)
    return "conflict" if slip and slip.holder not in (None, actor.id) else None


def in_line(paper: Paper, action: Any, actor: Person) -> str | None:
    """Who serves at the station, where the patient waits there."""
    if not {SERVES[action.station], Role.SUPERVISOR} & set(actor.roles):
        return "not-your-role"
    return None if action.station in paper.waits else "wrong-stage"


def may_have(paper: Paper, action: Any, actor: Person) -> str | None:
    """Results wait for their clinician, who has the patient or nobody has."""
    if no := in_line(paper, action, actor) or has_another(paper, action.station, actor):
        return no
    waits_for = paper.clinician if paper.working("REVIEW") and action.station is Station.CONSULTATION else None
    is_supervisor = Role.SUPERVISOR in actor.roles
    return "wrong-stage" if waits_for and waits_for != actor.id and not is_supervisor else None


def calls_elsewhere(paper: Paper, action: Any, actor: Person) -> str | None:
    """A call lasts five minutes."""
    slip = paper.slips.get(action.station)
    if slip is None or slip.caller in (None, actor.id):
        return None
    return "conflict" if paper.now < slip.called_at + timedelta(minutes=5) else None


def may_call_patient(paper: Paper, action: Any, actor: Person) -> str | None:
    return may_have(paper, action, actor) or calls_elsewhere(paper, action, actor)


def may_note_no_answer(paper: Paper, action: Any, actor: Person) -> str | None:
    if no := in_line(paper, action, actor) or has_another(paper, action.station, actor):
        return no
    slip = paper.slips.get(action.station)
    return calls_elsewhere(paper, action, actor) if slip and slip.caller else "wrong-stage"


def may_take_patient(paper: Paper, action: Any, actor: Person) -> str | None:
    if no := may_have(paper, action, actor):
        return no
    slip = paper.slips.get(action.station)
    if slip and slip.holder == actor.id and not slip.caller and action.room in (None, slip.room):
        return "already-done"
    return calls_elsewhere(paper, action, actor)


def may_release_patient(paper: Paper, action: Any, actor: Person) -> str | None:
    if no := in_line(paper, action, actor):
        return no
    slip = paper.slips.get(action.station)
    if slip is None or slip.holder is None:
        return "already-done"
    return None if Role.SUPERVISOR in actor.roles else has_another(paper, action.station, actor)


def not_paid_for(paper: Paper) -> str | None:
    """Whether the consultation has to be paid first, and is not."""
    is_inside = paper.called or paper.written
    return "outstanding-work" if not is_inside and paper.is_short("None", paper.fee, MORNING) else None


def may_record_encounter(paper: Paper, action: Any, actor: Person) -> str | None:
    if paper.working("REVIEW") and paper.clinician != actor.id:
        return "wrong-stage"
    return ordinary(paper, action) or not_paid_for(paper)


def may_refer(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged or not (paper.consulted or Role.TRIAGE_NURSE in actor.roles):
        return "wrong-stage"
    sent = {paper.work[id].station for id in paper.working("REFERRAL")}
    return "already-done" if action.station in sent else None


def may_refer_out(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged or not paper.consulted:
        return "wrong-stage"
    return "invalid" if action.feedback_by and action.feedback_by <= MORNING.date() else None


def may_take_payment(paper: Paper, action: Any, actor: Person) -> str | None:
    if action.amount > paper.owed:
        return "invalid"
    if action.payment_type != "MPESA":
        return None
    if paper.ended == "DECEASED" and action.payment_reference is None:
        return "invalid"
    if action.payment_reference is None and action.amount % 1:
        return "invalid"
    return "conflict" if paper.awaited + action.amount > paper.owed else None


def may_take_deposit(paper: Paper, action: Any, actor: Person) -> str | None:
    is_prompt = action.payment_type == "MPESA" and action.payment_reference is None
    return "invalid" if is_prompt and action.amount % 1 else None


def may_quote(paper: Paper, action: Any, actor: Person) -> str | None:
    if action.station not in {paper.work[id].station for id in paper.working("REFERRAL")}:
        return "wrong-stage"
    listed = next(listed for station, _, listed in SERVICES.values() if station is action.station)
    return None if action.item_id in listed else "invalid"


def may_ask_for_waiver(paper: Paper, action: Any, actor: Person) -> str | None:
    if any(one.status == "PENDING" for one in paper.waivers.values()):
        return "conflict"
    return "invalid" if action.amount > paper.owed else None


def waiting(requests: dict[UUID, Request], id: UUID) -> str | None:
    if id not in requests:
        return "not-found"
    return None if requests[id].status == "PENDING" else "already-done"


def may_decide_waiver(paper: Paper, action: Any, actor: Person) -> str | None:
    if no := waiting(paper.waivers, action.waiver_id):
        return no
    waiver = paper.waivers[action.waiver_id]
    if waiver.by == actor.id:
        return "wrong-stage"
    amount = action.amount or waiver.amount
    return "invalid" if action.approved and amount > min(waiver.amount, paper.owed) else None


def may_ask_for_refund(paper: Paper, action: Any, actor: Person) -> str | None:
    if any(one.status in ("PENDING", "APPROVED") for one in paper.refunds.values()):
        return "conflict"
    return "invalid" if action.amount > paper.may_go_back else None


def may_decide_refund(paper: Paper, action: Any, actor: Person) -> str | None:
    if no := waiting(paper.refunds, action.refund_id):
        return no
    return "wrong-stage" if paper.refunds[action.refund_id].by == actor.id else None


def may_pay_out(paper: Paper, action: Any, actor: Person) -> str | None:
    if action.payment_type == "MPESA" and action.payment_reference is None:
        return "invalid"
    if action.refund_id not in paper.refunds:
        return "not-found"
    return {"PENDING": "wrong-stage", "APPROVED": None}.get(paper.refunds[action.refund_id].status, "already-done")


def may_break_glass(paper: Paper, action: Any, actor: Person) -> str | None:
    if action.order_id and action.order_id not in paper.work:
        return "not-found"
    station = paper.work[action.order_id].station if action.order_id else action.station
    if not {SERVED_BY[station], Role.CLINICAL_OFFICER} & set(actor.roles):
        return "not-your-role"
    if action.order_id:
        return None if str(action.order_id) in paper.gated() else "already-done"
    is_broken = any(glass.station is station for glass in paper.glasses.values())
    return "already-done" if is_broken or station not in paper.first else None


def may_review(paper: Paper, action: Any, actor: Person) -> str | None:
    glass = paper.glasses.get(action.break_glass_id)
    if glass is None:
        return "not-found"
    if glass.reviewed:
        return "already-done"
    return "wrong-stage" if glass.by == actor.id else None


ABOUT_MONEY: dict[str, Callable[[Paper, Any, Person], str | None]] = {
    "decide_waiver": may_decide_waiver,
    "request_refund": may_ask_for_refund,
    "decide_refund": may_decide_refund,
    "pay_out_refund": may_pay_out,
    "review_break_glass": may_review,
}
"""What may be done about money whether or not the patient is still there."""


def may_raise_sha_invoice(paper: Paper, action: Any, actor: Person) -> str | None:
    if paper.owed <= 0:
        return "already-done"
    return None if (action.amount_charged or paper.owed) <= paper.owed else "invalid"


def may_cancel_visit(paper: Paper, action: Any, actor: Person) -> str | None:
    begun = paper.consulted or paper.sent_past or paper.paid or paper.covered
    if begun and Role.SUPERVISOR not in actor.roles:
        return "not-your-role"
    return outstanding(paper) or ("outstanding-work" if paper.is_watched else None)


def may_notice_leaving(paper: Paper, action: Any, actor: Person) -> str | None:
    """Reception, who is in charge, and whoever the patient waits for or is with."""
    may = {Role.RECEPTIONIST, Role.SUPERVISOR} | {SERVED_BY[station] for station in paper.waits}
    with_patient = {
        "TRIAGED": {Role.TRIAGE_NURSE},
        "IN_CONSULTATION": {Role.CLINICAL_OFFICER},
        "READY_FOR_DISCHARGE": discharging(paper),
    }
    if not (may | with_patient.get(paper.stage, set())) & set(actor.roles):
        return "not-your-role"
    seen = action.last_seen_at
    return "invalid" if seen and not MORNING + timedelta(minutes=1) <= seen <= paper.now else None


def discharging(paper: Paper) -> set[Role]:
    nurses = set() if paper.called or paper.written else {NURSE_OF[station] for station in paper.instead}
    return nurses | {Role.CLINICAL_OFFICER}


def may_discharge(paper: Paper, action: Any, actor: Person) -> str | None:
    if not discharging(paper) & set(actor.roles):
        return "not-your-role"
    if not (paper.triaged and paper.consulted):
        return "wrong-stage"
    left = outstanding(paper, "LAB_REQUEST" if action.results_to_follow else "")
    left = left or ("outstanding-work" if action.results_to_follow and paper.unread else None)
    if paper.called and not paper.written:
        return left or "wrong-stage"
    follow_up = action.follow_up
    late = follow_up and follow_up.date and follow_up.date <= paper.now.astimezone(NAIROBI).date()
    watched = "outstanding-work" if paper.is_watched else None
    return left or watched or ("invalid" if late else None)


def outstanding(paper: Paper, but: str = "") -> str | None:
    """Open work, except of one kind, or money."""
    work = [work for work in paper.work.values() if work.kind != but]
    return "outstanding-work" if work or paper.owed > 0 else None


def may_record_death(paper: Paper, action: Any, actor: Person) -> str | None:
    arrival = MORNING + timedelta(minutes=1)
    if action.time_of_death > paper.now:
        return "invalid"
    is_before = action.time_of_death < arrival
    return None if is_before == action.brought_in_dead or action.time_of_death == arrival else "invalid"


def may_reopen(paper: Paper, actor: Person) -> str | None:
    if paper.ended is None:
        return "already-done"
    if paper.ended == "DECEASED":
        return "conflict"
    return None if paper.has_just_ended else "visit-closed"


def may_undo_death(paper: Paper, actor: Person) -> str | None:
    if paper.ended != "DECEASED":
        return "conflict"
    return "wrong-stage" if paper.certified_by == actor.id else None


def may_return(paper: Paper, actor: Person) -> str | None:
    """On the day on which the patient left, by the clinic's calendar."""
    if paper.ended is None:
        return "already-done"
    if paper.went is None:
        return "conflict"
    is_today = paper.went.at.astimezone(NAIROBI).date() == paper.now.astimezone(NAIROBI).date()
    return None if is_today else "visit-closed"


def may_call_back(paper: Paper, actor: Person) -> str | None:
    if paper.went is None or not paper.went.is_called:
        return "conflict"
    calls = paper.went.calls
    is_done = len(calls) == 3 or set(calls) - {"NOT_REACHED"}
    return "already-done" if is_done else None


ENDED: dict[str, Callable[[Paper, Person], str | None]] = {
    "reopen_visit": may_reopen,
    "undo_death": may_undo_death,
    "patient_returned": may_return,
    "patient_called_back": may_call_back,
}
"""What may be done to an end."""

SPECIAL: dict[str, Callable[[Paper, Any, Person], str | None]] = {
    "record_triage": may_record_triage,
    "confirm_retriage": may_confirm_retriage,
    "call_patient": may_call_patient,
    "no_answer": may_note_no_answer,
    "take_patient": may_take_patient,
    "release_patient": may_release_patient,
    "take_in": may_take_in,
    "record_encounter": may_record_encounter,
    "refer": may_refer,
    "refer_out": may_refer_out,
    "take_payment": may_take_payment,
    "take_deposit": may_take_deposit,
    "quote_service": may_quote,
    "request_waiver": may_ask_for_waiver,
    "break_glass": may_break_glass,
    "raise_sha_invoice": may_raise_sha_invoice,
    "cancel_visit": may_cancel_visit,
    "discharge": may_discharge,
    "record_reaction": may_record_reaction,
    "end_observation": may_end_observation,
    "record_death": may_record_death,
    "patient_left": may_notice_leaving,
}
