"""SHA: the clinic's port over the real client against its counterpart, over real sockets."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx2
import pytest

from integrations.services.line import outside_client
from integrations.services.outside import SaidNo
from integrations.services.payers import PayerService
from integrations.services.sha.client import EClaims, claim_named
from integrations.services.sha.payer import Sha
from integrations.services.sha.requests import Preauth
from models.claims import ClaimDiagnosis, Document, Member, Phase, Purpose, Session
from tests.services.harness import Called, Sandbox, called_clinic, until
from tests.services.sha_stage import (
    CODE,
    CONSULTATION,
    LABORATORY,
    LONG_TERM,
    PHARMACY,
    form,
    handed_in,
    line,
    member,
    opened,
    reaches,
    sha_sandbox,
)

RESULTS = Document(kind="LAB_RESULTS", file_name="results.pdf", content=b"%PDF-1.7 results")


@pytest.fixture(scope="module")
async def office() -> AsyncIterator[Sandbox]:
    async with sha_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
async def line_out(office: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with outside_client(office.settings) as http:
        yield http


@pytest.fixture
async def client(office: Sandbox, line_out: httpx2.AsyncClient) -> EClaims:
    """The office's ledger is empty, and nothing of it is broken."""
    assert (await office.http.delete("/_sandbox")).status_code == 204
    return EClaims(office.settings, line_out)


@pytest.fixture
def payer(client: EClaims) -> PayerService:
    return Sha(client)


async def kinds(office: Sandbox) -> dict[str, int]:
    """How often each kind of effect stands in the ledger, where no effect is doubled."""
    book = await office.book("sha")
    assert book["duplicates"] == 0
    counted: dict[str, int] = {}
    for entry in book["items"]:
        counted[entry["kind"]] = counted.get(entry["kind"], 0) + 1
    return counted


# --- a claim from the first code to the money


async def test_a_claim_goes_from_the_first_code_to_the_payment(office: Sandbox, payer: PayerService) -> None:
    claim = form(line(), line(LABORATORY, "250", 2), line(PHARMACY, "10", 20))
    assert "***" in await payer.send_code(claim, Purpose.VISIT, None)
    session = await payer.open(claim, CODE)
    assert session.reference.startswith("INV/")
    assert session.expires_at is not None
    assert (await payer.look(claim, session)).phase is Phase.DRAFT
    await payer.fill(claim, session)
    await payer.attach(claim, session, RESULTS)
    assert "***" in await payer.send_code(claim, Purpose.DISCHARGE, session)
    state = await payer.submit(claim, session, CODE)
    assert (state.phase, state.raw, state.reference) == (Phase.SUBMITTED, "SUBMITTED", session.reference)
    paid = await reaches(payer, claim, session, Phase.PAID)
    assert (paid.raw, paid.paid, paid.went_out) == ("PAID", None, True)
    counted = await kinds(office)
    assert counted == {
        "code": 2,
        "visit": 1,
        "diagnosis": 3,
        "line": 3,
        "doctor": 1,
        "attachment": 1,
        "claim": 1,
    }
    (entry,) = await office.ledger("sha", kind="claim")
    assert entry["key"] == session.reference


async def test_a_service_paid_by_its_fee_is_opened_as_outpatient(client: EClaims, payer: PayerService) -> None:
    claim = form(line(LONG_TERM, "1200"))
    session = await opened(payer, claim)
    assert session.facts["service_type"] == "OUTPATIENT"
    assert (await opened(payer, form())).facts["service_type"] == "CAPITATION"


async def test_what_the_payer_has_not_seen_yet_is_submitted() -> None:
    async with sha_sandbox(sandbox_seconds=60) as slow, outside_client(slow.settings) as http:
        payer = Sha(EClaims(slow.settings, http))
        session = await handed_in(payer, claim := form())
        state = await payer.look(claim, session)
        assert (state.phase, state.raw) == (Phase.SUBMITTED, "SUBMITTED")


# --- cover


