"""Insurers behind a gateway: the member's consent in their own way, one claim, and what a clerk must find out."""

from tests.claims.conftest import CODE, Counter


async def test_a_claim_goes_to_an_insurer_behind_slade_and_is_paid_by_a_remittance(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    billed = await counter.billed(visit["id"], "MFANO-EDI", member_number="EDI-77001")
    assert billed["visit"]["balance"] == "0.00"
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "PAID")
    assert (claim["gateway"], claim["amount"]) == ("slade", "300.00")
    book = await counter.sandbox.book("slade")
    assert book["duplicates"] == 0
    assert claim["number"] in str(book["items"])


async def test_a_claim_to_an_insurer_behind_smart_waits_for_the_card(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    await counter.billed(visit["id"], "MFANO-CARD", member_number="CARD-88408")
    await counter.task(visit["id"], "CHECK_IN_WITH_INSURER")
    answer = await counter.sandbox.act("smart", "check-ins", patient_number="CARD-88408")
    assert answer.is_success, answer.text
    claim = await counter.becomes(visit["id"], "APPROVED", "PAID")
    assert claim["gateway"] == "smart"
    assert (await counter.sandbox.book("smart"))["duplicates"] == 0
    paid = await counter.acts(claim, kind="record", status="PAID", amount_paid="300")
    assert paid["id"] == claim["id"]
    await counter.becomes(visit["id"], "PAID")


async def test_a_paper_that_a_payer_takes_only_later_is_sent_later(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    await counter.billed(visit["id"], "MFANO-EDI", member_number="EDI-77002")
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    claim = await counter.claim_of(visit["id"])
    await counter.acts(claim, kind="attach", document_kind="CLAIM_FORM", file_name="form.pdf", content="JVBERi0xLjQK")
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "PAID")
    (paper,) = await counter.clinic.rows("select * from claim_documents where claim_id = %s", claim["id"])
    assert paper["attached_at"]


async def test_a_paper_that_a_payer_never_takes_is_left_to_a_clerk(counter: Counter) -> None:
    visit = await counter.consulted("INSURANCE")
    await counter.billed(visit["id"], "MFANO-CARD", member_number="CARD-88409408")
    claim = await counter.becomes(visit["id"], "AWAITING_CONSENT")
    await counter.acts(claim, kind="attach", document_kind="LAB_RESULTS", file_name="lab.pdf", content="JVBERi0xLjQK")
    await counter.sandbox.act("smart", "check-ins", patient_number="CARD-88409408")
    task = await counter.task(visit["id"], "ADD_DOCUMENT")
    assert (task["closes_itself"], "LAB_RESULTS" in task["words"]) == (False, True)
    await counter.becomes(visit["id"], "APPROVED")
