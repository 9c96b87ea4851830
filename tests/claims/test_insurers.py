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
    await counter.billed(visit["id"], "MFANO-CARD", member_number="CARD-88001")
    await counter.task(visit["id"], "CHECK_IN_WITH_INSURER")
    answer = await counter.sandbox.act("smart", "check-ins", patient_number="CARD-88001")
    assert answer.is_success, answer.text
    claim = await counter.becomes(visit["id"], "APPROVED", "PAID")
    assert claim["gateway"] == "smart"
    assert (await counter.sandbox.book("smart"))["duplicates"] == 0
    paid = await counter.acts(claim, kind="record", status="PAID", amount_paid="300")
    assert paid["id"] == claim["id"]
    await counter.becomes(visit["id"], "PAID")
