"""What SHA's exchange has been seen to say, and what was published of it: each shape means what it should."""

import copy
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrations.services.line import Answer, outside_client
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.services.sha.answers import Eligibility, InvoiceLine, PayerClaim, VirtualClaim
from integrations.services.sha.client import EClaims
from integrations.services.sha.covers import cover_of, masked
from integrations.services.sha.filling import changes
from integrations.services.sha.payer import Sha
from integrations.services.sha.refusals import explained
from integrations.services.sha.requests import billed, identification
from integrations.services.sha.statuses import NOT_SENT, OURS, PAYERS, standing
from integrations.settings import Settings
from models.claims import ClaimDiagnosis, ClaimState, Member, Phase, Purpose, Session
from tests.services.sha_stage import CODE, CONSULTATION, LABORATORY, Script, form, line, scripted_exchange

SHAPES = Path(__file__).parent / "shapes" / "sha"
REGISTERED = Member(member_number="CR0000000000000-0")
SESSION = Session(token="TESTTOKEN0", reference="INV/13545/75385", facts={"invoice_number": "INV/13545/75385"})
LONG_AGO = datetime(2026, 9, 20, tzinfo=UTC)


def shape(name: str) -> Any:
    return json.loads((SHAPES / f"{name}.json").read_text())


def claim_in(state: str, **changed: Any) -> dict[str, Any]:
    return {**shape("claim_opened"), "workflow_state": state, **changed}


@pytest.fixture(scope="module")
async def exchange() -> AsyncIterator[Script]:
    async with scripted_exchange() as script:
        yield script


@pytest.fixture(scope="module")
async def http(exchange: Script) -> AsyncIterator[httpx2.AsyncClient]:
    async with outside_client(Settings()) as client:
        yield client


@pytest.fixture
def script(exchange: Script) -> Script:
    """Without a script yet, and asked nothing."""
    exchange.answers.clear()
    exchange.asked.clear()
    return exchange


@pytest.fixture
def payer(script: Script, http: httpx2.AsyncClient) -> Sha:
    return Sha(EClaims(Settings(sha_url=script.base), http))


# --- cover


def test_a_member_is_found_though_the_answer_says_nothing_of_the_person() -> None:
    cover = cover_of(Eligibility.read(shape("eligibility_found")), LONG_AGO.date())
    assert (cover.is_found, cover.is_active, cover.member_number) == (True, True, "CR0000000000000-0")
    (scheme,) = cover.schemes
    assert (scheme.name, scheme.policy_number, scheme.reason) == ("UHC", "UHC-0000", "Payment is up to Date.")
    assert cover.raw == shape("eligibility_found")


@pytest.mark.parametrize(
    ("changed", "is_active"),
    [
        ({"status": 1}, True),
        ({"status": "0"}, False),
        ({"status": None}, False),
        ({"endDate": "2026-09-19"}, False),
        ({"endDate": "2026-09-20T21:00:00Z"}, True),
        ({"startDate": "2026-09-21"}, False),
        ({"startDate": "", "endDate": "soon"}, True),
    ],
)
def test_a_scheme_covers_where_it_is_paid_up_and_in_time(changed: dict[str, Any], is_active: bool) -> None:
    body = shape("eligibility_found")
    body["schemes"][0]["coverage"] |= changed
    assert cover_of(Eligibility.read(body), LONG_AGO.date()).is_active is is_active


@pytest.mark.parametrize(
    ("changed", "is_found", "schemes"),
    [
        ({"statusCode": "00", "schemes": None}, False, 0),
        ({"memberCrNumber": "", "schemes": []}, False, 0),
        ({"schemes": None}, True, 0),
        ({"schemes": [None, {"schemeName": "SHIF", "policy": None, "coverage": None}]}, True, 1),
    ],
)
def test_a_member_without_schemes_is_told_apart_from_a_stranger(
    changed: dict[str, Any], is_found: bool, schemes: int
) -> None:
    cover = cover_of(Eligibility.read({**shape("eligibility_found"), **changed}), LONG_AGO.date())
    assert (cover.is_found, cover.is_active, len(cover.schemes)) == (is_found, False, schemes)
    assert cover.advice


