"""The family planning service."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from models.actions.base import Case, Change, Row, Start
from models.actions.discharge import MORNING, NAIROBI
from models.actions.services import Service
from models.appointments import NEW
from models.base import Date, Line, Note
from models.catalogue import Catalogue, Resource
from models.family_planning import FamilyPlanningRules, Method, rules_for
from models.problems import invalid
from models.staff import Role, Station


class RecordFamilyPlanning(Service):
    """Counselling and the method that was chosen.

    `conditions`: what the counsellor found when asking, as the rules name them; the answer warns where one speaks
    against the method. `book_return` makes the appointment for the day on which the client comes again.
    """

    roles = frozenset({Role.FAMILY_PLANNING_COUNSELOR})
    resource = Resource.FAMILY_PLANNING
    said = "Family planning service provided"
    station = Station.FAMILY_PLANNING
    catalogue = Catalogue.METHODS
    chooses = "method_id"

    kind: Literal["record_family_planning"] = "record_family_planning"
    method_id: UUID
    start_date: Date | None = None
    counseling_provided: bool = True
    counseling_notes: Note = ""
    status: Literal["ACTIVE", "COMPLETED", "DISCONTINUED"] = "ACTIVE"
    notes: Note = ""
    conditions: Annotated[tuple[Line, ...], Field(max_length=30)] = ()
    book_return: bool = False

    def apply(self, case: Case) -> Change:
        change = super().apply(case)
        if not self.book_return:
            return change
        booked = self.appointment(case, change.rows[0].values["next_date"])
        reminder = Start(kind="Reminder", id=booked.id)
        return change.model_copy(update={"rows": (*change.rows, booked), "starts": (reminder, *change.starts)})

    def stored(self, case: Case) -> dict[str, Any]:
        rules, method, start = self.rules(case), self.method(case), self.start_date or case.today
        return {
            **self.fields("book_return"),
            "start_date": start,
            "conditions": list(self.conditions),
            "next_date": method.returns_on(start) if method and self.status == "ACTIVE" else None,
            "return_for": method.return_for if method and self.status == "ACTIVE" else None,
            "warnings": rules.warnings(self.item(case).code, self.conditions),
            "appointment_id": case.derived_id("return") if self.book_return else None,
            "rules_version": rules.version,
        }

    def rules(self, case: Case) -> FamilyPlanningRules:
        rules = rules_for(case.visit.arrived_at.astimezone(NAIROBI).date())
        for condition in self.conditions:
            if condition not in rules.codes:
                raise invalid("conditions", f"{condition!r} is none of {', '.join(rules.codes)}")
        return rules

    def method(self, case: Case) -> Method | None:
        return self.rules(case).about(self.item(case).code)

    def appointment(self, case: Case, day: date | None) -> Row:
        if day is None:
            raise invalid("book_return", "there is no fixed day for this method; book an appointment for one")
        if day <= case.today:
            raise invalid("book_return", f"the client should have come on {day} already; see the client today")
        facts = {
            "appointment_date": datetime.combine(day, MORNING, NAIROBI),
            "appointment_type": "FAMILY_PLANNING",
            "provider_id": case.actor.id,
            "notes": "",
            "created_by": case.actor.id,
            **NEW,
        }
        row = case.row(Resource.APPOINTMENT, facts)
        return row.model_copy(update={"id": case.derived_id("return")})
