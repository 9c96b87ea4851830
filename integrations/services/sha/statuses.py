"""Where a claim stands, from the two views of it: ours (`workflow_state`) and the payer's (`workflowState`).

Source: the agency's guide to claim statuses. Ours never says PAID or REJECTED; the payer's begins after submission.
"""

from collections.abc import Sequence
from typing import Any

from integrations.services.outside import scrubbed
from integrations.services.sha.answers import PayerClaim, VirtualClaim
from models.claims import ClaimState, Phase

NOT_SENT = frozenset({"DRAFT", "PENDING", "SUBMISSION_READY", "ON_HOLD", "FAILED_TO_SUBMIT"})
"""Still with us. FAILED_TO_SUBMIT: a fault kept it here, it must be handed in again."""

OURS = {
    "SUBMITTED": Phase.SUBMITTED,
    "DISPATCHED": Phase.SUBMITTED,
    "SUBMITTED_PAYER": Phase.SUBMITTED,
    "AUTOMATIC_CHECKS_DONE": Phase.IN_REVIEW,
    "DRAFT_RESUBMIT": Phase.SENT_BACK,
    "DRAFT_RESUBMIT_DOCUMENTS": Phase.MISSING_DOCUMENTS,
    "CLOSED": Phase.CLOSED,
    "TIME_BARRED": Phase.TIME_BARRED,
}

PAYERS = {
    "DRAFT_PROVIDER": Phase.SUBMITTED,
    "SUBMITTED_PROVIDER": Phase.SUBMITTED,
    "SUBMITTED_PAYER": Phase.SUBMITTED,
    "DRAFT_PROVIDER_RESUBMITTED": Phase.SUBMITTED,
    "DRAFT_PROVIDER_RESUBMITTED_MISSING_DOCUMENTS": Phase.SUBMITTED,
    "AUTOMATIC_CHECKS_DONE": Phase.IN_REVIEW,
    "IN_REVIEW": Phase.IN_REVIEW,
    "CLINICAL_REVIEW": Phase.IN_REVIEW,
    "MEDICAL_REVIEW": Phase.IN_REVIEW,
    "UNDER_COMMITTEE_REVIEW": Phase.IN_REVIEW,
    "SENT_TO_SURVEILLANCE": Phase.IN_REVIEW,
    "MANUAL_REVIEW": Phase.IN_REVIEW,
    "RESUBMITTED_MISSING_DOCUMENTS": Phase.IN_REVIEW,
    "APPEALED": Phase.IN_REVIEW,
    "CLARIFICATION_AFTER_AUTOMATIC_CHECKS": Phase.SENT_BACK,
    "SENT_BACK": Phase.SENT_BACK,
    "MISSING_DOCUMENTS": Phase.MISSING_DOCUMENTS,
    "SENT_FOR_PAYMENT_PROCESSING": Phase.APPROVED,
    "APPROVED": Phase.APPROVED,
    "PAID": Phase.PAID,
    "REJECTED": Phase.REJECTED,
    "TIME_BARRED": Phase.TIME_BARRED,
}
"""SENT_FOR_PAYMENT_PROCESSING is no end: it may still be sent back."""

WITH_US_AGAIN = frozenset({Phase.SENT_BACK, Phase.MISSING_DOCUMENTS, Phase.REJECTED})
"""The claim may be taken back for correction."""

TAKEN_BACK = frozenset({"DRAFT_RESUBMIT", "DRAFT_RESUBMIT_DOCUMENTS"})
CONSENTED = frozenset({"AUTHORIZED", "PENDING", "AUTHORIZED_PENDING_VISIT", "AUTHORIZED_MULTISESSION"})
"""The visit's consent has not been used up by a submission."""

HANDED_IN = "SUBMITTED_CLAIM"
NOTED = ("note", "notes", "text", "message", "reason", "description", "comment", "flag", "name")


def wants_payers_view(claim: VirtualClaim) -> bool:
    """Whether the payer may know more than our view says."""
    return claim.state not in ("CLOSED", "TIME_BARRED") and (claim.state != "DRAFT" or is_handed_in(claim))


def is_handed_in(claim: VirtualClaim) -> bool:
    return claim.auth_status == HANDED_IN


def payers_view(number: str, token: str, found: Sequence[PayerClaim]) -> PayerClaim | None:
    """Our claim among what was found, the newest; a list may hold others' where its filter was not heeded."""
    ours = [one for one in found if token == one.token or one.number == number]
    unnamed = [one for one in found if not one.number and not one.token]
    return max(ours or unnamed, key=lambda one: one.created, default=None)


def standing(claim: VirtualClaim, payers: PayerClaim | None) -> ClaimState:
    """The claim's state; `raw` is the word that decided it."""
    phase, raw = phase_of(claim, payers)
    reason = noted(payers) if payers else ""
    return ClaimState(phase=phase, raw=raw, reason=reason, reference=claim.number)


def phase_of(claim: VirtualClaim, payers: PayerClaim | None) -> tuple[Phase, str]:
    if claim.state in TAKEN_BACK or claim.state in ("CLOSED", "TIME_BARRED"):
        return OURS[claim.state], claim.state
    if payers is not None and payers.state:
        # The payer has it. A word that we do not know must not read as if it had not: it would be handed in twice.
        return PAYERS.get(payers.state, Phase.IN_REVIEW), payers.state
    if claim.state in NOT_SENT:
        is_out = payers is not None or (is_handed_in(claim) and claim.state != "FAILED_TO_SUBMIT")
        return (Phase.SUBMITTED if is_out else Phase.DRAFT), claim.state
    if claim.state in OURS:
        return OURS[claim.state], claim.state
    # An unknown word of ours: only while the consent is unused and no payer knows the claim may it count as with us.
    is_unsent = payers is None and claim.auth_status in CONSENTED
    return (Phase.UNKNOWN if is_unsent else Phase.IN_REVIEW), claim.state


def noted(payers: PayerClaim) -> str:
    """What reviewers wrote. How a note is built inside is not public: any of the likely names is taken."""
    said = [text for row in (*payers.notes, *payers.flags) for text in texts(row)]
    return scrubbed("; ".join(dict.fromkeys(said)) or payers.shown_state)


def texts(row: dict[str, Any]) -> list[str]:
    return [row[name].strip() for name in NOTED if isinstance(row.get(name), str) and row[name].strip()]
