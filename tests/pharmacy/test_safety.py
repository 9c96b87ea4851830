"""Allergies, duplicate therapy, age and pregnancy: looked at when prescribed and again when handed out."""

from typing import Any

import pytest

from models.staff import Role
from tests.pharmacy.counter import OFFICER, PHARMACY, REASON, SUPERVISOR, Counter, warned
from tests.walks import WELL, new_patient


async def test_an_allergy_stops_a_prescription_until_the_clinician_gives_a_reason(counter: Counter) -> None:
    visit = await counter.walk.seen()
    allergy = await counter.allergic(visit, "Penicillin")
    assert (allergy["code"], allergy["clinical_status"]) == ("PENICILLINS", "active")
    assert warned(await counter.prescribes(visit, "Amoxicillin")) == ["ALLERGY"]
    before = await counter.walk.visit(visit["id"])
    assert (before["open_orders"], before["total_amount"]) == ([], "300.00")
    answer = await counter.prescribes(visit, "Amoxicillin", override=REASON)
    assert answer.status_code == 201, answer.text
    checks = answer.json()["checks"]
    assert [one["kind"] for one in checks["warnings"]] == ["ALLERGY"]
    assert (checks["override"]["reason"], checks["override"]["role"]) == (REASON["reason"], "CLINICAL_OFFICER")
    audited = await counter.listed(f"/api/audit-logs?resource_id={answer.json()['id']}", SUPERVISOR)
    assert [entry["details"] for entry in audited] == ["Medication prescribed, overriding ALLERGY"]


async def test_what_the_clinician_overrode_the_pharmacist_decides_anew(counter: Counter) -> None:
    visit = await counter.walk.seen()
    await counter.allergic(visit)
    prescription = await counter.prescribed(visit, "Amoxicillin", override=REASON)
    assert warned(await counter.hands_out(prescription)) == ["ALLERGY"]
    given = await counter.handed_out(prescription, override=REASON)
    assert given["dispense"]["checks"]["override"]["role"] == "PHARMACIST"


async def test_an_allergy_that_is_told_afterwards_stops_the_pharmacist(counter: Counter) -> None:
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, "Amoxicillin")
    await counter.allergic(visit, "amoxicillin", PHARMACY)
    assert warned(await counter.hands_out(prescription)) == ["ALLERGY"]
    assert (await counter.walk.visit(visit["id"]))["waiting_at"] == ["PHARMACY"]


@pytest.mark.parametrize(
    "turned_out",
    [
        {"verification_status": "refuted"},
        {"verification_status": "entered-in-error"},
        {"clinical_status": "resolved"},
        {"clinical_status": "inactive"},
    ],
    ids=lambda says: str(*says.values()),
)
async def test_an_allergy_that_is_none_stops_nobody_and_stays_readable(
    counter: Counter, turned_out: dict[str, Any]
) -> None:
    visit = await counter.walk.seen()
    allergy = await counter.allergic(visit)
    await counter.acts(PHARMACY, visit, "change_allergy", allergy_id=allergy["id"], reason="Tolerated it", **turned_out)
    await counter.prescribed(visit, "Amoxicillin")
    (kept,) = await counter.listed(f"/api/patients/{visit['patient_id']}/allergies")
    assert (kept["substance"], kept["change_reason"]) == ("Penicillin", "Tolerated it")


async def test_an_allergy_goes_with_the_patient_to_the_next_visit(counter: Counter) -> None:
    visit = await counter.walk.seen()
    await counter.leaves(visit)
    await counter.allergic(visit, "Septrin")
    again = {"patient_id": visit["patient_id"], "chief_complaint": "Cough", "payment_type": "CASH"}
    other = await counter.walk.done(Role.RECEPTIONIST, "POST", "/api/visits", again)
    body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
    await counter.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{other['id']}", body)
    await counter.walk.done(OFFICER, "PUT", f"/api/visits/{other['id']}", {"status": "IN_CONSULTATION"})
    assert warned(await counter.prescribes(other, "Cotrimoxazole")) == ["ALLERGY"]


