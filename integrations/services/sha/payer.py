"""SHA as a payer: the clinic's words over the exchange's small calls."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.services.sha.answers import PayerClaim, VirtualClaim
from integrations.services.sha.client import EClaims, expiry_of
from integrations.services.sha.covers import chosen, cover_of, masked
from integrations.services.sha.filling import Changes, changes
from integrations.services.sha.requests import (
    DISCHARGE_REASONS,
    REGISTERED,
    SERVICE,
    CancelReason,
    identification,
    services_of,
)
from integrations.services.sha.statuses import NOT_SENT, TAKEN_BACK, WITH_US_AGAIN, payers_view, standing
from integrations.services.sha.statuses import wants_payers_view as may_know_more
from models.claims import ClaimForm, ClaimState, Cover, Document, Member, Purpose, Session
from models.command import NAIROBI

CAPITATION, OUTPATIENT = "CAPITATION", "OUTPATIENT"
EARLIER = timedelta(minutes=10)
"""A claim over there that is so much older than our visit belongs to another visit; less may be between two clocks."""

NO_NUMBER = "Record the patient's SHA number or national ID first."
NO_CONTACT = "SHA has no phone number of this patient: add one at SHA, then send the code again."
OTHER_OPEN = "An earlier visit's claim of this patient is still open at SHA. Submit or close that one first."


class Sha:
    """Implements `PayerService`."""

    consents: tuple[Purpose, ...] = (Purpose.VISIT, Purpose.DISCHARGE)

    def __init__(self, client: EClaims, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.client, self.now = client, now

    async def cover(self, member: Member) -> Cover:
        number, kind = identification(member)
        if not number:
            return Cover(is_found=False, advice=NO_NUMBER)
        found = await self.client.directory.eligibility(number, kind)
        return cover_of(found, self.now().astimezone(NAIROBI).date())

    async def send_code(self, form: ClaimForm, purpose: Purpose, session: Session | None) -> str:
        patient = await self._patient(form.member, session)
        contact = chosen(await self.client.directory.contacts(patient))
        if contact is None:
            raise SaidNo(SERVICE, "no-contact", NO_CONTACT)
        if purpose is Purpose.VISIT:
            await self.client.send_visit_code(patient, services_of(form), contact.id)
        elif session is None:
            raise SaidNo(SERVICE, "not-open", "The claim must be open first.")
        else:
            await self.client.send_discharge_code(session.token, patient)
        return masked(contact.value)

    async def open(self, form: ClaimForm, code: str) -> Session:
        patient, services = await self._patient(form.member, None), services_of(form)
        service_type = await self._service_type(patient, services[0])
        claim = await self.client.open_visit(patient, service_type, services, otp=code)
        if not claim.token:
            raise Away(SERVICE, "unreadable")
        if claim.visit_start and claim.visit_start < form.visit_start - EARLIER:
            raise SaidNo(SERVICE, "another-visit-is-open", OTHER_OPEN)
        facts = {
            "patient_id": patient,
            "claim_id": claim.id,
            "invoice_number": claim.number,
            "service_type": claim.service_type or service_type,
        }
        expires = await self._expiry(claim.token)
        return Session(token=claim.token, reference=claim.number, facts=facts, expires_at=expires)

    async def fill(self, form: ClaimForm, session: Session) -> None:
        async with repeatable():
            needed = changes(form, await self._editable(session))
            await self._take_out(needed, session.token)
            await self._put_in(needed, form, session.token)

    async def submit(self, form: ClaimForm, session: Session, code: str) -> ClaimState:
        return await self._hand_in(form, session, code)

    async def look(self, form: ClaimForm, session: Session) -> ClaimState:
        return await self._standing(session, await self._preview(session))

    async def attach(self, form: ClaimForm, session: Session, document: Document) -> None:
        async with repeatable():
            claim = await self._editable(session)
            named = (text for paper in claim.attachments for text in (paper.title, paper.description, paper.attachment))
            if not any(text.endswith(document.file_name) for text in named):
                await self.client.attach(session.token, services_of(form)[0], document)

    async def resubmit(self, form: ClaimForm, session: Session) -> ClaimState:
        """Only what `fill` or `attach` has taken back. A claim that is out and reads as sent back may have been handed
        in again already, with the payer still to notice."""
        claim = await self._preview(session)
        if claim.state not in TAKEN_BACK:
            return await self._standing(session, claim)
        return await self._hand_in(form, session)

    async def close(self, session: Session, reason: str) -> None:
        if (await self._preview(session)).state == "CLOSED":
            return
        kind = CancelReason(reason) if reason in set(CancelReason) else CancelReason.OTHER_REASONS
        await self.client.close(session.token, kind, reason or "No longer claimed")

    async def _take_out(self, needed: Changes, token: str) -> None:
        for line in needed.remove_lines:
            await self.client.remove_line(token, line)
        for icd11, code in needed.remove_diagnoses:
            await self.client.remove_diagnosis(token, icd11, code)
        for old, new in needed.switch:
            await self.client.switch_intervention(token, old, new)
        for code in needed.retire:
            await self.client.retire_intervention(token, code)

    async def _put_in(self, needed: Changes, form: ClaimForm, token: str) -> None:
        for code in needed.restore:
            await self.client.restore_intervention(token, code)
        for code in needed.add:
            await self.client.add_intervention(token, code)
        for icd11, code in needed.add_diagnoses:
            await self.client.add_diagnosis(token, icd11, code)
        for line, billed in needed.edit_lines:
            await self.client.edit_line(token, line, billed)
        for billed in needed.add_lines:
            await self.client.add_line(token, billed, [diagnosis.icd11 for diagnosis in form.diagnoses])
        if needed.add_doctor:
            await self.client.add_doctor(token, form.practitioner)

    async def _hand_in(self, form: ClaimForm, session: Session, code: str = "") -> ClaimState:
        reason = form.discharge_reason if form.discharge_reason in DISCHARGE_REASONS else "OTHER"
        number = session.facts.get("invoice_number") or session.reference
        claim = await self.client.submit(session.token, number, reason, code)
        state = standing(claim, None)
        if not claim.state or not state.went_out:
            raise Unknown(SERVICE, "taken-but-a-draft")
        return state.model_copy(update={"reference": session.reference})

    async def _preview(self, session: Session) -> VirtualClaim:
        claim = await self.client.preview(session.token)
        if not claim.state:
            raise Away(SERVICE, "unreadable")
        return claim

    async def _standing(self, session: Session, claim: VirtualClaim) -> ClaimState:
        payers = await self._payers_view(session, claim) if may_know_more(claim) else None
        return standing(claim, payers).model_copy(update={"reference": session.reference})

    async def _payers_view(self, session: Session, claim: VirtualClaim) -> PayerClaim | None:
        """By the number that it has now, and by the one that it was opened under."""
        for number in dict.fromkeys((claim.number, session.reference)):
            if found := payers_view(number, session.token, await self.client.payer_claims(number)):
                return found
        return None

    async def _editable(self, session: Session) -> VirtualClaim:
        """The claim, taken back for correction where it was sent back. SaidNo: it is not with us."""
        claim = await self._preview(session)
        if claim.state in TAKEN_BACK:
            return claim
        state = await self._standing(session, claim)
        if claim.state in NOT_SENT and not state.went_out:
            return claim
        if state.phase not in WITH_US_AGAIN:
            raise SaidNo(SERVICE, "not-editable", f"The claim is {state.raw}.")
        await self.client.take_back(session.token)
        return await self._preview(session)

    async def _patient(self, member: Member, session: Session | None) -> str:
        """The client registry number, which every call about a patient wants."""
        if session and (known := session.facts.get("patient_id")):
            return known
        if REGISTERED.fullmatch(member.member_number):
            return member.member_number
        cover = await self.cover(member)
        if not cover.member_number:
            raise SaidNo(SERVICE, "not-a-member", cover.advice)
        return cover.member_number

    async def _service_type(self, patient: str, code: str) -> str:
        """SHA refuses an intervention that is paid by the head under any other type of visit."""
        intervention = await self.client.directory.intervention(patient, code)
        if intervention is None:
            raise SaidNo(SERVICE, "not-covered", f"SHA does not pay {code} for this patient here.")
        return CAPITATION if intervention.payment_mechanism.upper() == CAPITATION else OUTPATIENT

    async def _expiry(self, token: str) -> datetime | None:
        """Good to know, and no reason to fail: the claim is open already."""
        try:
            return await expiry_of(self.client, token)
        except OutsideFailure:
            return None


@asynccontextmanager
async def repeatable() -> AsyncIterator[None]:
    """Around what looks before it acts: an uncertain end is no harm, the next attempt finds out."""
    try:
        yield
    except Unknown as uncertain:
        raise Away(uncertain.service, uncertain.code, uncertain.detail) from None