async def test_cover_is_told_for_each_scheme(payer: PayerService) -> None:
    cover = await payer.cover(member())
    assert (cover.is_found, cover.is_active, cover.advice) == (True, True, "")
    assert cover.member_number.startswith("CR")
    assert [(scheme.name, scheme.is_active) for scheme in cover.schemes] == [("UHC", True), ("SHIF", True)]
    assert cover.raw["isAlive"] is False
    again = await payer.cover(Member(member_number=cover.member_number))
    assert again.member_number == cover.member_number


async def test_a_member_who_has_not_paid_is_found_and_not_covered(payer: PayerService) -> None:
    cover = await payer.cover(member("402"))
    assert (cover.is_found, cover.is_active) == (True, False)
    assert "outstanding" in cover.advice
    assert {scheme.reason for scheme in cover.schemes} == {"Contributions are not paid up."}


async def test_a_stranger_is_not_found_and_the_clerk_is_told_what_to_do(payer: PayerService) -> None:
    cover = await payer.cover(Member(sha_number="SHA1234404", national_id="30123456"))
    assert (cover.is_found, cover.is_active, cover.member_number) == (False, False, "")
    assert cover.advice
    nobody = await payer.cover(Member())
    assert (nobody.is_found, nobody.raw) == (False, {})
    with pytest.raises(SaidNo, match="not-a-member"):
        await payer.send_code(form(ending="404"), Purpose.VISIT, None)


# --- consent


async def test_a_wrong_code_opens_nothing_and_the_right_one_still_does(office: Sandbox, payer: PayerService) -> None:
    claim = form()
    await payer.send_code(claim, Purpose.VISIT, None)
    with pytest.raises(SaidNo, match="otp-refused"):
        await payer.open(claim, "999999")
    assert await office.ledger("sha", kind="visit") == []
    assert (await payer.open(claim, CODE)).token


async def test_a_code_that_has_expired_is_refused_and_another_may_be_sent(office: Sandbox, payer: PayerService) -> None:
    claim = form()
    await payer.send_code(claim, Purpose.VISIT, None)
    assert (await office.act("sha", "expired-codes")).status_code == 200
    with pytest.raises(SaidNo, match="otp-refused"):
        await payer.open(claim, CODE)
    await opened(payer, claim)
    assert (await kinds(office))["code"] == 2