async def test_nobody_takes_two_of_a_kind(counter: Counter) -> None:
    visit = await counter.walk.seen()
    first = await counter.prescribed(visit, "Ibuprofen")
    assert warned(await counter.prescribes(visit, "Diclofenac")) == ["DUPLICATE_THERAPY"]
    assert warned(await counter.prescribes(visit, "Ibuprofen")) == ["DUPLICATE_THERAPY"]
    second = await counter.prescribed(visit, "Diclofenac", override=REASON)
    await counter.handed_out(first)
    assert warned(await counter.hands_out(second)) == ["DUPLICATE_THERAPY"]
    await counter.prescribed(visit, "Paracetamol")


async def test_what_was_cancelled_is_not_taken(counter: Counter) -> None:
    visit = await counter.walk.seen()
    await counter.handed_out(await counter.prescribed(visit, "Ibuprofen"), "CANCELLED")
    await counter.prescribed(visit, "Diclofenac")


async def test_a_child_too_young_for_a_medicine(counter: Counter) -> None:
    child = await counter.walk.seen(age=5)
    assert warned(await counter.prescribes(child, "Doxycycline")) == ["AGE"]
    older = await counter.walk.seen(age=8)
    await counter.prescribed(older, "Doxycycline")


async def test_a_pregnancy_that_triage_found_or_the_clinician_knows(counter: Counter) -> None:
    visit = await counter.walk.registered()
    body = {"vital_signs": {**WELL, "pregnant": True}, "triage_category": "NORMAL", "notes": ""}
    await counter.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    await counter.walk.done(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    assert warned(await counter.prescribes(visit, "Enalapril")) == ["PREGNANCY"]
    other = await counter.walk.seen()
    assert warned(await counter.prescribes(other, "Enalapril", pregnant=True)) == ["PREGNANCY"]
    prescription = await counter.prescribed(other, "Enalapril")
    (row,) = await counter.listed(f"/api/prescriptions?visit_id={other['id']}")
    assert (row["id"], row["checks"]["warnings"]) == (prescription, [])
    assert "nobody said whether the patient is pregnant" in row["checks"]["not_checked"][0]


async def test_antenatal_care_tells_of_a_pregnancy(counter: Counter) -> None:
    visit = await counter.walk.seen()
    services = (await counter.read("/api/mch-services"))["items"]
    antenatal = next(service["id"] for service in services if service["code"] == "ANC_FIRST")
    path = f"/api/mch-services/patients/{visit['patient_id']}/services"
    await counter.walk.done(Role.MCH_NURSE, "POST", path, {"visit_id": visit["id"], "service_id": antenatal})
    assert warned(await counter.prescribes(visit, "Losartan")) == ["PREGNANCY"]


async def test_a_medicine_that_the_catalogue_does_not_know_is_prescribed_and_says_so(counter: Counter) -> None:
    visit = await counter.walk.seen()
    await counter.prescribed(visit, await counter.drug())
    (row,) = await counter.listed(f"/api/prescriptions?visit_id={visit['id']}")
    assert "does not know this medicine" in row["checks"]["not_checked"][0]


async def test_what_a_client_sends_today_goes_on_working(counter: Counter) -> None:
    form = new_patient()
    visit = (await counter.walk.done(Role.RECEPTIONIST, "POST", "/api/patients", form))["visit"]
    body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
    await counter.walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    await counter.walk.done(OFFICER, "PUT", f"/api/visits/{visit['id']}", {"status": "IN_CONSULTATION"})
    for code in ("Paracetamol", "Amoxicillin"):
        given = await counter.handed_out(await counter.prescribed(visit, code), dispensing_notes="Counselled")
        assert (given["status"], given["request_status"]) == ("DISPENSED", "completed")
        assert given["dispense"]["status"] == "completed"


async def test_the_catalogue_is_readable_with_its_sources(counter: Counter) -> None:
    shown = await counter.read("/api/medicines")
    assert shown["signed_off_by"] == ""
    assert all(one["pregnancy"]["source"] for one in shown["medicine"] if "pregnancy" in one)
    assert {one["code"] for one in shown["class"]} >= {name for one in shown["medicine"] for name in one["classes"]}
