"""The reception desk: opens the visit of somebody new, or of somebody who has been here before."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from demo.answers import Stopped
from demo.chart import Chart
from demo.clinic import Clinic
from demo.journeys import Journey
from demo.people import BIRTHDAYS_KNOWN_BELOW_YEARS, Person
from demo.steps import AskBack, Role

DESK = Role.RECEPTIONIST


async def register(clinic: Clinic, journey: Journey) -> Chart:
    """A first demo with a seed registers people; a second with the same seed meets them again."""
    try:
        done = await clinic.act("register", DESK, "POST", "/api/patients", particulars(journey))
    except Stopped as stopped:
        if not stopped.refusal.type.endswith("/duplicate-patient"):
            raise
        return await open_visit_again(clinic, journey, stopped.problem["patient_id"])
    return await chart(clinic, journey, done.key)


async def open_visit_again(clinic: Clinic, journey: Journey, patient_id: str) -> Chart:
    """The refusal names the patient that the clinic knows already."""
    body = {
        "patient_id": patient_id,
        "chief_complaint": journey.story.complaint,
        "payment_type": journey.person.payer.kind,
    }
    done = await clinic.act("register (returning)", DESK, "POST", "/api/visits", body)
    return await chart(clinic, journey, done.key)


async def chart(clinic: Clinic, journey: Journey, visit_id: UUID) -> Chart:
    """The key of a registration is the visit's id; the clinic says the rest."""
    visit = await clinic.read(DESK, f"/api/visits/{visit_id}")
    return Chart(journey, visit_id, visit["patient_id"], visit["op_number"])


async def ask_back(clinic: Clinic, chart: Chart, step: AskBack) -> None:
    """Book the patient for later today."""
    body = {
        "patient_id": chart.patient_id,
        "appointment_date": (datetime.now(UTC) + timedelta(hours=step.hours)).isoformat(timespec="seconds"),
        "appointment_type": "FOLLOW_UP",
        "notes": step.reason,
    }
    await clinic.act("book", DESK, "POST", "/api/appointments", body)
    chart.is_asked_back = True


def particulars(journey: Journey) -> dict[str, Any]:
    """The registration form; fields that do not apply are left out."""
    person, payer = journey.person, journey.person.payer
    form = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "gender": person.gender,
        "phone_number": person.phone_number,
        "email": person.email,
        "national_id": person.national_id,
        "sha_number": payer.number if payer.kind == "SHA" else None,
        "insurance_type": "CASH" if payer.kind == "MPESA" else payer.kind,
        "registration_type": "NEW_PATIENT",
        "chief_complaint": journey.story.complaint,
        "payment_type": payer.kind,
        "payment_reference": payer.number if payer.kind == "INSURANCE" else None,
        "next_of_kin": person.next_of_kin,
        **age(person, journey.age),
    }
    return {name: value for name, value in form.items() if value is not None}


def age(person: Person, years: int) -> dict[str, Any]:
    """Old people often know their age and not the day."""
    if years < BIRTHDAYS_KNOWN_BELOW_YEARS:
        return {"date_of_birth": person.born.isoformat()}
    return {"age": years}
