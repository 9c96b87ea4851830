"""What the pathway's description allows, told from the notes on paper: nothing, or the problem that must come."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actions import Action, Dispense
from models.command import NAIROBI
from models.staff import THE_CLINIC, Person, Role, Station
from tests.pathway.paper import INSTEAD, SERVICES, Paper, Work
from tests.pathway.people import FACILITY, MORNING, PRICES

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
    "cancel_visit": {Role.RECEPTIONIST, Role.SUPERVISOR},
    "wrong_patient": {Role.RECEPTIONIST, Role.SUPERVISOR},
    "reopen_visit": {Role.CLINICAL_OFFICER, Role.SUPERVISOR},
    "undo_death": {Role.CLINICAL_OFFICER, Role.SUPERVISOR},
    "discharge": {Role.CLINICAL_OFFICER, Role.IMMUNIZATION_NURSE, Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE},
    "register_patient": {Role.RECEPTIONIST},
    "open_visit": {Role.RECEPTIONIST},
}
"""Who may; every other action is the clinician's."""

BY_THE_CLINIC = {"confirm_payment": {"PENDING", "FAILED"}, "fail_payment": {"PENDING"}, "credit_payment": set()}
"""What only the clinic itself may, and at which standings of the payment; it may do so after the end, too."""

NURSE_OF = {
    Station.IMMUNIZATION: Role.IMMUNIZATION_NURSE,
    Station.FAMILY_PLANNING: Role.FAMILY_PLANNING_COUNSELOR,
    Station.MCH: Role.MCH_NURSE,
}


def verdict(paper: Paper, action: Action, actor: Person) -> str | None:
    """The problem that must come, or None where it must be done."""
    kind = action.kind
    if kind in BY_THE_CLINIC:
        return telling(paper, action) if actor.id == THE_CLINIC else "not-your-role"
    if not ROLES.get(kind, {Role.CLINICAL_OFFICER}) & set(actor.roles):
        return "not-your-role"
    if actor.facility_id != FACILITY:
        return "not-found"
    if kind in ("register_patient", "open_visit", "identify_patient"):
        return "already-done"
    if kind in AT_ANY_TIME:
        return AT_ANY_TIME[kind](paper, action)
    if kind in ENDED:
        return ENDED[kind](paper, actor)
    if paper.ended and not (kind in ("take_payment", "raise_sha_invoice") and paper.owed > 0):
        return "visit-closed"
    special = SPECIAL.get(kind)
    return special(paper, action, actor) if special else ordinary(paper, action)


def another(paper: Paper, action: Any) -> str | None:
    """Of whom nobody thought before, but who is registered."""
    if action.patient_id == paper.whose or paper.ended == "DECEASED":
        return "conflict"
    return None if action.patient_id in paper.people else "not-found"


def telling(paper: Paper, action: Any) -> str | None:
    """What M-Pesa says of money."""
    if action.kind == "credit_payment":
        return None
    if action.payment_id not in paper.moneys:
        return "not-found"
    return None if paper.moneys[action.payment_id] in BY_THE_CLINIC[action.kind] else "already-done"


def ordinary(paper: Paper, action: Any) -> str | None:
    """Encounters, diagnoses, tests and prescriptions come after the patient was taken in; services after triage."""
    if action.kind in SERVICES:
        return serving(paper, action)
    if not paper.consulted:
        return "wrong-stage"
    encounter = getattr(action, "encounter_id", None)
    if encounter is not None and encounter not in paper.encounters:
        return "conflict" if encounter == FOREIGN else "not-found"
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
    return "conflict" if is_dose and paper.forbids_dose(item) and not action.override_reason else None


def may_record_reaction(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged:
        return "wrong-stage"
    if action.immunization_id in paper.doses:
        return None
    return "conflict" if action.immunization_id == FOREIGN else "not-found"


def may_end_observation(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged:
        return "wrong-stage"
    return None if paper.is_watched else "already-done"


def answering(paper: Paper, action: Any) -> str | None:
    id, kind = action.prescription_id, "PRESCRIPTION"
    if id == FOREIGN:
        return "conflict"
    if id in paper.answered:
        return "already-done" if paper.answered[id] == kind else "not-found"
    work = paper.prescribed(id)
    if work is None:
        return "not-found"
    if action.status == "OUT_OF_STOCK":
        return "already-done" if id in paper.debts else None
    if action.status == "CANCELLED":
        return None
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
    if drug not in PRICES or drug == work.drug:
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


def of_this_visit(paper: Paper, id: UUID) -> str | None:
    if id == FOREIGN:
        return "conflict"
    return None if id in paper.tests else "not-found"


def reporting(paper: Paper, action: Any) -> str | None:
    """A test is answered while it is open, and while it is awaited."""
    id = action.lab_request_id
    is_open = id in paper.work or id in paper.to_follow
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
    return of_this_visit(paper, action.order_id) or (None if action.order_id in paper.work else "already-done")


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
    return "already-done" if paper.called and not paper.written and not takes_over else None


def may_record_encounter(paper: Paper, action: Any, actor: Person) -> str | None:
    if paper.working("REVIEW") and paper.clinician != actor.id:
        return "wrong-stage"
    return ordinary(paper, action)


def may_refer(paper: Paper, action: Any, actor: Person) -> str | None:
    if not paper.triaged or not (paper.consulted or Role.TRIAGE_NURSE in actor.roles):
        return "wrong-stage"
    sent = {paper.work[id].station for id in paper.working("REFERRAL")}
    return "already-done" if action.station in sent else None


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


def may_raise_sha_invoice(paper: Paper, action: Any, actor: Person) -> str | None:
    if paper.owed <= 0:
        return "already-done"
    return None if (action.amount_charged or paper.owed) <= paper.owed else "invalid"


def may_cancel_visit(paper: Paper, action: Any, actor: Person) -> str | None:
    begun = paper.consulted or paper.paid or paper.covered
    if begun and Role.SUPERVISOR not in actor.roles:
        return "not-your-role"
    return outstanding(paper)


def may_discharge(paper: Paper, action: Any, actor: Person) -> str | None:
    nurses = set() if paper.called or paper.written else {NURSE_OF[station] for station in paper.instead}
    if not (nurses | {Role.CLINICAL_OFFICER}) & set(actor.roles):
        return "not-your-role"
    if not paper.consulted:
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


ENDED: dict[str, Callable[[Paper, Person], str | None]] = {"reopen_visit": may_reopen, "undo_death": may_undo_death}
"""What may be done to an end."""

SPECIAL: dict[str, Callable[[Paper, Any, Person], str | None]] = {
    "record_triage": may_record_triage,
    "confirm_retriage": may_confirm_retriage,
    "take_in": may_take_in,
    "record_encounter": may_record_encounter,
    "refer": may_refer,
    "take_payment": may_take_payment,
    "raise_sha_invoice": may_raise_sha_invoice,
    "cancel_visit": may_cancel_visit,
    "discharge": may_discharge,
    "record_reaction": may_record_reaction,
    "end_observation": may_end_observation,
    "record_death": may_record_death,
}
