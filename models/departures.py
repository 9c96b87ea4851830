"""Patients who go before the end: what is remembered of it, and the call that they are owed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.base import Value, Words
from models.deadlines import Ladder
from models.staff import Role

CALLS_BACK = Role.TRIAGE_NURSE
"""Whose call it is: to ask how somebody is and whether they must come at once is triage, and the clinicians are whom
the others are still waiting for. Any clinician may call, too."""


class LeftBecause(StrEnum):
    """Why, as far as the patient said it."""

    WAITED_TOO_LONG = "WAITED_TOO_LONG"
    COST = "COST"
    FELT_BETTER = "FELT_BETTER"
    WENT_ELSEWHERE = "WENT_ELSEWHERE"
    OTHER = "OTHER"


class CallOutcome(StrEnum):
    """RETURNED: they are here again, on another visit, say."""

    REACHED = "REACHED"
    NOT_REACHED = "NOT_REACHED"
    RETURNED = "RETURNED"


class Attempt(Value):
    """One call, or one try at it."""

    outcome: CallOutcome
    notes: Words
    by: UUID
    at: datetime


class CallBack(Value):
    """A call that is owed to a patient who left. `due_at`: by when the next attempt, of `wanted` at most, is made."""

    id: UUID
    due_at: datetime
    ladder: Ladder
    wanted: int
    attempts: tuple[Attempt, ...] = ()

    @property
    def is_open(self) -> bool:
        """Until they were reached, or every attempt was made."""
        tries = [one for one in self.attempts if one.outcome is CallOutcome.NOT_REACHED]
        return len(tries) == len(self.attempts) < self.wanted
