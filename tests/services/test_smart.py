"""Smart: the real client as a payer, against its counterpart over real sockets, in good days and bad ones."""

import json
import logging
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from integrations.services.line import outside_client
from integrations.services.outside import Away, OutsideFailure, SaidNo, StillPending, Unknown
from integrations.services.payers import PayerService
from integrations.services.smart.client import Provider
from integrations.services.smart.payer import Smart
from integrations.services.smart.sandbox import smart
from integrations.settings import Settings
from models.claims import ClaimDiagnosis, ClaimForm, ClaimState, Phase, Purpose, Session
from tests.services.harness import Sandbox, until
from tests.services.insurers import PAPER, a_form
from tests.services.one_service import sandbox_with

QUICK = 0.05
SECRETS = {
    "smart_client_id": "the-client",
    "smart_client_secret": "the-client-secret",
    "smart_user_name": "the-user",
    "smart_password": "the-password",
    "smart_provider_key": "the-provider-key",
}


@pytest.fixture(scope="module")
async def smart_sandbox() -> AsyncIterator[Sandbox]:
    async with sandbox_with(smart, sandbox_seconds=QUICK, **SECRETS) as sandbox:
        yield sandbox


@pytest.fixture
async def there(smart_sandbox: Sandbox) -> Sandbox:
    assert (await smart_sandbox.http.delete("/_sandbox")).status_code == 204
    return smart_sandbox


