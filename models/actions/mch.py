"""The mother and child health service."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from models.actions.base import Case, Change
from models.actions.services import Service
from models.actions.triage import recoloured
from models.base import Date, Details, Line, Note, Number
from models.catalogue import Catalogue, Resource
from models.events import CLINICIANS, Event
from models.maternal import Contact, DangerSign, Maternal, antenatal_contact, maternal_for, postnatal_contact
from models.problems import invalid
from models.staff import Role, Station

NAIROBI = ZoneInfo("Africa/Nairobi")
LONGEST = timedelta(weeks=50)
"""Since the last menstrual period or birth of a child in care of its mother: what lies beyond is a slip of the pen."""


class RecordMchService(Service):
    """One contact of antenatal, postnatal or child care.

    `lmp` (first day of the last menstrual period) or `gestational_age_weeks` tell which antenatal contact is due,
    `delivered_on` which postnatal one. A danger sign makes the visit urgent and asks for referral; who came past the
    clinician waits for one now.
    """

    roles = frozenset({Role.MCH_NURSE})
    resource = Resource.MCH_SERVICE
    said = "MCH service provided"
    station = Station.MCH
    catalogue = Catalogue.SERVICES
    chooses = "service_id"

    kind: Literal["record_mch_service"] = "record_mch_service"
    service_id: UUID
    service_date: Date | None = None
    service_details: Details = Field(default_factory=dict)
    findings: Note = ""
    recommendations: Note = ""
    status: Literal["COMPLETED"] = "COMPLETED"
    notes: Note = ""
    lmp: Date | None = None
    gestational_age_weeks: Annotated[int, Number, Field(ge=0, le=50)] | None = None
    delivered_on: Date | None = None
    danger_signs: Annotated[tuple[Line, ...], Field(max_length=20)] = ()

    def apply(self, case: Case) -> Change:
        change, signs = super().apply(case), self.signs(case)
        visit = change.visit
        for sign in signs:
            visit = visit.raised_to(sign.category)
        payload = {"visitId": case.visit_id, "signs": [sign.code for sign in signs]}
        told = (Event(kind="visit:danger_signs", audience=CLINICIANS, payload=payload),) if signs else ()
        return change.model_copy(update={"visit": visit, "events": (*told, *recoloured(case, visit))})

    def stored(self, case: Case) -> dict[str, Any]:
        on = self.service_date or case.today
        if on > case.today:
            raise invalid("service_date", "lies in the future; a service is recorded when it was given")
        contact = self.contact(case, on)
        return {
            **self.fields(),
            "service_date": on,
            "danger_signs": list(self.danger_signs),
            "contact_due": contact.due,
            "next_contact": contact.next,
            "next_date": contact.next_date,
            "advice": advice_on(self.signs(case)),
            "rules_version": self.rules(case).version,
        }

    def rules(self, case: Case) -> Maternal:
        return maternal_for(case.visit.arrived_at.astimezone(NAIROBI).date())

    def signs(self, case: Case) -> tuple[DangerSign, ...]:
        rules = self.rules(case)
        for code in self.danger_signs:
            if code not in rules.codes:
                raise invalid("danger_signs", f"{code!r} is none of {', '.join(rules.codes)}")
        return rules.signs(self.danger_signs)

    def contact(self, case: Case, on: date) -> Contact:
        known = [n for n in ("lmp", "gestational_age_weeks", "delivered_on") if getattr(self, n) is not None]
        if len(known) > 1:
            raise invalid(known[1], f"give this or {known[0]}, one of them")
        for name in ("lmp", "delivered_on"):
            require_past(name, getattr(self, name), on)
        if self.delivered_on:
            return postnatal_contact(self.rules(case), self.delivered_on, on)
        weeks = self.gestational_age_weeks
        lmp = on - timedelta(weeks=weeks) if weeks is not None else self.lmp
        return antenatal_contact(self.rules(case), lmp, on) if lmp else Contact()


def require_past(field: str, day: date | None, on: date) -> None:
    if day and not on - LONGEST <= day <= on:
        raise invalid(field, "lies in the future, or too far back; check the date")


def advice_on(signs: tuple[DangerSign, ...]) -> str | None:
    if not signs:
        return None
    named = ", ".join(sign.words for sign in signs)
    return f"Danger signs: {named}. Refer urgently; a clinician sees the patient now."
