"""What a payer owes for a visit: the claim's words, whoever the payer is.

Payers' own words differ and change; each raw status is kept beside ours. Sources of the statuses and of the rule that
nothing but PAID, REJECTED, CLOSED and TIME_BARRED is an end: the eClaims documentation of the Digital Health Agency
(claim and preauthorisation statuses), read in 2026.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from pydantic import Field

from models.base import NOTHING, Money, Value


class Payer(StrEnum):
    """Who pays for a claim; NHIF only for services before it ended."""

    SHA = "SHA"
    NHIF = "NHIF"
    INSURANCE = "INSURANCE"


class CoverStatus(StrEnum):
    """What is known of a visit's cover; PROVISIONAL until the payer has answered."""

    PROVISIONAL = "PROVISIONAL"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    NOT_FOUND = "NOT_FOUND"
    ENDED = "ENDED"


class Gateway(StrEnum):
    """The way a claim goes out. MANUAL: a clerk does each step on paper or a portal, led by tasks."""

    SHA = "sha"
    SLADE = "slade"
    SMART = "smart"
    MANUAL = "manual"


class Purpose(StrEnum):
    """What the patient agrees to with a one-time code: that the payer is claimed from; then the finished bill."""

    VISIT = "VISIT"
    DISCHARGE = "DISCHARGE"


class Phase(StrEnum):
    """Where a claim stands with the payer, in our words."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    IN_REVIEW = "IN_REVIEW"
    SENT_BACK = "SENT_BACK"
    MISSING_DOCUMENTS = "MISSING_DOCUMENTS"
    APPROVED = "APPROVED"
    PAID = "PAID"
    REJECTED = "REJECTED"
    TIME_BARRED = "TIME_BARRED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class ClaimStatus(StrEnum):
    """How far a claim is, on our side and then on the payer's."""

    AWAITING_CONSENT = "AWAITING_CONSENT"
    """The patient's code for the visit is wanted, or the payer's own check-in."""
    OPEN = "OPEN"
    NEEDS_CODING = "NEEDS_CODING"
    NEEDS_CORRECTION = "NEEDS_CORRECTION"
    """The payer would not take what we said; a clerk must look."""
    AWAITING_AGREEMENT = "AWAITING_AGREEMENT"
    """The patient's code for the finished bill is wanted."""
    QUEUED = "QUEUED"
    """Complete, and waiting for its turn: oldest first."""
    UNCERTAIN = "UNCERTAIN"
    """Handed in without an answer; being found out before anything is repeated."""
    BY_HAND = "BY_HAND"
    """A clerk hands it in on paper or at a portal."""
    SUBMITTED = "SUBMITTED"
    IN_REVIEW = "IN_REVIEW"
    SENT_BACK = "SENT_BACK"
    MISSING_DOCUMENTS = "MISSING_DOCUMENTS"
    APPEALED = "APPEALED"
    APPROVED = "APPROVED"
    PAID = "PAID"
    REJECTED = "REJECTED"
    TIME_BARRED = "TIME_BARRED"
    CLOSED = "CLOSED"


ENDED = frozenset({ClaimStatus.PAID, ClaimStatus.CLOSED, ClaimStatus.TIME_BARRED})
"""Nothing more is expected. A rejected claim may be appealed until its deadline."""


class Member(Value):
    """The patient as payers know patients. `member_number`: the client registry number, or the insurer's own."""

    member_number: str = Field(default="", repr=False)
    national_id: str = Field(default="", repr=False)
    sha_number: str = Field(default="", repr=False)
    first_name: str = Field(default="", repr=False)
    last_name: str = Field(default="", repr=False)
    phone_number: str = Field(default="", repr=False)
    payer_code: str = ""
    payer_name: str = ""


class Scheme(Value):
    """One cover of a member. Decide on each alone: a member may be found and none of the schemes be paid up."""

    name: str
    code: str = ""
    policy_number: str = Field(default="", repr=False)
    start: date | None = None
    end: date | None = None
    is_active: bool = False
    reason: str = ""


class Cover(Value):
    """What a payer answered about a member. `advice` tells the clerk what to do where it is not active."""

    is_found: bool
    member_number: str = Field(default="", repr=False)
    schemes: tuple[Scheme, ...] = ()
    advice: str = ""
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def is_active(self) -> bool:
        return any(scheme.is_active for scheme in self.schemes)


class ClaimDiagnosis(Value):
    """One diagnosis, in both codings where both are known (ICD-11 for SHA, ICD-10 for most insurers)."""

    name: str
    icd10: str = ""
    icd11: str = ""


class ClaimLine(Value):
    """One charge. `service` is the payer's own code for it (SHA: the intervention). Amounts in KES."""

    id: UUID
    code: str
    description: str
    service: str
    quantity: int
    unit_price: Money
    at: datetime

    @property
    def amount(self) -> Decimal:
        return self.unit_price * self.quantity


class Document(Value):
    """A paper that goes with a claim; `kind` in the payer's words (`CLAIM_FORM`, `LAB_RESULTS`, …)."""

    kind: str
    file_name: str
    content: bytes = Field(repr=False)
    content_type: str = "application/pdf"


class ClaimForm(Value):
    """All that is claimed for one visit, as it stands now. `number` is our invoice's; the payer sees it as key."""

    claim_id: UUID
    number: str
    visit_number: str
    visit_start: datetime
    visit_end: datetime
    member: Member
    scheme: Scheme | None = None
    services: tuple[str, ...] = ()
    """The payer's codes of what is done, without repetition, the first of them setting the context."""

    diagnoses: tuple[ClaimDiagnosis, ...] = ()
    lines: tuple[ClaimLine, ...] = ()
    amount: Money = NOTHING
    """What the payer shall cover, in KES; lines may come to more, the patient paid the rest."""

    practitioner: str = ""
    """Registration or identity number of the clinician, as the regulator knows it."""

    discharge_reason: str = "RECOVERED"

    payer_reference: str = ""
    """What the payer called the claim last (`ClaimState.reference`), for payers that can be asked by nothing else."""


class Session(Value):
    """An open claim over there. `token` is a key to the patient's claim: it is stored sealed and never logged."""

    token: str = Field(repr=False)
    reference: str
    """The payer's own name for the claim, shown to people."""

    facts: dict[str, str] = Field(default_factory=dict, repr=False)
    """What else the payer wants to hear again with later calls."""

    expires_at: datetime | None = None


class ClaimState(Value):
    """What the payer says about a claim. `raw` is its own status word, `paid` what it has paid, in KES."""

    phase: Phase
    raw: str = ""
    reason: str = ""
    paid: Money | None = None
    reference: str = ""

    @property
    def went_out(self) -> bool:
        """Whether the payer has it: then it must not be submitted again."""
        return self.phase not in (Phase.DRAFT, Phase.UNKNOWN)


NOTHING_INVOICED = "The visit ended and nothing was invoiced to this payer."
VISIT_CANCELLED = "The visit was cancelled."
LEFT_UNSEEN = "The patient left without being seen."
"""Why a claim is given up by itself; begun again where the visit is opened again."""


def claim_id_of(visit_id: UUID, payer: Payer) -> UUID:
    """A visit has one claim with a payer, so nobody needs to look up its name."""
    return uuid5(visit_id, f"claim-{payer}")
