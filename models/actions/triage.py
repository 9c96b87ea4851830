"""Triage: vital signs, how urgent the patient is, and the second look at it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row, require_open
from models.base import Note, Words
from models.catalogue import Resource
from models.events import EVERYONE, Event
from models.problems import AlreadyDone, Conflict, FieldError, Invalid, Missing, WrongStage, invalid
from models.staff import Person, Role
from models.triage_looks import Look, confirmed, said_colour
from models.triage_pack import rules_of
from models.triage_rules import Assessment, assess, doubtful
from models.urgency import TriageCategory
from models.visit import Visit
from models.vitals import DangerSigns, VitalSigns

SECOND = frozenset({Role.TRIAGE_NURSE, Role.CLINICAL_OFFICER})
"""Who may be the second person."""


class RecordTriage(Action):
    """Vital signs and danger signs; the category follows from the visit's triage rules.

    A `triage_category` that is given may only make it worse. What is mandatory and missing is refused, or, with
    `incomplete`, the patient stays untriaged, visibly. Values outside a soft limit want `confirmed`. `retriage`
    triages again: up at once, down with a `reason` and only when a second person confirms. RED signs wait for nothing.
    """

    roles = frozenset({Role.TRIAGE_NURSE})
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Triage assessment completed"

    kind: Literal["record_triage"] = "record_triage"
    vital_signs: VitalSigns
    danger_signs: DangerSigns = ()
    triage_category: TriageCategory | None = None
    incomplete: bool = False
    confirmed: bool = False
    retriage: bool = False
    reason: Words | None = None
    chief_complaint: Words | None = None
    notes: Note = ""

    @property
    def named_signs(self) -> tuple[str, ...]:
        """The danger signs, wherever in the form they stand."""
        return tuple(dict.fromkeys((*self.danger_signs, *(self.vital_signs.danger_signs or ()))))

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if visit.triage_category and not (self.retriage or visit.triage_incomplete):
            raise AlreadyDone(
                f"The patient was triaged already, as {visit.triage_category}. To triage again, send retriage: true."
            )
        if unknown := rules_of(visit).unknown(self.named_signs):
            codes = ", ".join(sign.code for sign in rules_of(visit).signs)
            raise invalid("danger_signs", f"{', '.join(unknown)} is unknown; known are {codes}")
        found = self.assessed(visit)
        if not found.is_emergency and (errors := self.objections(visit, found)):
            raise Invalid(f"{'; '.join(f'{e.field}: {e.reason}' for e in errors)}. Nothing was written.", errors=errors)
        if self.goes_down(visit, found) and not self.reason:
            raise invalid("reason", f"is needed to go down from {visit.triage_colour}; a second person then confirms")

    def objections(self, visit: Visit, found: Assessment) -> list[FieldError]:
        """What is missing, and what is to be confirmed, all at once."""
        said = "is mandatory; measure it, or send incomplete: true and the patient stays visibly untriaged"
        missing = [] if self.incomplete else found.missing
        unsure = [] if self.confirmed else doubtful(rules_of(visit), self.vital_signs)
        return [*(FieldError(field=f"vital_signs.{item}", reason=said) for item in missing), *unsure]

    def assessed(self, visit: Visit) -> Assessment:
        return assess(rules_of(visit), self.vital_signs, self.named_signs, visit.age_years)

    def look(self, found: Assessment, id: UUID, by: UUID, at: datetime) -> Look:
        return Look(
            id=id,
            by=by,
            at=at,
            colour=said_colour(found.colour, self.triage_category),
            is_incomplete=bool(found.missing),
            retriage=self.retriage,
            reason=self.reason,
        )

    def goes_down(self, visit: Visit, found: Assessment) -> bool:
        """Whether this look finds the patient less urgent, whoever takes it."""
        return self.look(found, visit.id, visit.id, visit.updated_at).goes_down(visit)

    def apply(self, case: Case) -> Change:
        found = self.assessed(case.visit)
        visit = self.look(found, case.id, case.actor.id, case.at).on(case.visit)
        visit = visit.having(chief_complaint=self.chief_complaint or case.visit.chief_complaint)
        return Change(visit=visit, rows=(self.encounter(case, found),), events=recoloured(case, visit))

    def encounter(self, case: Case, found: Assessment) -> Row:
        lower = self.goes_down(case.visit, found)
        unsure = [error.field for error in doubtful(rules_of(case.visit), self.vital_signs)]
        said = {
            **found.model_dump(mode="json"),
            "given_category": self.triage_category,
            "confirmed": unsure if self.confirmed else [],
            "retriage": self.retriage,
            "reason": self.reason,
            "waits_for_second_person": lower,
            "chief_complaint": self.chief_complaint,
            "former_complaint": case.visit.chief_complaint if self.chief_complaint else None,
        }
        signs = self.vital_signs.model_dump(mode="json", exclude_none=True)
        return triage_encounter(case, self.notes, signs, said)

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "encounter": change.rows[0].whole}

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


class ConfirmRetriage(Action):
    """The second person looks at the patient and agrees that the case is less urgent: only now it is."""

    roles = SECOND
    resource = Resource.VISIT
    writes = "UPDATE"
    said = "Lower triage category confirmed"

    kind: Literal["confirm_retriage"] = "confirm_retriage"
    notes: Note = ""

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if visit.pending_retriage is None:
            raise Conflict("No lower triage category waits to be confirmed. Triage again first, with retriage: true.")
        if visit.pending_retriage.by == actor.id:
            missing = Missing(what="a second person", roles=tuple(sorted(SECOND)))
            raise WrongStage("Whoever asks for a lower category cannot confirm it alone.", missing=[missing])

    def apply(self, case: Case) -> Change:
        waiting = case.visit.pending_retriage
        assert waiting is not None
        visit = confirmed(case.visit)
        said = {**waiting.model_dump(mode="json"), "rules": rules_of(visit).version, "confirmed_by": str(case.actor.id)}
        encounter = triage_encounter(case, self.notes, None, said)
        return Change(visit=visit, rows=(encounter,), events=recoloured(case, visit))

    def answer(self, change: Change, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "encounter": change.rows[0].whole}

    def audit_id(self, case: Case) -> UUID:
        return case.visit_id


def triage_encounter(case: Case, notes: str, signs: dict[str, Any] | None, assessment: dict[str, Any]) -> Row:
    values = {
        "encounter_type": "TRIAGE",
        "provider_id": case.actor.id,
        "vital_signs": signs,
        "assessment": assessment,
        "notes": notes,
        "findings": "",
        "recommendations": "",
    }
    return case.row(Resource.ENCOUNTER, values)


def recoloured(case: Case, visit: Visit) -> tuple[Event, ...]:
    """Boards hear of a new colour: it may change who is next."""
    if visit.triage_colour == case.visit.triage_colour:
        return ()
    payload = {
        "visitId": visit.id,
        "triageCategory": visit.triage_category,
        "triageColour": visit.triage_colour,
        "updatedBy": case.actor.id,
    }
    return (Event(kind="visit:triaged", audience=EVERYONE, payload=payload),)
