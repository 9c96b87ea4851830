"""The immunization service: a dose is judged by the programme before it is given."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from models.actions.base import Case, Change
from models.actions.services import Service
from models.base import Date, Line, Note, Number, Words
from models.catalogue import Catalogue, DosesGiven, PatientOfVisit, Resource, Want
from models.doses import Given, Judged, Recipient, judge
from models.immunization_schedule import coming, schedule
from models.kepi import programme_for
from models.problems import Conflict, invalid
from models.staff import Role, Station

NAIROBI = ZoneInfo("Africa/Nairobi")


def recipient(patient: dict[str, Any] | None) -> Recipient:
    """Who a patient's row says is vaccinated."""
    known = patient or {}
    return Recipient(
        born=known.get("date_of_birth"),
        age_years=known.get("age"),
        stated_on=known.get("age_stated_on"),
        gender=known.get("gender") or "UNKNOWN",
    )


class RecordImmunization(Service):
    """One dose of a vaccine; KEPI vaccines are free. Too early or contraindicated, it needs an `override_reason`.

    `conditions`: what the nurse found when asking, as the programme names them. The patient stays under observation
    for as long as the programme says, or for `observe_minutes` where that is longer.
    """

    roles = frozenset({Role.IMMUNIZATION_NURSE})
    resource = Resource.IMMUNIZATION
    said = "Vaccine administered"
    station = Station.IMMUNIZATION
    catalogue = Catalogue.VACCINES
    chooses = "vaccine_id"
    provider = "administered_by"

    kind: Literal["record_immunization"] = "record_immunization"
    vaccine_id: UUID
    immunization_date: Date | None = None
    batch_number: Line
    site: Line
    route: Line
    dosage: Line
    status: Literal["COMPLETED"] = "COMPLETED"
    notes: Note = ""
    conditions: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    override_reason: Words | None = None
    observe_minutes: Annotated[int, Number, Field(ge=0, le=240)] | None = None

    def wants(self) -> tuple[Want, ...]:
        return (*super().wants(), PatientOfVisit(), DosesGiven())

    def apply(self, case: Case) -> Change:
        change = super().apply(case)
        until: datetime | None = change.rows[0].values["observe_until"]
        former = case.visit.observe_until
        if until is None or (former and former >= until):
            return change
        return change.model_copy(update={"visit": change.visit.having(observe_until=until)})

    def stored(self, case: Case) -> dict[str, Any]:
        on = self.given_on(case)
        judged = self.judged(case, on)
        self.require_fitting(judged)
        minutes = max(judged.observe_minutes, self.observe_minutes or 0) if on == case.today else 0
        return {
            **self.fields("observe_minutes"),
            "conditions": list(self.conditions),
            "immunization_date": on,
            "dose_number": judged.dose.number if judged.dose and not judged.may_from else None,
            "schedule_version": judged.version,
            "warnings": list(judged.warnings),
            "observe_until": case.at + timedelta(minutes=minutes) if minutes else None,
            **self.next_dose(case, on),
        }

    def given_on(self, case: Case) -> date:
        on = self.immunization_date or case.today
        if on > case.today:
            raise invalid("immunization_date", "lies in the future; a dose is recorded when it was given")
        born = recipient(case.known.patient).born
        if born and on < born:
            raise invalid("immunization_date", "lies before the patient's birth")
        return on

    def judged(self, case: Case, on: date) -> Judged:
        """By the programme of the day of arrival, or of an earlier day on which the dose was given."""
        programme = programme_for(min(on, case.visit.arrived_at.astimezone(NAIROBI).date()))
        for condition in self.conditions:
            if condition not in programme.conditions:
                raise invalid("conditions", f"{condition!r} is none of {', '.join(programme.conditions)}")
        who = recipient(case.known.patient)
        return judge(programme, who, case.known.doses, self.item(case).code, on, self.conditions)

    def require_fitting(self, judged: Judged) -> None:
        """409 for a dose that is too early or contraindicated and has no reason."""
        if self.override_reason:
            return
        if judged.against:
            raise Conflict(f"Contraindicated: {'; '.join(judged.against)}. Defer it, or give an override_reason.")
        if judged.may_from and judged.dose:
            raise Conflict(f"{judged.dose.label} is too early. It may be given from {judged.may_from}.")

    def next_dose(self, case: Case, on: date) -> dict[str, Any]:
        """What the programme has next for this patient, and when."""
        code = self.item(case).code
        past = (*case.known.doses, Given(code=code, on=on, conditions=self.conditions))
        doses = schedule(programme_for(case.today), recipient(case.known.patient), past, case.today)
        found = coming(doses, begun=code)
        return {"next_dose": found.label if found else None, "next_date": found.due_on if found else None}
