"""SHA's offices behind the counterpart: claims are opened, reviewed and paid, and changes are told."""

import re
import secrets
from dataclasses import dataclass, field

from integrations.sandbox.counterpart import Stand
from integrations.services.sha.sandbox_checks import Fields, Refusal, text
from integrations.services.sha.sandbox_claims import Claim
from integrations.services.sha.sandbox_members import digits

CODE = "123456"
KEPT = 20_000
PAID = ("IN_REVIEW", "SENT_FOR_PAYMENT_PROCESSING", "PAID")
FIRST_TIME = {
    "409": ("IN_REVIEW", "SENT_BACK"),
    "410": ("IN_REVIEW", "MISSING_DOCUMENTS"),
    "411": ("IN_REVIEW", "REJECTED"),
}
"""How the first submission of members with such numbers ends; all else is paid."""

STATUS = re.compile(r"[A-Z][A-Z_]{2,60}")


@dataclass
class Endpoint:
    base_url: str
    entity_type: str
    paths: list[str] = field(default_factory=list)


class Office:
    """Everything that one sandbox remembers."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.claims: dict[str, Claim] = {}
        self.latest: dict[str, Claim] = {}
        self.visit_codes: set[str] = set()
        self.discharge_codes: set[str] = set()
        self.pending: dict[str, str] = {}
        self.endpoints: dict[str, Endpoint] = {}

    def claim(self, token: str) -> Claim:
        if token not in self.claims:
            raise Refusal("Kindly note the consent token is not valid", engine=True)
        return self.claims[token]

    def named(self, fields: Fields) -> Claim:
        return self.claim(text(fields, "consent_token"))

    def editable(self, fields: Fields) -> Claim:
        claim = self.named(fields)
        claim.require("DRAFT", "DRAFT_RESUBMIT")
        return claim

    def note(self, kind: str, claim: Claim, what: str, number: str = "") -> None:
        """An effect that may rightly come again only after it was taken back."""
        intent = f"{claim.id}:{what}:{claim.removed[f'{kind}:{what}']}"
        self.stand.ledger.take(kind, claim.number, number, intent)

    def undo(self, kind: str, claim: Claim, what: str) -> None:
        claim.removed[f"{kind}:{what}"] += 1

    def open_claim(self, patient_id: str) -> Claim | None:
        """The one visit of a patient that may be open at a time."""
        latest = self.latest.get(patient_id)
        return latest if latest and latest.is_open else None

    def keep(self, patient_id: str, service_type: str, codes: list[str]) -> Claim:
        number = f"INV/{secrets.randbelow(90_000) + 10_000}/{secrets.randbelow(900_000) + 100_000}"
        claim = Claim(patient_id, service_type, dict.fromkeys(codes, "ACTIVE"), number)
        self.claims[claim.token] = self.latest[patient_id] = claim
        if len(self.claims) > KEPT:
            gone = self.claims.pop(next(iter(self.claims)))
            self.latest.pop(gone.patient_id, None)
        self.stand.ledger.take("visit", claim.number, claim.id)
        return claim

    def use_code(self, given: object, sent: set[str], whom: str) -> None:
        """A code is good once, and only where one was sent."""
        if whom not in sent:
            raise Refusal("OTP was not found for contact: +254714000898", engine=True)
        if given != CODE:
            raise Refusal("Invalid OTP", engine=True)
        sent.discard(whom)

    def review(self, claim: Claim) -> None:
        """Walk the claim through the payer's house, a step at a time. What comes again is acknowledged at once."""
        claim.walk += 1
        if claim.rounds:
            self.set_status(claim, "DRAFT_PROVIDER_RESUBMITTED")
            self.step(claim, claim.walk, PAID)
        else:
            end = FIRST_TIME.get(digits(claim.patient_id)[-3:], PAID)
            self.step(claim, claim.walk, ("DRAFT_PROVIDER", *end))

    def step(self, claim: Claim, walk: int, way: tuple[str, ...]) -> None:
        def go() -> None:
            if claim.walk == walk:
                self.set_status(claim, way[0])
                if way[1:]:
                    self.step(claim, walk, way[1:])

        self.stand.callbacks.later(self.stand.settings.sandbox_seconds, go)

    def set_status(self, claim: Claim, status: str) -> None:
        claim.payer_state = status
        self.tell(claim)

    def tell(self, claim: Claim) -> None:
        """Call everybody who registered for claims. What the agency sends is not public: this is the least there is."""
        told = {"event": "status_changed", "entity_type": "claim", "provider_claim_no": claim.number}
        for endpoint in self.endpoints.values():
            for path in endpoint.paths if endpoint.entity_type == "claim" else ():
                self.stand.callbacks.call("status", claim.number, endpoint.base_url.rstrip("/") + path, told)

    async def decide(self, fields: dict[str, str]) -> dict[str, str]:
        """A person at SHA sets the status of a claim, the latest where none is named; it then stays so."""
        sent = [claim for claim in self.claims.values() if claim.auth_status == "SUBMITTED_CLAIM"]
        named = [claim for claim in sent if fields["invoice_number"] in ("", claim.number, claim.invoice_number)]
        if not named or not STATUS.fullmatch(fields["status"]):
            raise ValueError("no such claim was handed in, or the status is no word in capitals")
        claim = named[-1]
        claim.walk += 1
        self.set_status(claim, fields["status"])
        return {"invoice_number": claim.number, "status": claim.payer_state}

    async def expire_codes(self, fields: dict[str, str]) -> dict[str, str]:
        self.visit_codes.clear()
        self.discharge_codes.clear()
        return {}
