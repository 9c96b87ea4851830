"""Claims that reached the counterpart, and the money that follows them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from integrations.sandbox.counterpart import Stand
from integrations.services.slade.sandbox_checks import Fields, Paper, listed, no_such, number, text, wrong
from integrations.services.slade.sandbox_members import Insured, Members, Visit

NEVER_PAID = ("409", "410", "411")
"""Members whose claims the insurer does not pay by itself. What it says instead, Slade360 does not tell."""

STEPS = 2
PAPERS = ("CLAIM_FORM", "PREAUTH_FORM", "PRESCRIPTION", "LAB_ORDER", "IMAGING_ORDER", "OTHER")


@dataclass
class Claimed:
    """A claim. It is handed in with its invoice, and `paid` what came for it, in KES."""

    id: str
    insured: Insured
    visit_number: str
    invoice_number: str = ""
    amount: float = 0.0
    invoiced_at: datetime | None = None
    paid: float = 0.0


class Claims:
    def __init__(self, stand: Stand, members: Members) -> None:
        self.stand, self.members = stand, members
        self.claims: dict[str, Claimed] = {}

    def open(self, fields: Fields) -> Fields:
        """`member_number` is the token of a visit."""
        for name in ("payer_code", "payer_name", "patient_name", "scheme_name"):
            text(fields, name)
        for name in ("visit_start", "visit_end"):
            moment(fields, name)
        for diagnosis in listed(fields, "icd10_codes"):
            text(diagnosis, "code")
        visit: Visit = self.members.visit(text(fields, "member_number"))
        claim = Claimed(str(uuid4()), visit.insured, text(fields, "visit_number"))
        self.claims[claim.id] = claim
        self.stand.ledger.take("claim opened", claim.visit_number, claim.id)
        return {"id": claim.id, "visit_number": claim.visit_number, "service_type": "OUTPATIENT"}

    def invoice(self, fields: Fields) -> Fields:
        claim = self.claim(text(fields, "claim"))
        moment(fields, "invoice_date")
        gross = 0.0
        for line in listed(fields, "lines"):
            text(line, "item_code"), text(line, "item_name"), moment(line, "charge_date")
            gross += number(line, "unit_price") * number(line, "quantity")
        copays = fields.get("copays") or []
        claim.amount = gross - sum(number(copay, "copay_amount") for copay in copays)
        claim.invoice_number, claim.invoiced_at = text(fields, "invoice_number"), self.stand.now()
        self.stand.ledger.take("claim", claim.invoice_number, claim.id, amount=claim.amount)
        return {"id": str(uuid4()), "claim": claim.id, "invoice_number": claim.invoice_number}

    def attach(self, claim_id: str, kind: str, paper: Paper) -> Fields:
        claim = self.claim(claim_id)
        if kind not in PAPERS or not paper.size:
            raise wrong("attachment_type", f'"{kind}" is not a valid choice.')
        self.stand.ledger.take("attachment", claim.id, intent=f"{claim.id} {paper.file_name}", bytes=paper.size)
        return {"id": str(uuid4()), "claim": claim.id}

    def remittances(self, fields: Fields) -> list[Fields]:
        claim = self.claim(text(fields, "claim_id"))
        self.settle(claim)
        paid = {"id": claim.id, "invoice_number": claim.invoice_number, "amount_paid": f"{claim.paid:.2f}"}
        return [{**paid, "status": "PAID"}] if claim.paid else []

    def settle(self, claim: Claimed) -> None:
        """The insurer pays by itself once its time has come."""
        if claim.paid or claim.invoiced_at is None or claim.insured.number.endswith(NEVER_PAID):
            return
        passed = (self.stand.now() - claim.invoiced_at).total_seconds()
        if passed >= STEPS * self.stand.settings.sandbox_seconds:
            self.pay(claim, claim.amount)

    def pay(self, claim: Claimed, amount: float) -> None:
        claim.paid = amount
        self.stand.ledger.take("remittance", claim.invoice_number, claim.id, amount=amount)

    def claim(self, claim_id: str) -> Claimed:
        if claim_id not in self.claims:
            raise no_such("Claim")
        return self.claims[claim_id]

    def invoiced(self, invoice_number: str) -> Claimed:
        """The claim with that invoice. ValueError: there is none."""
        for claim in self.claims.values():
            if claim.invoice_number == invoice_number != "":
                return claim
        raise ValueError("no claim has this invoice number")


def moment(fields: Fields, name: str) -> datetime:
    """A moment with its offset."""
    try:
        at = datetime.fromisoformat(text(fields, name))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise wrong(name, "Datetime has wrong format.")
    return at
