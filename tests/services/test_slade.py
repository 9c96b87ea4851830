"""Slade360: the real client as a payer, against its counterpart over real sockets, in good days and bad ones."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import httpx2
import pytest

from integrations.services.line import outside_client
from integrations.services.outside import Away, OutsideFailure, SaidNo, StillPending, Unknown
from integrations.services.payers import PayerService
from integrations.services.slade.client import HealthCloud
from integrations.services.slade.payer import Slade
from integrations.services.slade.sandbox import slade
from integrations.services.slade.sandbox_members import CODE
from integrations.settings import Settings
from models.claims import ClaimDiagnosis, ClaimForm, ClaimState, Phase, Purpose, Session
from tests.services.harness import Sandbox, until
from tests.services.insurers import PAPER, a_form
from tests.services.one_service import sandbox_with

QUICK = 0.05
SECRETS = {
    "slade_client_id": "the-client",
    "slade_client_secret": "the-client-secret",
    "slade_user_name": "the-user",
    "slade_password": "the-password",
    "slade_location_code": "LOC-1",
}


@pytest.fixture(scope="module")
async def slade_sandbox() -> AsyncIterator[Sandbox]:
    async with sandbox_with(slade, sandbox_seconds=QUICK, **SECRETS) as sandbox:
        yield sandbox


@pytest.fixture
async def there(slade_sandbox: Sandbox) -> Sandbox:
    assert (await slade_sandbox.http.delete("/_sandbox")).status_code == 204
    return slade_sandbox


@pytest.fixture(scope="module")
async def line(slade_sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with outside_client(slade_sandbox.settings) as http:
        yield http


@pytest.fixture
def payer(there: Sandbox, line: httpx2.AsyncClient) -> PayerService:
    return a_payer(there.settings, line)


def a_payer(settings: Settings, http: httpx2.AsyncClient) -> Slade:
    return Slade(HealthCloud(settings, http), again_after=(0.01,))


async def opened(payer: PayerService, form: ClaimForm) -> Session:
    await payer.send_code(form, Purpose.VISIT, None)
    return await payer.open(form, CODE)


def after(form: ClaimForm, state: ClaimState) -> ClaimForm:
    """The form as it comes the next time: what the payer called the claim stands in it."""
    return form.model_copy(update={"payer_reference": state.reference})


async def kinds(there: Sandbox) -> list[str]:
    return [entry["kind"] for entry in await there.ledger("slade")]


# --- a good day


async def test_a_claim_goes_from_the_members_code_to_the_insurers_money(there: Sandbox, payer: PayerService) -> None:
    form = a_form(amount="1000.00")
    assert payer.consents == (Purpose.VISIT,)
    cover = await payer.cover(form.member)
    assert (cover.is_found, cover.is_active, cover.member_number) == (True, True, form.member.member_number)
    sent_to = await payer.send_code(form, Purpose.VISIT, None)
    assert sent_to.startswith("+2547")
    assert "***" in sent_to
    session = await payer.open(form, CODE)
    assert session.expires_at is not None
    form = form.model_copy(update={"payer_reference": session.reference})
    await payer.fill(form, session)
    state = await payer.submit(form, session, "")
    assert (state.phase, state.reference.endswith(f"/{form.number}")) == (Phase.SUBMITTED, True)
    form = after(form, state)
    await payer.attach(form, session, PAPER)

    async def is_paid() -> bool:
        return (await payer.look(form, session)).phase is Phase.PAID

    assert (await payer.look(form, session)).phase in (Phase.SUBMITTED, Phase.PAID)
    await until(is_paid)
    paid = await payer.look(form, session)
    assert (paid.paid, paid.raw, paid.reason) == (Decimal("1000.00"), "remittance PAID", "")
    assert await kinds(there) == [
        "code",
        "visit",
        "reservation",
        "claim opened",
        "claim",
        "attachment",
        "remittance",
    ]
    (claim,) = await there.ledger("slade", kind="claim")
    assert (claim["key"], claim["details"]["amount"]) == (form.number, 1000)
    assert (await there.book("slade"))["duplicates"] == 0


async def test_filling_again_keeps_nothing_aside_twice(there: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, form := a_form())
    await payer.fill(form, session)
    await payer.fill(form, session)
    (kept,) = await there.ledger("slade", kind="reservation")
    assert (kept["key"], kept["details"]["amount"]) == (form.number, 1250)


async def test_a_member_who_is_not_paid_up_is_found_and_not_covered(payer: PayerService) -> None:
    cover = await payer.cover(a_form("402").member)
    assert (cover.is_found, cover.is_active) == (True, False)
    assert "SUSPENDED" in cover.advice


async def test_a_member_whom_nobody_knows_is_not_found(payer: PayerService) -> None:
    form = a_form("404")
    cover = await payer.cover(form.member)
    assert (cover.is_found, cover.is_active) == (False, False)
    assert cover.advice
    with pytest.raises(SaidNo, match="not-a-member"):
        await payer.send_code(form, Purpose.VISIT, None)


@pytest.mark.parametrize("missing", ["member_number", "payer_code"])
async def test_without_a_number_or_a_code_of_the_insurer_nobody_is_asked(payer: PayerService, missing: str) -> None:
    member = a_form().member.model_copy(update={missing: ""})
    cover = await payer.cover(member)
    assert (cover.is_found, bool(cover.advice)) == (False, True)


async def test_a_wrong_code_is_refused_and_the_right_one_still_opens(there: Sandbox, payer: PayerService) -> None:
    await payer.send_code(form := a_form(), Purpose.VISIT, None)
    for wrong in ("000000", "ABC"):
        with pytest.raises(SaidNo, match="otp-refused"):
            await payer.open(form, wrong)
    assert (await payer.open(form, CODE)).token


async def test_a_code_opens_one_visit_and_another_code_another(there: Sandbox, payer: PayerService) -> None:
    await opened(payer, form := a_form())
    with pytest.raises(SaidNo, match="otp-refused"):
        await payer.open(form, CODE)
    await opened(payer, form)
    assert await kinds(there) == ["code", "visit", "code", "visit"]
    assert (await there.book("slade"))["duplicates"] == 0


async def test_an_old_code_is_refused(there: Sandbox, payer: PayerService) -> None:
    await payer.send_code(form := a_form(), Purpose.VISIT, None)
    assert (await there.act("slade", "expired-codes")).status_code == 200
    with pytest.raises(SaidNo, match="otp-refused"):
        await payer.open(form, CODE)


async def test_slade_asks_for_no_second_code(payer: PayerService) -> None:
    session = await opened(payer, form := a_form())
    with pytest.raises(SaidNo, match="no-such-code"):
        await payer.send_code(form, Purpose.DISCHARGE, session)


async def test_a_worn_out_token_is_renewed_unnoticed(there: Sandbox, payer: PayerService) -> None:
    await payer.cover((form := a_form()).member)
    assert (await there.act("slade", "expired-tokens")).status_code == 200
    assert (await payer.cover(form.member)).is_active


async def test_wrong_credentials_wait_until_somebody_mends_them(there: Sandbox, line: httpx2.AsyncClient) -> None:
    settings = there.settings.model_copy(update={"slade_user_name": "another"})
    with pytest.raises(Away, match="credentials-refused"):
        await a_payer(settings, line).cover(a_form().member)


# --- what is refused before anything goes out


async def test_a_diagnosis_without_icd_10_is_found_before_anything_goes_out(
    there: Sandbox, payer: PayerService
) -> None:
    session = await opened(payer, form := a_form())
    uncoded = form.model_copy(update={"diagnoses": (ClaimDiagnosis(name="Malaria", icd11="1F4Z"),)})
    for step in (payer.fill(uncoded, session), payer.submit(uncoded, session, "")):
        with pytest.raises(SaidNo, match="no-icd-10"):
            await step
    assert await kinds(there) == ["code", "visit"]


@pytest.mark.parametrize("amount", ["0.00", "1250.01"])
async def test_nothing_or_more_than_the_bill_is_not_claimed(there: Sandbox, payer: PayerService, amount: str) -> None:
    session = await opened(payer, form := a_form(amount=amount))
    for step in (payer.fill(form, session), payer.submit(form, session, "")):
        with pytest.raises(SaidNo, match="nothing-to-claim"):
            await step
    assert await kinds(there) == ["code", "visit"]


async def test_papers_wait_until_there_is_a_claim(payer: PayerService) -> None:
    session = await opened(payer, form := a_form())
    with pytest.raises(StillPending, match="claim-first"):
        await payer.attach(form, session, PAPER)


# --- how handing in can fail, and what is left of it over there


@pytest.mark.parametrize(
    ("mode", "failure"), [("down", Away), ("error_500", Unknown), ("html_400", Unknown), ("reject", SaidNo)]
)
async def test_a_claim_that_fails_before_its_effect_says_whether_it_may_be_repeated(
    there: Sandbox, payer: PayerService, mode: str, failure: type[OutsideFailure]
) -> None:
    session = await opened(payer, form := a_form())
    await there.breaks("slade", mode, path="/claims/")
    with pytest.raises(failure):
        await payer.submit(form, session, "")
    assert await kinds(there) == ["code", "visit"]


@pytest.mark.parametrize("call", ["/claims/", "/invoices/"])
@pytest.mark.parametrize("mode", ["timeout_after_effect", "slow"])
async def test_a_lost_answer_is_unknown_and_looking_asks_a_clerk(there: Sandbox, call: str, mode: str) -> None:
    settings = there.settings.model_copy(update={"outside_seconds": 0.4})
    async with outside_client(settings) as http:
        payer = a_payer(settings, http)
        session = await opened(payer, form := a_form())
        await there.breaks("slade", mode, count=1, seconds=1, path=call)
        with pytest.raises(Unknown, match="timeout"):
            await payer.submit(form, session, "")
        state = await payer.look(form, session)
    assert (state.phase, state.went_out) == (Phase.UNKNOWN, False)
    assert "portal" in state.reason
    kind = "claim opened" if call == "/claims/" else "claim"

    async def is_there() -> bool:
        return kind in await kinds(there)

    await until(is_there)


async def test_a_gateway_that_gave_up_waiting_is_no_proof_of_anything(there: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, form := a_form())
    await there.breaks("slade", "timeout_after_effect", count=1, seconds=0, path="/invoices/")
    with pytest.raises(Unknown, match="http-504"):
        await payer.submit(form, session, "")
    assert len(await there.ledger("slade", kind="claim")) == 1


async def test_an_invoice_that_finds_the_door_shut_for_a_moment_goes_the_second_time(
    there: Sandbox, payer: PayerService
) -> None:
    session = await opened(payer, form := a_form())
    await there.breaks("slade", "down", count=1, path="/invoices/")
    assert (await payer.submit(form, session, "")).phase is Phase.SUBMITTED
    assert (await there.book("slade"))["duplicates"] == 0


@pytest.mark.parametrize(("mode", "why"), [("down", "could not be reached"), ("reject", "Refused on request")])
async def test_a_claim_without_its_invoice_is_handed_in_again_and_only_the_invoice_goes(
    there: Sandbox, payer: PayerService, mode: str, why: str
) -> None:
    session = await opened(payer, form := a_form())
    await there.breaks("slade", mode, path="/invoices/")
    state = await payer.submit(form, session, "")
    assert state.phase is Phase.SENT_BACK
    assert why in state.reason
    form = after(form, state)
    assert (await payer.look(form, session)).phase is Phase.UNKNOWN
    await there.mend("slade")
    await payer.fill(form, session)
    await payer.attach(form, session, PAPER)
    done = await payer.resubmit(form, session)
    assert (done.phase, done.reference) == (Phase.SUBMITTED, f"{state.reference}/{form.number}")
    assert await kinds(there) == ["code", "visit", "claim opened", "attachment", "claim"]


async def test_what_was_handed_in_is_not_handed_in_again(there: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, form := a_form("409"))
    state = await payer.submit(form, session, "")
    form = after(form, state)
    assert await payer.submit(form, session, "") == state
    with pytest.raises(SaidNo, match="no-second-time") as no:
        await payer.resubmit(form, session)
    assert "portal" in no.value.detail
    assert len(await there.ledger("slade", kind="claim")) == 1


async def test_a_claim_that_a_clerk_found_at_the_portal_is_followed_to_its_money(
    there: Sandbox, payer: PayerService
) -> None:
    session = await opened(payer, form := a_form())
    await there.breaks("slade", "timeout_after_effect", count=1, seconds=0, path="/invoices/")
    with pytest.raises(Unknown):
        await payer.submit(form, session, "")
    (claim,) = await there.ledger("slade", kind="claim")
    found = form.model_copy(update={"payer_reference": claim["number"]})

    async def is_paid() -> bool:
        return (await payer.look(found, session)).phase is Phase.PAID

    await until(is_paid)


async def test_a_claim_that_is_not_paid_by_itself_stays_handed_in_until_somebody_pays(
    there: Sandbox, payer: PayerService
) -> None:
    session = await opened(payer, form := a_form("411"))
    form = after(form, await payer.submit(form, session, ""))
    await payer.look(form, session)
    assert await there.ledger("slade", kind="remittance") == []
    answer = await there.act("slade", "remittances", invoice_number=form.number, amount="700")
    assert answer.status_code == 200, answer.text
    paid = await payer.look(form, session)
    assert (paid.phase, paid.paid) == (Phase.PAID, Decimal("700.00"))
    assert "in part" in paid.reason
    assert (await there.act("slade", "remittances", invoice_number="CLM0")).status_code == 422


@pytest.mark.parametrize("mode", ["down", "error_500", "html_400"])
async def test_a_reading_that_fails_may_always_be_repeated(there: Sandbox, payer: PayerService, mode: str) -> None:
    session = await opened(payer, form := a_form())
    form = after(form, await payer.submit(form, session, ""))
    await there.breaks("slade", mode)
    for reading in (payer.cover(form.member), payer.look(form, session)):
        with pytest.raises(Away):
            await reading
    await there.mend("slade")
    assert (await payer.look(form, session)).went_out


async def test_a_lost_answer_to_a_code_is_no_harm(there: Sandbox, payer: PayerService) -> None:
    form = a_form()
    await there.breaks("slade", "timeout_after_effect", count=1, seconds=0, path="/send_otp/")
    with pytest.raises(Away):
        await payer.send_code(form, Purpose.VISIT, None)
    await payer.send_code(form, Purpose.VISIT, None)
    assert (await payer.open(form, CODE)).token
    assert (await there.book("slade"))["duplicates"] == 0


async def test_a_lost_answer_to_a_reservation_does_not_double_it(there: Sandbox, payer: PayerService) -> None:
    session = await opened(payer, form := a_form())
    await there.breaks("slade", "timeout_after_effect", count=1, seconds=0, path="/balances/")
    with pytest.raises(Unknown):
        await payer.fill(form, session)
    await payer.fill(form, session)
    assert len(await there.ledger("slade", kind="reservation")) == 1


async def test_a_visit_whose_answer_was_lost_takes_another_code(there: Sandbox, payer: PayerService) -> None:
    await payer.send_code(form := a_form(), Purpose.VISIT, None)
    await there.breaks("slade", "timeout_after_effect", count=1, seconds=0, path="/start_visit/")
    with pytest.raises(Unknown):
        await payer.open(form, CODE)
    with pytest.raises(SaidNo, match="otp-refused"):
        await payer.open(form, CODE)
    assert (await opened(payer, form)).token


async def test_a_visit_is_kept_though_its_expiry_cannot_be_told(there: Sandbox, payer: PayerService) -> None:
    await payer.send_code(form := a_form(), Purpose.VISIT, None)
    await there.breaks("slade", "error_500", path="/validate_authorization_token/")
    session = await payer.open(form, CODE)
    assert (bool(session.token), session.expires_at) == (True, None)


async def test_giving_up_says_what_a_clerk_can_do(payer: PayerService) -> None:
    session = await opened(payer, a_form())
    with pytest.raises(SaidNo, match="no-way-back") as no:
        await payer.close(session, "The patient pays.")
    assert "portal" in no.value.detail


# --- where it is, and what nobody may read


async def test_each_address_may_be_another_one(there: Sandbox, line: httpx2.AsyncClient) -> None:
    base = f"{there.base}/slade"
    addresses = {"slade_url": base, "slade_accounts_url": f"{base}/accounts", "slade_billing_url": f"{base}/is"}
    settings = there.settings.model_copy(update={**addresses, "sandbox_port": 1})
    assert (await opened(a_payer(settings, line), a_form())).token


async def test_where_no_service_is_named_in_production_nothing_is_asked(
    line: httpx2.AsyncClient, production: Callable[..., Settings]
) -> None:
    with pytest.raises(SaidNo, match="not-connected"):
        await a_payer(production(), line).cover(a_form().member)


async def test_no_secret_stands_in_a_failure_or_in_a_log(
    there: Sandbox, payer: PayerService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = await opened(payer, form := a_form())
    secrets = [session.token, CODE, form.member.member_number, form.member.phone_number, "the-password", "Kamau"]
    failures: list[OutsideFailure] = []
    for mode in ("down", "error_500", "html_400", "reject"):
        await there.breaks("slade", mode, count=1, path="/claims/")
        with pytest.raises(OutsideFailure) as failed:
            await payer.submit(form, session, "")
        failures.append(failed.value)
    with pytest.raises(SaidNo) as wrong:
        await payer.open(form, "999999")
    told = " ".join([*(f"{one} {one!r} {one.detail}" for one in [*failures, wrong.value]), caplog.text, repr(session)])
    assert [secret for secret in [*secrets, "999999"] if secret in told] == []
    ledger = json.dumps(await there.book("slade"))
    assert session.token not in ledger
