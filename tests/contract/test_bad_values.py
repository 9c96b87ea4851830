"""Days, measurements, results and quantities that cannot be, named by their field; and odd ones that can."""

import json
from typing import Any

import pytest

from models.staff import Role
from tests.contract.forms import APPOINTMENT, DOSE, IMMUNIZATIONS, METHOD, RESULTS, SERVICE, TRIAGE, Write
from tests.contract.sending import named, nothing_written, sent
from tests.walks import PRESCRIPTION, Walk, fresh, new_patient

DATES: tuple[tuple[Role, str, dict[str, Any], str], ...] = (
    (Role.RECEPTIONIST, "/api/patients", new_patient(age=None), "date_of_birth"),
    (Role.IMMUNIZATION_NURSE, IMMUNIZATIONS, DOSE, "immunization_date"),
    (Role.FAMILY_PLANNING_COUNSELOR, "/api/family-planning/patients/{id}/records", METHOD, "start_date"),
    (Role.MCH_NURSE, "/api/mch-services/patients/{id}/services", SERVICE, "service_date"),
    (Role.RECEPTIONIST, "/api/appointments", {**APPOINTMENT, "patient_id": fresh()}, "appointment_date"),
)


@pytest.mark.parametrize(("who", "path", "form", "field"), DATES)
@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "0000-01-01", "10000-01-01", "30/01/2026", "", "today", -1, 0, 1e20, 86400, "86400", True, "-1"],
)
async def test_a_day_that_is_none_is_refused(
    walk: Walk, who: Role, path: str, form: dict[str, Any], field: str, day: Any
) -> None:
    write = Write("POST", path, {**form, field: day}, frozenset({who}))
    async with nothing_written(walk):
        assert field in named(await sent(walk, write, json.dumps(write.body).encode()))


CHOICES = {
    "immunization_date": ("vaccine_id", "/api/vaccines"),
    "service_date": ("service_id", "/api/mch-services"),
}


async def test_a_dose_or_a_service_is_not_given_tomorrow(walk: Walk) -> None:
    visit = await walk.triaged()
    for who, path, form, field in (d for d in DATES if d[3] in CHOICES):
        chooses, listed = CHOICES[field]
        item = (await walk.does(who, "GET", listed)).json()["items"][0]["id"]
        body = {**form, chooses: item, "visit_id": visit["id"], field: "2099-01-01"}
        async with nothing_written(walk):
            answer = await walk.does(who, "POST", path.replace("{id}", visit["patient_id"]), body)
            assert named(answer) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", "24.9"),
        ("temperature", 45.1),
        ("temperature", "NaN"),
        ("temperature", True),
        ("pulse", "95.5"),
        ("pulse", -1),
        ("pulse", True),
        ("blood_pressure", "140"),
        ("blood_pressure", "90/140"),
        ("blood_pressure", "a/b"),
        ("blood_pressure", "140/90/60"),
        ("blood_pressure", [140, 90]),
        ("spo2_percent", 101),
        ("weight_kg", 0),
        ("height_cm", "inf"),
        ("avpu", "AWAKE"),
        ("mobility", ""),
        ("trauma", "maybe"),
        ("temperature_c", 38),
    ],
)
async def test_a_vital_sign_that_no_body_shows_is_refused(walk: Walk, field: str, value: Any) -> None:
    visit = await walk.registered()
    body = {**TRIAGE, "vital_signs": {**TRIAGE["vital_signs"], field: value}}
    async with nothing_written(walk):
        answer = await walk.does(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
        assert named(answer) == {"vital_signs"}


@pytest.mark.parametrize(
    "results",
    [
        {"hb": float("nan")},
        {"hb": float("-inf")},
        {"hb": [1, 2]},
        {"hb": {"value": 14}},
        {"hb": "x" * 1001},
        {"hb": "a\x00"},
        {"a\x00": 1},
        {"\ud800": 1},
        {"hb": "\udfff"},
        {"": 1},
        {"x" * 101: 1},
        {f"r{n}": n for n in range(101)},
        {},
        [],
        "14.2",
    ],
    ids=lambda results: str(results)[:30].encode("ascii", "backslashreplace").decode(),
)
async def test_results_that_cannot_be_kept_are_refused(walk: Walk, results: Any) -> None:
    visit = await walk.taken_in()
    test = await walk.test_ordered(visit["id"])
    content = json.dumps({"status": "COMPLETED", "results": results}).encode()
    write = Write("PUT", f"/api/lab-requests/{test['id']}", {}, frozenset({Role.LAB_TECHNICIAN}))
    async with nothing_written(walk):
        assert named(await sent(walk, write, content)) <= {"results", "body"}
    assert (await walk.results(test["id"]))["results"] == {"hemoglobin": "14.2"}


async def test_results_of_every_plain_kind_are_kept_as_they_are(walk: Walk) -> None:
    visit = await walk.taken_in()
    test = await walk.test_ordered(visit["id"])
    results = {"hb": 14.2, "wbc": 7500, "big": 10**30, "malaria": False, "note": "C:\\x00 é 😀", "none": None}
    done = await walk.done(
        Role.LAB_TECHNICIAN, "PUT", f"/api/lab-requests/{test['id']}", {**RESULTS, "results": results}
    )
    assert done["results"] == results
    read = await walk.does(Role.LAB_TECHNICIAN, "GET", f"/api/lab-requests/{test['id']}")
    assert read.json()["results"] == results


@pytest.mark.parametrize("quantity", [0, -1, 10_001, 1.5, True, "many", "1_0", 10**40])
async def test_a_quantity_is_a_whole_number_that_a_pharmacy_has(walk: Walk, quantity: Any) -> None:
    visit = await walk.taken_in()
    write = Write("POST", "/api/prescriptions", {}, frozenset({Role.CLINICAL_OFFICER}))
    body = {**PRESCRIPTION, "visit_id": visit["id"], "quantity": quantity}
    async with nothing_written(walk):
        assert named(await sent(walk, write, json.dumps(body).encode())) == {"quantity"}


async def test_words_of_every_language_are_kept(walk: Walk) -> None:
    form = new_patient(first_name="Ngũgĩ 😀", last_name="ወንድሙ", chief_complaint="Maumivu — «kichwa»\n\ttangu jana")
    made = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form)
    assert (made["patient"]["first_name"], made["patient"]["last_name"]) == ("Ngũgĩ 😀", "ወንድሙ")
    assert (await walk.visit(made["visit"]["id"]))["chief_complaint"] == form["chief_complaint"]
