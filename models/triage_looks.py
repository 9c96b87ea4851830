"""How urgent a patient is, told from every look that counts, and told anew where one of them was an error. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models.base import Value, Words
from models.maternal import maternal_for
from models.urgency import CATEGORY_OF, LEAST_COLOUR, PendingRetriage, TriageCategory, TriageColour, worse
from models.visit import Visit
from models.words import NAIROBI

UNSAID = "What was seen before was entered in error"
"""Why a look goes down that went up when it was taken."""


class Look(Value):
    """One set of vital signs: the worse colour of what the rules and the nurse say, and what was not measured."""

    id: UUID
    by: UUID
    at: datetime
    colour: TriageColour | None
    is_incomplete: bool = False
    retriage: bool = False
    reason: Words | None = None

    def goes_down(self, visit: Visit) -> bool:
        """Less urgent than before, on the whole set of vital signs."""
        before = visit.triage_colour
        if not (self.retriage and visit.triage_category and before and self.colour) or self.is_incomplete:
            return False
        return worse(self.colour, before) is not self.colour

    def on(self, visit: Visit) -> Visit:
        """The visit after this look: up at once; down waits for a second person."""
        seen = visit.having(triage_incomplete=self.is_incomplete, triaged_at=self.at)
        if not self.is_incomplete:
            seen = seen.making_up_for(self.at, "TRIAGE")
        if self.goes_down(visit):
            assert self.colour is not None
            waiting = PendingRetriage(
                colour=self.colour, reason=self.reason or UNSAID, by=self.by, at=self.at, encounter_id=self.id
            )
            return seen.having(pending_retriage=waiting)
        colour = worse(self.colour, visit.triage_colour) if self.colour else visit.triage_colour
        is_open = self.is_incomplete and colour is not TriageColour.RED and visit.triage_category is None
        category = None if is_open or colour is None else CATEGORY_OF[colour]
        return seen.having(triage_colour=colour, triage_category=category, pending_retriage=None)


def said_colour(found: TriageColour | None, given: TriageCategory | None) -> TriageColour | None:
    """The worse of what the rules and the nurse say; None where that would be GREEN and something is missing."""
    said = LEAST_COLOUR[given] if given else None
    if found:
        return worse(found, said)
    return None if said is TriageColour.GREEN else said


def confirmed(visit: Visit) -> Visit:
    """A second person agrees."""
    waiting = visit.pending_retriage
    assert waiting is not None
    return visit.having(
        triage_colour=waiting.colour, triage_category=CATEGORY_OF[waiting.colour], pending_retriage=None
    )


def looked_again(visit: Visit, standing: Iterable[Mapping[str, Any]], everything: Iterable[Mapping[str, Any]]) -> Visit:
    """The visit's urgency from the records that still count: looks, confirmations, reactions and danger signs.

    `everything`: also what was entered in error, for the complaint that it had replaced.
    """
    after = untriaged(visit)
    for row in sorted(standing, key=moment):
        after = seen(after, row, visit)
    return after.having(chief_complaint=complaint(visit, standing, everything))


def untriaged(visit: Visit) -> Visit:
    """As on arrival; who came as an emergency was RED from the first moment."""
    reopened = tuple(b.model_copy(update={"settled_at": None}) if b.step == "TRIAGE" else b for b in visit.bypasses)
    came_first = any(bypass.step == "TRIAGE" for bypass in visit.bypasses)
    return visit.having(
        triage_colour=TriageColour.RED if came_first else None,
        triage_category=TriageCategory.EMERGENCY if came_first else None,
        triage_incomplete=came_first,
        pending_retriage=None,
        clinician_needed=False,
        triaged_at=None,
        bypasses=reopened,
    )


def seen(visit: Visit, row: Mapping[str, Any], known: Visit) -> Visit:
    """One record more. `known`: the visit as it is known now, for looks that were kept without an assessment."""
    if row.get("encounter_type") == "TRIAGE":
        return triaged(visit, row, known)
    if row.get("anaphylaxis"):
        return visit.raised_to(TriageCategory.EMERGENCY)
    rules = maternal_for(known.arrived_at.astimezone(NAIROBI).date())
    for sign in rules.signs(tuple(row.get("danger_signs") or ())):
        visit = visit.raised_to(sign.category)
    return visit


def triaged(visit: Visit, row: Mapping[str, Any], known: Visit) -> Visit:
    said = row["assessment"]
    if said is None:
        return visit.having(triage_colour=known.triage_colour, triage_category=known.triage_category)
    if "confirmed_by" in said:
        waiting = visit.pending_retriage
        is_about = waiting is not None and str(waiting.encounter_id) == str(said["encounter_id"])
        return confirmed(visit) if is_about else visit
    look = Look(
        id=row["id"],
        by=row["provider_id"],
        at=row["recorded_at"],
        colour=said_colour(typed(TriageColour, said["colour"]), typed(TriageCategory, said["given_category"])),
        is_incomplete=bool(said["missing"]),
        retriage=said["retriage"],
        reason=said["reason"],
    )
    return look.on(visit)


def typed(kind: Any, word: str | None) -> Any:
    return kind(word) if word else None


def complaint(visit: Visit, standing: Iterable[Mapping[str, Any]], everything: Iterable[Mapping[str, Any]]) -> str:
    """What the patient complains of, as the last look that counts has it; else as at the desk."""
    told = [row["assessment"] for row in sorted(everything, key=moment) if tells(row)]
    if not told:
        return visit.chief_complaint
    counts = [row["assessment"]["chief_complaint"] for row in sorted(standing, key=moment) if tells(row)]
    return str(counts[-1] if counts else told[0]["former_complaint"])


def tells(row: Mapping[str, Any]) -> bool:
    return bool((row.get("assessment") or {}).get("chief_complaint"))


def moment(row: Mapping[str, Any]) -> tuple[datetime, str]:
    return row["recorded_at"], str(row["id"])
