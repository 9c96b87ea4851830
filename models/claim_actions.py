"""What staff do about a claim, and what its workflow must know of it."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Base64Bytes, Field

from models.base import NOTHING, Amount, Line, Money, Note, Value, Words
from models.claims import ENDED, ClaimStatus, Gateway, Payer, Purpose
from models.envelope import Envelope
from models.problems import Conflict, VisitClosed, WrongStage
from models.staff import SUPERVISING, Role

CLERKS = frozenset({Role.CASHIER}) | SUPERVISING
"""Who works on claims."""

DESKS = CLERKS | {Role.RECEPTIONIST}
"""Who may ask the patient for a one-time code."""

LARGEST_DOCUMENT = 600_000
"""Bytes of a document; longer papers are handed in at the payer's portal."""

CONSENTS: dict[Gateway, tuple[Purpose, ...]] = {
    Gateway.SHA: (Purpose.VISIT, Purpose.DISCHARGE),
    Gateway.SLADE: (Purpose.VISIT,),
    Gateway.SMART: (),
    Gateway.MANUAL: (),
}
"""Which codes the patient must give. SHA asks for one at the start and one over the finished bill (eClaims, UAT)."""

S = ClaimStatus
BEFORE_HAND_IN = frozenset(
    {S.AWAITING_CONSENT, S.OPEN, S.NEEDS_CODING, S.NEEDS_CORRECTION, S.AWAITING_AGREEMENT, S.QUEUED, S.BY_HAND}
)
WITH_US_AGAIN = frozenset({S.SENT_BACK, S.MISSING_DOCUMENTS})


class ClaimFacts(Value):
    """What a claim's workflow decides from, as its rows have it."""

    claim_id: UUID
    visit_id: UUID
    facility_id: UUID
    patient_id: UUID | None = None
    """Whose claim it is; none in what was known before visits could move to another patient."""
    payer: Payer
    gateway: Gateway
    number: str
    op_number: str
    status: ClaimStatus
    version: int
    reason: str = ""
    raw_status: str = ""
    is_open_there: bool = False
    has_invoice: bool = False
    visit_is_over: bool = False
    visit_was_cancelled: bool = False
    left_unseen: bool = False
    """And nothing is charged: that is why."""
    visit_was_reopened: bool = False
    """And has not ended again: its bill is not finished."""
    gaps: tuple[str, ...] = ()
    """What is missing before it can be handed in, in words that name no patient."""
    was_submitted: bool = False
    unclaimed: Money = NOTHING
    """What was invoiced after the claim had gone out, in KES."""
    papers_to_send: int = 0
    opened_at: datetime
    updated_at: datetime
    follow_seconds: float = 300

    @property
    def consents(self) -> tuple[Purpose, ...]:
        return CONSENTS[self.gateway]


class ClaimAction(Value):
    """A step of a clerk's; `allowed`: the statuses in which it makes sense, empty for all but the ended."""

    roles: ClassVar[frozenset[Role]] = CLERKS
    allowed: ClassVar[frozenset[ClaimStatus]] = frozenset()
    said: ClassVar[str]

    kind: str

    def check(self, facts: ClaimFacts) -> None:
        """Raise Refused where the claim is not where this makes sense."""
        status = facts.status
        if status in ENDED:
            raise VisitClosed(f"The claim ended as {status}.")
        if self.allowed and status not in self.allowed:
            wanted = ", ".join(sorted(self.allowed))
            raise WrongStage(f"{self.said}: the claim is {status}; this can be done while it is {wanted}.")


class CodeAction(ClaimAction):
    """About a code that the patient gets on the phone."""

    roles = DESKS
    allowed = BEFORE_HAND_IN

    def check(self, facts: ClaimFacts) -> None:
        super().check(facts)
        if not facts.consents:
            raise Conflict("This payer asks for no code. The claim goes on without one.")


class SendCode(CodeAction):
    """Have a one-time code sent to the patient's phone, again where one was sent before."""

    said = "Code sent to the patient"

    kind: Literal["send_code"] = "send_code"


