"""Reception: who returns, and what a form must say."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from models.staff import Role
from tests.walks import Walk, new_patient


def said(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def test_a_returning_patient_is_found_by_id_or_national_id_or_not_at_all(walk: Walk) -> None:
    visit = await walk.seen()
    await walk.paid(visit["id"])
    await walk.discharged(visit["id"])
    path = f"/api/patients/{visit['patient_id']}"
    patient = (await walk.does(Role.RECEPTIONIST, "GET", path)).json()
    arrival = {"registration_type": "RETURNING", "chief_complaint": "Cough", "payment_type": "CASH"}
    for found_by in ({"patient_id": patient["id"]}, {"national_id": patient["national_id"]}):
        made = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", {**arrival, **found_by})
        assert made["patient"] == patient
        assert made["visit"]["op_number"] != visit["op_number"]
        (entry,) = await walk.clinic.rows("select * from audit_logs where visit_id = %s", made["visit"]["id"])
        told = (entry["action"], entry["resource"], str(entry["resource_id"]), entry["details"])
        assert told == ("CREATE", "VISIT", made["visit"]["id"], "Visit opened")
        reason = {"kind": "cancel_visit", "reason": "Went home"}
        await walk.done(Role.RECEPTIONIST, "POST", f"/api/visits/{made['visit']['id']}/actions", reason)
    for unknown in ({"patient_id": str(uuid4())}, {"national_id": "NOBODY-1"}):
        answer = await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", {**arrival, **unknown})
        assert said(answer) == (404, "/problems/not-found")
    assert (await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", arrival)).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"age": None},
        {"date_of_birth": "1990-01-01"},
        {"age": None, "date_of_birth": "2090-01-01"},
        {"age": -1},
        {"age": 131},
        {"first_name": None},
        {"first_name": "  "},
        {"gender": "F"},
        {"phone_number": "12"},
        {"insurance_type": "MPESA"},
        {"payment_type": "FREE"},
        {"registration_type": "OLD"},
        {"chief_complaint": ""},
        {"email": "nobody"},
        {"national_id": "!"},
        {"patient_id": "00000000-0000-4000-8000-000000000001"},
    ],
    ids=str,
)
async def test_a_wrong_registration_writes_nothing(walk: Walk, wrong: dict[str, Any]) -> None:
    form = new_patient(**wrong)
    answer = await walk.does(Role.RECEPTIONIST, "POST", "/api/patients", form)
    assert said(answer) == (422, "/problems/invalid")
    assert not await walk.clinic.rows("select 1 from patients where national_id = %s", form["national_id"])


@pytest.mark.parametrize("phone", ["0712345678", "712345678", "254712345678", "+254 712 345 678", "0712-345-678"])
async def test_kenyan_phone_numbers_are_stored_alike(walk: Walk, phone: str) -> None:
    made = await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient(phone_number=phone))
    assert made["patient"]["phone_number"] == "+254712345678"
