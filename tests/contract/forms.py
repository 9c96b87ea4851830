"""Every write of the contract with a form that is right, and who may send it."""

from typing import Any, NamedTuple
from uuid import uuid4

from models.staff import SERVES, Role
from tests.walks import PRESCRIPTION, VITALS, new_patient


class Write(NamedTuple):
    """One action as it is sent. `path` is the template; `body` names a visit that does not exist."""

    method: str
    path: str
    body: dict[str, Any]
    roles: frozenset[Role]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path} {self.body.get('kind') or self.body.get('status') or ''}".strip()

    @property
    def address(self) -> str:
        named = {"{id}": str(uuid4()), "{code}": "BANDAGE", "{station}": "LABORATORY"}
        address = self.path
        for name, value in named.items():
            address = address.replace(name, value)
        return address


def only(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


CLINICIAN = only(Role.CLINICAL_OFFICER)
RECEPTION = only(Role.RECEPTIONIST)
CASHIER = only(Role.CASHIER)
IMMUNIZERS = CLINICIAN | {Role.IMMUNIZATION_NURSE}
ADMIN = only(Role.ADMIN)
IN_CHARGE = only(Role.SUPERVISOR, Role.ADMIN)
CLERKS = only(Role.CASHIER, Role.SUPERVISOR, Role.ADMIN)
QUEUEING = frozenset({*SERVES.values(), Role.SUPERVISOR})
"""Each at the stations where they serve."""

DISCHARGING = CLINICIAN | {Role.IMMUNIZATION_NURSE, Role.FAMILY_PLANNING_COUNSELOR, Role.MCH_NURSE}
"""The service's nurse may discharge whom triage referred to her."""

STOREKEEPERS = only(Role.PHARMACIST, Role.ADMIN)
ALLERGY_HEARING = DISCHARGING | {Role.TRIAGE_NURSE, Role.PHARMACIST}
WRITERS = DISCHARGING | {Role.TRIAGE_NURSE, Role.PHARMACIST, Role.SUPERVISOR, Role.ADMIN}
"""Who writes down what may have been an error, and who may mark everybody's."""

VISIT = {"visit_id": str(uuid4())}
ITEM = str(uuid4())
TRIAGE: dict[str, Any] = {
    "vital_signs": VITALS,
    "triage_category": "URGENT",
    "chief_complaint": "Chest pain",
    "notes": "Distressed",
}
EMERGENCY = {"reason": "Brought in unconscious", "chief_complaint": "Road accident", "age": 30}
DOSE = {"vaccine_id": ITEM, "batch_number": "BATCH001", "site": "Left arm", "route": "IM", "dosage": "0.5ml"}
REACTION = {"immunization_id": ITEM, "reaction": "Fever", "severity": "MILD"}
NEWBORN = {"gender": "FEMALE", "date_of_birth": "2026-11-20"}
METHOD = {"method_id": ITEM, "counseling_provided": True, "counseling_notes": "All methods", "status": "ACTIVE"}
SERVICE = {"service_id": ITEM, "service_details": {"duration_minutes": 30, "weight": 65.5}, "status": "COMPLETED"}
RESULTS = {"status": "COMPLETED", "results": {"hemoglobin": "14.2"}, "notes": "Clear"}
INVOICE = {"sha_number": "SHA123456", "service_given": "Consultation", "diagnosis": "Infection"}
PAYMENT = {"amount": "500.00", "payment_type": "CASH", "payment_reference": "R1"}
DIAGNOSIS = {"diagnosis_code": "R06.02", "diagnosis_name": "Shortness of breath", "status": "ACTIVE", "notes": ""}
ENCOUNTER = {"encounter_type": "CONSULTATION", "notes": "n", "findings": "f", "recommendations": "r"}
LAB = {"test_type": "BLOOD_TEST", "urgency": "NORMAL", "notes": "Full blood count requested"}
REFERRAL = {"station": "MCH", "reason": "Antenatal care"}
REFERRED_OUT = {
    "facility_name": "County hospital",
    "urgency": "URGENT",
    "reason": "Surgery",
    "clinical_summary": "Acute abdomen since yesterday",
}
FOLLOW_UP = {"in_days": 3, "notes": "Review"}
DISPENSED = {"status": "DISPENSED", "dispensing_notes": "Counselled"}
DELIVERY = {"medication_name": "Zinc", "batch_number": "Z-1", "expires_on": "2099-06-30", "quantity": 100}
APPOINTMENT = {"appointment_date": "2027-03-01T09:00:00+03:00", "appointment_type": "FOLLOW_UP", "notes": "Review"}

IMMUNIZATIONS = "/api/immunization/patients/{id}/immunizations"
REACTIONS = "/api/immunization/patients/{id}/reactions"
FAMILY_PLANNING = "/api/family-planning/patients/{id}/records"
MCH = "/api/mch-services/patients/{id}/services"

ROUTES = (
    Write("POST", "/api/patients", new_patient(), RECEPTION),
    Write("PUT", "/api/patients/{id}", {"first_name": "Atieno", "age": 31}, RECEPTION),
    Write("POST", "/api/patients/{id}/merge", {"patient_id": ITEM, "reason": "Registered twice"}, IN_CHARGE),
    Write("POST", "/api/patients/{id}/unmerge", {"reason": "They are two people"}, IN_CHARGE),
    Write("POST", "/api/visits", {"patient_id": ITEM, "chief_complaint": "x", "payment_type": "CASH"}, RECEPTION),
    Write("POST", "/api/emergencies", EMERGENCY, RECEPTION | CLINICIAN | {Role.TRIAGE_NURSE}),
    Write("PUT", "/api/visits/{id}", TRIAGE, only(Role.TRIAGE_NURSE)),
    Write("PUT", "/api/visits/{id}", {"status": "IN_CONSULTATION"}, CLINICIAN),
    Write(
        "PUT",
        "/api/visits/{id}",
        {"status": "COMPLETED", "discharge_notes": "Stable", "follow_up": FOLLOW_UP},
        DISCHARGING,
    ),
    Write("POST", "/api/queues/{station}/next", {"room": "Room 2"}, only(Role.LAB_TECHNICIAN, Role.SUPERVISOR)),
    Write("POST", "/api/patient-encounters", VISIT | ENCOUNTER, CLINICIAN),
    Write("POST", "/api/diagnoses", VISIT | DIAGNOSIS, CLINICIAN),
    Write("POST", "/api/prescriptions", VISIT | PRESCRIPTION, CLINICIAN),
    Write("PUT", "/api/prescriptions/{id}", DISPENSED, only(Role.PHARMACIST)),
    Write("POST", "/api/lab-requests", VISIT | LAB, CLINICIAN),
    Write("PUT", "/api/lab-requests/{id}", RESULTS, only(Role.LAB_TECHNICIAN)),
    Write("POST", "/api/visits/{id}/referrals", REFERRAL, CLINICIAN | {Role.TRIAGE_NURSE}),
    Write("POST", IMMUNIZATIONS, VISIT | DOSE, only(Role.IMMUNIZATION_NURSE)),
    Write("POST", REACTIONS, VISIT | REACTION, IMMUNIZERS),
    Write("POST", "/api/visits/{id}/newborns", NEWBORN, CLINICIAN | RECEPTION | {Role.MCH_NURSE}),
    Write("POST", FAMILY_PLANNING, VISIT | METHOD, only(Role.FAMILY_PLANNING_COUNSELOR)),
    Write("POST", MCH, VISIT | SERVICE, only(Role.MCH_NURSE)),
    Write("POST", "/api/payments", VISIT | PAYMENT, CASHIER),
    Write("POST", "/api/sha-invoices", VISIT | INVOICE, CASHIER),
    Write("POST", "/api/visits/{id}/claim/otp", {"otp": "123456"}, CLERKS | RECEPTION),
    Write("POST", "/api/claims/{id}/actions", {"kind": "close", "reason": "Paid in cash"}, CLERKS),
    Write("POST", "/api/appointments", {"patient_id": ITEM, **APPOINTMENT}, CLINICIAN | RECEPTION),
    Write("PUT", "/api/appointments/{id}", {"notes": "Bring the card"}, CLINICIAN | RECEPTION),
    Write("POST", "/api/stock/receipts", DELIVERY, STOREKEEPERS),
    Write("POST", "/api/stock/batches/{id}/adjustments", {"quantity": -1, "reason": "DAMAGED"}, STOREKEEPERS),
    Write("POST", "/api/stock/batches/{id}/counts", {"counted": 12}, STOREKEEPERS),
    Write("PUT", "/api/prices/{code}", {"name": "Bandage", "amount": "20"}, ADMIN),
    Write(
        "POST",
        "/api/staff",
        {"user_name": "zuhura", "full_name": "Zuhura", "roles": ["CASHIER"], "password": "nyota-njema"},
        ADMIN,
    ),
    Write("PUT", "/api/staff/{id}", {"full_name": "Zuhura Ali"}, ADMIN),
)
"""Every write that has a route of its own."""

KINDS: dict[str, tuple[dict[str, Any], frozenset[Role]]] = {
    "record_triage": (TRIAGE, only(Role.TRIAGE_NURSE)),
    "confirm_retriage": ({"notes": "Looked again"}, CLINICIAN | {Role.TRIAGE_NURSE}),
    "identify_patient": ({"patient_id": ITEM, "payment_type": "CASH"}, RECEPTION),
    "wrong_patient": ({"patient_id": ITEM, "reason": "Two of one name"}, RECEPTION | {Role.SUPERVISOR}),
    "call_patient": ({"station": "TRIAGE", "room": "Room 2"}, QUEUEING),
    "no_answer": ({"station": "TRIAGE"}, QUEUEING),
    "take_patient": ({"station": "TRIAGE", "room": "Room 2"}, QUEUEING),
    "release_patient": ({"station": "TRIAGE"}, QUEUEING),
    "take_in": ({}, CLINICIAN),
    "record_encounter": (ENCOUNTER, CLINICIAN),
    "record_diagnosis": (DIAGNOSIS, CLINICIAN),
    "order_lab_test": (LAB, CLINICIAN),
    "correct_lab_result": (
        {"lab_request_id": ITEM, "results": {"hemoglobin": "12.4"}, "reason": "Wrong tube"},
        only(Role.LAB_TECHNICIAN),
    ),
    "acknowledge_critical": ({"lab_request_id": ITEM, "read_back": "6.1"}, CLINICIAN),
    "cancel_order": ({"order_id": ITEM, "reason": "Not needed any more"}, CLINICIAN),
    "report_lab_test": ({"lab_request_id": ITEM, **RESULTS}, only(Role.LAB_TECHNICIAN)),
    "record_allergy": ({"substance": "Penicillin", "reaction": "Rash"}, ALLERGY_HEARING),
    "change_allergy": (
        {"allergy_id": ITEM, "verification_status": "refuted", "reason": "Tolerated it"},
        CLINICIAN | {Role.PHARMACIST},
    ),
    "prescribe": (PRESCRIPTION, CLINICIAN),
    "dispense": ({"prescription_id": ITEM, **DISPENSED}, only(Role.PHARMACIST)),
    "refer_out": (REFERRED_OUT, CLINICIAN),
    "cancel_referral": ({"referral_id": ITEM, "reason": "Went home instead"}, CLINICIAN | {Role.TRIAGE_NURSE}),
    "record_referral_feedback": (
        {"referral_id": ITEM, "feedback": "Operated on", "feedback_from": "Ward 3"},
        CLINICIAN,
    ),
    "enter_in_error": ({"record": "DIAGNOSIS", "record_id": ITEM, "reason": "Of another patient"}, WRITERS),
    "refer": (REFERRAL, CLINICIAN | {Role.TRIAGE_NURSE}),
    "record_immunization": (DOSE, only(Role.IMMUNIZATION_NURSE)),
    "record_reaction": (REACTION, IMMUNIZERS),
    "end_observation": ({"reason": "Watched at the ward"}, IMMUNIZERS),
    "record_family_planning": (METHOD, only(Role.FAMILY_PLANNING_COUNSELOR)),
    "record_mch_service": (SERVICE, only(Role.MCH_NURSE)),
    "take_payment": (PAYMENT, CASHIER),
    "take_deposit": ({"amount": "500.00", "payment_type": "CASH"}, CASHIER),
    "quote_service": ({"station": "MCH", "item_id": ITEM}, DISCHARGING | CASHIER | {Role.TRIAGE_NURSE}),
    "request_waiver": ({"amount": "100", "reason": "Cannot pay"}, RECEPTION | CASHIER | CLINICIAN | {Role.SUPERVISOR}),
    "decide_waiver": ({"waiver_id": ITEM, "approved": True, "reason": "Seen at home"}, IN_CHARGE),
    "request_refund": ({"amount": "100", "reason": "Test not done"}, CASHIER | {Role.SUPERVISOR}),
    "decide_refund": ({"refund_id": ITEM, "approved": True, "reason": "Agreed"}, IN_CHARGE),
    "pay_out_refund": ({"refund_id": ITEM, "payment_type": "CASH"}, CASHIER),
    "break_glass": (
        {"station": "LABORATORY", "reason": "It cannot wait"},
        DISCHARGING | {Role.LAB_TECHNICIAN, Role.PHARMACIST},
    ),
    "review_break_glass": ({"break_glass_id": ITEM, "outcome": "It was right"}, IN_CHARGE),
    "raise_sha_invoice": (INVOICE, CASHIER),
    "bill_insurer": ({"insurer_id": ITEM, "member_number": "M-1"}, CASHIER),
    "discharge": ({"discharge_notes": "Stable", "follow_up": FOLLOW_UP}, DISCHARGING),
    "tell_patient": ({"obligation_id": ITEM, "outcome": "Called"}, CLINICIAN),
    "cancel_visit": ({"reason": "Opened twice"}, RECEPTION | {Role.SUPERVISOR}),
    "patient_left": ({"notes": "Nobody answers", "reason": "WAITED_TOO_LONG"}, frozenset(Role) - {Role.ADMIN}),
    "patient_returned": ({}, CLINICIAN | RECEPTION | {Role.TRIAGE_NURSE}),
    "patient_called_back": ({"outcome": "REACHED", "notes": "Comes back"}, CLINICIAN | {Role.TRIAGE_NURSE}),
    "record_death": ({"time_of_death": "2026-11-20T10:42:00+03:00", "circumstances": "Cardiac arrest"}, CLINICIAN),
    "reopen_visit": ({"reason": "The result was overlooked"}, CLINICIAN | {Role.SUPERVISOR}),
    "undo_death": ({"reason": "Written on the wrong visit"}, CLINICIAN | {Role.SUPERVISOR}),
}
"""Every action of the general door."""

GENERAL = tuple(
    Write("POST", "/api/visits/{id}/actions", {"kind": kind, **form}, roles) for kind, (form, roles) in KINDS.items()
)
WRITES = ROUTES + GENERAL
