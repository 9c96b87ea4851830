"""Vaccines, family planning, mothers and babies over HTTP: what is due, refused, watched, booked and linked."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from models.command import NAIROBI
from models.staff import Role
from tests.contract.forms import DOSE, FAMILY_PLANNING, IMMUNIZATIONS, MCH, METHOD, REACTIONS
from tests.contract.records import read
from tests.walks import Walk

NURSE = Role.IMMUNIZATION_NURSE
VITALS = {
    "temperature": 36.8,
    "pulse": 120,
    "respiratory_rate": 32,
    "avpu": "ALERT",
    "mobility": "WALKING",
    "trauma": False,
}


def today() -> date:
    """As the clinic's calendar shows it."""
    return datetime.now(NAIROBI).date()


async def item(walk: Walk, path: str, code: str) -> str:
    items = (await read(walk, path))["items"]
    return str(next(entry["id"] for entry in items if entry["code"] == code))


async def born(walk: Walk, days_ago: int) -> dict[str, Any]:
    """The visit of a child of that age, triaged and sent to be vaccinated."""
    day = today() - timedelta(days=days_ago)
    visit = await walk.registered(age=None, date_of_birth=str(day))
    body = {"vital_signs": VITALS, "triage_category": "NORMAL", "notes": ""}
    await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    referral = {"station": "IMMUNIZATION", "reason": "Vaccines are due"}
    return dict((await walk.done(Role.TRIAGE_NURSE, "POST", f"/api/visits/{visit['id']}/referrals", referral))["visit"])


async def gives(walk: Walk, visit: dict[str, Any], code: str, **more: Any) -> httpx2.Response:
    vaccine = await item(walk, "/api/vaccines", code)
    path = IMMUNIZATIONS.replace("{id}", visit["patient_id"])
    return await walk.does(NURSE, "POST", path, {**DOSE, "visit_id": visit["id"], "vaccine_id": vaccine, **more})


async def schedule(walk: Walk, visit: dict[str, Any], query: str = "") -> dict[str, Any]:
    return await read(walk, f"/api/immunization/patients/{visit['patient_id']}/schedule{query}", NURSE)


def standing(shown: dict[str, Any]) -> dict[str, str]:
    return {dose["label"]: dose["status"] for dose in shown["doses"]}


async def goes_home(walk: Walk, visit: dict[str, Any]) -> httpx2.Response:
    ending = {"status": "COMPLETED", "discharge_notes": "Well"}
    return await walk.does(NURSE, "PUT", f"/api/visits/{visit['id']}", ending)


async def test_a_schedule_tells_what_is_due_and_what_comes_next_with_its_version_and_sources(walk: Walk) -> None:
    visit = await born(walk, 70)
    shown = await schedule(walk, visit)
    assert (shown["version"], shown["signed_off_by"]) == ("kepi-2025-11-03", "")
    assert shown["source"]
    told = standing(shown)
    assert (told["BCG"], told["Penta 1"], told["MR 1"]) == ("OVERDUE", "OVERDUE", "TOO_EARLY")
    given = await gives(walk, visit, "PENTA")
    assert given.status_code == 201, given.text
    assert given.json()["dose_number"] == 1
    after = await schedule(walk, visit)
    assert (standing(after)["Penta 1"], standing(after)["Penta 2"]) == ("GIVEN", "TOO_EARLY")
    assert [(h["vaccine"], h["dose_number"]) for h in after["history"]] == [("PENTA", 1)]


async def test_a_schedule_takes_what_speaks_against_vaccines_today(walk: Walk) -> None:
    visit = await born(walk, 300)
    assert standing(await schedule(walk, visit, "?conditions=PREGNANT"))["MR 1"] == "CONTRAINDICATED"
    path = f"/api/immunization/patients/{visit['patient_id']}/schedule"
    assert (await walk.does(NURSE, "GET", f"{path}?conditions=TIRED")).status_code == 422
    assert (await walk.does(NURSE, "GET", f"/api/immunization/patients/{uuid4()}/schedule")).status_code == 404


async def test_a_dose_that_is_too_early_is_refused_with_its_day_and_given_with_a_reason(walk: Walk) -> None:
    visit = await born(walk, 40)
    early = await gives(walk, visit, "PENTA")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/conflict")
    shown = await schedule(walk, visit)
    due = next(dose["due_on"] for dose in shown["doses"] if dose["label"] == "Penta 1")
    assert due in early.json()["detail"]
    given = await gives(walk, visit, "PENTA", override_reason="The family leaves the country")
    assert given.status_code == 201, given.text
    assert (given.json()["dose_number"], given.json()["override_reason"]) == (None, "The family leaves the country")


async def test_of_two_nurses_who_give_the_same_dose_at_once_one_is_refused(walk: Walk) -> None:
    visit = await born(walk, 70)
    both = await asyncio.gather(gives(walk, visit, "PENTA"), gives(walk, visit, "PENTA"))
    assert sorted(answer.status_code for answer in both) == [201, 409]
    assert len((await schedule(walk, visit))["history"]) == 1


async def test_a_dose_of_an_earlier_visit_counts(walk: Walk) -> None:
    visit = await born(walk, 70)
    await gives(walk, visit, "PENTA")
    form = {"kind": "end_observation", "reason": "Watched at the ward"}
    await walk.done(NURSE, "POST", f"/api/visits/{visit['id']}/actions", form)
    assert (await goes_home(walk, visit)).status_code == 200
    again = {"patient_id": visit["patient_id"], "chief_complaint": "Next vaccines", "payment_type": "CASH"}
    later = await walk.done(Role.RECEPTIONIST, "POST", "/api/visits", again)
    body = {"vital_signs": VITALS, "triage_category": "NORMAL", "notes": ""}
    await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{later['id']}", body)
    early = await gives(walk, later, "PENTA")
    assert early.status_code == 409
    assert "Penta 2" in early.json()["detail"]