@pytest.mark.parametrize(
    ("member", "asked"),
    [
        (Member(sha_number="SHA001-2", national_id="1", member_number="CR1"), ("SHA001-2", "SHA Number")),
        (Member(sha_number="CR0000000000000-0"), ("CR0000000000000-0", "ClientRegistry ID")),
        (Member(national_id="12345678", member_number="CR1"), ("12345678", "National ID")),
        (Member(member_number="CR-2026-000256"), ("CR-2026-000256", "ClientRegistry ID")),
        (Member(member_number="SHA001-2"), ("SHA001-2", "SHA Number")),
        (Member(first_name="Wanjiru"), ("", "")),
    ],
)
def test_a_member_is_asked_for_by_the_number_that_is_known(member: Member, asked: tuple[str, str]) -> None:
    assert identification(member) == asked


# --- opening


async def test_an_opened_claim_is_read_as_it_was_recorded(script: Script, payer: Sha) -> None:
    script.says("/patients/sub-benefits", (200, {"results": [{"code": "SHA-12-SC-01", "parentBenefitCode": "SHA-12"}]}))
    script.says("/patients/benefits/interventions", (200, shape("interventions")))
    script.says("/claims/visit", (200, shape("claim_opened")))
    script.says("/claims/authorizations", (200, shape("authorization_pending")))
    claim = form(line(), member=REGISTERED, visit_start=LONG_AGO)
    await payer.open(claim, CODE)
    session = await payer.open(claim, CODE)
    assert (session.token, session.reference) == ("TESTTOKEN0", "INV/13545/75385")
    assert session.facts["service_type"] == "CAPITATION"
    assert session.expires_at is not None
    assert session.expires_at.isoformat() == "2026-10-20T11:18:29.823407+03:00"
    assert script.count("/patients/benefits/interventions") == 1


@pytest.mark.parametrize("body", [[], None, "gone", {}, {"authorization_code": None, "workflow_state": "DRAFT"}])
async def test_a_claim_that_cannot_be_read_is_opened_again(script: Script, payer: Sha, body: Any) -> None:
    script.says("/patients/sub-benefits", (200, [{"code": "SHA-12-SC-01"}]))
    script.says("/patients/benefits/interventions", (200, shape("interventions")))
    script.says("/claims/visit", (200, body))
    with pytest.raises(Away):
        await payer.open(form(line(), member=REGISTERED), CODE)


@pytest.mark.parametrize(
    ("contacts", "to"),
    [
        ({"count": 1, "results": [{"id": 7, "contactValue": "+254714***898", "active": True}]}, "+254714***898"),
        ({"results": [{"id": 1, "contactValue": "+254700***001"}, {"id": 2, "contactValue": "+254700***002",
          "isMainContact": True}]}, "+254700***002"),
        ([{"id": 3, "contactValue": "+254714000898", "active": "true"}], "+254714***898"),
        ([{"id": 3, "contactValue": "0714", "isMainContact": "?"}], "***"),
    ],
)  # fmt: skip
async def test_a_code_goes_to_the_main_phone_and_is_told_masked(
    script: Script, payer: Sha, contacts: Any, to: str
) -> None:
    script.says("/patients/contacts", (200, contacts))
    script.says("/claims/otp", (200, {"message": f"Your OTP is {CODE}"}))
    assert await payer.send_code(form(member=REGISTERED), Purpose.VISIT, None) == to


@pytest.mark.parametrize("contacts", [{"count": 0, "results": None}, [], [{"contactValue": "+254", "active": False}]])
async def test_a_patient_whose_phone_is_not_known_is_sent_no_code(script: Script, payer: Sha, contacts: Any) -> None:
    script.says("/patients/contacts", (200, contacts))
    with pytest.raises(SaidNo, match="no-contact") as refused:
        await payer.send_code(form(member=REGISTERED), Purpose.VISIT, None)
    assert "phone" in refused.value.detail
    assert script.count("/claims/otp") == 0


def test_a_number_that_comes_whole_is_masked() -> None:
    assert masked("+254714000898") == "+254714***898"


