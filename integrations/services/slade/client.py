"""The real client: Slade360 over HTTPS.

`effect` is true where a repetition would do something twice. `auth_token` is a key to the patient's cover: never log
it. Paths end with a slash, as providers in production write them, also where the published examples leave it out.
"""

from typing import Any

import httpx2

from integrations.services.outside import SaidNo
from integrations.services.slade.answers import Authorization, Eligibility, Opened, Remittance, Remittances, Started
from integrations.services.slade.requests import Fields, paper_kind
from integrations.services.slade.wire import Wire, reading
from integrations.settings import Settings
from models.claims import Document


class HealthCloud:
    """One per process: it keeps the token."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.settings = settings
        self.wire = Wire(settings, http)

    async def eligibility(self, member_number: str, payer_code: str) -> Eligibility | None:
        """None: the insurer knows nobody with this number."""
        wanted = {"member_number": member_number, "payer_slade_code": payer_code}
        path = "/v1/beneficiaries/member_eligibility/"
        try:
            return await self.wire.read(Eligibility, self.wire.edi, "GET", path, effect=False, params=wanted)
        except SaidNo as no:
            if no.code == "http-404":
                return None
            raise

    async def send_code(self, contact_id: str) -> None:
        """The answer may repeat the code (it does in the test system): nobody is shown it."""
        path = f"/v1/beneficiaries/beneficiary_contacts/{contact_id}/send_otp/"
        await self.wire.ask(self.wire.edi, "POST", path, effect=False, json={})

    async def start_visit(self, visit: Fields) -> Started:
        """Uses the code up. SaidNo: the code is wrong or worn out."""
        path = "/v1/authorizations/start_visit/"
        return await self.wire.read(Started, self.wire.billing, "POST", path, effect=True, json=visit)

    async def authorization(self, about: Fields) -> Authorization:
        """A started visit as it stands; a reading, though it is a POST. SaidNo: it has run out."""
        path = "/v1/authorizations/validate_authorization_token/"
        return await self.wire.read(Authorization, self.wire.billing, "POST", path, effect=False, json=about)

    async def reserve(self, guid: str, invoice_number: str, amount: float) -> None:
        """Keep so much (KES) of the balance aside. Whether twice is once is not public, nor how it is let go."""
        wanted = {"authorization": guid, "invoice_number": invoice_number, "amount": amount}
        path = "/v1/balances/reservations/reserve_from_authorization/"
        await self.wire.ask(self.wire.edi, "POST", path, effect=True, json=wanted)

    async def open_claim(self, claim: Fields) -> str:
        """Make the claim; its id. Nothing is claimed before it has an invoice."""
        opened = await self.wire.read(Opened, self.wire.billing, "POST", "/v1/claims/", effect=True, json=claim)
        return opened.id

    async def send_invoice(self, invoice: Fields) -> None:
        """The amounts: with them, the claim is handed in."""
        await self.wire.ask(self.wire.billing, "POST", "/v1/invoices/", effect=True, json=invoice)

    async def attach(self, claim_id: str, paper: Document) -> None:
        fields = {"claim": claim_id, "attachment_type": paper_kind(paper.kind), "description": paper.file_name}
        files = {"attachment": (paper.file_name, paper.content, paper.content_type)}
        path = "/v1/claim_attachments/upload_attachment/"
        await self.wire.ask(self.wire.billing, "POST", path, effect=True, data=fields, files=files)

    async def remittances(self, claim_id: str) -> list[Remittance]:
        """What was paid for a claim, in one part or several; empty while nothing was."""
        wanted, path = {"claim_id": claim_id}, "/v1/remittances/claim_remittance/"
        try:
            body = await self.wire.ask(self.wire.edi, "GET", path, effect=False, params=wanted)
        except SaidNo as no:
            if no.code == "http-404":
                return []
            raise
        return [reading(Remittance, row, effect=False) for row in rows(body)]


def rows(body: Any) -> list[dict[str, Any]]:
    listed = body if isinstance(body, dict) and "results" in body else {"results": body}
    return reading(Remittances, listed, effect=False).results
