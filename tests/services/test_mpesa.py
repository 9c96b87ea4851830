"""M-Pesa: the real client against its counterpart, over real sockets, in good days and bad ones."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import httpx2
import pytest
from pydantic import SecretStr

from integrations.services.line import outside_client
from integrations.services.mpesa.client import Daraja
from integrations.services.mpesa.port import Inquiry, MobileMoney, Push, PushState, Standing
from integrations.services.mpesa.requests import push_request
from integrations.services.mpesa.shapes import confirmation, push_outcome, transaction_state
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.settings import Settings
from tests.services.harness import Called, Sandbox, sandbox_of, until

PAYING, SILENT = "+254712345678", "+254799000404"
numbers = itertools.count(1)


@pytest.fixture
def mpesa(sandbox: Sandbox, http: httpx2.AsyncClient) -> MobileMoney:
    return Daraja(sandbox.settings, http)


def a_push(clinic: Called, phone: str = PAYING) -> Push:
    """A prompt for 750 shillings, with a reference and a path of its own."""
    number = next(numbers)
    return Push(
        phone=phone, amount=Decimal("750.00"), reference=f"OP-{number}", callback_url=f"{clinic.base}/told/{number}"
    )


def path_of(push: Push) -> str:
    return "/" + push.callback_url.partition("//")[2].partition("/")[2]


async def decided(mpesa: MobileMoney, checkout_request_id: str) -> PushState:
    """The state of a prompt once it is no longer pending."""

    async def is_decided() -> bool:
        return (await mpesa.query(checkout_request_id)).standing is not Standing.PENDING

    await until(is_decided)
    return await mpesa.query(checkout_request_id)


async def test_a_phone_is_prompted_once_pays_and_the_clinic_is_told(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called
) -> None:
    push = a_push(clinic)
    pushed = await mpesa.stk_push(push)
    outcome = push_outcome((await clinic.told(path_of(push)))[0])
    assert (outcome.paid, outcome.amount, outcome.phone) == (True, Decimal("750.00"), "254712345678")
    assert outcome.checkout_request_id == pushed.checkout_request_id
    assert outcome.at is not None
    assert abs((datetime.now(UTC) - outcome.at).total_seconds()) < 120
    assert (await mpesa.query(pushed.checkout_request_id)).standing is Standing.PAID
    prompted, paid = await sandbox.ledger("mpesa")
    assert (prompted["kind"], prompted["key"], prompted["number"]) == (
        "push",
        push.reference,
        pushed.checkout_request_id,
    )
    assert (paid["kind"], paid["key"], paid["number"]) == ("payment", pushed.checkout_request_id, outcome.receipt)


async def test_two_payments_of_a_visit_are_no_duplicate_and_one_payment_twice_is(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called
) -> None:
    first, other = a_push(clinic), a_push(clinic)
    for push in (first, other.model_copy(update={"reference": first.reference})):
        await mpesa.stk_push(push)
    assert (await sandbox.book("mpesa"))["duplicates"] == 0
    await mpesa.stk_push(first)
    assert (await sandbox.book("mpesa", kind="push"))["duplicates"] == 1


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+254799001032", "1032"),
        ("+254799000001", "1"),
        ("+254799002001", "2001"),
        ("+254799001019", "1019"),
        ("+254799001037", "1037"),
    ],
)
async def test_a_phone_that_does_not_pay_says_why(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called, phone: str, code: str
) -> None:
    push = a_push(clinic, phone)
    pushed = await mpesa.stk_push(push)
    outcome = push_outcome((await clinic.told(path_of(push)))[0])
    assert (outcome.paid, outcome.code, outcome.receipt, outcome.amount) == (False, code, "", None)
    state = await mpesa.query(pushed.checkout_request_id)
    assert (state.standing, state.code) == (Standing.FAILED, code)
    assert state.may_be_paid_yet is (code == "1037")
    assert await sandbox.ledger("mpesa", kind="payment") == []


async def test_a_silent_phone_is_pending_until_it_answers(sandbox: Sandbox, mpesa: MobileMoney, clinic: Called) -> None:
    push = a_push(clinic, SILENT)
    pushed = await mpesa.stk_push(push)
    state = await mpesa.query(pushed.checkout_request_id)
    assert (state.standing, state.code, state.may_be_paid_yet) == (Standing.PENDING, "", True)
    answer = await sandbox.act("mpesa", "answers", checkout_request_id=pushed.checkout_request_id, code=0)
    assert answer.status_code == 200, answer.text
    assert push_outcome((await clinic.told(path_of(push)))[0]).paid
    again = await sandbox.act("mpesa", "answers", checkout_request_id=pushed.checkout_request_id, code=0)
    assert again.status_code == 422
    assert len(await sandbox.ledger("mpesa", kind="payment")) == 1


async def test_payments_at_the_counter_and_paid_prompts_are_confirmed_once_registered(clinic: Called) -> None:
    async with sandbox_of(sandbox_seconds=0.01) as sandbox, outside_client(sandbox.settings) as http:
        mpesa = Daraja(sandbox.settings, http)
        with pytest.raises(SaidNo):
            await mpesa.register_urls(f"{clinic.base}/mpesa/c2b", f"{clinic.base}/mpesa/validation")
        await mpesa.register_urls(f"{clinic.base}/counter", f"{clinic.base}/validation")
        told = await sandbox.act("mpesa", "payments", phone="0712345678", amount=120, reference="OP-7")
        counter = confirmation((await clinic.told("/counter"))[0])
        assert (counter.receipt, counter.reference) == (told.json()["receipt"], "OP-7")
        assert counter.amount == 120
        push = a_push(clinic)
        await mpesa.stk_push(push)
        prompted = confirmation((await clinic.told("/counter", 2))[1])
        outcome = push_outcome((await clinic.told(path_of(push)))[0])
        assert (prompted.receipt, prompted.reference) == (outcome.receipt, push.reference)


async def test_the_state_of_a_transaction_is_sent_to_whoever_asked(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called
) -> None:
    receipt = (await sandbox.act("mpesa", "payments", phone=PAYING, amount=80, reference="OP-8")).json()["receipt"]
    urls = {"result_url": f"{clinic.base}/state", "timeout_url": f"{clinic.base}/too-late"}
    known = await mpesa.transaction_status(Inquiry(receipt=receipt, **urls))
    unknown = await mpesa.transaction_status(Inquiry(receipt="NOSUCHONE0", **urls))
    told = {state.conversation_id: state for state in map(transaction_state, await clinic.told("/state", 2))}
    assert (told[known.conversation_id].paid, told[known.conversation_id].receipt) == (True, receipt)
    assert told[known.conversation_id].amount == 80
    assert (told[unknown.conversation_id].paid, told[unknown.conversation_id].amount) == (False, None)


# --- how a push can fail, and what is left of it over there


@pytest.mark.parametrize(
    ("mode", "failure"), [("down", Away), ("error_500", Unknown), ("html_400", Unknown), ("reject", SaidNo)]
)
async def test_a_push_that_fails_before_its_effect_says_whether_it_may_be_repeated(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called, mode: str, failure: type[OutsideFailure]
) -> None:
    await sandbox.breaks("mpesa", mode, count=1)
    with pytest.raises(failure):
        await mpesa.stk_push(push := a_push(clinic))
    assert await sandbox.ledger("mpesa") == []
    await mpesa.stk_push(push)
    assert len(await sandbox.ledger("mpesa", kind="push")) == 1


async def test_down_says_when_to_come_back(sandbox: Sandbox, mpesa: MobileMoney, clinic: Called) -> None:
    await sandbox.breaks("mpesa", "down", seconds=7)
    with pytest.raises(Away) as away:
        await mpesa.stk_push(a_push(clinic))
    assert away.value.retry_after == 7


@pytest.mark.parametrize("mode", ["timeout_after_effect", "slow"])
async def test_a_push_whose_answer_does_not_come_may_have_happened_and_did(
    sandbox: Sandbox, clinic: Called, mode: str
) -> None:
    settings = sandbox.settings.model_copy(update={"outside_seconds": 1.0})
    async with outside_client(settings) as http:
        mpesa = Daraja(settings, http)
        await mpesa.transaction_status(Inquiry(receipt="X", result_url=clinic.base, timeout_url=clinic.base))
        await sandbox.breaks("mpesa", mode, count=1, seconds=2)
        with pytest.raises(Unknown, match="timeout"):
            await mpesa.stk_push(push := a_push(clinic))
    assert push_outcome((await clinic.told(path_of(push)))[0]).paid
    assert [entry["kind"] for entry in await sandbox.ledger("mpesa")] == ["push", "payment"]


async def test_a_gateway_that_gave_up_waiting_is_no_proof_of_anything(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called
) -> None:
    await sandbox.breaks("mpesa", "timeout_after_effect", count=1, seconds=0)
    with pytest.raises(Unknown, match="http-504"):
        await mpesa.stk_push(a_push(clinic))
    assert len(await sandbox.ledger("mpesa", kind="push")) == 1


async def test_slow_is_not_away(sandbox: Sandbox, mpesa: MobileMoney, clinic: Called) -> None:
    await sandbox.breaks("mpesa", "slow", count=2, seconds=0.2)
    pushed = await mpesa.stk_push(a_push(clinic))
    assert (await decided(mpesa, pushed.checkout_request_id)).standing is Standing.PAID


@pytest.mark.parametrize("mode", ["down", "error_500", "html_400"])
async def test_a_query_that_fails_may_always_be_repeated(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called, mode: str
) -> None:
    pushed = await mpesa.stk_push(a_push(clinic))
    await sandbox.breaks("mpesa", mode)
    with pytest.raises(Away):
        await mpesa.query(pushed.checkout_request_id)
    await sandbox.mend("mpesa")
    assert (await decided(mpesa, pushed.checkout_request_id)).standing is Standing.PAID


async def test_nobody_there_is_away_and_nothing_happened(clinic: Called, http: httpx2.AsyncClient) -> None:
    async with sandbox_of() as gone:
        settings = gone.settings
    with pytest.raises(Away, match="no-connection"):
        await Daraja(settings, http).stk_push(a_push(clinic))


async def test_a_prompt_that_does_not_exist_is_said_to(mpesa: MobileMoney) -> None:
    with pytest.raises(SaidNo, match=r"400\.002\.02"):
        await mpesa.query("ws_CO_nothing")


# --- calls that do not come as they should


async def test_a_lost_call_leaves_the_query(sandbox: Sandbox, mpesa: MobileMoney, clinic: Called) -> None:
    await sandbox.breaks("mpesa", "lost_callback", count=1)
    pushed = await mpesa.stk_push(a_push(clinic))
    assert (await decided(mpesa, pushed.checkout_request_id)).standing is Standing.PAID
    assert [call["outcome"] for call in (await sandbox.book("mpesa"))["callbacks"]] == ["lost"]
    assert clinic.heard == []


async def test_a_doubled_call_says_the_same_twice(sandbox: Sandbox, mpesa: MobileMoney, clinic: Called) -> None:
    await sandbox.breaks("mpesa", "duplicate_callback", count=1)
    await mpesa.stk_push(push := a_push(clinic))
    first, second = await clinic.told(path_of(push), 2)
    assert first == second
    assert len(await sandbox.ledger("mpesa", kind="payment")) == 1


async def test_a_late_call_comes_after_the_query_knew(sandbox: Sandbox, mpesa: MobileMoney, clinic: Called) -> None:
    await sandbox.breaks("mpesa", "late_callback", count=1, seconds=1)
    pushed = await mpesa.stk_push(push := a_push(clinic))
    assert (await decided(mpesa, pushed.checkout_request_id)).standing is Standing.PAID
    assert clinic.heard == []
    assert push_outcome((await clinic.told(path_of(push)))[0]).paid


# --- what is refused before anybody is asked


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": Decimal("99.50")}, "amount-not-whole"),
        ({"amount": Decimal("0.00")}, "amount-not-whole"),
        ({"amount": Decimal("NaN")}, "amount-not-whole"),
        ({"reference": "OP/24979/26/1"}, "reference-length"),
        ({"reference": ""}, "reference-length"),
        ({"phone": "+254202345678"}, "not-a-mobile-number"),
        ({"phone": "+255712345678"}, "not-a-mobile-number"),
    ],
)
async def test_what_daraja_would_refuse_or_change_is_not_sent(
    sandbox: Sandbox, mpesa: MobileMoney, clinic: Called, changed: dict[str, object], code: str
) -> None:
    with pytest.raises(SaidNo, match=code):
        await mpesa.stk_push(a_push(clinic).model_copy(update=changed))
    assert await sandbox.ledger("mpesa") == []


@pytest.mark.parametrize(
    ("till", "kind", "to"),
    [("", "CustomerPayBillOnline", "600100"), ("5012345", "CustomerBuyGoodsOnline", "5012345")],
)
def test_a_request_is_written_as_daraja_wants_it(till: str, kind: str, to: str) -> None:
    settings = Settings(mpesa_pass_key=SecretStr("key"), mpesa_till=till)
    push = Push(phone=PAYING, amount=Decimal("10.00"), reference="OP-1", description="A long visit", callback_url="u")
    sent = push_request(push, settings, datetime(2026, 11, 22, 22, 30, 5, tzinfo=UTC))
    assert sent == {
        "BusinessShortCode": "600100",
        "Password": "NjAwMTAwa2V5MjAyNjExMjMwMTMwMDU=",
        "Timestamp": "20261123013005",
        "TransactionType": kind,
        "Amount": 10,
        "PartyA": "254712345678",
        "PartyB": to,
        "PhoneNumber": "254712345678",
        "CallBackURL": "u",
        "AccountReference": "OP-1",
        "TransactionDesc": "A long visit",
    }
    longer = push.model_copy(update={"description": "A visit to the clinic"})
    assert push_request(longer, settings, datetime.now(UTC))["TransactionDesc"] == "A visit to th"


async def test_where_no_service_is_named_in_production_nothing_is_asked(
    clinic: Called, http: httpx2.AsyncClient, production: Callable[..., Settings]
) -> None:
    with pytest.raises(SaidNo, match="not-connected"):
        await Daraja(production(), http).stk_push(a_push(clinic))


@pytest.mark.parametrize("missing", ["mpesa_consumer_key", "mpesa_consumer_secret", "mpesa_pass_key"])
def test_a_real_service_is_not_started_without_its_secrets(production: Callable[..., Settings], missing: str) -> None:
    secrets = {"mpesa_consumer_key": "k", "mpesa_consumer_secret": "s", "mpesa_pass_key": "p"}
    assert production(mpesa_url="https://daraja.example", **secrets).outside("mpesa") == "https://daraja.example"
    with pytest.raises(ValueError, match=f"NJIA_{missing.upper()} is empty"):
        production(mpesa_url="https://daraja.example", **{**secrets, missing: ""})
