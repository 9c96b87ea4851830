"""What the pharmacy cannot hand out today: set aside, replaced, or owed to the patient, who may go."""

from datetime import timedelta
from uuid import UUID

from activities.visit_report import report_of
from integrations.database import writing_pool
from models.messages import Template
from models.staff import Role
from tests.clinic import eventually
from tests.pharmacy.counter import PHARMACY, REASON, SUPERVISOR, Counter, warned
from tests.walks import PRESCRIPTION
from tests.workflow.test_clock import waits

A_DAY = timedelta(days=1)


async def test_an_empty_shelf_holds_the_prescription(counter: Counter) -> None:
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, await counter.drug())
    held = await counter.handed_out(prescription, "OUT_OF_STOCK", dispensing_notes="Comes tomorrow")
    assert (held["status"], held["request_status"]) == ("OUT_OF_STOCK", "on-hold")
    assert (held["dispense"]["status"], held["dispense"]["status_reason"]) == ("on-hold", "OUT-OF-STOCK")
    assert held["visit"]["waiting_at"] == ["PHARMACY"]
    assert (await counter.handed_out(prescription))["request_status"] == "completed"


async def test_a_patient_to_whom_drugs_are_owed_goes_and_the_debt_stays(counter: Counter) -> None:
    code = await counter.drug()
    await counter.receive(code, 4)
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, code, 10)
    given = await counter.handed_out(prescription, "OWED", quantity_dispensed=4)
    assert (given["status"], given["quantity_dispensed"], given["request_status"]) == ("OWED", 4, "active")
    owed = await counter.owed(visit)
    shown = [{"prescription_id": prescription, "quantity": 6, "obligation_id": owed["id"]}]
    assert given["visit"]["owed_drugs"] == shown
    assert (owed["kind"], owed["quantity"], owed["status"]) == ("DRUGS_OWED", 6, "OPEN")
    left = await counter.leaves(visit)
    assert (left["status"], left["owed_drugs"]) == ("COMPLETED", shown)
    assert (await counter.task(visit))["role"] == "PHARMACIST"

    arrived = await counter.receive(code, 20)
    assert [one["prescription_id"] for one in arrived["owed"]] == [prescription]
    some = await counter.handed_out(prescription, "PARTIALLY_DISPENSED", quantity_dispensed=2)
    assert (some["status"], some["visit"]["owed_drugs"][0]["quantity"]) == ("OWED", 4)
    assert (await counter.owed(visit))["quantity"] == 4
    done = await counter.handed_out(prescription)
    assert (done["status"], done["request_status"], done["visit"]["owed_drugs"]) == ("DISPENSED", "completed", [])
    assert await counter.require_sound(code) == 14
    assert await counter.debt(owed).result() == "DONE"
    assert (await counter.owed(visit))["status"] == "DONE"
    assert await counter.tasks(visit) == []
    assert [d["quantity"] for d in await counter.listed(f"/api/prescriptions/{prescription}/dispenses")] == [4, 2, 4]


async def test_nothing_at_all_may_be_owed_too(counter: Counter) -> None:
    code = await counter.drug()
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, code, 10)
    given = await counter.handed_out(prescription, "OWED")
    assert (given["quantity_dispensed"], given["dispense"]["status"]) == (0, "on-hold")
    assert given["visit"]["status"] == "AWAITING_PAYMENT"
    again = await counter.hands_out(prescription, "OUT_OF_STOCK")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-done")


async def test_what_cannot_be_had_is_paid_back(counter: Counter) -> None:
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, await counter.drug(), 10)
    await counter.handed_out(prescription, "OWED", quantity_dispensed=4)
    await counter.leaves(visit)
    gone = await counter.handed_out(prescription, "CANCELLED", dispensing_notes="No longer made")
    assert (gone["status"], gone["request_status"], gone["dispense"]["status"]) == ("CANCELLED", "stopped", "declined")
    assert (gone["visit"]["balance"], gone["visit"]["total_amount"]) == ("-60.00", "340.00")
    assert (await counter.owed(visit))["outcome"] == "Cancelled"


async def test_who_is_late_with_a_debt_is_asked_by_the_supervisor(counter: Counter) -> None:
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, await counter.drug(), 10)
    await counter.handed_out(prescription, "OWED")
    task = await counter.task(visit)
    debt = counter.debt(await counter.owed(visit))
    await waits(debt)
    await counter.skipper.fast_forward(debt, 3 * A_DAY + timedelta(minutes=1))

    async def is_escalated() -> bool:
        (late,) = await counter.tasks(visit)
        return bool(late["escalated_to"] == SUPERVISOR)

    await eventually(is_escalated)
    assert task["due_at"]
    await counter.handed_out(prescription)
    assert await debt.result() == "DONE"


