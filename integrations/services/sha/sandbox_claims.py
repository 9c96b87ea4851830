"""The virtual claims behind the exchange's counterpart, and what they look like on the wire."""

import hashlib
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from integrations.services.sha.sandbox_checks import Refusal
from integrations.services.sha.sandbox_members import INTERVENTIONS, NEEDS_PREAUTH

CONSENT_DAYS = 30
TAKEN_BACK = ("DRAFT_RESUBMIT", "DRAFT_RESUBMIT_DOCUMENTS")


def now() -> datetime:
    return datetime.now(UTC)


def some_id() -> str:
    return str(uuid4())


@dataclass
class Line:
    code: str
    unit_price: Decimal
    quantity: int
    charge_date: str
    id: str = field(default_factory=some_id)

    @property
    def total(self) -> Decimal:
        return self.unit_price * self.quantity

    def shown(self) -> dict[str, Any]:
        amounts = {"unit_price": str(self.unit_price), "line_total_amount": str(self.total)}
        named = {"id": self.id, "intervention_code": self.code, "item_code": self.code, "scheme_code": "UHC"}
        return {**named, **amounts, "quantity": self.quantity, "charge_date": self.charge_date, "is_active": True}


@dataclass
class Claim:
    """`payer_state`: empty until the payer has seen it. `rounds`: how often it was taken back. `walk`: on which of its
    ways through the payer's house it is, so that an older one ends."""

    patient_id: str
    service_type: str
    codes: dict[str, str]
    invoice_number: str
    id: str = field(default_factory=some_id)
    guid: str = field(default_factory=some_id)
    token: str = field(default_factory=lambda: secrets.token_hex(5).upper())
    visit_start: datetime = field(default_factory=now)
    state: str = "DRAFT"
    auth_status: str = "AUTHORIZED"
    sent_as: str = ""
    payer_state: str = ""
    rounds: int = 0
    walk: int = 0
    doctor: str = ""
    diagnoses: list[tuple[str, str]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    papers: dict[str, tuple[str, str]] = field(default_factory=dict)
    preauths: dict[str, str] = field(default_factory=dict)
    removed: Counter[str] = field(default_factory=Counter)

    @property
    def number(self) -> str:
        """What it is known by: the number that it was handed in under, else its own."""
        return self.sent_as or self.invoice_number

    @property
    def is_open(self) -> bool:
        return self.state == "DRAFT"

    @property
    def content(self) -> str:
        """A mark of who is claimed for what: the same charges of the same moments twice are one claim twice."""
        charged = sorted(f"{line.code} {line.unit_price} {line.quantity} {line.charge_date}" for line in self.lines)
        return hashlib.sha256("|".join([self.patient_id, *charged]).encode()).hexdigest()[:20]

    def require(self, *states: str) -> None:
        if self.state not in states:
            raise Refusal(f"Kindly note the claim is in state {self.state} and cannot be changed", engine=True)

    def require_active(self, code: str) -> None:
        if self.codes.get(code) != "ACTIVE":
            raise Refusal(f"Kindly note the intervention {code} is not active on this visit", engine=True)

    def shown(self) -> dict[str, Any]:
        """Empty lists as null, amounts as text, as they come."""
        total = str(sum((line.total for line in self.lines), Decimal(0)))
        diagnoses = [{"diagnosis_code": icd, "intervention_code": code} for icd, code in self.diagnoses]
        papers = [{"id": id, "title": name, "attachment_type": kind} for id, (name, kind) in self.papers.items()]
        return {
            "id": self.id,
            "payer_name": "Social Health Authority",
            "member_number": self.patient_id,
            "service_type": self.service_type,
            "currency": "KES",
            "visit_start": self.visit_start.isoformat(),
            "authorization_code": self.token,
            "authorization_guid": self.guid,
            "workflow_state": self.state,
            "claim_auth_status": self.auth_status,
            "interventions": [shown_intervention(code, state) for code, state in self.codes.items()],
            "invoices": [self.invoice(total)],
            "invoice_number": self.invoice_number,
            "claim_diagnoses": diagnoses or None,
            "claim_attachments": papers or None,
            "total_claim_amount": total,
            "is_resubmitted": self.rounds > 0,
        }

    def invoice(self, total: str) -> dict[str, Any]:
        doctors = [{"identification_number": self.doctor}] if self.doctor else None
        lines = [line.shown() for line in self.lines]
        states = {"dispatch_status": "DISPATCHED", "workflow_state": "VALID", "total_inv_amount": total}
        return {
            "id": f"{self.id}-1",
            "invoice_number": self.invoice_number,
            **states,
            "lines": lines,
            "doctors": doctors,
        }

    def payers_view(self) -> dict[str, Any]:
        note = NOTES_OF.get(self.payer_state)
        return {
            "guid": f"{self.id}-p",
            "providerClaimNo": self.number,
            "authToken": self.token,
            "workflowState": self.payer_state,
            "created": self.visit_start.isoformat(),
            "claimNotes": [{"note": note}] if note else None,
            "claimFlags": None,
            "proposedValue": str(sum((line.total for line in self.lines), Decimal(0))),
        }

    def authorization(self) -> dict[str, Any]:
        expiry = (self.visit_start + timedelta(days=CONSENT_DAYS)).isoformat()
        told = {"status": self.auth_status, "token": self.token, "guid": self.guid, "expiry": expiry}
        return {**told, "beneficiaryCode": self.patient_id, "isOpen": self.is_open, "label": "OTP"}


NOTES_OF = {
    "SENT_BACK": "A price does not fit the service. Correct it and send the claim again.",
    "MISSING_DOCUMENTS": "The laboratory results are missing.",
    "REJECTED": "The service is not covered.",
}


def shown_intervention(code: str, state: str) -> dict[str, Any]:
    name, sub_benefit, mechanism, tariff = INTERVENTIONS[code]
    return {
        "id": some_id(),
        "intervention_code": code,
        "intervention_name": name,
        "intervention_payment_mechanism": mechanism,
        "keph_level_tarrif": str(tariff),
        "workflow_state": state,
        "sub_benefit_code": sub_benefit,
        "needs_preauth": code in NEEDS_PREAUTH,
        "applicable_document_types": [],
        "required_preauth_document_types": None,
    }


def price(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise Refusal("unit_price must be a number")
    return amount


def count(value: Any) -> int:
    try:
        units = Decimal(str(value))
    except InvalidOperation:
        units = Decimal(0)
    if not units.is_finite() or units <= 0 or units != units.to_integral_value():
        raise Refusal("quantity must be greater than zero")
    return int(units)


def require_tariff(code: str, unit_price: Decimal) -> None:
    """A tariff of nothing (the head is paid for) limits nothing."""
    tariff = INTERVENTIONS[code][3]
    if tariff and unit_price > tariff:
        raise Refusal(f"Kindly note the unit price is above the tariff of {code}", engine=True)
