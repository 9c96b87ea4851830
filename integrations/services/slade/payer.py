"""An insurer behind Slade360, as a payer: the clinic's words over the exchange's calls.

A claim goes out in two calls. The first makes it and the second, its invoice, hands it in; both are made by `submit`,
and neither is ever repeated blindly. What is public (2026) is a claim's id in the answer to the first call, and the
remittances that name it. No public route finds a claim by its visit or tells its status, so:

- first call lost: Unknown. `look` cannot find out and says so (Phase.UNKNOWN); a clerk looks at Slade360's portal and
  records what is there, with the claim's id where it has one.
- second call certainly not made (away, or refused): tried again at once, then SENT_BACK with the claim's id as
  reference: handed in again, only the invoice goes.
- second call lost: Unknown, as above.
- handed in: SUBMITTED, until a remittance shows what was paid. That a claim was sent back or rejected is learned
  elsewhere and recorded by a clerk; and how one is handed in again is not public either: SaidNo, with advice.

`reference` is `<claim id>` while only the claim is certain, and `<claim id>/<our number>` with its invoice. It comes
back to us as `ClaimForm.payer_reference`.
"""

import asyncio

from integrations.services.outside import Away, OutsideFailure, SaidNo, StillPending
from integrations.services.sha.covers import masked
from integrations.services.slade.answers import Eligibility
from integrations.services.slade.client import HealthCloud
from integrations.services.slade.covers import UNKNOWN_MEMBER, contact_of, cover_of, unasked
from integrations.services.slade.requests import (
    SERVICE,
    claim_request,
    invoice_request,
    shillings,
    validation_request,
    visit_request,
)
from integrations.services.slade.standing import handed_in, known, settled, without_invoice
from models.claims import ClaimForm, ClaimState, Cover, Document, Member, Phase, Purpose, Session

AGAIN_AFTER = (2.0, 5.0)
"""Seconds between the tries of an invoice that certainly did not go."""

NOT_TOLD = "Slade360 does not tell whether it has this claim. Look at its portal, and record what is there."
NO_SECOND_TIME = "Slade360 publishes no way to hand a claim in again. Do it at its portal, then record it as SUBMITTED."
NO_WAY_BACK = "A visit at Slade360 runs out by itself. If the claim was handed in, cancel it at Slade360's portal."
CLAIM_FIRST = "Slade360 takes papers once it has the claim."


class Slade:
    """Implements `PayerService`."""

    consents: tuple[Purpose, ...] = (Purpose.VISIT,)

    def __init__(self, client: HealthCloud, again_after: tuple[float, ...] = AGAIN_AFTER) -> None:
        self.client, self.again_after = client, again_after

    async def cover(self, member: Member) -> Cover:
        if missing := unasked(member):
            return Cover(is_found=False, advice=missing)
        return cover_of(await self.client.eligibility(member.member_number, member.payer_code), member)

    async def send_code(self, form: ClaimForm, purpose: Purpose, session: Session | None) -> str:
        if purpose is not Purpose.VISIT:
            raise SaidNo(SERVICE, "no-such-code", "Slade360 asks for one code, at the start of the visit.")
        contact = contact_of(await self._member(form.member))
        await self.client.send_code(contact.id)
        return masked(contact.value)

    async def open(self, form: ClaimForm, code: str) -> Session:
        """Start the visit. Where the answer was lost the code is used up, and the patient needs another."""
        found = await self._member(form.member)
        started = await self.client.start_visit(visit_request(found, contact_of(found), code))
        facts = {
            "scheme_name": found.cover.scheme_name,
            "scheme_code": found.cover.scheme_code,
            "payer_name": found.cover.payer_name,
        }
        reference = started.guid or f"visit {form.visit_number}"
        session = Session(token=started.auth_token, reference=reference, facts={**facts, "authorization": started.guid})
        return await self._with_expiry(form, session)

    async def fill(self, form: ClaimForm, session: Session) -> None:
        """Keep the amount aside, once; what was kept aside already is left as it is. Nothing else is public that could
        be prepared, so what `submit` would be refused for is found out here."""
        claim_request(form, session, self.client.settings)
        invoice_request(form, "")
        if known(form, session).claim_id:
            return
        standing = await self.client.authorization(validation_request(form.member, session.token, session.facts))
        if not standing.reserved:
            guid = standing.guid or session.facts.get("authorization", "")
            await self.client.reserve(guid, form.number, shillings(form.amount))

    async def submit(self, form: ClaimForm, session: Session, code: str) -> ClaimState:
        claim_id, is_complete = known(form, session)
        if is_complete:
            return handed_in(form, claim_id)
        invoice_request(form, claim_id)
        if not claim_id:
            claim_id = await self.client.open_claim(claim_request(form, session, self.client.settings))
        try:
            await self._send_invoice(form, claim_id)
        except (SaidNo, Away) as missing:
            return without_invoice(claim_id, missing)
        return handed_in(form, claim_id)

    async def look(self, form: ClaimForm, session: Session) -> ClaimState:
        claim_id, is_complete = known(form, session)
        if not claim_id:
            return ClaimState(phase=Phase.UNKNOWN, reason=NOT_TOLD)
        if paid := settled(form, await self.client.remittances(claim_id)):
            return paid
        if is_complete:
            return handed_in(form, claim_id)
        return ClaimState(phase=Phase.UNKNOWN, reason=NOT_TOLD, reference=claim_id)

    async def attach(self, form: ClaimForm, session: Session, document: Document) -> None:
        """StillPending: only a claim takes papers, and `submit` makes it. What is there cannot be read, so a lost
        answer ends as Unknown."""
        claim_id, _ = known(form, session)
        if not claim_id:
            raise StillPending(SERVICE, "claim-first", CLAIM_FIRST)
        await self.client.attach(claim_id, document)

    async def resubmit(self, form: ClaimForm, session: Session) -> ClaimState:
        claim_id, is_complete = known(form, session)
        if is_complete or not claim_id:
            raise SaidNo(SERVICE, "no-second-time", NO_SECOND_TIME)
        return await self.submit(form, session, "")

    async def close(self, session: Session, reason: str) -> None:
        raise SaidNo(SERVICE, "no-way-back", NO_WAY_BACK)

    async def _member(self, member: Member) -> Eligibility:
        if missing := unasked(member):
            raise SaidNo(SERVICE, "not-a-member", missing)
        found = await self.client.eligibility(member.member_number, member.payer_code)
        if found is None:
            raise SaidNo(SERVICE, "not-a-member", UNKNOWN_MEMBER)
        return found

    async def _with_expiry(self, form: ClaimForm, session: Session) -> Session:
        """Good to know, and no reason to fail: the code is used up, and the visit started."""
        try:
            standing = await self.client.authorization(validation_request(form.member, session.token, session.facts))
        except OutsideFailure:
            return session
        return session.model_copy(update={"expires_at": standing.expires_at})

    async def _send_invoice(self, form: ClaimForm, claim_id: str) -> None:
        """Away is certain: then it is tried again, for nobody likes a claim without its invoice."""
        invoice = invoice_request(form, claim_id)
        for pause in self.again_after:
            try:
                await self.client.send_invoice(invoice)
            except Away:
                await asyncio.sleep(pause)
            else:
                return
        await self.client.send_invoice(invoice)
