"""Referrals to other facilities: when their feedback is due (`rules/referral/`), and who hears when it is late."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from models.base import Value
from models.deadlines import Ladder, Rung
from models.rulepacks import pack_for, packs
from models.staff import Role
from models.words import NAIROBI

PACK = "referral"
END_OF_WORK = time(17, 0)
FARTHEST = timedelta(days=366)
"""How far ahead feedback may be due; what lies beyond is a slip of the pen."""


NOTHING_YET: dict[str, Any] = {
    "station": None,
    "answered_by": None,
    "replaces_consultation": False,
    "facility_name": None,
    "urgency": None,
    "clinical_summary": None,
    "feedback_by": None,
    "feedback": None,
    "feedback_from": None,
    "feedback_on": None,
    "feedback_at": None,
    "feedback_recorded_by": None,
    "rules_version": None,
    "cancelled_at": None,
    "cancelled_by": None,
    "cancel_reason": None,
}
"""A referral of either kind, before it says where to, and before anything came of it."""


class Urgency(StrEnum):
    ROUTINE = "ROUTINE"
    URGENT = "URGENT"


class FeedbackDays(Value):
    ROUTINE: int
    URGENT: int
    source: str


class Late(Value):
    supervisor_days: tuple[int, ...]
    source: str


class ReferralRules(Value):
    """One version of the rules."""

    version: str
    effective_from: date
    signed_off_by: str
    source: tuple[str, ...]
    feedback_days: FeedbackDays
    late: Late

    def due(self, urgency: Urgency, today: date, day: date | None) -> datetime:
        """When feedback is due: on the day that was named, else after so many days."""
        days = {Urgency.ROUTINE: self.feedback_days.ROUTINE, Urgency.URGENT: self.feedback_days.URGENT}[urgency]
        return datetime.combine(day or today + timedelta(days=days), END_OF_WORK, NAIROBI).astimezone(UTC)

    @property
    def ladder(self) -> Ladder:
        return tuple(Rung(after=timedelta(days=days), to=Role.SUPERVISOR) for days in self.late.supervisor_days)


@cache
def rules_named(version: str | None) -> ReferralRules | None:
    """One version; None where it is not kept any more."""
    pack = packs(PACK).get(version or "")
    return ReferralRules.model_validate(pack) if pack else None


def rules_for(day: date) -> ReferralRules:
    """The version in force on a day."""
    found = rules_named(pack_for(PACK, day)["version"])
    assert found is not None
    return found


def feedback_of(referral_id: UUID) -> UUID:
    """The obligation to hear what came of a referral."""
    return uuid5(referral_id, "feedback")
