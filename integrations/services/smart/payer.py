"""An insurer behind Smart, as a payer: the clinic's words over the provider API.

No code is sent: the member checks in with a card or a finger at Smart's own device, under the insurer's member number.
The claim is one call with everything in it, and can be looked for by our two numbers, so a lost answer is found out.

Smart's status is about the member's cover, not about money. Billed: the member confirmed the bill at the device and
the cover was charged; here APPROVED. That the insurer paid is learned elsewhere, and recorded by a clerk. No way to
add papers to a claim is public.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from integrations.services.outside import SaidNo, StillPending
from integrations.services.smart.answers import ACTIVE, PENDING, Attempt, MemberDetails, VisitSession
from integrations.services.smart.client import Provider
from integrations.services.smart.requests import SERVICE, Fields, claim_request, facts_of, patient_number
from models.claims import ClaimForm, ClaimState, Cover, Document, Member, Phase, Purpose, Scheme, Session

PHASES = {
    "PENDING": Phase.SUBMITTED,
    "BILLED": Phase.APPROVED,
    "CANCELLED": Phase.SENT_BACK,
    "REJECTED": Phase.REJECTED,
}
"""A word that nobody knows means that the claim is there, and in somebody's hands."""

MAY_COME_AGAIN = frozenset({Phase.DRAFT, Phase.SENT_BACK, Phase.REJECTED})

NO_NUMBER = "Record the member number on the insurer's card first."
CHECK_IN = "Let the patient check in at Smart's device under the member number, then ask again."
NO_MONEY = "The cover has no money for outpatients."
NO_PAPERS = "Smart takes no papers with a claim. Give them to the insurer another way, and keep a copy."
NO_CODE = "Smart sends no codes: the patient checks in at its device."
CANCELLED = "The bill was not confirmed at Smart's device."


class Smart:
    """Implements `PayerService`."""

    consents: tuple[Purpose, ...] = ()

    def __init__(self, client: Provider, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.client, self.now = client, now

    async def cover(self, member: Member) -> Cover:
        """As far as the check-in shows it: without one, nobody can be asked. The member number stays the one that the
        patient checks in under; the insurer's own spelling goes into the claim."""
        number = patient_number(member)
        if not number:
            return Cover(is_found=False, advice=NO_NUMBER)
        visit = await self._check_in(number, "")
        details = await self.client.members(number, visit.id) if visit else []
        if not details:
            return Cover(is_found=False, advice=CHECK_IN)
        schemes = tuple(map(scheme_of, details))
        advice = next((scheme.reason for scheme in schemes if scheme.reason), "")
        return Cover(
            is_found=True,
            member_number=number,
            schemes=schemes,
            advice="" if any(scheme.is_active for scheme in schemes) else advice,
            raw={"members": [one.raw for one in details]},
        )

    async def send_code(self, form: ClaimForm, purpose: Purpose, session: Session | None) -> str:
        raise SaidNo(SERVICE, "no-such-code", NO_CODE)

    async def open(self, form: ClaimForm, code: str) -> Session:
        """Find the check-in and make it our visit's. StillPending: the patient has not checked in yet."""
        number = patient_number(form.member)
        if not number:
            raise SaidNo(SERVICE, "no-number", NO_NUMBER)
        visit = await self._check_in(number, form.visit_number)
        if visit is None:
            raise StillPending(SERVICE, "not-checked-in", CHECK_IN)
        await self.client.link(visit.id, form.visit_number)
        details = await self.client.members(number, visit.id)
        if not details:
            raise SaidNo(SERVICE, "not-a-member", "Smart shows no cover for this check-in.")
        chosen = next((one for one in details if one.pool), details[0])
        facts = facts_of(visit, chosen, number, self.client.settings.smart_provider_id)
        return Session(token=visit.id, reference=visit.id, facts=facts)

    async def fill(self, form: ClaimForm, session: Session) -> None:
        """Nothing is written before it is handed in; what Smart would refuse is found out here."""
        self._request(form, session)

    async def submit(self, form: ClaimForm, session: Session, code: str) -> ClaimState:
        await self.client.hand_in(self._request(form, session))
        return ClaimState(phase=Phase.SUBMITTED, reference=session.reference)

    async def look(self, form: ClaimForm, session: Session) -> ClaimState:
        attempts = await self.client.attempts(form.number, form.visit_number)
        return state_of(attempts).model_copy(update={"reference": session.reference})

    async def attach(self, form: ClaimForm, session: Session, document: Document) -> None:
        raise SaidNo(SERVICE, "no-papers", NO_PAPERS)

    async def resubmit(self, form: ClaimForm, session: Session) -> ClaimState:
        """Only where the last attempt came to nothing: what is under way or billed is left alone."""
        state = await self.look(form, session)
        return await self.submit(form, session, "") if state.phase in MAY_COME_AGAIN else state

    async def close(self, session: Session, reason: str) -> None:
        await self.client.close_session(session.token)

    async def _check_in(self, number: str, visit_number: str) -> VisitSession | None:
        """The check-in that is our visit's already (the answer to linking it may have been lost), else one that waits;
        without a visit, any."""
        linked = await self.client.sessions(number, ACTIVE)
        ours = [one for one in linked if visit_number in ("", one.visit_number)]
        return next(iter(ours or await self.client.sessions(number, PENDING)), None)

    def _request(self, form: ClaimForm, session: Session) -> Fields:
        settings = self.client.settings
        location = (settings.smart_location_code, settings.facility_name)
        return claim_request(form, session, location, self.now())


def scheme_of(details: MemberDetails) -> Scheme:
    return Scheme(
        name=details.scheme_name or details.insurer_name or "Cover",
        code=details.scheme_code,
        policy_number=details.policy,
        is_active=details.pool is not None,
        reason="" if details.pool else NO_MONEY,
    )


def state_of(attempts: list[Attempt]) -> ClaimState:
    """Once billed is billed; else the last attempt counts."""
    if not attempts:
        return ClaimState(phase=Phase.DRAFT)
    billed = (attempt for attempt in attempts if attempt.status.upper() == "BILLED")
    counts = next(billed, attempts[-1])
    phase = PHASES.get(counts.status.upper(), Phase.IN_REVIEW)
    reason = counts.message or (CANCELLED if phase is Phase.SENT_BACK else "")
    return ClaimState(phase=phase, raw=counts.status, reason=reason)
