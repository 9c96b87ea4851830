"""What is sent to Slade360. Pure functions; SaidNo where it would be refused anyway.

The lines of an invoice are not in the published reference. Their fields are those that a hospital system in production
sends: item_code, item_name, charge_date, unit_price, quantity, line_number, and copays as SELF_PAY.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.services.outside import SaidNo
from integrations.services.slade.answers import OUTPATIENT, Contact, Eligibility
from integrations.settings import Settings
from models.base import NOTHING
from models.claims import ClaimForm, Member, Session
from models.command import NAIROBI

SERVICE = "slade"
SELF_PAY = "SELF_PAY"
PAPERS = frozenset({"CLAIM_FORM", "PREAUTH_FORM", "PRESCRIPTION", "LAB_ORDER", "IMAGING_ORDER"})
OTHER_PAPER = "OTHER"

Fields = dict[str, Any]


def moment(at: datetime) -> str:
    return at.astimezone(NAIROBI).isoformat(timespec="seconds")


def shillings(amount: Decimal) -> float:
    return float(round(amount, 2))


def whole_number(text: str) -> int | str:
    """Ids and codes that are numbers go as numbers."""
    return int(text) if text.isascii() and text.isdecimal() else text


def visit_request(found: Eligibility, contact: Contact, code: str) -> Fields:
    """Start a visit with the code that went to the contact."""
    benefit = found.outpatient
    if found.refusal or benefit is None:
        raise SaidNo(SERVICE, "not-covered", found.refusal)
    if not isinstance(whole_number(code), int):
        raise SaidNo(SERVICE, "otp-refused", "The code has digits only.")
    return {
        "beneficiary_id": whole_number(found.member.id),
        "factors": ["OTP"],
        "benefit_type": benefit.type,
        "benefit_code": benefit.code,
        "policy_number": found.cover.policy_number,
        "policy_effective_date": found.cover.valid_from,
        "otp": whole_number(code),
        "beneficiary_contact": contact.value,
        "scheme_name": found.cover.scheme_name,
        "scheme_code": found.cover.scheme_code,
    }


def validation_request(member: Member, token: str, facts: dict[str, str]) -> Fields:
    return {
        "first_name": member.first_name,
        "last_name": member.last_name,
        "other_names": "",
        "member_number": member.member_number,
        "auth_token": token,
        "visit_type": OUTPATIENT,
        "scheme_code": facts.get("scheme_code", ""),
        "scheme_name": facts.get("scheme_name", ""),
        "payer_code": member.payer_code,
    }


def claim_request(form: ClaimForm, session: Session, settings: Settings) -> Fields:
    """The claim without its amounts. The visit's token takes the place of the member's number."""
    uncoded = [diagnosis.name for diagnosis in form.diagnoses if not diagnosis.icd10]
    if uncoded or not form.diagnoses:
        raise SaidNo(SERVICE, "no-icd-10", "Slade360 wants every diagnosis in ICD-10, and at least one.")
    return {
        "payer_code": whole_number(form.member.payer_code),
        "payer_name": form.member.payer_name or session.facts.get("payer_name") or form.member.payer_code,
        "patient_name": f"{form.member.first_name} {form.member.last_name}".strip(),
        "member_number": session.token,
        "scheme_name": session.facts.get("scheme_name", ""),
        "scheme_code": session.facts.get("scheme_code", ""),
        "visit_number": form.visit_number,
        "visit_start": moment(form.visit_start),
        "visit_end": moment(form.visit_end),
        "icd10_codes": [{"code": known.icd10, "name": known.name} for known in form.diagnoses],
        "location_code": settings.slade_location_code,
        "location_name": settings.facility_name,
    }


def invoice_request(form: ClaimForm, claim_id: str) -> Fields:
    """Every line; what the patient paid of them stands beside as a copay. SaidNo where nothing is left to claim."""
    gross = sum((line.amount for line in form.lines), NOTHING)
    if form.amount <= 0 or form.amount > gross:
        raise SaidNo(SERVICE, "nothing-to-claim", "The amount to be covered is zero, or more than the bill.")
    own = gross - form.amount
    return {
        "claim": claim_id,
        "invoice_number": form.number,
        "invoice_date": moment(form.visit_end),
        "lines": [
            {
                "line_number": number,
                "item_code": line.code,
                "item_name": line.description,
                "charge_date": moment(line.at),
                "unit_price": shillings(line.unit_price),
                "quantity": line.quantity,
            }
            for number, line in enumerate(form.lines, start=1)
        ],
        "copays": [{"copay_type": SELF_PAY, "copay_amount": shillings(own)}] if own else [],
    }


def paper_kind(kind: str) -> str:
    return kind if kind in PAPERS else OTHER_PAPER