async def test_a_vaccinated_child_goes_home_after_the_observation_only(walk: Walk) -> None:
    visit = await born(walk, 70)
    given = (await gives(walk, visit, "PENTA")).json()
    shown = await walk.visit(visit["id"])
    assert shown["observe_until"] == given["visit"]["observe_until"] is not None
    early = await goes_home(walk, visit)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/outstanding-work")
    assert [missing["what"] for missing in early.json()["missing"]] == ["observation"]
    form = {"kind": "end_observation", "reason": "Watched before it was written down"}
    await walk.done(NURSE, "POST", f"/api/visits/{visit['id']}/actions", form)
    assert (await goes_home(walk, visit)).json()["status"] == "COMPLETED"
    (row,) = await walk.clinic.rows("select observation_note from visits where id = %s", visit["id"])
    assert row["observation_note"] == "Watched before it was written down"


async def test_a_reaction_is_noted_and_speaks_against_the_next_dose(walk: Walk) -> None:
    visit = await born(walk, 100)
    long_ago = str(today() - timedelta(days=40))
    given = (await gives(walk, visit, "PENTA", immunization_date=long_ago)).json()
    form = {"immunization_id": given["id"], "reaction": "Wheeze", "severity": "SEVERE", "anaphylaxis": True}
    path = REACTIONS.replace("{id}", visit["patient_id"])
    noted = await walk.done(NURSE, "POST", path, {**form, "visit_id": visit["id"]})
    assert noted["visit"]["triage_category"] == "EMERGENCY"
    assert [r["id"] for r in (await read(walk, path))["items"]] == [noted["id"]]
    assert (await gives(walk, visit, "PENTA")).status_code == 409
    assert standing(await schedule(walk, visit))["Penta 2"] == "CONTRAINDICATED"


async def test_the_return_of_a_client_is_booked_with_the_method(walk: Walk) -> None:
    visit = await walk.triaged()
    method = await item(walk, "/api/family-planning-methods", "DMPA")
    path = FAMILY_PLANNING.replace("{id}", visit["patient_id"])
    form = {**METHOD, "visit_id": visit["id"], "method_id": method, "conditions": ["BP_160_100"], "book_return": True}
    told = await walk.done(Role.FAMILY_PLANNING_COUNSELOR, "POST", path, form)
    assert date.fromisoformat(told["next_date"]) - date.fromisoformat(told["start_date"]) == timedelta(weeks=13)
    assert [warning["category"] for warning in told["warnings"]] == [3]
    booked = await read(walk, f"/api/appointments/{told['appointment_id']}")
    assert booked["appointment_date"].startswith(told["next_date"])
    assert (booked["patient_id"], booked["status"]) == (visit["patient_id"], "SCHEDULED")


async def test_danger_signs_bring_the_mother_before_the_others_in_the_queue(walk: Walk) -> None:
    visit = await walk.triaged()
    service = await item(walk, "/api/mch-services", "ANC_FOLLOW_UP")
    form = {"visit_id": visit["id"], "service_id": service, "gestational_age_weeks": 30}
    path = MCH.replace("{id}", visit["patient_id"])
    told = await walk.done(Role.MCH_NURSE, "POST", path, {**form, "danger_signs": ["SEVERE_HEADACHE"]})
    assert told["contact_due"] == "ANC contact 4 (30 weeks)"
    assert "severe headache" in told["advice"]
    queue = (await read(walk, "/api/queues/CONSULTATION"))["items"]
    assert next(q["triage_category"] for q in queue if q["visit_id"] == visit["id"]) == "EMERGENCY"


async def test_mother_and_baby_are_seen_from_each_others_visit(walk: Walk) -> None:
    mother = await walk.triaged()
    path, key = f"/api/visits/{mother['id']}/newborns", str(uuid4())
    form = {"gender": "FEMALE", "date_of_birth": str(today())}
    made = await walk.done(Role.MCH_NURSE, "POST", path, form, key)
    assert await walk.done(Role.MCH_NURSE, "POST", path, form, key) == made
    assert (made["visit"]["id"], made["mother_visit_id"]) == (key, mother["id"])
    twin = await walk.done(Role.MCH_NURSE, "POST", path, {**form, "first_name": "Pili", "gender": "MALE"})
    of_mother = await read(walk, f"/api/visits/{mother['id']}/family")
    assert [baby["visit_id"] for baby in of_mother["newborns"]] == [key, twin["visit"]["id"]]
    assert of_mother["mother"] is None
    of_baby = await read(walk, f"/api/visits/{key}/family")
    assert (of_baby["mother"]["visit_id"], of_baby["newborns"]) == (mother["id"], [])
    assert made["patient"]["last_name"] == "Mfano"
    assert standing(await schedule(walk, made["visit"]))["bOPV at birth"] == "DUE"


@pytest.mark.parametrize("of", ["male", "unknown"])
async def test_a_newborn_needs_a_mothers_visit(walk: Walk, of: str) -> None:
    visit_id = (await walk.registered(gender="MALE"))["id"] if of == "male" else uuid4()
    form = {"gender": "FEMALE", "date_of_birth": str(today())}
    answer = await walk.does(Role.MCH_NURSE, "POST", f"/api/visits/{visit_id}/newborns", form)
    assert answer.status_code == (409 if of == "male" else 404)
