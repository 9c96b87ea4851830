"""Records that were entered in error: marked wherever they are listed, and without effect from then on."""

import asyncio
from typing import Any
from uuid import UUID

from activities.claim_forms import diagnoses_of
from activities.visit_report import report_of
from integrations.database import writing_pool
from models.messages import Template
from models.staff import Role
from tests.clinic import eventually
from tests.contract.forms import REACTIONS
from tests.contract.records import everything_recorded
from tests.laboratory.bench import LAB, LOW, OFFICER, SUPERVISOR
from tests.undoing.records_desk import RecordsDesk
from tests.walks import VITALS, fresh

KINDS = {
    "diagnosis": ("DIAGNOSIS", "/api/diagnoses"),
    "test": ("LAB_REQUEST", "/api/lab-requests"),
    "handed": ("DISPENSING", "/api/medication-dispenses"),
    "prescription": ("PRESCRIPTION", "/api/prescriptions"),
    "dose": ("IMMUNIZATION", "/api/immunizations"),
    "planning": ("FAMILY_PLANNING", "/api/family-planning-records"),
    "contact": ("MCH_SERVICE", "/api/mch-records"),
    "encounter": ("ENCOUNTER", "/api/patient-encounters"),
}
NURSE, PHARMACIST = Role.TRIAGE_NURSE, Role.PHARMACIST


async def test_every_record_of_a_visit_stays_readable_and_is_marked_wherever_it_is_listed(records: RecordsDesk) -> None:
    visit, made = await everything_recorded(records.walk)
    me = (await records.read("/api/me", SUPERVISOR))["id"]
    for name, (record, path) in KINDS.items():
        id = made[name]["id"]
        answer = await records.marked(SUPERVISOR, visit, record, id)
        for listed in (f"visit_id={visit['id']}", f"patient_id={visit['patient_id']}"):
            (one,) = [one for one in await records.listed(f"{path}?{listed}") if one["id"] == id]
            assert (one["entered_in_error_by"], one["entered_in_error_reason"]) == (me, "Of another patient"), name
            assert one["entered_in_error_at"] == answer["entered_in_error_at"]
        again = await records.marks(SUPERVISOR, visit, record, id)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/already-done")
        assert (await records.audited(id))[0]["details"] == "Entered in error"
        assert (await records.audited(id))[0]["resource"] == {"DISPENSING": "MEDICATION_DISPENSE"}.get(record, record)
    now = await records.walk.visit(visit["id"])
    assert (now["total_amount"], now["waiting_at"], now["open_orders"]) == ("0.00", ["CONSULTATION"], [])
    assert (now["balance"], await records.bill(visit)) == ("-112.50", []), "what was paid and covered is owed back"
    timeline = await records.listed(f"/api/visits/{visit['id']}/timeline")
    marking = {item["command_id"] for item in timeline if item["kind"] == "enter_in_error"}
    marked = {item["command_id"]: item["entered_in_error_by"] for item in timeline if item["entered_in_error_by"]}
    assert set(marked) == {made[name]["id"] for name in KINDS}
    assert set(marked.values()) == marking


