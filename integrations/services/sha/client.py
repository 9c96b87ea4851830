"""The real client: the exchange's eClaims over HTTPS.

`effect` is true where a repetition would do something twice. A claim is one thing over there that many small calls
change; each names it by its `consent_token`, which is a key to the patient's claim: never log it.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx2

from integrations.services.outside import Reading, Unreadable
from integrations.services.sha.answers import Authorization, InvoiceLine, PayerClaim, VirtualClaim
from integrations.services.sha.directory import Directory, reading
from integrations.services.sha.preauths import Preauths, StatusCalls
from integrations.services.sha.requests import Billed, CancelReason, doctor, multipart, part, without_empty
from integrations.services.sha.tolerant import as_rows
from integrations.services.sha.wire import Wire
from integrations.settings import Settings
from models.claims import Document


class EClaims:
    """One per process: it keeps the token and what it has read of the benefits."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.wire = Wire(settings, http)
        self.directory = Directory(self.wire)
        self.preauths = Preauths(self.wire)
        self.status_calls = StatusCalls(self.wire)

    # --- consent and visit

    async def send_visit_code(self, patient_id: str, codes: Sequence[str], contact_id: str = "") -> None:
        """The answer may repeat the code (it does in the agency's test system): nobody is shown it."""
        wanted = {"patient_id": patient_id, "intervention_codes": list(codes), "beneficiary_contact_id": contact_id}
        await self.wire.ask("POST", "/claims/otp", effect=False, json=without_empty(wanted))

    async def send_discharge_code(self, token: str, patient_id: str) -> None:
        wanted = {"consent_token": token, "patient_id": patient_id}
        await self.wire.ask("POST", "/claims/otp/discharge", effect=False, json=wanted)

    async def open_visit(
        self, patient_id: str, service_type: str, codes: Sequence[str], otp: str = "", auth_guid: str = ""
    ) -> VirtualClaim:
        """Open the claim by a one-time code, or by an authorisation given with a fingerprint. The patient's open claim
        is answered where there is one."""
        visit = {"patient_id": patient_id, "service_type": service_type, "intervention_codes": list(codes)}
        proof = without_empty({"otp": otp, "auth_guid": auth_guid})
        return await self.wire.read(VirtualClaim, "POST", "/claims/visit", json={**visit, **proof})

    async def authorize(self, patient_id: str, service_type: str, codes: Sequence[str], **device: str) -> Authorization:
        """Begin a consent by fingerprint; while it is PENDING, no one-time code is taken. `device`: what the hardware's
        agent gives (`workstationID`, …)."""
        wanted = {"patient_id": patient_id, "service_type": service_type, "interventions": list(codes), **device}
        return await self.wire.read(Authorization, "POST", "/claims/authorize", json=wanted)

    async def authorizations(self, token: str = "", guid: str = "", patient_id: str = "") -> list[Authorization]:
        """Those of our facility. Its filters are not to be relied on, so what was not asked for is left out here."""
        wanted = without_empty({"token": token, "guid": guid, "beneficiary_code": patient_id})
        body = await self.wire.ask("GET", "/claims/authorizations", effect=False, params=wanted)
        found = [reading(Authorization, row) for row in as_rows(body)]
        asked = {"token": token, "guid": guid, "beneficiary_code": patient_id}
        return [one for one in found if all(getattr(one, name) == value for name, value in asked.items() if value)]

    async def reject_authorization(self, token: str) -> None:
        await self.wire.ask("POST", f"/claims/authorizations/{token}/reject", effect=False)

    # --- building

    async def add_intervention(self, token: str, code: str) -> None:
        await self._tell("POST", "/claims/interventions", token, intervention_code=code)

    async def retire_intervention(self, token: str, code: str) -> None:
        """Deletes the lines that were billed under it."""
        await self._tell("POST", "/claims/interventions/retire", token, intervention_code=code)

    async def restore_intervention(self, token: str, code: str) -> None:
        await self._tell("POST", "/claims/interventions/restore", token, intervention_code=code)

    async def switch_intervention(self, token: str, old: str, new: str, *, retain_bill_items: bool = False) -> None:
        named = {"existing_intervention_code": old, "new_intervention_code": new}
        await self._tell("POST", "/claims/interventions/switch", token, **named, retain_bill_items=retain_bill_items)

    async def add_diagnosis(self, token: str, icd11: str, code: str) -> None:
        await self._tell("POST", "/claims/diagnoses", token, icd_code=icd11, intervention_code=code)

    async def remove_diagnosis(self, token: str, icd11: str, code: str) -> None:
        await self._tell("PATCH", "/claims/diagnoses", token, icd_code=icd11, intervention_code=code)

    async def add_line(
        self, token: str, line: Billed, diagnoses: Sequence[str] = (), scheme_code: str = ""
    ) -> InvoiceLine:
        """A line has no key of ours: sent twice it is there twice. SaidNo: the price is above the tariff."""
        fields = {
            "consent_token": token,
            "intervention_code": line.service,
            "unit_price": str(line.unit_price),
            "quantity": str(line.quantity),
            "scheme_code": scheme_code,
            "charge_date": line.at.isoformat(),
            "diagnoses": json.dumps(list(diagnoses)) if diagnoses else "",
        }
        parts = multipart(without_empty(fields))
        return await self.wire.read(InvoiceLine, "POST", "/claims/lines", effect=True, files=parts)

    async def remove_line(self, token: str, line_id: str) -> None:
        await self._tell("PATCH", "/claims/lines", token, line_guid=line_id)

    async def edit_line(self, token: str, line_id: str, line: Billed) -> None:
        """Only in a claim that was taken back for correction."""
        changed = {"line_id": line_id, "quantity": line.quantity, "unit_price": str(line.unit_price)}
        await self._tell("PATCH", "/claims/lines/edit", token, **changed)

    async def attach(self, token: str, code: str, paper: Document) -> None:
        fields = {"consent_token": token, "document_type": paper.kind, "intervention_code": code}
        files = [*multipart(fields), part("file_blob", paper)]
        await self.wire.ask("POST", "/claims/attachments", effect=True, files=files)

    async def add_doctor(self, token: str, number: str) -> None:
        """SaidNo: the register of health workers does not know the number."""
        await self._tell("POST", "/claims/doctors", token, **doctor(number))

    # --- handing in and after

    async def preview(self, token: str) -> VirtualClaim:
        """The whole claim; a reading, though it is a POST."""
        return await self.wire.read(VirtualClaim, "POST", "/claims/preview", json={"consent_token": token})

    async def submit(self, token: str, invoice_number: str, discharge_reason: str, otp: str = "") -> VirtualClaim:
        """Hand it in. The one call that must never be repeated blindly: nothing says that it may."""
        fields = {"invoice_number": invoice_number, "discharge_reason": discharge_reason, "otp": otp}
        wanted = {"consent_token": token, **without_empty(fields)}
        return await self.wire.read(VirtualClaim, "POST", "/claims/submit", effect=True, json=wanted)

    async def take_back(self, token: str) -> None:
        """Open a claim that was sent back for correction (the exchange calls it to resubmit); it is then a draft again
        until it is submitted."""
        await self._tell("POST", "/claims/lines/resubmit", token)

    async def payer_claims(self, provider_claim_no: str) -> list[PayerClaim]:
        """The claim in the payer's eyes, by its invoice number; empty while the payer has not seen it."""
        wanted = {"provider_claim_no": provider_claim_no}
        found = self.wire.rows("/claims/preview/payer", **wanted)
        return [reading(PayerClaim, row) async for row in found]

    async def close(self, token: str, reason: CancelReason, text: str) -> None:
        await self._tell("POST", "/claims/close", token, cancel_reason_type=reason.value, cancel_reason_text=text)

    async def _tell(self, method: str, path: str, token: str, **fields: Any) -> None:
        """A change that a repetition does not double."""
        await self.wire.ask(method, path, effect=False, json={"consent_token": token, **fields})


async def expiry_of(client: EClaims, token: str) -> datetime | None:
    """Until when a visit's consent holds; None where it is not told."""
    found = await client.authorizations(token=token)
    return next((one.expiry for one in found), None)


def claim_named(body: Any) -> str:
    """Which claim a call about a change concerns, as far as it can be told: what is sent is not public. Empty: any."""
    try:
        told = Reading.read(body).raw
    except Unreadable:
        return ""
    names = ("provider_claim_no", "providerClaimNo", "invoice_number", "invoiceNumber")
    return next((str(told[name]) for name in names if told.get(name)), "")