class GiveCode(CodeAction):
    """The code that the patient read out. Which one is meant follows from where the claim is."""

    said = "Code of the patient given"

    kind: Literal["give_code"] = "give_code"
    code: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{4,10}$", repr=False)]


class CodePair(Value):
    """One diagnosis in both codings."""

    icd10: Line
    icd11: Line


class CorrectClaim(ClaimAction):
    """Say what was missing or wrong: codes of diagnoses, the clinician's registration number."""

    allowed = BEFORE_HAND_IN | WITH_US_AGAIN
    said = "Claim corrected"

    kind: Literal["correct"] = "correct"
    diagnoses: tuple[CodePair, ...] = ()
    practitioner: Line | None = None
    notes: Note = ""


class AttachDocument(ClaimAction):
    """Add a paper: its bytes in base64, or (`visit_report`) the visit's report as Njia prints it."""

    said = "Document added to the claim"

    kind: Literal["attach"] = "attach"
    document_kind: Line = "OTHER"
    file_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w .-]{0,80}$")] = "document.pdf"
    content: Annotated[Base64Bytes, Field(max_length=LARGEST_DOCUMENT, repr=False)]
    content_type: Literal["application/pdf", "image/jpeg", "image/png"] = "application/pdf"


class ResubmitClaim(ClaimAction):
    """Hand in again what the payer sent back, with what was corrected and attached since."""

    allowed = WITH_US_AGAIN | {S.NEEDS_CORRECTION, S.REJECTED}
    said = "Claim handed in again"

    kind: Literal["resubmit"] = "resubmit"
    notes: Note = ""


class AppealClaim(ClaimAction):
    """The rejection is not accepted. Appeals go by the payer's own letter; from here on the payer is followed again."""

    allowed = frozenset({S.REJECTED})
    said = "Rejection appealed"

    kind: Literal["appeal"] = "appeal"
    reason: Words


class CloseClaim(ClaimAction):
    """Give the claim up. What it covered stays on the bill as covered until somebody decides otherwise."""

    said = "Claim closed"

    kind: Literal["close"] = "close"
    reason: Words


class CheckClaim(ClaimAction):
    """Ask the payer now, not at the next turn of the clock."""

    said = "Payer asked"

    kind: Literal["check"] = "check"


class RecordStanding(ClaimAction):
    """What a clerk learned on paper, at a portal, by telephone or from a bank statement."""

    said = "Payer's answer written down"

    kind: Literal["record"] = "record"
    status: Literal[S.SUBMITTED, S.IN_REVIEW, S.SENT_BACK, S.MISSING_DOCUMENTS, S.APPROVED, S.PAID, S.REJECTED]
    payer_reference: Line | None = None
    amount_paid: Amount | None = None
    reason: Note = ""


AnyClaimAction = Annotated[
    SendCode
    | GiveCode
    | CorrectClaim
    | AttachDocument
    | ResubmitClaim
    | AppealClaim
    | CloseClaim
    | CheckClaim
    | RecordStanding,
    Field(discriminator="kind"),
]
ClerkAction = Annotated[
    CorrectClaim | AttachDocument | ResubmitClaim | AppealClaim | CloseClaim | CheckClaim | RecordStanding,
    Field(discriminator="kind"),
]
"""What `POST /api/claims/{id}/actions` takes; codes have a route of their own."""


class ClaimOpening(Value):
    """What a run of a claim starts from; everything else stands in its rows."""

    claim_id: UUID
    visit_id: UUID
    facility_id: UUID
    payer: Payer


class ClaimCommand(Envelope):
    """What travels from the API to a claim's workflow."""

    opening: ClaimOpening
    action: AnyClaimAction

    @property
    def visit_id(self) -> None:
        """It changes nothing on the visit."""
        return None


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A claim as people see it: all of its row but what opens it over there."""
    return {name: value for name, value in row.items() if name not in ("session", "turn_asked_at")}
