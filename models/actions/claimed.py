"""What a bill that changes after all means for the visit's claims: compared where they are out, else made out anew."""

from models.actions import closing
from models.actions.base import Case, Change, Row, Start
from models.catalogue import ClaimStanding
from models.claims import ENDED, ClaimStatus
from models.visit import Visit

S = ClaimStatus
WITH_US = frozenset({S.SENT_BACK, S.MISSING_DOCUMENTS, S.NEEDS_CORRECTION, S.REJECTED})
GIVEN_UP = frozenset({S.CLOSED, S.TIME_BARRED})


def is_out(claim: ClaimStanding) -> bool:
    return claim.went_out and claim.status not in WITH_US | GIVEN_UP


def is_with_us(claim: ClaimStanding) -> bool:
    """It is put together from the records once more."""
    return not is_out(claim) and claim.status not in ENDED


def compared(case: Case, visit: Visit, why: str) -> tuple[Row, ...]:
    """A claim that the payer has, or may have, stays: a clerk compares it with what counts now."""
    return closing.reviews(case, visit, (one for one in case.known.affairs.claims if is_out(one)), why)


def made_out_anew(case: Case) -> tuple[Start, ...]:
    return closing.hearing(claim for claim in case.known.affairs.claims if is_with_us(claim))


def rebilled(case: Case, change: Change, why: str) -> Change:
    """The change, with what it means for the claims of a patient who has left. Needs the visit's affairs."""
    if not case.visit.is_over or change.visit.total_amount == case.visit.total_amount:
        return change
    tasks = compared(case, change.visit, why)
    events = (*change.events, *closing.task_events(tasks))
    starts = (*change.starts, *made_out_anew(case))
    return change.model_copy(update={"rows": (*change.rows, *tasks), "events": events, "starts": starts})
