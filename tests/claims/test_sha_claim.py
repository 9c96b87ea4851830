"""SHA: from the patient's consent to the payment, once, whatever happens to the call."""

from models.staff import Role
from tests.claims.conftest import CODE, Counter
from tests.clinic import eventually


async def test_a_claim_goes_from_consent_to_payment_once(counter: Counter) -> None:
    visit = await counter.consulted()
    invoice = await counter.invoiced(visit["id"])
    assert (invoice["visit"]["balance"], invoice["visit"]["payment_status"]) == ("0.00", "COVERED")
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "PAID")
    assert (claim["submitted_at"] is not None, claim["amount"]) == (True, "300.00")
    assert claim["payer_reference"]
    assert await counter.handed_in(claim) == 1
    statuses = [step["status"] for step in claim["steps"]]
    assert statuses[0] == "AWAITING_CONSENT"
    assert statuses.index("QUEUED") < statuses.index("PAID")


async def test_the_code_may_be_given_at_the_start_of_the_visit(counter: Counter) -> None:
    visit = await counter.walk.registered(payment_type="SHA", insurance_type="SHA")
    asked = await counter.otp(visit["id"])
    assert asked["status"] == "AWAITING_CONSENT"
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "OPEN")
    assert await counter.handed_in(claim) == 0
    sent = await counter.sandbox.ledger("sha", kind="code")
    assert sum(visit["op_number"] in str(entry) for entry in sent) <= 1


async def test_a_wrong_code_is_asked_for_again(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], "999999")

    async def is_refused() -> bool:
        return "said no" in (await counter.claim_of(visit["id"])).get("reason", "")

    await eventually(is_refused)
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "AWAITING_AGREEMENT")


async def test_a_diagnosis_without_a_code_for_the_payer_becomes_a_task_and_is_never_dropped(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.diagnosed(visit["id"], diagnosis_code="R07.4", diagnosis_name="Chest pain")
    await counter.invoiced(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "NEEDS_CODING")
    assert "R07.4" in claim["reason"]
    task = await counter.task(visit["id"], "CODE_DIAGNOSIS")
    assert (task["role"], task["claim_id"]) == ("CASHIER", claim["id"])
    await counter.acts(claim, kind="correct", diagnoses=[{"icd10": "R07.4", "icd11": "MD30.Z"}])
    await counter.becomes(visit["id"], "AWAITING_AGREEMENT")

    async def is_closed() -> bool:
        return "CODE_DIAGNOSIS" in {one["kind"] for one in await counter.tasks(visit["id"], "DONE")}

    await eventually(is_closed)


async def test_an_answer_lost_after_the_effect_hands_nothing_in_twice(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.sandbox.breaks("sha", "timeout_after_effect", path="/claims/submit", count=1, seconds=25)
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "PAID", seconds=90)
    assert "UNCERTAIN" in [step["status"] for step in claim["steps"]]
    assert await counter.handed_in(claim) == 1


async def test_a_page_where_an_answer_should_be_is_looked_into_before_anything_is_repeated(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.sandbox.breaks("sha", "html_400", path="/claims/submit", count=1)
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "UNCERTAIN")
    assert await counter.handed_in(claim) == 0
    claim = await counter.becomes(visit["id"], "PAID", seconds=120)
    assert await counter.handed_in(claim) == 1


async def test_what_is_sent_back_is_corrected_and_handed_in_again(counter: Counter) -> None:
    visit = await counter.consulted(national_id="TEST-000000409")
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "SENT_BACK")
    await counter.task(visit["id"], "ANSWER_PAYER")
    await counter.acts(claim, kind="resubmit", notes="checked")
    await counter.becomes(visit["id"], "PAID")


async def test_a_missing_document_is_attached(counter: Counter) -> None:
    visit = await counter.consulted(national_id="TEST-000000410")
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "MISSING_DOCUMENTS")
    await counter.task(visit["id"], "ADD_DOCUMENT")
    await counter.acts(claim, kind="attach", document_kind="CLAIM_FORM", file_name="form.pdf", content="JVBERi0xLjQK")
    await counter.acts(claim, kind="resubmit")
    await counter.becomes(visit["id"], "PAID")
    (paper,) = await counter.clinic.rows("select * from claim_documents where claim_id = %s", claim["id"])
    assert paper["attached_at"]
    assert b"%PDF" not in paper["content"]


async def test_a_rejection_is_decided_by_a_clerk(counter: Counter) -> None:
    visit = await counter.consulted(national_id="TEST-000000411")
    await counter.invoiced(visit["id"])
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "REJECTED")
    await counter.task(visit["id"], "DECIDE_ON_REJECTION")
    await counter.acts(claim, kind="appeal", reason="The member was covered that day")
    await counter.becomes(visit["id"], "APPEALED")
    await counter.acts(claim, kind="close", reason="The appeal was lost")
    closed = await counter.becomes(visit["id"], "CLOSED")
    late = await counter.walk.does(Role.CASHIER, "POST", f"/api/claims/{closed['id']}/actions", {"kind": "resubmit"})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/visit-closed")


async def test_what_opens_the_claim_at_the_payer_is_stored_sealed_and_shown_to_nobody(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.invoiced(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    (row,) = await counter.clinic.rows("select session from claims where id = %s", claim["id"])
    assert b"token" not in row["session"]
    assert "session" not in claim


async def test_a_visit_that_nobody_invoices_closes_its_claim(counter: Counter) -> None:
    visit = await counter.consulted()
    await counter.otp(visit["id"])
    await counter.sent(1, visit["id"])
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "OPEN")
    await counter.walk.paid(visit["id"])
    await counter.walk.discharged(visit["id"])
    await counter.acts(claim, kind="check")
    await counter.becomes(visit["id"], "CLOSED")


async def test_a_patient_who_pays_has_no_claim(counter: Counter) -> None:
    visit = await counter.consulted(payment_type="CASH")
    answer = await counter.walk.does(Role.CASHIER, "POST", f"/api/visits/{visit['id']}/claim/otp", {})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    assert (await counter.walk.does(Role.CASHIER, "GET", f"/api/visits/{visit['id']}/coverage")).status_code == 404