async def test_a_patient_whose_only_triage_was_an_error_waits_for_triage_again(records: RecordsDesk) -> None:
    visit = await records.walk.triaged("URGENT")
    (look,) = await records.listed(f"/api/patient-encounters?visit_id={visit['id']}")
    answer = await records.marked(NURSE, visit, "ENCOUNTER", look["id"])
    shown = answer["visit"]
    assert (shown["status"], shown["waiting_at"]) == ("REGISTERED", ["TRIAGE"])
    assert (shown["triage_category"], shown["triage_colour"]) == (None, None)
    assert visit["id"] in {item["visit_id"] for item in await records.listed("/api/queues/TRIAGE")}
    body = {"vital_signs": VITALS, "notes": ""}
    again = await records.walk.done(NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    assert (again["status"], again["triage_category"]) == ("TRIAGED", "URGENT")


async def test_only_who_wrote_it_or_who_supervises_may_mark_it(records: RecordsDesk) -> None:
    visit = await records.walk.seen()
    test = await records.walk.test_ordered(visit["id"])
    no = await records.marks("clinical_officer_2", visit, "LAB_REQUEST", test["id"])
    assert (no.status_code, no.json()["roles"]) == (403, ["ADMIN", "SUPERVISOR"])
    assert (await records.marked(Role.ADMIN, visit, "LAB_REQUEST", test["id"]))["status"] == "CANCELLED"


async def test_a_critical_result_of_another_patient_stops_asking(records: RecordsDesk) -> None:
    visit, test = await records.ordered()
    await records.report(test, LOW)
    await records.told(visit, 1)
    await records.task(visit, "ACKNOWLEDGE_CRITICAL")
    answer = await records.marked(OFFICER, visit, "LAB_REQUEST", test)
    assert (answer["status"], answer["results"]) == ("COMPLETED", {"hemoglobin": LOW})
    assert (answer["visit"]["open_orders"], answer["visit"]["total_amount"]) == ([], "300.00")
    assert await records.loop(test).result() == "CORRECTED"
    await records.no_task(visit, "ACKNOWLEDGE_CRITICAL")
    form = {"lab_request_id": test, "results": {"hemoglobin": "14"}, "reason": "Late"}
    path = f"/api/visits/{visit['id']}/actions"
    no = await records.walk.does(LAB, "POST", path, {"kind": "correct_lab_result", **form})
    assert (no.status_code, no.json()["type"]) == (409, "/problems/already-done")


async def test_what_a_patient_was_to_be_told_of_a_wrong_result_is_not_owed_any_more(records: RecordsDesk) -> None:
    visit, test = await records.ordered()
    await records.leaves(visit)
    await records.report(test)
    await records.task(visit, "TELL_PATIENT")
    (owed,) = await records.owed(visit)
    answer = await records.marked(OFFICER, visit, "LAB_REQUEST", test)
    assert (answer["visit"]["status"], answer["visit"]["balance"]) == ("COMPLETED", "-500.00"), "a refund is owed"
    assert await records.debt(owed).result() == "CANCELLED"
    await records.no_task(visit, "TELL_PATIENT")
    assert (await records.owed(visit, "CANCELLED"))[0]["outcome"] == "Of another patient"


async def test_who_has_left_with_a_wrong_result_is_told_that_it_was_wrong(records: RecordsDesk) -> None:
    visit, test = await records.ordered()
    await records.report(test)
    await records.walk.encounter(visit["id"])
    await records.walk.paid(visit["id"])
    await records.walk.discharged(visit["id"])
    await records.done_with(visit)
    await records.marked(SUPERVISOR, visit, "LAB_REQUEST", test)
    (owed,) = await records.owed(visit)
    assert (owed["kind"], owed["lab_request_id"]) == ("RESULT_TO_TELL", test)
    await records.task(visit, "TELL_PATIENT")
    await records.acts(OFFICER, visit, "tell_patient", obligation_id=owed["id"], outcome="Called")
    assert await records.debt(owed).result() == "DONE"


async def test_a_dose_that_was_not_given_is_neither_counted_nor_watched(records: RecordsDesk) -> None:
    visit = await records.walk.triaged(age=None, date_of_birth="2026-11-20")
    dose = await records.vaccinated(visit, "BCG")
    assert dose["visit"]["observe_until"]
    path = REACTIONS.replace("{id}", visit["patient_id"])
    form = {"immunization_id": dose["id"], "reaction": "Collapse", "severity": "SEVERE", "anaphylaxis": True}
    seen = await records.walk.done(Role.IMMUNIZATION_NURSE, "POST", path, {"visit_id": visit["id"], **form})
    assert seen["visit"]["triage_category"] == "EMERGENCY"
    no = await records.marks(Role.IMMUNIZATION_NURSE, visit, "IMMUNIZATION", dose["id"])
    assert (no.status_code, no.json()["type"]) == (409, "/problems/outstanding-work")
    after = await records.marked(Role.IMMUNIZATION_NURSE, visit, "REACTION", seen["id"])
    assert after["visit"]["triage_category"] == visit["triage_category"]
    after = await records.marked(Role.IMMUNIZATION_NURSE, visit, "IMMUNIZATION", dose["id"])
    assert after["visit"]["observe_until"] is None
    plan = await records.read(f"/api/immunization/patients/{visit['patient_id']}/schedule")
    assert plan["history"] == []
    assert [one["given_on"] for one in plan["doses"] if one["vaccine"] == "BCG"] == [None]


async def test_the_return_that_an_error_had_booked_is_cancelled_with_its_reminder(records: RecordsDesk) -> None:
    visit = await records.walk.triaged()
    booked = await records.counselled(visit, "DMPA", book_return=True)
    reminder = records.clinic.clinic.temporal.get_workflow_handle(f"reminder-{booked['appointment_id']}")
    await records.marked(Role.FAMILY_PLANNING_COUNSELOR, visit, "FAMILY_PLANNING", booked["id"])
    assert (await records.read(f"/api/appointments/{booked['appointment_id']}"))["status"] == "CANCELLED"
    await reminder.result()


async def test_what_was_not_handed_out_waits_at_the_pharmacy_again(records: RecordsDesk) -> None:
    visit = await records.walk.seen()
    drug = await records.walk.prescribed(visit["id"])
    path = f"/api/prescriptions/{drug['id']}"
    await records.walk.done(PHARMACIST, "PUT", path, {"status": "PARTIALLY_DISPENSED", "quantity_dispensed": 5})
    no = await records.marks(OFFICER, visit, "PRESCRIPTION", drug["id"])
    assert (no.status_code, "DISPENSING" in no.json()["detail"]) == (409, True)
    (occasion,) = await records.listed(f"{path}/dispenses")
    answer = await records.marked(PHARMACIST, visit, "DISPENSING", occasion["id"])
    assert (answer["status"], answer["entered_in_error_reason"]) == ("entered-in-error", "Of another patient")
    waiting = await records.read(path)
    assert (waiting["status"], waiting["quantity_dispensed"], waiting["entered_in_error_at"]) == ("PENDING", 0, None)
    assert answer["visit"]["waiting_at"] == ["PHARMACY"]
    after = await records.marked(OFFICER, visit, "PRESCRIPTION", drug["id"])
    assert (after["visit"]["waiting_at"], after["visit"]["total_amount"]) == (["CASHIER"], "300.00")
    timeline = await records.listed(f"/api/visits/{visit['id']}/timeline")
    marked = [item["kind"] for item in timeline if item["entered_in_error_by"]]
    assert marked == ["prescribe", "dispense"]


async def test_a_claim_that_the_payer_has_is_looked_at_again_by_a_clerk(records: RecordsDesk) -> None:
    visit, made = await everything_recorded(records.walk)
    out = "update claims set handed_in = 'YES', submitted_at = now(), status = 'SUBMITTED' where visit_id = %s"

    async def is_there() -> bool:
        return bool(await records.clinic.rows(f"{out} returning id", visit["id"]))

    await eventually(is_there)
    await records.marked(SUPERVISOR, visit, "DIAGNOSIS", made["diagnosis"]["id"])
    task = await records.task(visit, "REVIEW_CLAIM")
    assert (task["role"], "entered in error" in task["words"]) == ("CASHIER", True)


async def test_what_was_an_error_is_not_claimed(records: RecordsDesk) -> None:
    visit = await records.walk.seen()
    codes = [("B54", "Malaria"), ("R51", "Headache")]
    for code, name in codes:
        body = {"visit_id": visit["id"], "diagnosis_code": code, "diagnosis_name": name}
        await records.walk.done(OFFICER, "POST", "/api/diagnoses", body)
    wrong = (await records.listed(f"/api/diagnoses?visit_id={visit['id']}"))[0]
    await records.marked(OFFICER, visit, "DIAGNOSIS", wrong["id"])
    body = {"visit_id": visit["id"], "sha_number": "SHA1", "service_given": "Care"}
    await records.walk.done(Role.CASHIER, "POST", "/api/sha-invoices", body)
    claimed = await claimed_diagnoses(records, visit)
    assert wrong["diagnosis_name"] not in claimed
    assert len(claimed) == 1


async def claimed_diagnoses(records: RecordsDesk, visit: dict[str, Any]) -> list[str]:

    async with writing_pool(records.clinic.settings, size=2) as pool, pool.connection() as db:
        return [row["diagnosis_name"] for row in await diagnoses_of(db, {"visit_id": visit["id"]})]


async def test_a_double_click_marks_it_once(records: RecordsDesk) -> None:
    visit = await records.walk.seen()
    test, key = await records.walk.test_ordered(visit["id"]), fresh()
    send = [records.marks(OFFICER, visit, "LAB_REQUEST", test["id"], key) for _ in range(2)]
    first, again = await asyncio.gather(*send)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    another = await asyncio.gather(*(records.marks(OFFICER, visit, "LAB_REQUEST", test["id"]) for _ in range(2)))
    assert {answer.json()["type"] for answer in another} == {"/problems/already-done"}
    assert (await records.walk.visit(visit["id"]))["total_amount"] == "300.00"
    assert len(await records.audited(test["id"])) == 2


async def test_the_report_for_the_patient_leaves_out_what_was_an_error(records: RecordsDesk) -> None:
    visit, made = await everything_recorded(records.walk)
    async with writing_pool(records.clinic.settings, size=2) as pool, pool.connection() as db:
        before = await report_of(db, UUID(visit["id"]), Template.VISIT_REPORT)
        for name in ("diagnosis", "handed", "prescription", "dose", "planning", "contact", "encounter"):
            await records.marked(SUPERVISOR, visit, KINDS[name][0], made[name]["id"])
        after = await report_of(db, UUID(visit["id"]), Template.VISIT_REPORT)
    assert before
    assert after
    assert {"Findings", "Diagnoses", "Medicines", "Services"} <= {section.title for section in before.sections}
    assert not {"Findings", "Diagnoses", "Medicines", "Services"} & {section.title for section in after.sections}