async def test_a_long_list_is_read_as_its_pages_say(script: Script, payer: Sha) -> None:
    def page(number: int, **said: Any) -> tuple[int, Any]:
        return 200, {"currentPage": number, "totalPages": 3, "results": [{"code": str(number)}], **said}

    directory = payer.client.directory
    script.says("/patients/sub-benefits", page(1, next="https://x.example/y?page=2&size=1"), page(2), page(3))
    assert [row.code async for row in directory.sub_benefits("CR1")] == ["1", "2", "3"]
    script.says("/patients/sub-benefits", page(1))
    assert [row.code async for row in directory.sub_benefits("CR1")] == ["1", "1"]
    script.says("/patients/sub-benefits", (200, ["odd", {"code": None}]))
    assert [row.code async for row in directory.sub_benefits("CR1")] == [""]


# --- where a claim stands


OUR_WORDS = {
    **dict.fromkeys(("DRAFT", "PENDING", "SUBMISSION_READY", "ON_HOLD", "FAILED_TO_SUBMIT"), Phase.DRAFT),
    **dict.fromkeys(("SUBMITTED", "DISPATCHED", "SUBMITTED_PAYER"), Phase.SUBMITTED),
    "AUTOMATIC_CHECKS_DONE": Phase.IN_REVIEW,
    "DRAFT_RESUBMIT": Phase.SENT_BACK,
    "DRAFT_RESUBMIT_DOCUMENTS": Phase.MISSING_DOCUMENTS,
    "CLOSED": Phase.CLOSED,
    "TIME_BARRED": Phase.TIME_BARRED,
}
THEIR_WORDS = {
    **dict.fromkeys(("DRAFT_PROVIDER", "SUBMITTED_PROVIDER", "SUBMITTED_PAYER"), Phase.SUBMITTED),
    **dict.fromkeys(("DRAFT_PROVIDER_RESUBMITTED", "DRAFT_PROVIDER_RESUBMITTED_MISSING_DOCUMENTS"), Phase.SUBMITTED),
    **dict.fromkeys(("AUTOMATIC_CHECKS_DONE", "IN_REVIEW", "CLINICAL_REVIEW", "MEDICAL_REVIEW"), Phase.IN_REVIEW),
    **dict.fromkeys(("UNDER_COMMITTEE_REVIEW", "SENT_TO_SURVEILLANCE", "MANUAL_REVIEW"), Phase.IN_REVIEW),
    **dict.fromkeys(("RESUBMITTED_MISSING_DOCUMENTS", "APPEALED"), Phase.IN_REVIEW),
    **dict.fromkeys(("CLARIFICATION_AFTER_AUTOMATIC_CHECKS", "SENT_BACK"), Phase.SENT_BACK),
    "MISSING_DOCUMENTS": Phase.MISSING_DOCUMENTS,
    **dict.fromkeys(("SENT_FOR_PAYMENT_PROCESSING", "APPROVED"), Phase.APPROVED),
    "PAID": Phase.PAID,
    "REJECTED": Phase.REJECTED,
    "TIME_BARRED": Phase.TIME_BARRED,
}


def test_every_published_word_is_known() -> None:
    assert OUR_WORDS.keys() == OURS.keys() | NOT_SENT
    assert THEIR_WORDS == PAYERS


@pytest.mark.parametrize(("word", "phase"), OUR_WORDS.items())
def test_a_word_of_ours_is_understood(word: str, phase: Phase) -> None:
    state = standing(VirtualClaim.read(claim_in(word)), None)
    assert (state.phase, state.raw, state.went_out) == (phase, word, phase is not Phase.DRAFT)


@pytest.mark.parametrize(("word", "phase"), THEIR_WORDS.items())
def test_a_word_of_the_payer_is_understood(word: str, phase: Phase) -> None:
    payers = PayerClaim.read({"workflowState": word})
    state = standing(VirtualClaim.read(claim_in("SUBMITTED")), payers)
    assert (state.phase, state.raw, state.went_out) == (phase, word, True)