async def test_a_wrong_code_for_the_bill_leaves_the_claim_a_draft(office: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    await payer.fill(claim, session)
    await payer.send_code(claim, Purpose.DISCHARGE, session)
    with pytest.raises(SaidNo, match="otp-refused"):
        await payer.submit(claim, session, "999999")
    assert (await payer.look(claim, session)).phase is Phase.DRAFT
    await payer.submit(claim, session, CODE)
    assert (await kinds(office))["claim"] == 1


async def test_opening_twice_finds_the_same_claim(office: Sandbox, payer: PayerService) -> None:
    first = await opened(payer, claim := form())
    second = await payer.open(claim, CODE)
    assert (second.token, second.reference) == (first.token, first.reference)
    assert (await kinds(office))["visit"] == 1


async def test_the_open_claim_of_an_earlier_visit_is_not_taken_for_this_one(payer: PayerService) -> None:
    await opened(payer, claim := form())
    later = claim.model_copy(update={"visit_start": datetime.now(UTC) + timedelta(days=2)})
    with pytest.raises(SaidNo, match="another-visit-is-open"):
        await opened(payer, later)


async def test_a_pending_fingerprint_stands_in_the_way_until_it_is_rejected(
    client: EClaims, payer: PayerService
) -> None:
    claim = form()
    patient = (await payer.cover(claim.member)).member_number
    other = (await payer.cover(member())).member_number
    await client.authorize(other, "CAPITATION", [CONSULTATION])
    pending = await client.authorize(patient, "CAPITATION", [CONSULTATION], workstationID="W1")
    assert pending.status == "PENDING"
    await payer.send_code(claim, Purpose.VISIT, None)
    with pytest.raises(SaidNo):
        await payer.open(claim, CODE)
    (found,) = await client.authorizations(patient_id=patient)
    assert found.token == pending.token
    await client.reject_authorization(found.token)
    assert (await payer.open(claim, CODE)).token


async def test_what_sha_does_not_pay_is_refused_before_anything_is_opened(office: Sandbox, payer: PayerService) -> None:
    with pytest.raises(SaidNo, match="not-covered"):
        await opened(payer, form(line("SHA-12-999")))
    with pytest.raises(SaidNo, match="no-intervention"):
        await payer.open(form(line("")), CODE)
    assert await office.ledger("sha", kind="visit") == []


# --- filling


async def test_filling_again_changes_nothing(office: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    for _ in range(3):
        await payer.fill(claim, session)
        await payer.attach(claim, session, RESULTS)
    assert await kinds(office) == {
        "code": 1,
        "visit": 1,
        "diagnosis": 2,
        "line": 2,
        "doctor": 1,
        "attachment": 1,
    }


async def test_filling_with_another_form_makes_the_claim_say_that(client: EClaims, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    await payer.fill(claim, session)
    charged = (line(CONSULTATION, "500"), line(CONSULTATION, "80", 2), line(PHARMACY, "30", 10))
    asthma = ClaimDiagnosis(name="Asthma", icd11="CA23")
    changed = claim.model_copy(
        update={"lines": charged, "services": (), "diagnoses": (asthma,), "amount": Decimal("960.00")}
    )
    await payer.fill(changed, session)
    there = await client.preview(session.token)
    assert sorted((one.code, one.unit_price, one.quantity) for one in there.lines) == [
        (CONSULTATION, Decimal("80.00"), Decimal("2.00")),
        (CONSULTATION, Decimal("500.00"), Decimal("1.00")),
        (PHARMACY, Decimal("30.00"), Decimal("10.00")),
    ]
    active = {one.code for one in there.interventions if one.state == "ACTIVE"}
    assert active == {CONSULTATION, PHARMACY}
    assert {(one.code, one.intervention) for one in there.diagnoses} == {("CA23", code) for code in active}
    await payer.fill(claim, session)
    back = await client.preview(session.token)
    assert {one.code for one in back.interventions if one.state == "ACTIVE"} == {CONSULTATION, LABORATORY}
    assert {one.code for one in back.diagnoses} == {"1F4Z"}


async def test_what_the_patient_paid_is_not_claimed(client: EClaims, payer: PayerService) -> None:
    claim = form(line(CONSULTATION, "500"), line(LABORATORY, "250", 2), amount=Decimal("800.00"))
    session = await opened(payer, claim)
    for _ in range(2):
        await payer.fill(claim, session)
        there = await client.preview(session.token)
        assert sum((one.unit_price or 0) * (one.quantity or 0) for one in there.lines) == 800


async def test_a_price_above_the_tariff_is_refused_and_nothing_is_billed(client: EClaims, payer: PayerService) -> None:
    session = await opened(payer, claim := form(line(LONG_TERM, "1600")))
    with pytest.raises(SaidNo, match="above-tariff"):
        await payer.fill(claim, session)
    assert (await client.preview(session.token)).lines == []


async def test_a_clinician_whom_the_register_does_not_know_is_refused(payer: PayerService) -> None:
    session = await opened(payer, claim := form(practitioner="CO00404"))
    with pytest.raises(SaidNo):
        await payer.fill(claim, session)


async def test_without_a_clinician_the_claim_is_filled_but_not_taken(payer: PayerService) -> None:
    session = await opened(payer, claim := form(practitioner=""))
    await payer.fill(claim, session)
    await payer.send_code(claim, Purpose.DISCHARGE, session)
    with pytest.raises(SaidNo, match="no-doctor"):
        await payer.submit(claim, session, CODE)


async def test_a_diagnosis_without_its_code_is_not_dropped(office: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, claim := form(diagnoses=(ClaimDiagnosis(name="Malaria", icd10="B54"),)))
    with pytest.raises(SaidNo, match="no-icd11"):
        await payer.fill(claim, session)
    assert await office.ledger("sha", kind="line") == []


async def test_a_claim_that_is_with_the_payer_is_not_changed(payer: PayerService) -> None:
    session = await handed_in(payer, claim := form())
    for touch in (payer.fill(claim, session), payer.attach(claim, session, RESULTS)):
        with pytest.raises(SaidNo, match="not-editable"):
            await touch


# --- sent back


async def test_what_is_sent_back_is_corrected_submitted_again_once_and_paid(
    office: Sandbox, client: EClaims, payer: PayerService
) -> None:
    session = await handed_in(payer, claim := form(ending="409"))
    state = await reaches(payer, claim, session, Phase.SENT_BACK)
    assert (state.raw, state.went_out) == ("SENT_BACK", True)
    assert "price" in state.reason
    cheaper = (line(CONSULTATION, "400"), claim.lines[1])
    corrected = claim.model_copy(update={"lines": cheaper, "amount": Decimal("900.00")})
    for _ in range(2):
        await payer.fill(corrected, session)
        assert (await payer.look(corrected, session)).raw == "DRAFT_RESUBMIT"
    assert len((await client.preview(session.token)).lines) == 2
    assert (await payer.resubmit(corrected, session)).phase is Phase.SUBMITTED
    assert (await payer.resubmit(corrected, session)).went_out
    await reaches(payer, corrected, session, Phase.PAID)
    counted = await kinds(office)
    assert (counted["claim"], counted["resubmission"]) == (1, 1)


async def test_missing_papers_are_added_and_the_claim_goes_on(office: Sandbox, payer: PayerService) -> None:
    session = await handed_in(payer, claim := form(ending="410"))
    assert "laboratory" in (await reaches(payer, claim, session, Phase.MISSING_DOCUMENTS)).reason
    for _ in range(2):
        await payer.attach(claim, session, RESULTS)
    assert (await payer.look(claim, session)).phase is Phase.MISSING_DOCUMENTS
    await payer.fill(claim, session)
    assert (await payer.resubmit(claim, session)).phase is Phase.SUBMITTED
    await reaches(payer, claim, session, Phase.PAID)
    assert (await kinds(office))["attachment"] == 1


async def test_a_rejected_claim_may_be_corrected(payer: PayerService) -> None:
    session = await handed_in(payer, claim := form(ending="411"))
    assert (await reaches(payer, claim, session, Phase.REJECTED)).reason
    assert (await payer.resubmit(claim, session)).phase is Phase.REJECTED
    await payer.fill(claim, session)
    await payer.resubmit(claim, session)
    await reaches(payer, claim, session, Phase.PAID)


async def test_a_claim_that_was_never_handed_in_is_not_handed_in_again(office: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    assert (await payer.resubmit(claim, session)).phase is Phase.DRAFT
    assert "claim" not in await kinds(office)


# --- what a person at SHA decides, giving up, and being told


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("SENT_FOR_PAYMENT_PROCESSING", Phase.APPROVED),
        ("SENT_TO_SURVEILLANCE", Phase.IN_REVIEW),
        ("A_WORD_OF_NEXT_YEAR", Phase.IN_REVIEW),
        ("TIME_BARRED", Phase.TIME_BARRED),
    ],
)
async def test_a_person_at_sha_decides(office: Sandbox, payer: PayerService, status: str, phase: Phase) -> None:
    session = await handed_in(payer, claim := form())
    told = await office.act("sha", "status", invoice_number=session.reference, status=status)
    assert told.status_code == 200, told.text
    state = await payer.look(claim, session)
    assert (state.phase, state.raw, state.went_out) == (phase, status, True)
    assert (await office.act("sha", "status", invoice_number="INV/0", status="PAID")).status_code == 422


async def test_a_claim_is_given_up_once(office: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    for _ in range(2):
        await payer.close(session, "WRONG_PATIENT")
    state = await payer.look(claim, session)
    assert (state.phase, state.reference) == (Phase.CLOSED, session.reference)
    (closing,) = await office.ledger("sha", kind="closing")
    assert closing["details"]["reason"] == "WRONG_PATIENT"


async def test_changes_are_told_where_the_clinic_has_registered() -> None:
    async with (
        called_clinic() as clinic,
        sha_sandbox(sha_facility_id="FID-47-105963-0", sandbox_seconds=0.02) as office,
        outside_client(office.settings) as http,
    ):
        client = EClaims(office.settings, http)
        endpoint = await client.status_calls.register_endpoint("tenant-1", clinic.base)
        await client.status_calls.register_operation(endpoint.name, "/told/claim")
        session = await handed_in(payer := Sha(client), claim := form())
        await reaches(payer, claim, session, Phase.PAID)
        await heard_of(clinic, session)


async def heard_of(clinic: Called, session: Session) -> None:
    told = await clinic.told("/told/claim", 4)
    assert {claim_named(body) for body in told} == {session.reference}
    odd: list[object] = [None, [], "x", {}, {"provider_claim_no": None}]
    assert [claim_named(body) for body in odd] == [""] * 5


# --- the rest of the wire


async def test_registries_are_read(client: EClaims) -> None:
    directory = client.directory
    assert (await directory.patient("22222000", "National ID")).id.startswith("CR")
    with pytest.raises(SaidNo, match="http-404"):
        await directory.patient("22222404", "National ID")
    assert (await directory.facility("FID-47-105963-0")).raw["keph_level"] == "LEVEL 3"
    assert (await directory.professional("CO12345", "registration_number", "coc")).raw["regulator"] == "COC"


async def test_benefits_are_read_page_by_page_only_as_far_as_needed_and_kept(client: EClaims) -> None:
    directory, patient = client.directory, "CR0000000022000-4"
    rows = [row.code async for row in directory.interventions(patient, "SHA-12-SC-01")]
    assert len(rows) == len(set(rows)) == 7
    assert [row async for row in directory.interventions(patient, "UHC-1")] == []
    assert len([row async for row in directory.benefits(patient)]) == 3
    assert (await directory.utilization(patient, CONSULTATION))[0].raw["code"] == CONSULTATION
    found = await directory.intervention(patient, LONG_TERM)
    assert found is not None
    assert (found.payment_mechanism, found.overall_tariff) == ("FEE FOR SERVICE", Decimal("1500.00"))


async def test_interventions_are_restored_and_switched(client: EClaims, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    await payer.fill(claim, session)
    await client.retire_intervention(session.token, LABORATORY)
    assert {one.code for one in (await client.preview(session.token)).lines} == {CONSULTATION}
    await client.restore_intervention(session.token, LABORATORY)
    await client.switch_intervention(session.token, LABORATORY, PHARMACY)
    there = {one.code: one.state for one in (await client.preview(session.token)).interventions}
    assert there == {CONSULTATION: "ACTIVE", LABORATORY: "INACTIVE", PHARMACY: "ACTIVE"}


async def test_a_preauthorisation_is_asked_for_and_approved(client: EClaims, payer: PayerService) -> None:
    session = await opened(payer, claim := form(line("SHA-09-001", "9000")))
    with pytest.raises(SaidNo):
        await payer.fill(claim, session)
    asked = Preauth(
        consent_token=session.token,
        intervention_code="SHA-09-001",
        service_start=claim.visit_start,
        service_end=claim.visit_end,
        notification_email="claims@clinic.example",
        lists=[("diagnoses", '[{"icd_code": "1F4Z"}]')],
        files=[("attachments", RESULTS)],
    )
    assert (await client.preauths.request(asked)).is_approved is False

    async def is_approved() -> bool:
        (found,) = await client.preauths.list(session.token)
        return found.is_approved

    await until(is_approved)
    await payer.fill(claim, session)
    await client.preauths.cancel(session.token, "SHA-09-001")
    assert (await client.preauths.list(session.token))[0].status == "CANCELLED"