async def test_another_drug_takes_the_place_of_the_rest(counter: Counter) -> None:
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, "Diclofenac", 10)
    await counter.handed_out(prescription, "PARTIALLY_DISPENSED", quantity_dispensed=4)
    instead = {"medication_name": "ibuprofen", "quantity": 6, "reason": "None left"}
    given = await counter.handed_out(prescription, substitution=instead)
    dispense = given["dispense"]
    assert (given["status"], given["quantity_dispensed"], given["substituted_by"]) == ("DISPENSED", 4, "Ibuprofen")
    assert (dispense["medication_name"], dispense["quantity"], dispense["was_substituted"]) == ("Ibuprofen", 6, True)
    assert dispense["substitution_reason"] == "None left"
    bill = await counter.read(f"/api/visits/{visit['id']}/bill")
    lines = {line["code"]: (line["quantity"], line["amount"]) for line in bill["lines"]}
    assert lines["Diclofenac"] == (4, "20.00")
    assert lines["Ibuprofen"] == (6, "30.00")
    assert bill["total"] == given["visit"]["total_amount"] == "350.00"


async def test_what_is_no_listed_substitute_wants_a_reason_and_is_looked_at(counter: Counter) -> None:
    visit = await counter.walk.seen()
    await counter.allergic(visit, "Penicillin")
    prescription = await counter.prescribed(visit, "Azithromycin", 3)
    instead = {"medication_name": "Amoxicillin", "quantity": 15, "reason": "None left"}
    assert warned(await counter.hands_out(prescription, substitution=instead)) == ["ALLERGY", "NOT_INTERCHANGEABLE"]
    given = await counter.handed_out(prescription, substitution=instead, override=REASON)
    assert given["dispense"]["checks"]["override"]["reason"] == REASON["reason"]


async def test_a_substitute_leaves_its_own_shelf(counter: Counter) -> None:
    code, other = await counter.drug(), await counter.drug()
    await counter.receive(other, 8)
    prescription = await counter.prescribed(await counter.walk.seen(), code, 8)
    instead = {"medication_name": other, "reason": "The same, of another maker"}
    await counter.handed_out(prescription, substitution=instead, override=REASON)
    assert await counter.require_sound(other) == 0


async def test_the_patient_s_letter_says_what_was_handed_out_and_what_is_still_to_come(counter: Counter) -> None:
    visit = await counter.walk.seen()
    owed = await counter.prescribed(visit, await counter.drug(), 10)
    await counter.handed_out(owed, "OWED", quantity_dispensed=4)
    replaced = await counter.prescribed(visit, "Diclofenac", 10)
    await counter.handed_out(replaced, substitution={"medication_name": "Ibuprofen", "reason": "None left"})
    async with writing_pool(counter.clinic.settings, size=2) as pool, pool.connection() as db:
        report = await report_of(db, UUID(visit["id"]), Template.VISIT_REPORT)
    assert report is not None
    entries = next(section.entries for section in report.sections if section.title == "Medicines")
    assert "6 still to be collected at the pharmacy" in entries[0][1]
    assert entries[1] == ("Ibuprofen, in place of Diclofenac", "As the pharmacy explained")


async def test_a_debt_is_handed_out_and_not_told(counter: Counter) -> None:
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, await counter.drug())
    await counter.handed_out(prescription, "OWED")
    owed = await counter.owed(visit)
    path = f"/api/visits/{visit['id']}/actions"
    form = {"kind": "tell_patient", "obligation_id": owed["id"], "outcome": "Called"}
    answer = await counter.walk.does(Role.CLINICAL_OFFICER, "POST", path, form)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


async def test_the_pharmacist_alone_hands_out_and_nobody_with_words_that_contradict(counter: Counter) -> None:
    visit = await counter.walk.seen()
    prescription = await counter.prescribed(visit, await counter.drug())
    for body in (
        {"status": "OUT_OF_STOCK", "quantity_dispensed": 1},
        {"status": "OWED", "quantity_dispensed": 10},
        {"status": "OWED", "substitution": {"medication_name": "Zinc", "reason": "x"}},
        {"status": "DISPENSED", "substitution": {"medication_name": "Nothing-Like-It", "reason": "x"}},
    ):
        answer = await counter.walk.does(PHARMACY, "PUT", f"/api/prescriptions/{prescription}", body)
        assert answer.status_code == 422, answer.text
    assert PRESCRIPTION["medication_name"] == "Paracetamol"