@pytest.mark.parametrize(
    ("ours", "auth", "payers", "phase"),
    [
        ("NEW_WORD", "AUTHORIZED", None, Phase.UNKNOWN),
        ("NEW_WORD", "SUBMITTED_CLAIM", None, Phase.IN_REVIEW),
        ("NEW_WORD", "NEW_TOO", None, Phase.IN_REVIEW),
        ("NEW_WORD", None, None, Phase.IN_REVIEW),
        ("NEW_WORD", "AUTHORIZED", "NEW_TOO", Phase.IN_REVIEW),
        ("NEW_WORD", "AUTHORIZED", "PAID", Phase.PAID),
        ("SUBMITTED", "AUTHORIZED", "NEW_TOO", Phase.IN_REVIEW),
        ("SUBMITTED", "SUBMITTED_CLAIM", "", Phase.SUBMITTED),
        ("DRAFT", "SUBMITTED_CLAIM", None, Phase.SUBMITTED),
        ("SUBMISSION_READY", "AUTHORIZED", None, Phase.DRAFT),
        ("SUBMISSION_READY", "AUTHORIZED", "", Phase.SUBMITTED),
        ("SUBMISSION_READY", "AUTHORIZED", "IN_REVIEW", Phase.IN_REVIEW),
        ("FAILED_TO_SUBMIT", "SUBMITTED_CLAIM", None, Phase.DRAFT),
        ("FAILED_TO_SUBMIT", "SUBMITTED_CLAIM", "DRAFT_PROVIDER", Phase.SUBMITTED),
        ("DRAFT_RESUBMIT", "SUBMITTED_CLAIM", "SENT_BACK", Phase.SENT_BACK),
        ("CLOSED", "CLOSED", "IN_REVIEW", Phase.CLOSED),
    ],
)
def test_a_claim_counts_as_with_us_only_where_nothing_says_that_it_is_out(
    ours: str, auth: str | None, payers: str | None, phase: Phase
) -> None:
    row = None if payers is None else PayerClaim.read({"workflowState": payers})
    state = standing(VirtualClaim.read(claim_in(ours, claim_auth_status=auth)), row)
    assert state.phase is phase


def test_a_new_draft_is_a_draft_though_its_invoice_says_dispatched() -> None:
    assert standing(VirtualClaim.read(shape("claim_opened")), None) == ClaimState(
        phase=Phase.DRAFT, raw="DRAFT", reference="INV/13545/75385"
    )


async def test_only_our_own_row_of_the_payers_list_counts(script: Script, payer: Sha) -> None:
    script.says("/claims/preview", (200, claim_in("SUBMITTED", claim_auth_status="SUBMITTED_CLAIM")))
    script.says("/claims/preview/payer", (200, shape("payer_claims")))
    state = await payer.look(form(), SESSION)
    assert (state.phase, state.raw, state.reason, state.paid) == (Phase.IN_REVIEW, "IN_REVIEW", "In review", None)
    others = {"results": shape("payer_claims")["results"][:1]}
    nothing: list[object] = [{"pageSize": 25, "results": []}, {"pageSize": 25, "results": None}, [], others]
    for empty in nothing:
        script.says("/claims/preview/payer", (200, empty))
        state = await payer.look(form(), SESSION)
        assert (state.phase, state.raw) == (Phase.SUBMITTED, "SUBMITTED")


async def test_a_draft_is_looked_at_without_asking_the_payer(script: Script, payer: Sha) -> None:
    script.says("/claims/preview", (200, shape("claim_opened")))
    assert (await payer.look(form(), SESSION)).phase is Phase.DRAFT
    assert script.count("/claims/preview/payer") == 0


@pytest.mark.parametrize("body", [{}, [], {"workflow_state": None}, {"workflow_state": []}])
async def test_a_preview_that_says_nothing_is_looked_at_again(script: Script, payer: Sha, body: Any) -> None:
    script.says("/claims/preview", (200, body))
    with pytest.raises(Away, match="unreadable"):
        await payer.look(form(), SESSION)


