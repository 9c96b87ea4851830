"""How urgently a patient needs care."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.base import Value, Words


class TriageCategory(StrEnum):
    EMERGENCY = "EMERGENCY"
    URGENT = "URGENT"
    NORMAL = "NORMAL"


class TriageColour(StrEnum):
    """The colours of the South African Triage Scale, the most urgent first."""

    RED = "RED"
    ORANGE = "ORANGE"
    YELLOW = "YELLOW"
    GREEN = "GREEN"


CATEGORY_OF = {
    TriageColour.RED: TriageCategory.EMERGENCY,
    TriageColour.ORANGE: TriageCategory.URGENT,
    TriageColour.YELLOW: TriageCategory.URGENT,
    TriageColour.GREEN: TriageCategory.NORMAL,
}

LEAST_COLOUR = {category: colour for colour, category in CATEGORY_OF.items()}
"""The least urgent colour of a category: what is known where only a category was said."""


def worse(colour: TriageColour, *others: TriageColour | None) -> TriageColour:
    """The most urgent of them."""
    by_urgency = list(TriageColour)
    return min((colour, *(other for other in others if other)), key=by_urgency.index)


class PendingRetriage(Value):
    """A lower colour that waits for a second person; `encounter_id`: the vital signs that it follows from."""

    colour: TriageColour
    reason: Words
    by: UUID
    at: datetime
    encounter_id: UUID
