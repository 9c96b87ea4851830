"""What is sent to Smart. Pure functions; SaidNo where it would be refused anyway."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.services.outside import SaidNo
from integrations.services.smart.answers import MemberDetails, VisitSession
from models.base import NOTHING
from models.claims import ClaimDiagnosis, ClaimForm, ClaimLine, Member, Session
from models.command import NAIROBI

SERVICE = "smart"
CASH_EXCESS, COPAY_FIXED = "0", "1"

Fields = dict[str, Any]


def day(at: datetime) -> str:
    return at.astimezone(NAIROBI).strftime("%Y-%m-%d")


def time(at: datetime) -> str:
    return at.astimezone(NAIROBI).strftime("%H:%M:%S")


def moment(at: datetime) -> str:
    return f"{day(at)} {time(at)}"


def shillings(amount: Decimal) -> float:
    return float(round(amount, 2))


def whole_number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text


def patient_number(member: Member) -> str:
    """The number under which the patient is checked in at the device: the insurer's, else the national id."""
    return member.member_number or member.national_id


def facts_of(visit: VisitSession, details: MemberDetails, patient: str, provider_id: str) -> dict[str, str]:
    """What the claim repeats of the check-in and of the cover."""
    pool = details.pool
    return {
        "patient_number": patient,
        "provider_id": visit.provider_id or provider_id,
        "location_code": visit.location_code,
        "payer_code": visit.payer_code or details.insurer_code,
        "payer_name": visit.payer_name or details.insurer_name,
        "insurer_code": details.insurer_code or visit.payer_code,
        "scheme_code": visit.scheme_code or details.scheme_code,
        "scheme_name": visit.scheme_name or details.scheme_name,
        "member_number": details.number or visit.member_number,
        "pool_number": pool.number if pool else "",
        "copay": str(details.copay or NOTHING) if details.has_copay is not False else str(NOTHING),
    }


def claim_request(form: ClaimForm, session: Session, location: tuple[str, str], now: datetime) -> Fields:
    """The whole claim in one body. `location`: our branch as Smart knows it, code and name."""
    gross = sum((line.amount for line in form.lines), NOTHING)
    if form.amount <= 0 or form.amount > gross:
        raise SaidNo(SERVICE, "nothing-to-claim", "The amount to be covered is zero, or more than the bill.")
    facts = session.facts
    request: Fields = {
        "claim_code": form.number,
        "payer_code": facts["payer_code"] or form.member.payer_code,
        "payer_name": facts["payer_name"] or form.member.payer_name,
        "medicalaid_code": facts["insurer_code"] or form.member.payer_code,
        "amount": shillings(form.amount),
        "gross_amount": shillings(gross),
        "batch_number": "",
        "dispatch_date": moment(now),
        "patient_number": facts["patient_number"],
        "patient_name": f"{form.member.first_name} {form.member.last_name}".strip(),
        "location_code": location[0] or facts["location_code"],
        "location_name": location[1],
        "scheme_code": facts["scheme_code"],
        "scheme_name": facts["scheme_name"],
        "member_number": facts["member_number"] or form.member.member_number,
        "visit_number": form.visit_number,
        "session_id": whole_number(session.token),
        "visit_start": moment(form.visit_start),
        "visit_end": moment(form.visit_end),
        "currency": "KES",
        "doctor_name": form.practitioner,
        "sp_id": whole_number(facts["provider_id"]),
        "diagnosis": diagnoses(form.diagnoses),
        "pre_authorization": [],
        "invoices": [invoice(form, gross)],
        "payment_modifiers": modifiers(gross - form.amount, Decimal(facts["copay"]), form.number),
    }
    return request | ({"pool_number": whole_number(facts["pool_number"])} if facts["pool_number"] else {})


def diagnoses(known: tuple[ClaimDiagnosis, ...]) -> list[Fields]:
    """ICD-10 where it is known, else ICD-11; the first is the primary one."""
    if not known or any(not (one.icd10 or one.icd11) for one in known):
        raise SaidNo(SERVICE, "no-icd-code", "Smart wants a code for every diagnosis, and at least one.")
    return [
        {
            "code": one.icd10 or one.icd11,
            "name": one.name,
            "coding_standard": "ICD10" if one.icd10 else "ICD11",
            "is_added_with_claim": True,
            "primary": number == 0,
        }
        for number, one in enumerate(known)
    ]


def invoice(form: ClaimForm, gross: Decimal) -> Fields:
    """The bill. The number of KRA's electronic invoice is expected by insurers, and not known to us yet."""
    return {
        "amount": shillings(form.amount),
        "gross_amount": shillings(gross),
        "invoice_date": moment(form.visit_end),
        "invoice_number": form.number,
        "invoice_ref_number": form.number,
        "lines": [billed(line) for line in form.lines],
        "etims_number": "",
        "etims_qrcode": "",
    }


def billed(line: ClaimLine) -> Fields:
    return {
        "item_code": line.code,
        "item_name": line.description,
        "quantity": line.quantity,
        "unit_price": shillings(line.unit_price),
        "amount": shillings(line.amount),
        "service_group": line.service,
        "charge_date": day(line.at),
        "charge_time": time(line.at),
        "additional_info": "",
        "pre_authorization_code": "",
    }


def modifiers(own: Decimal, copay: Decimal, number: str) -> list[Fields]:
    """What the patient paid: as copay what the cover asks for, the rest as cash."""
    fixed = min(own, copay)
    parts = {COPAY_FIXED: fixed, CASH_EXCESS: own - fixed}
    return [
        {"type": kind, "amount": shillings(amount), "reference_number": number, "nhif_member_nr": None}
        for kind, amount in parts.items()
        if amount > 0
    ]
