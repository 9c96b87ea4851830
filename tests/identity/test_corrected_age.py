"""An age that reception puts right reaches the visit that is open: triage and doses go by it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from models.command import NAIROBI
from models.staff import Role
from tests.faults.desk import require_sound, require_whole_audit
from tests.identity.reception import HERE, Reception
from tests.walks import WELL

NURSE = Role.TRIAGE_NURSE
WITHOUT_PRESSURE = {name: value for name, value in WELL.items() if name != "blood_pressure"}
"""Enough for a child."""


async def corrected(reception: Reception, patient_id: str, key: Any = None, **form: Any) -> dict[str, Any]:
    answer = await reception.walk.does(HERE, "PUT", f"/api/patients/{patient_id}", form, key)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_triage_goes_by_the_age_that_was_put_right(reception: Reception) -> None:
    patient, visit = await reception.arrives(age=30)
    path, look = f"/api/visits/{visit['id']}", {"vital_signs": WITHOUT_PRESSURE, "notes": ""}
    refused = await reception.walk.does(NURSE, "PUT", path, look)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "vital_signs.systolic_bp")
    shown = await corrected(reception, patient["id"], age=3)
    assert (shown["age"], shown["age_stated_on"]) == (3, datetime.now(NAIROBI).date().isoformat())
    triaged = await reception.walk.done(NURSE, "PUT", path, look)
    assert triaged["triage_category"] is not None
    (row,) = await reception.clinic.rows("select age_years from visits where id = %s", visit["id"])
    assert row["age_years"] == 3
    assert not await reception.tasks(visit["id"], "REREAD_DECISIONS")


async def test_who_was_triaged_by_the_wrong_age_is_triaged_again_and_that_is_asked_once(reception: Reception) -> None:
    visit, key = await reception.walk.triaged(age=30), uuid4()
    for _ in range(2):
        await corrected(reception, visit["patient_id"], key, date_of_birth="2024-02-29")
    (task,) = await reception.tasks(visit["id"], "REREAD_DECISIONS")
    assert (task["role"], task["status"]) == (NURSE, "OPEN")
    row = await require_sound(reception.clinic, visit["id"])
    assert (row["age_years"], row["version"]) == (2, visit["version"] + 1)
    await require_whole_audit(reception.clinic)


async def test_another_name_or_an_age_of_the_same_limits_asks_nothing_of_anybody(reception: Reception) -> None:
    visit = await reception.walk.triaged(age=30)
    await corrected(reception, visit["patient_id"], last_name="Sahihi")
    await corrected(reception, visit["patient_id"], age=34)
    assert not await reception.tasks(visit["id"], "REREAD_DECISIONS")
    row = await require_sound(reception.clinic, visit["id"])
    assert (row["age_years"], row["version"]) == (34, visit["version"] + 1)


async def test_a_visit_that_is_over_stays_as_it_was_known(reception: Reception) -> None:
    patient = await reception.registered(age=30)
    await corrected(reception, patient["id"], age=3)
    (row,) = await reception.clinic.rows("select age_years, version from visits where patient_id = %s", patient["id"])
    assert (row["age_years"], row["version"]) == (30, 2)


async def test_a_visit_that_stays_goes_on_by_the_birth_that_a_merge_brings(reception: Reception) -> None:
    stays = await reception.walk.triaged(age=30, national_id=None)
    young = await reception.registered(age=None, date_of_birth="2024-02-29")
    await reception.merged({"id": stays["patient_id"]}, young, confirmed=True)
    (task,) = await reception.tasks(stays["id"], "REREAD_DECISIONS")
    assert task["role"] == NURSE
    row = await require_sound(reception.clinic, stays["id"])
    assert (row["age_years"], row["version"]) == (2, stays["version"] + 1)


async def test_a_correction_while_no_worker_runs_is_seen_when_one_is_back(bare: Reception) -> None:
    async with bare.clinic.worker():
        patient, visit = await bare.arrives(age=30)
    await corrected(bare, patient["id"], age=3)
    async with bare.clinic.worker():
        look = {"vital_signs": WITHOUT_PRESSURE, "notes": ""}
        await bare.walk.done(NURSE, "PUT", f"/api/visits/{visit['id']}", look)
    assert (await require_sound(bare.clinic, visit["id"]))["age_years"] == 3
