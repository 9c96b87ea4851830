"""Claims that reached Smart's counterpart, each time that they did."""

from dataclasses import dataclass
from datetime import datetime

from integrations.sandbox.counterpart import Stand
from integrations.services.smart.answers import ACTIVE
from integrations.services.smart.sandbox_checks import Fields, Refusal, amount, enveloped, listed, text
from integrations.services.smart.sandbox_sessions import CheckIn, CheckIns

WAITS, BILLED, CANCELLED, REJECTED = "Pending", "Billed", "Cancelled", "Rejected"
FIRST = {"409": CANCELLED, "411": REJECTED}
"""What becomes of the first attempt for a member whose number ends so; every other one is billed."""

NAMED = (
    "claim_code",
    "payer_code",
    "payer_name",
    "medicalaid_code",
    "patient_name",
    "location_code",
    "location_name",
    "scheme_code",
    "scheme_name",
    "member_number",
    "visit_start",
    "visit_end",
    "currency",
)
NAMED_IN_LINES = ("item_code", "item_name", "service_group", "charge_date", "charge_time")


@dataclass
class HandedIn:
    """One attempt. `becomes` its status once its time has come."""

    made: CheckIn
    invoice_number: str
    amount: float
    at: datetime
    becomes: str
    status: str = WAITS


class Claims:
    def __init__(self, stand: Stand, check_ins: CheckIns) -> None:
        self.stand, self.check_ins = stand, check_ins
        self.attempts: list[HandedIn] = []

    def hand_in(self, query: Fields, claim: Fields) -> Fields:
        made = self.open_for(query, claim)
        invoice_number, money = checked(claim)
        if not made.is_covered:
            raise Refusal("The benefit is exhausted")
        before = self.of(invoice_number, made.visit_number)
        first = FIRST.get(made.patient_number[-3:], BILLED)
        becomes = BILLED if before else first
        self.attempts.append(HandedIn(made, invoice_number, money, self.stand.now(), becomes))
        again = sum(one.status in (CANCELLED, REJECTED) for one in before)
        self.stand.ledger.take("claim", invoice_number, str(made.id), f"{invoice_number} {again}", amount=money)
        return enveloped("Claim posted successfully")

    def open_for(self, query: Fields, claim: Fields) -> CheckIn:
        """The check-in that is the claim's, in its address and in its body."""
        made = self.check_ins.named(text(query, "sessionId"))
        named = text(claim, "session_id"), text(claim, "patient_number"), text(claim, "visit_number")
        if made.status != ACTIVE or named != (str(made.id), made.patient_number, made.visit_number):
            raise Refusal("No active session for this visit")
        if text(query, "patientNumber") != made.patient_number or text(query, "spID") != text(claim, "sp_id"):
            raise Refusal("The address does not fit the claim")
        return made

    def status(self, fields: Fields) -> list[Fields]:
        found = self.of(text(fields, "invoiceNumber"), text(fields, "visitNumber"))
        return [
            {
                "session_id": one.made.id,
                "claim_status": one.status,
                "patient_number": one.made.patient_number,
                "visit_number": one.made.visit_number,
                "amount": one.amount,
                "invoice_number": one.invoice_number,
            }
            for one in found
        ]

    def of(self, invoice_number: str, visit_number: str) -> list[HandedIn]:
        """The attempts with that invoice, as they stand now, oldest first."""
        found = [one for one in self.attempts if one.invoice_number == invoice_number]
        found = [one for one in found if one.made.visit_number == visit_number]
        for one in found:
            passed = (self.stand.now() - one.at).total_seconds()
            if one.status == WAITS and passed >= self.stand.settings.sandbox_seconds:
                one.status = one.becomes
        return found

    def change(self, invoice_number: str, status: str) -> HandedIn:
        """Let the last attempt have this status. ValueError: there is none."""
        found = [one for one in self.attempts if one.invoice_number == invoice_number]
        if not found or not status:
            raise ValueError("no claim has this invoice number, or the status is empty")
        found[-1].status = status
        return found[-1]


def checked(claim: Fields) -> tuple[str, float]:
    """The invoice number and the amount (KES) of a claim that Smart would take."""
    for name in NAMED:
        text(claim, name)
    for diagnosis in listed(claim, "diagnosis"):
        if text(diagnosis, "coding_standard") not in ("ICD10", "ICD11"):
            raise Refusal("coding_standard is unknown")
        text(diagnosis, "code")
    (invoice,) = listed(claim, "invoices")
    gross = sum(amount(line, "amount") for line in listed(invoice, "lines"))
    for line in invoice["lines"]:
        for name in NAMED_IN_LINES:
            text(line, name)
    paid = sum(amount(part, "amount") for part in claim.get("payment_modifiers") or [])
    money = amount(claim, "amount")
    if round(gross - paid, 2) != money or amount(invoice, "amount") != money or amount(claim, "gross_amount") != gross:
        raise Refusal("The amounts of claim, invoice and lines differ")
    return text(invoice, "invoice_number"), money