async def test_what_reads_as_sent_back_is_not_handed_in_again_unless_it_was_taken_back(
    script: Script, payer: Sha
) -> None:
    script.says("/claims/preview", (200, claim_in("SUBMITTED", is_resubmitted=True)))
    row = {
        "providerClaimNo": SESSION.reference,
        "workflowState": "SENT_BACK",
        "claimNotes": [{"note": "Call 0712345678"}],
    }
    script.says("/claims/preview/payer", (200, {"results": [row]}))
    state = await payer.resubmit(form(), SESSION)
    assert (state.phase, state.went_out, state.reason) == (Phase.SENT_BACK, True, "Call …")
    assert (script.count("/claims/submit"), script.count("/claims/lines/resubmit")) == (0, 0)


# --- handing in


def error(message: str, **said: Any) -> dict[str, Any]:
    return {"error": "Bad Request", "message": message, "trace_id": "abc", **said}


WRAPPED = error('failed: {"Edi Error":{"detail":"there is no doctor attached to the claim"}}')


@pytest.mark.parametrize(
    ("answer", "ending", "code"),
    [
        ((400, "<html><h1>Bad Request</h1></html>"), Unknown, "http-400-unreadable"),
        ((400, error("invalid character '<' looking for beginning of value")), Unknown, "engine-unreadable"),
        ((500, error("broken")), Unknown, "http-500"),
        ((502, "<html></html>"), Unknown, "http-502-unreadable"),
        ((504, error("timeout")), Unknown, "http-504"),
        ((200, "OK"), Unknown, "http-200-unreadable"),
        ((200, []), Unknown, "unreadable"),
        ((200, {}), Unknown, "taken-but-a-draft"),
        ((200, claim_in("DRAFT")), Unknown, "taken-but-a-draft"),
        ((302, ""), Unknown, "http-302-unreadable"),
        ((400, WRAPPED), SaidNo, "no-doctor"),
        ((400, error("OTP was not found for contact: +254714000898")), SaidNo, "otp-refused"),
        ((422, {"detail": [{"msg": "field required"}]}), SaidNo, "http-422"),
        ((403, error("insufficient permissions")), Away, "http-403"),
        ((429, "slow down"), Away, "http-429"),
        ((503, "<html></html>"), Away, "http-503"),
    ],
)
async def test_a_submission_ends_in_a_way_that_tells_whether_it_may_have_happened(
    script: Script, payer: Sha, answer: tuple[int, Any], ending: type[OutsideFailure], code: str
) -> None:
    script.says("/claims/submit", answer)
    with pytest.raises(OutsideFailure) as failed:
        await payer.submit(form(), SESSION, CODE)
    assert (type(failed.value), failed.value.code) == (ending, code)
    assert script.count("/claims/submit") == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (WRAPPED, "failed; there is no doctor attached to the claim"),
        ({"error": '{"error":"Kindly note the rule"}', "trace_id": "x"}, "Kindly note the rule"),
        (
            error("", details=["first", {"notes": ["This field may not be blank."]}]),
            "first; This field may not be blank.",
        ),
        (error("Kindly note {this} rule"), "Kindly note {this} rule"),
        (["one", ["two"]], "one; two"),
        ({"code": 7}, ""),
        (None, ""),
    ],
)
def test_an_error_is_unwrapped_to_its_words(body: Any, words: str) -> None:
    assert explained(Answer(400, body)) == words


# --- what is billed, and what must change


def test_the_last_line_is_billed_only_as_far_as_the_payer_covers() -> None:
    first, second = line(CONSULTATION, "500"), line(LABORATORY, "100", 3)
    part = billed(form(first, second, amount=Decimal("750.00")))
    told = [f"{one.service} {one.quantity} x {one.unit_price}" for one in part]
    assert told == [f"{CONSULTATION} 1 x 500", f"{LABORATORY} 2 x 100", f"{LABORATORY} 1 x 50.00"]
    assert [one.service for one in billed(form(first, second, amount=Decimal("500.00")))] == [CONSULTATION]
    whole = billed(form(first, second, amount=Decimal("9000.00")))
    assert sum(one.unit_price * one.quantity for one in whole) == 800
    with pytest.raises(SaidNo, match="nothing-to-claim"):
        billed(form(first, second, amount=Decimal("0.00")))