@pytest.fixture(scope="module")
async def line(smart_sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with outside_client(smart_sandbox.settings) as http:
        yield http


@pytest.fixture
def payer(there: Sandbox, line: httpx2.AsyncClient) -> PayerService:
    return a_payer(there.settings, line)


def a_payer(settings: Settings, http: httpx2.AsyncClient) -> Smart:
    return Smart(Provider(settings, http))


async def reaches(payer: PayerService, form: ClaimForm, session: Session, *phases: Phase) -> ClaimState:
    """The claim's state once it is in one of these phases."""

    async def is_so() -> bool:
        return (await payer.look(form, session)).phase in phases

    await until(is_so)
    return await payer.look(form, session)


async def kinds(there: Sandbox) -> list[str]:
    return [entry["kind"] for entry in await there.ledger("smart")]


# --- a good day


async def test_a_claim_goes_from_the_check_in_to_the_members_confirmation(there: Sandbox, payer: PayerService) -> None:
    form = a_form(amount="1000.00")
    assert payer.consents == ()
    cover = await payer.cover(form.member)
    assert (cover.is_found, cover.is_active, cover.member_number) == (True, True, form.member.member_number)
    session = await payer.open(form, "")
    await payer.fill(form, session)
    assert (await payer.look(form, session)).phase is Phase.DRAFT
    assert (await payer.submit(form, session, "")).phase is Phase.SUBMITTED
    billed = await reaches(payer, form, session, Phase.APPROVED)
    assert (billed.raw, billed.paid, billed.reference) == ("Billed", None, session.reference)
    (claim,) = await there.ledger("smart", kind="claim")
    assert (claim["key"], claim["number"], claim["details"]["amount"]) == (form.number, session.reference, 1000)
    await payer.close(session, "Billed.")
    await payer.close(session, "Billed.")
    assert await kinds(there) == ["visit", "claim", "session closed"]
    assert (await there.book("smart"))["duplicates"] == 0


async def test_opening_again_finds_the_same_check_in(there: Sandbox, payer: PayerService) -> None:
    form = a_form()
    first, again = await payer.open(form, ""), await payer.open(form, "")
    assert first == again
    assert await kinds(there) == ["visit"]


async def test_another_visit_of_the_member_takes_another_check_in(payer: PayerService) -> None:
    form = a_form()
    later = form.model_copy(update={"visit_number": f"{form.visit_number}/later"})
    first, second = await payer.open(form, ""), await payer.open(later, "")
    assert first.token != second.token
    assert (await payer.open(later, "")).token == second.token


async def test_a_patient_who_has_not_checked_in_is_waited_for(there: Sandbox, payer: PayerService) -> None:
    form = a_form("408")
    cover = await payer.cover(form.member)
    assert (cover.is_found, "check in" in cover.advice) == (False, True)
    with pytest.raises(StillPending, match="not-checked-in"):
        await payer.open(form, "")
    answer = await there.act("smart", "check-ins", patient_number=form.member.member_number)
    assert answer.status_code == 200, answer.text
    assert (await payer.open(form, "")).token == str(answer.json()["id"])
    assert (await there.act("smart", "check-ins")).status_code == 422


async def test_a_member_whom_nobody_knows_is_not_found(payer: PayerService) -> None:
    cover = await payer.cover(a_form("404").member)
    assert (cover.is_found, cover.is_active) == (False, False)


async def test_a_member_whose_money_is_spent_is_found_and_not_covered(there: Sandbox, payer: PayerService) -> None:
    form = a_form("402")
    cover = await payer.cover(form.member)
    assert (cover.is_found, cover.is_active) == (True, False)
    assert "no money" in cover.advice
    session = await payer.open(form, "")
    with pytest.raises(SaidNo) as no:
        await payer.submit(form, session, "")
    assert "exhausted" in no.value.detail


async def test_without_any_number_nobody_is_asked(payer: PayerService) -> None:
    form = a_form()
    nameless = form.model_copy(update={"member": form.member.model_copy(update={"member_number": ""})})
    assert (await payer.cover(nameless.member)).advice
    with pytest.raises(SaidNo, match="no-number"):
        await payer.open(nameless, "")


async def test_a_cancelled_bill_is_handed_in_again_and_counts_once_more(there: Sandbox, payer: PayerService) -> None:
    session = await payer.open(form := a_form("409"), "")
    await payer.submit(form, session, "")
    back = await reaches(payer, form, session, Phase.SENT_BACK)
    assert (back.raw, bool(back.reason)) == ("Cancelled", True)
    await payer.fill(form, session)
    assert (await payer.resubmit(form, session)).phase is Phase.SUBMITTED
    assert (await reaches(payer, form, session, Phase.APPROVED)).raw == "Billed"
    assert len(await there.ledger("smart", kind="claim")) == 2
    assert (await there.book("smart"))["duplicates"] == 0


async def test_a_rejected_claim_says_so_and_may_be_handed_in_again(payer: PayerService) -> None:
    session = await payer.open(form := a_form("411"), "")
    await payer.submit(form, session, "")
    assert (await reaches(payer, form, session, Phase.REJECTED)).went_out
    await payer.resubmit(form, session)
    await reaches(payer, form, session, Phase.APPROVED)


async def test_what_is_under_way_is_not_handed_in_again(there: Sandbox, payer: PayerService) -> None:
    session = await payer.open(form := a_form(), "")
    await payer.submit(form, session, "")
    assert (await payer.resubmit(form, session)).went_out
    assert len(await there.ledger("smart", kind="claim")) == 1


async def test_a_claim_handed_in_twice_shows_in_the_ledger(there: Sandbox, payer: PayerService) -> None:
    session = await payer.open(form := a_form(), "")
    for _ in range(2):
        await payer.submit(form, session, "")
    assert (await there.book("smart", kind="claim"))["duplicates"] == 1


async def test_a_status_that_nobody_knows_is_kept_and_means_that_the_claim_is_there(
    there: Sandbox, payer: PayerService
) -> None:
    session = await payer.open(form := a_form(), "")
    await payer.submit(form, session, "")
    answer = await there.act("smart", "statuses", invoice_number=form.number, status="Escalated")
    assert answer.status_code == 200, answer.text
    state = await payer.look(form, session)
    assert (state.phase, state.raw, state.went_out) == (Phase.IN_REVIEW, "Escalated", True)
    assert (await there.act("smart", "statuses", invoice_number="CLM0", status="Billed")).status_code == 422


# --- what is refused before anything goes out


async def test_a_diagnosis_goes_in_either_coding_and_not_without_a_code(there: Sandbox, payer: PayerService) -> None:
    session = await payer.open(form := a_form(), "")
    uncoded = form.model_copy(update={"diagnoses": (ClaimDiagnosis(name="Malaria"),)})
    for step in (payer.fill(uncoded, session), payer.submit(uncoded, session, "")):
        with pytest.raises(SaidNo, match="no-icd-code"):
            await step
    eleven = form.model_copy(update={"diagnoses": (ClaimDiagnosis(name="Malaria", icd11="1F4Z"),)})
    assert (await payer.submit(eleven, session, "")).phase is Phase.SUBMITTED
    assert len(await there.ledger("smart", kind="claim")) == 1


@pytest.mark.parametrize("amount", ["0.00", "1250.01"])
async def test_nothing_or_more_than_the_bill_is_not_claimed(there: Sandbox, payer: PayerService, amount: str) -> None:
    session = await payer.open(form := a_form(amount=amount), "")
    for step in (payer.fill(form, session), payer.submit(form, session, "")):
        with pytest.raises(SaidNo, match="nothing-to-claim"):
            await step
    assert await kinds(there) == ["visit"]


async def test_smart_takes_no_codes_and_no_papers_with_a_claim(payer: PayerService) -> None:
    session = await payer.open(form := a_form(), "")
    with pytest.raises(SaidNo, match="no-such-code"):
        await payer.send_code(form, Purpose.VISIT, None)
    with pytest.raises(SaidNo, match="no-papers"):
        await payer.attach(form, session, PAPER)


async def test_papers_go_with_a_preauthorisation(there: Sandbox, line: httpx2.AsyncClient) -> None:
    await Provider(there.settings, line).attach("PR-998811", [PAPER])
    (paper,) = await there.ledger("smart", kind="attachment")
    assert paper["key"] == "PR-998811"


async def test_a_worn_out_token_is_renewed_unnoticed(there: Sandbox, payer: PayerService) -> None:
    await payer.cover((form := a_form()).member)
    assert (await there.act("smart", "expired-tokens")).status_code == 200
    assert (await payer.cover(form.member)).is_active


@pytest.mark.parametrize("wrong", [{"smart_user_name": "another"}, {"smart_client_id": "another"}])
async def test_wrong_credentials_wait_until_somebody_mends_them(
    there: Sandbox, line: httpx2.AsyncClient, wrong: dict[str, str]
) -> None:
    settings = there.settings.model_copy(update=wrong)
    with pytest.raises(Away, match="credentials-refused"):
        await a_payer(settings, line).cover(a_form().member)


# --- how handing in can fail, and what is left of it over there


@pytest.mark.parametrize(
    ("mode", "failure"), [("down", Away), ("error_500", Unknown), ("html_400", Unknown), ("reject", SaidNo)]
)
async def test_a_claim_that_fails_before_its_effect_is_found_to_be_a_draft(
    there: Sandbox, payer: PayerService, mode: str, failure: type[OutsideFailure]
) -> None:
    session = await payer.open(form := a_form(), "")
    await there.breaks("smart", mode, count=1)
    with pytest.raises(failure):
        await payer.submit(form, session, "")
    assert (await payer.look(form, session)).phase is Phase.DRAFT
    await payer.submit(form, session, "")
    assert len(await there.ledger("smart", kind="claim")) == 1


@pytest.mark.parametrize("mode", ["timeout_after_effect", "slow"])
async def test_a_lost_answer_is_found_out_by_looking(there: Sandbox, mode: str) -> None:
    settings = there.settings.model_copy(update={"outside_seconds": 0.4})
    async with outside_client(settings) as http:
        payer = a_payer(settings, http)
        session = await payer.open(form := a_form(), "")
        await there.breaks("smart", mode, count=1, seconds=1, path="/claims")
        with pytest.raises(Unknown, match="timeout"):
            await payer.submit(form, session, "")
        state = await reaches(payer, form, session, Phase.SUBMITTED, Phase.APPROVED)
    assert state.went_out
    assert len(await there.ledger("smart", kind="claim")) == 1


async def test_a_gateway_that_gave_up_waiting_is_no_proof_of_anything(there: Sandbox, payer: PayerService) -> None:
    session = await payer.open(form := a_form(), "")
    await there.breaks("smart", "timeout_after_effect", count=1, seconds=0, path="/claims")
    with pytest.raises(Unknown, match="http-504"):
        await payer.submit(form, session, "")
    assert (await payer.look(form, session)).went_out


async def test_a_check_in_whose_answer_was_lost_is_found_again(there: Sandbox, payer: PayerService) -> None:
    form = a_form()
    await there.breaks("smart", "timeout_after_effect", count=1, seconds=0, path="/visit-number/")
    with pytest.raises(Away):
        await payer.open(form, "")
    session = await payer.open(form, "")
    (visit,) = await there.ledger("smart", kind="visit")
    assert (visit["key"], visit["number"]) == (form.visit_number, session.token)


@pytest.mark.parametrize("mode", ["down", "error_500", "html_400"])
async def test_a_reading_that_fails_may_always_be_repeated(there: Sandbox, payer: PayerService, mode: str) -> None:
    session = await payer.open(form := a_form(), "")
    await there.breaks("smart", mode)
    for reading in (payer.cover(form.member), payer.look(form, session), payer.open(form, "")):
        with pytest.raises(Away):
            await reading
    await there.mend("smart")
    assert (await payer.look(form, session)).phase is Phase.DRAFT


async def test_where_no_service_is_named_in_production_nothing_is_asked(
    line: httpx2.AsyncClient, production: Callable[..., Settings]
) -> None:
    with pytest.raises(SaidNo, match="not-connected"):
        await a_payer(production(), line).cover(a_form().member)


async def test_no_secret_stands_in_a_failure_or_in_a_log(
    there: Sandbox, payer: PayerService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    session = await payer.open(form := a_form(), "")
    secrets = [form.member.member_number, form.member.phone_number, "the-password", "the-provider-key", "Kamau"]
    failures: list[OutsideFailure] = []
    for mode in ("down", "error_500", "html_400", "reject"):
        await there.breaks("smart", mode, count=1)
        with pytest.raises(OutsideFailure) as failed:
            await payer.submit(form, session, "")
        failures.append(failed.value)
    told = " ".join([*(f"{one} {one!r} {one.detail}" for one in failures), caplog.text, repr(session), repr(form)])
    assert [secret for secret in secrets if secret in told] == []
    assert form.member.member_number not in json.dumps(await there.book("smart"))
