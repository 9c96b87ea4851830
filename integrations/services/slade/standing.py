"""How far a claim is over there, as far as we can know it. Pure functions."""

from collections.abc import Sequence
from typing import NamedTuple

from integrations.services.outside import OutsideFailure, SaidNo
from integrations.services.slade.answers import Remittance
from models.base import NOTHING
from models.claims import ClaimForm, ClaimState, Phase, Session


class Known(NamedTuple):
    """What we know of the claim over there: its id, and whether its invoice is there too."""

    claim_id: str
    is_complete: bool


def known(form: ClaimForm, session: Session) -> Known:
    """Before anything was handed in, the reference is that of the visit."""
    reference = form.payer_reference
    if reference in ("", session.reference):
        return Known("", is_complete=False)
    ending = f"/{form.number}"
    return Known(reference.removesuffix(ending), is_complete=reference.endswith(ending))


def handed_in(form: ClaimForm, claim_id: str) -> ClaimState:
    return ClaimState(phase=Phase.SUBMITTED, reference=f"{claim_id}/{form.number}")


def without_invoice(claim_id: str, missing: OutsideFailure) -> ClaimState:
    """The claim is there and its invoice certainly is not: for a clerk it counts as sent back."""
    why = "could not be reached for its invoice"
    if isinstance(missing, SaidNo):
        why = f"refused its invoice: {missing.detail or missing.code}"
    reason = f"Slade360 has the claim, but {why}. Handed in again, only the invoice goes."
    return ClaimState(phase=Phase.SENT_BACK, reason=reason, reference=claim_id)


def settled(form: ClaimForm, rows: Sequence[Remittance]) -> ClaimState | None:
    """What was paid; None while nothing was, or nobody can read how much."""
    paid = sum((row.paid for row in rows if row.paid is not None), NOTHING)
    if not paid > 0:
        return None
    words = ["remittance", *dict.fromkeys(row.status for row in rows if row.status)]
    part = f"Paid in part: {form.amount} KES were claimed." if paid < form.amount else ""
    return ClaimState(phase=Phase.PAID, raw=" ".join(words), paid=paid, reason=part, reference=form.payer_reference)