def test_equal_charges_of_one_moment_are_one_line_and_free_ones_are_kept() -> None:
    drug = line("SHA-12-004", "50", 10)
    again = drug.model_copy(update={"description": "another drug"})
    free = line("SHA-12-010", "0", 1)
    assert [f"{one.quantity} x {one.unit_price}" for one in billed(form(drug, again, free))] == ["20 x 50", "1 x 0"]


def claim_with(lines: list[dict[str, Any]], **changed: Any) -> VirtualClaim:
    body = copy.deepcopy(shape("claim_opened"))
    body["invoices"][0]["lines"] = lines
    return VirtualClaim.read({**body, **changed})


def test_a_line_is_recognised_however_its_numbers_are_written() -> None:
    claim = form(line(CONSULTATION, "1000"))
    there = shape("line_edited")
    assert changes(claim, claim_with([there])).add_lines == []
    assert InvoiceLine.read(there).unit_price == Decimal("1000.00")
    for gone in ({"is_active": False}, {"is_cancellation": True}, {"quantity": "2.00"}, {"unit_price": None}):
        assert len(changes(claim, claim_with([{**there, **gone}])).add_lines) == 1


def test_two_equal_lines_are_two_and_a_third_is_too_much() -> None:
    claim = form(line(CONSULTATION, "1000"), line(CONSULTATION, "1000"))
    there = shape("line_edited")
    three = [{**there, "id": str(number)} for number in range(3)]
    needed = changes(claim, claim_with(three))
    assert (needed.add_lines, needed.remove_lines) == ([], ["2"])
    assert len(changes(claim, claim_with(three[:1])).add_lines) == 1


def test_a_claim_that_was_taken_back_is_edited_in_place() -> None:
    claim = form(line(CONSULTATION, "800"), line(LABORATORY, "50"))
    needed = changes(claim, claim_with([shape("line_edited")], workflow_state="DRAFT_RESUBMIT"))
    ((id, edited),) = needed.edit_lines
    assert (id, edited.unit_price) == (shape("line_edited")["id"], Decimal(800))
    assert ([one.service for one in needed.add_lines], needed.remove_lines) == ([LABORATORY], [])


def test_diagnoses_are_linked_to_every_intervention_unless_they_are() -> None:
    claim = form(line(), line(LABORATORY))
    linked = [{"diagnosis_code": "1F4Z", "intervention_code": CONSULTATION}]
    assert changes(claim, claim_with([], claim_diagnoses=linked)).add_diagnoses == [("1F4Z", LABORATORY)]
    unnamed = [{"diagnosis_code": "1F4Z"}]
    assert changes(claim, claim_with([], claim_diagnoses=unnamed)).add_diagnoses == []
    other = claim.model_copy(update={"diagnoses": (ClaimDiagnosis(name="Asthma", icd11="CA23"),)})
    assert changes(other, claim_with([], claim_diagnoses=linked)).remove_diagnoses == [("1F4Z", CONSULTATION)]


def test_a_retired_intervention_is_restored_and_a_strange_one_exchanged() -> None:
    rows = [
        {"intervention_code": CONSULTATION, "workflow_state": "INACTIVE"},
        {"intervention_code": "SHA-12-008", "workflow_state": "ACTIVE"},
        {"intervention_code": "SHA-12-020", "workflow_state": "ACTIVE"},
    ]
    needed = changes(form(line(), line(LABORATORY)), claim_with([], interventions=rows))
    assert (needed.restore, needed.switch, needed.retire, needed.add) == (
        [CONSULTATION],
        [("SHA-12-008", LABORATORY)],
        ["SHA-12-020"],
        [],
    )


def test_what_a_reading_keeps_besides_is_not_shown() -> None:
    shown = repr(VirtualClaim.read(shape("claim_opened"))) + repr(Eligibility.read(shape("eligibility_found")))
    assert [secret for secret in ("TESTTOKEN0", "CR0000", "TEST MEMBER", "00000000") if secret in shown] == []
