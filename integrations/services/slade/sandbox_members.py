"""Members of the insurers behind the counterpart: found by their number, reached by a code, seen in visits."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4
from zlib import crc32

from integrations.sandbox.counterpart import Stand
from integrations.services.slade.sandbox_checks import Fields, Refusal, no_such, text, wrong

CODE = "123456"
LASTS = timedelta(days=2)
BALANCE = 50_000.0
UNKNOWN, UNPAID = "404", "402"
BENEFITS = {"INPATIENT": "BEN/002", "OUTPATIENT": "BEN/001"}
POLICY, SINCE, UNTIL = "POL/001", "2026-01-01T00:00:00+03:00", "2026-12-31T23:59:59+03:00"


@dataclass
class Insured:
    """One member, and the codes that were sent to the member's phone; each starts one visit."""

    number: str
    payer_code: str
    codes: int = 0
    is_code_good: bool = False

    @property
    def id(self) -> int:
        return crc32(f"{self.payer_code} {self.number}".encode())

    @property
    def contact_id(self) -> int:
        return self.id % 9_000_000 + 1_000_000

    @property
    def phone(self) -> str:
        return f"+2547{self.id % 100_000_000:08d}"

    @property
    def is_covered(self) -> bool:
        return not self.number.endswith(UNPAID)


@dataclass
class Visit:
    """A visit that a member's code started; `token` opens it."""

    insured: Insured
    token: str
    expires_at: datetime
    guid: str = field(default_factory=lambda: str(uuid4()))
    reserved: float = 0.0


class Members:
    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.insured: dict[tuple[str, str], Insured] = {}
        self.visits: dict[str, Visit] = {}

    def eligibility(self, fields: Fields) -> Fields:
        number, payer = text(fields, "member_number"), text(fields, "payer_slade_code")
        if not payer.isdecimal():
            raise wrong("payer_slade_code", "Enter a number.")
        if number.endswith(UNKNOWN):
            raise no_such("Member")
        return told(self.insured.setdefault((payer, number), Insured(number, payer)))

    def send_code(self, contact_id: str) -> Fields:
        insured = next((one for one in self.insured.values() if str(one.contact_id) == contact_id), None)
        if insured is None:
            raise no_such("Contact")
        insured.codes, insured.is_code_good = insured.codes + 1, True
        self.stand.ledger.take("code", contact_id, intent=f"{contact_id} {insured.codes}")
        return {"success": f"Your one time password is {CODE}"}

    def start(self, fields: Fields) -> Fields:
        insured = self.named(fields)
        if fields.get("factors") != ["OTP"] or text(fields, "benefit_type") not in BENEFITS:
            raise wrong("factors", "Only OTP, for a benefit of the cover.")
        for name in ("benefit_code", "policy_number", "policy_effective_date"):
            text(fields, name)
        if text(fields, "otp") != CODE or not insured.is_code_good:
            raise wrong("otp", "Invalid OTP")
        if not insured.is_covered:
            raise Refusal({"status": "Failure", "message": "The cover is not active"})
        insured.is_code_good = False
        visit = Visit(insured, secrets.token_hex(5).upper(), self.stand.now() + LASTS)
        self.visits[visit.token] = visit
        self.stand.ledger.take("visit", str(insured.id), visit.guid, intent=f"{insured.id} {insured.codes}")
        return {"status": "Success", "auth_token": visit.token, "edi_auth_guid": visit.guid}

    def named(self, fields: Fields) -> Insured:
        """The member whom a visit is to be started for, by id and phone."""
        wanted = text(fields, "beneficiary_id"), text(fields, "beneficiary_contact")
        for insured in self.insured.values():
            if wanted == (str(insured.id), insured.phone):
                return insured
        raise no_such("Beneficiary")

    def visit(self, token: str) -> Visit:
        """An open visit, by its token."""
        visit = self.visits.get(token)
        if visit is None or visit.expires_at < self.stand.now():
            raise Refusal({"status": "Failure", "message": "The authorization is not valid"}, 200)
        return visit

    def validate(self, fields: Fields) -> Fields:
        names = [text(fields, name) for name in ("first_name", "last_name")]
        visit = self.visit(text(fields, "auth_token"))
        return {
            "status": "Success",
            "message": "Successful validation of authorization token",
            "authorization_guid": visit.guid,
            "edi_auth_guid": visit.guid,
            "authorization_date": (visit.expires_at - LASTS).isoformat(),
            "auth_expiry": visit.expires_at.isoformat(),
            "auth_status": "AUTHORIZED",
            "benefit_balance": BALANCE - visit.reserved,
            "reserved_amount": visit.reserved,
            "member_number": visit.insured.number,
            "member_name": " ".join(names),
            "service_type": "OUTPATIENT",
        }

    def reserve(self, guid: str, invoice_number: str, amount: float) -> Fields:
        visit = next((one for one in self.visits.values() if one.guid == guid), None)
        if visit is None:
            raise no_such("Authorization")
        if amount > BALANCE - visit.reserved:
            raise wrong("amount", "The benefit balance is too small")
        visit.reserved += amount
        self.stand.ledger.take("reservation", invoice_number, guid, amount=amount)
        return {"id": len(self.stand.ledger.entries), "guid": str(uuid4()), "amount": amount, "amountReleased": 0}

    def forget_codes(self) -> None:
        for insured in self.insured.values():
            insured.is_code_good = False


def told(insured: Insured) -> Fields:
    """What the insurer tells of a member."""
    is_good = insured.is_covered
    benefits = [
        {
            "benefitType": kind,
            "benefitCode": code,
            "status": "AVAILABLE",
            "benefitLimit": str(BALANCE),
            "availableBalance": str(BALANCE),
            "reservedAmount": 0,
            "copayType": None,
            "copayAppliesTo": None,
        }
        for kind, code in BENEFITS.items()
    ]
    return {
        "member": {
            "id": insured.id,
            "beneficiaryCode": insured.number,
            "names": "Member of the sandbox",
            "isActive": is_good,
            "isEnrolled": True,
            "contacts": [{"id": insured.contact_id, "contactValue": insured.phone}],
        },
        "cover": {
            "status": "ACTIVE" if is_good else "SUSPENDED",
            "schemeName": "Muungano",
            "schemeCode": "MUUNGANO",
            "policyNumber": POLICY,
            "validFrom": SINCE,
            "validTo": UNTIL,
        },
        "benefits": benefits,
    }
