"""SHA in bad days: nothing is lost, nothing is handed in twice, and nobody's secrets stand in an error or a log."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from integrations.services.line import outside_client
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.services.payers import PayerService
from integrations.services.sha.client import EClaims
from integrations.services.sha.payer import Sha
from integrations.settings import Settings
from models.claims import ClaimForm, Document, Phase, Purpose, Session
from tests.services.harness import Sandbox
from tests.services.sha_stage import (
    CLIENT_SECRET,
    CODE,
    CONSULTATION,
    LABORATORY,
    PHARMACY,
    Script,
    form,
    handed_in,
    line,
    member,
    opened,
    reaches,
    scripted_exchange,
    sha_sandbox,
)

RESULTS = Document(kind="LAB_RESULTS", file_name="results.pdf", content=b"%PDF-1.7 results")
BEFORE = [("down", Away), ("error_500", Unknown), ("html_400", Unknown), ("reject", SaidNo)]
ENDINGS = pytest.mark.parametrize(("mode", "ending"), BEFORE)
BUILDING = [
    "/claims/lines",
    "/claims/diagnoses",
    "/claims/doctors",
    "/claims/interventions",
    "/claims/interventions/switch",
]


@pytest.fixture(scope="module")
async def office() -> AsyncIterator[Sandbox]:
    async with sha_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def client(office: Sandbox) -> AsyncIterator[EClaims]:
    """Nothing is broken, and whoever waits does not wait long."""
    assert (await office.http.delete("/_sandbox")).status_code == 204
    settings = office.settings.model_copy(update={"outside_seconds": 0.25})
    async with outside_client(settings) as http:
        yield EClaims(settings, http)


@pytest.fixture
def payer(client: EClaims) -> PayerService:
    return Sha(client)


async def ready(payer: PayerService, claim: ClaimForm) -> Session:
    """Everything is there but the last call."""
    session = await opened(payer, claim)
    await payer.fill(claim, session)
    await payer.send_code(claim, Purpose.DISCHARGE, session)
    return session


async def breaks(office: Sandbox, mode: str, path: str, count: int | None = 1) -> None:
    seconds = 0.6 if mode in ("slow", "timeout_after_effect") else None
    await office.breaks("sha", mode, path=path, count=count, seconds=seconds)


# --- handing in


@ENDINGS
async def test_a_submission_that_fails_before_its_effect_leaves_a_draft(
    office: Sandbox, payer: PayerService, mode: str, ending: type[OutsideFailure]
) -> None:
    session = await ready(payer, claim := form())
    await breaks(office, mode, "/claims/submit")
    with pytest.raises(ending):
        await payer.submit(claim, session, CODE)
    state = await payer.look(claim, session)
    assert (state.phase, state.went_out) == (Phase.DRAFT, False)
    assert await office.ledger("sha", kind="claim") == []
    await payer.submit(claim, session, CODE)
    assert len(await office.ledger("sha", kind="claim")) == 1


@pytest.mark.parametrize("mode", ["timeout_after_effect", "slow"])
async def test_a_submission_without_an_answer_is_found_by_looking_and_not_repeated(
    office: Sandbox, payer: PayerService, mode: str
) -> None:
    session = await ready(payer, claim := form())
    await breaks(office, mode, "/claims/submit")
    with pytest.raises(Unknown, match="timeout"):
        await payer.submit(claim, session, CODE)
    state = await reaches(payer, claim, session, Phase.PAID)
    assert state.went_out
    book = await office.book("sha", kind="claim")
    assert (len(book["items"]), book["duplicates"]) == (1, 0)


async def test_a_gateway_that_gave_up_waiting_is_no_proof_of_anything(office: Sandbox, payer: PayerService) -> None:
    session = await ready(payer, claim := form())
    await office.breaks("sha", "timeout_after_effect", path="/claims/submit", count=1, seconds=0)
    with pytest.raises(Unknown, match="http-504"):
        await payer.submit(claim, session, CODE)
    assert (await payer.look(claim, session)).went_out


async def test_a_claim_handed_in_twice_shows_in_the_ledger(office: Sandbox, payer: PayerService) -> None:
    session = await ready(payer, claim := form())
    await payer.submit(claim, session, CODE)
    await payer.submit(claim, session, CODE)
    assert (await office.book("sha", kind="claim"))["duplicates"] == 1


async def test_one_visit_claimed_for_under_two_numbers_is_a_duplicate_too(office: Sandbox, payer: PayerService) -> None:
    claim = form()
    first, second = await handed_in(payer, claim), await handed_in(payer, claim)
    assert first.reference != second.reference
    assert (await office.book("sha", kind="claim"))["duplicates"] == 1


async def test_a_second_submission_without_an_answer_is_not_repeated(office: Sandbox, payer: PayerService) -> None:
    session = await handed_in(payer, claim := form(ending="409"))
    await reaches(payer, claim, session, Phase.SENT_BACK)
    await payer.fill(claim, session)
    await breaks(office, "timeout_after_effect", "/claims/submit")
    with pytest.raises(Unknown):
        await payer.resubmit(claim, session)
    assert (await payer.resubmit(claim, session)).went_out
    book = await office.book("sha")
    assert [entry["kind"] for entry in book["items"]].count("resubmission") == 1
    assert book["duplicates"] == 0


# --- what may be repeated


@pytest.mark.parametrize("path", BUILDING)
@pytest.mark.parametrize("mode", ["timeout_after_effect", "error_500"])
async def test_filling_that_breaks_off_is_done_by_filling_again(
    office: Sandbox, client: EClaims, payer: PayerService, path: str, mode: str
) -> None:
    session = await opened(payer, form(line(PHARMACY if path.endswith("switch") else CONSULTATION)))
    claim = form(line(), line(), line(LABORATORY, "250", 2))
    await breaks(office, mode, path)
    with pytest.raises(Away):
        await payer.fill(claim, session)
    await office.mend("sha")
    for _ in range(2):
        await payer.fill(claim, session)
    there = await client.preview(session.token)
    assert sum((one.unit_price or 0) * (one.quantity or 0) for one in there.lines) == claim.amount
    assert {one.code for one in there.interventions if one.state == "ACTIVE"} == set(claim.services)
    assert len(there.diagnoses) == len(claim.services)
    assert (await office.book("sha"))["duplicates"] == 0


async def test_a_paper_whose_answer_was_lost_is_there_once(office: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    await breaks(office, "timeout_after_effect", "/claims/attachments")
    with pytest.raises(Away):
        await payer.attach(claim, session, RESULTS)
    await payer.attach(claim, session, RESULTS)
    assert len(await office.ledger("sha", kind="attachment")) == 1


@pytest.mark.parametrize(("mode", "visits"), [("timeout_after_effect", 1), ("error_500", 0), ("down", 0)])
async def test_an_opening_without_an_answer_is_found_again_with_the_same_code(
    office: Sandbox, payer: PayerService, mode: str, visits: int
) -> None:
    claim = form()
    await payer.send_code(claim, Purpose.VISIT, None)
    await breaks(office, mode, "/claims/visit")
    with pytest.raises(Away):
        await payer.open(claim, CODE)
    assert len(await office.ledger("sha", kind="visit")) == visits
    session = await payer.open(claim, CODE)
    assert (await payer.look(claim, session)).phase is Phase.DRAFT
    assert len(await office.ledger("sha", kind="visit")) == 1


async def test_a_code_that_may_not_have_been_sent_is_sent_again(office: Sandbox, payer: PayerService) -> None:
    await breaks(office, "timeout_after_effect", "/claims/otp")
    with pytest.raises(Away):
        await payer.send_code(claim := form(), Purpose.VISIT, None)
    assert await payer.send_code(claim, Purpose.VISIT, None)


async def test_an_opening_does_not_fail_because_its_expiry_is_not_told(office: Sandbox, payer: PayerService) -> None:
    await breaks(office, "error_500", "/claims/authorizations", None)
    assert (await opened(payer, form())).expires_at is None


async def test_giving_up_is_repeated_until_it_is_done(office: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, claim := form())
    await breaks(office, "timeout_after_effect", "/claims/close")
    with pytest.raises(Away):
        await payer.close(session, "The patient left")
    await payer.close(session, "The patient left")
    assert (await payer.look(claim, session)).phase is Phase.CLOSED
    assert len(await office.ledger("sha", kind="closing")) == 1


@pytest.mark.parametrize("mode", ["down", "error_500", "html_400"])
async def test_readings_that_fail_may_always_be_repeated(office: Sandbox, payer: PayerService, mode: str) -> None:
    session = await handed_in(payer, claim := form())
    await breaks(office, mode, "", None)
    for reading in (payer.look(claim, session), payer.cover(claim.member)):
        with pytest.raises(Away):
            await reading
    await office.mend("sha")
    assert (await payer.look(claim, session)).went_out


async def test_down_says_when_to_come_back(office: Sandbox, payer: PayerService) -> None:
    await office.breaks("sha", "down", seconds=7)
    with pytest.raises(Away) as away:
        await payer.cover(member())
    assert away.value.retry_after == 7


# --- the token


async def test_an_expired_token_is_renewed_once_and_the_call_goes_through(office: Sandbox, payer: PayerService) -> None:
    session = await ready(payer, claim := form())
    assert (await office.act("sha", "expired-tokens")).status_code == 200
    assert (await payer.submit(claim, session, CODE)).phase is Phase.SUBMITTED
    assert len(await office.ledger("sha", kind="claim")) == 1


@pytest.fixture(scope="module")
async def exchange() -> AsyncIterator[Script]:
    async with scripted_exchange() as script:
        yield script


@pytest.fixture
def script(exchange: Script) -> Script:
    """Without a script yet, and asked nothing."""
    exchange.answers.clear()
    exchange.asked.clear()
    return exchange


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with outside_client(Settings()) as client:
        yield client


async def test_one_token_is_fetched_for_all_who_wait(script: Script, http: httpx2.AsyncClient) -> None:
    client = EClaims(Settings(sha_url=script.base, sha_facility_id="FID-1"), http)
    script.says("/patients/eligibility", (200, {"statusCode": "00"}))
    await asyncio.gather(*(client.directory.eligibility(str(number), "National ID") for number in range(8)))
    assert (script.count("/tenants/token"), script.count("/patients/eligibility")) == (1, 8)
    (_, _, door), *rest = script.asked
    assert door["content-type"] == "application/x-www-form-urlencoded"
    assert {asked["authorization"] for _, _, asked in rest} == {"Bearer recorded-token"}
    assert {(asked["x-facility-id"], asked["x-facility-id-type"]) for _, _, asked in rest} == {("FID-1", "fr-code")}


async def test_a_token_that_is_always_refused_is_renewed_only_once(script: Script, http: httpx2.AsyncClient) -> None:
    client = EClaims(Settings(sha_url=script.base), http)
    script.says("/claims/submit", (401, {"error": "Unauthorized", "message": "token expired"}))
    with pytest.raises(Away, match="http-401"):
        await client.submit("TOKEN", "INV/1", "RECOVERED", CODE)
    assert (script.count("/tenants/token"), script.count("/claims/submit")) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((401, {"error": "invalid_client", "message": f"secret {CLIENT_SECRET}"}), "credentials-refused"),
        ((400, {"error": "Bad Request"}), "credentials-refused"),
        ((200, {"token": "x"}), "unreadable-token"),
        ((200, "<html></html>"), "http-200-unreadable"),
        ((500, {"error": "x"}), "http-500"),
    ],
)
async def test_without_a_token_nothing_is_sent(
    script: Script, http: httpx2.AsyncClient, answer: tuple[int, object], code: str
) -> None:
    script.says("/tenants/token", answer)
    with pytest.raises(Away, match=code) as away:
        await EClaims(Settings(sha_url=script.base), http).submit("TOKEN", "INV/1", "RECOVERED", CODE)
    assert script.count("/claims/submit") == 0
    assert CLIENT_SECRET not in f"{away.value} {away.value.detail}"


async def test_where_sha_is_not_connected_nothing_is_asked(
    http: httpx2.AsyncClient, production: Callable[..., Settings]
) -> None:
    with pytest.raises(SaidNo, match="not-connected"):
        await Sha(EClaims(production(), http)).cover(member())


@pytest.mark.parametrize("missing", ["sha_client_id", "sha_client_secret", "sha_facility_id"])
def test_sha_is_not_started_without_its_secrets(production: Callable[..., Settings], missing: str) -> None:
    secrets = {"sha_client_id": "c", "sha_client_secret": "s", "sha_facility_id": "FID-1"}
    with pytest.raises(ValueError, match=f"NJIA_{missing.upper()} is empty"):
        production(sha_url="https://sha.example", **{**secrets, missing: ""})


# --- secrets


async def test_no_failure_and_no_log_tells_a_secret(
    office: Sandbox, client: EClaims, payer: PayerService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = await ready(payer, claim := form())
    told: list[str] = []
    for mode, ending in [*BEFORE, ("timeout_after_effect", Unknown)]:
        await breaks(office, mode, "/claims/submit")
        with pytest.raises(OutsideFailure) as failed:
            await payer.submit(claim, session, CODE)
        assert type(failed.value) is ending
        told += [str(failed.value), repr(failed.value), failed.value.detail, str(failed.value.__cause__)]
    with pytest.raises(SaidNo) as refused:
        await payer.open(form(), "654321")
    told += [str(refused.value), repr(refused.value), refused.value.detail]
    assert "OTP was not found" in refused.value.detail
    told += [repr(session), repr(claim), repr(await client.preview(session.token)), caplog.text]
    patient = session.facts["patient_id"]
    secrets = [session.token, CODE, "654321", "+254714000898", CLIENT_SECRET, patient, claim.member.national_id]
    assert [secret for secret in secrets if any(secret in text for text in told)] == []
