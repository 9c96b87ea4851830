"""The owner's own examples, as written in the description of the flow; mandatory fields of the contract are added."""

from typing import Any

from models.staff import Role
from tests.contract.forms import FAMILY_PLANNING, IMMUNIZATIONS, MCH

TAKE_IN = {"status": "IN_CONSULTATION"}
VISIT = "/api/visits/{visit}"

REGISTRATION = {
    "first_name": "John",
    "last_name": "Doe",
    "gender": "MALE",
    "insurance_type": "CASH",
    "age": 30,
    "phone_number": "+254712345678",
    "registration_type": "NEW_PATIENT",
    "chief_complaint": "Fever and headache",
    "payment_type": "CASH",
    "payment_reference": None,
}
MANDATORY = {"respiratory_rate": "18", "avpu": "ALERT", "mobility": "WALKING", "trauma": False}
TRIAGE = {
    "triage_category": "URGENT",
    "chief_complaint": "Severe chest pain",
    "vital_signs": {"blood_pressure": "140/90", "temperature": "38.5", "pulse": "95", **MANDATORY},
    "notes": "Patient appears distressed, chest pain radiating to left arm",
}
CONSULTATION = {
    "visit_id": "{visit}",
    "encounter_type": "CONSULTATION",
    "notes": "Patient complains of chest pain for 2 hours, no history of cardiac issues",
    "findings": "Chest pain, elevated blood pressure, no signs of MI on examination",
    "recommendations": "Prescribe pain medication, monitor vitals, follow-up in 3 days",
}
DIAGNOSIS = {
    "patient_id": "{patient}",
    "encounter_id": "{encounter}",
    "diagnosis_code": "R06.02",
    "diagnosis_name": "Shortness of breath",
    "status": "ACTIVE",
    "notes": "Primary diagnosis",
}
PRESCRIPTION = {
    "patient_id": "{patient}",
    "encounter_id": "{encounter}",
    "medication_name": "Paracetamol",
    "dosage": "500mg",
    "frequency": "3 times daily",
    "duration": "5 days",
    "instructions": "Take with food",
}
LAB_REQUEST = {
    "patient_id": "{patient}",
    "visit_id": "{visit}",
    "test_type": "BLOOD_TEST",
    "urgency": "NORMAL",
    "notes": "Full blood count requested",
}
RESULTS = {
    "status": "COMPLETED",
    "results": {"hemoglobin": "14.2", "white_blood_cells": "7500", "platelets": "250000"},
}
DISPENSED = {"status": "DISPENSED", "dispensing_notes": "Medication dispensed with counseling provided"}
DOSE = {
    "vaccine_id": "{vaccine}",
    "batch_number": "BATCH001",
    "site": "Left arm",
    "route": "IM",
    "dosage": "0.5ml",
    "status": "COMPLETED",
    "notes": "No adverse reactions",
}
METHOD = {
    "method_id": "{method}",
    "counseling_provided": True,
    "counseling_notes": "Comprehensive counseling provided on all methods",
    "status": "ACTIVE",
    "notes": "Patient chose oral contraceptives",
}
SERVICE = {
    "service_id": "{service}",
    "service_details": {"duration_minutes": 30, "weight": 65.5, "blood_pressure": "120/80"},
    "findings": "Patient is healthy, normal weight gain",
    "recommendations": "Continue regular checkups, maintain healthy diet",
    "status": "COMPLETED",
    "notes": "Routine antenatal care",
}
PAYMENT = {"visit_id": "{visit}", "amount": 500.00, "payment_type": "CASH", "payment_reference": None}
INVOICE = {
    "visit_id": "{visit}",
    "sha_number": "SHA123456",
    "service_given": "Consultation and medication",
    "diagnosis": "Upper respiratory infection",
}
DISCHARGE = {
    "status": "COMPLETED",
    "discharge_notes": "Patient stable, medication prescribed, follow-up in 3 days",
    "follow_up": {"in_days": 3, "notes": "Follow-up for chest pain"},
}

# Who, method, path, body, the audit's action and resource, and the name under which later steps know the record.
STEPS: tuple[tuple[Role, str, str, dict[str, Any], str, str, str], ...] = (
    (Role.TRIAGE_NURSE, "PUT", VISIT, TRIAGE, "UPDATE", "VISIT", "visit"),
    (Role.CLINICAL_OFFICER, "PUT", VISIT, TAKE_IN, "UPDATE", "VISIT", "visit"),
    (Role.CLINICAL_OFFICER, "POST", "/api/patient-encounters", CONSULTATION, "CREATE", "ENCOUNTER", "encounter"),
    (Role.CLINICAL_OFFICER, "POST", "/api/diagnoses", DIAGNOSIS, "CREATE", "DIAGNOSIS", "diagnosis"),
    (Role.CLINICAL_OFFICER, "POST", "/api/prescriptions", PRESCRIPTION, "CREATE", "PRESCRIPTION", "prescription"),
    (Role.CLINICAL_OFFICER, "POST", "/api/lab-requests", LAB_REQUEST, "CREATE", "LAB_REQUEST", "lab"),
    (Role.LAB_TECHNICIAN, "PUT", "/api/lab-requests/{lab}", RESULTS, "UPDATE", "LAB_REQUEST", "lab"),
    (Role.CLINICAL_OFFICER, "POST", "/api/patient-encounters", CONSULTATION, "CREATE", "ENCOUNTER", "review"),
    (
        Role.CLINICAL_OFFICER,
        "POST",
        f"{VISIT}/referrals",
        {"station": "MCH", "reason": "Antenatal care"},
        "CREATE",
        "REFERRAL",
        "referral",
    ),
    (Role.PHARMACIST, "PUT", "/api/prescriptions/{prescription}", DISPENSED, "UPDATE", "PRESCRIPTION", "prescription"),
    (Role.IMMUNIZATION_NURSE, "POST", IMMUNIZATIONS, DOSE, "CREATE", "IMMUNIZATION", "dose"),
    (Role.FAMILY_PLANNING_COUNSELOR, "POST", FAMILY_PLANNING, METHOD, "CREATE", "FAMILY_PLANNING", "planning"),
    (Role.MCH_NURSE, "POST", MCH, SERVICE, "CREATE", "MCH_SERVICE", "contact"),
    (Role.CASHIER, "POST", "/api/payments", PAYMENT, "CREATE", "PAYMENT", "payment"),
    (Role.CASHIER, "POST", "/api/sha-invoices", INVOICE, "CREATE", "SHA_INVOICE", "invoice"),
    (Role.CLINICAL_OFFICER, "PUT", VISIT, DISCHARGE, "UPDATE", "VISIT", "visit"),
)
