"""What M-Pesa has been seen to say: each shape means what it should, odd ones included."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrations.services.mpesa.client import Daraja
from integrations.services.mpesa.port import Push, Standing
from integrations.services.mpesa.shapes import confirmation, push_outcome, transaction_state
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown, Unreadable
from integrations.settings import Settings
from tests.services.harness import Scripted

SHAPES = Path(__file__).parent / "shapes" / "mpesa"
PROMPT = "ws_CO_191220191020363925"
PUSH = Push(phone="+254712345678", amount=Decimal(5), reference="OP-1", callback_url="http://127.0.0.1/told")


def shape(name: str) -> Any:
    return json.loads((SHAPES / f"{name}.json").read_text())


def error(status: int, code: str, message: str) -> tuple[int, Any]:
    return status, {"requestId": "1-1-1", "errorCode": code, "errorMessage": message}


def result(code: object) -> tuple[int, Any]:
    return 200, {"ResponseCode": "0", "CheckoutRequestID": PROMPT, "ResultCode": code, "ResultDesc": "words"}


@pytest.mark.parametrize(
    ("name", "paid", "code", "receipt", "amount"),
    [
        ("callback_paid", True, "0", "LHG31AA5TX", Decimal("1.00")),
        ("callback_paid_as_text", True, "0", "LHG31AA5TX", Decimal("1200.00")),
        ("callback_paid_without_metadata", True, "0", "", None),
        ("callback_cancelled", False, "1032", "", None),
    ],
)
def test_a_call_after_a_prompt_is_read(name: str, paid: bool, code: str, receipt: str, amount: Decimal | None) -> None:
    outcome = push_outcome(shape(name))
    assert (outcome.paid, outcome.code, outcome.receipt, outcome.amount) == (paid, code, receipt, amount)
    assert outcome.checkout_request_id == PROMPT
    assert outcome.raw == shape(name)
    if receipt:
        assert outcome.at is not None
        assert outcome.at.isoformat() == "2019-12-19T10:21:15+03:00"


def test_a_confirmation_is_read() -> None:
    told = confirmation(shape("confirmation"))
    assert (told.receipt, told.amount, told.short_code) == ("RKTQDM7W6S", Decimal("10.00"), "600638")
    assert (told.reference, told.kind) == ("invoice008", "Pay Bill")
    assert told.at is not None
    assert told.at.isoformat() == "2019-11-22T06:38:45+03:00"


@pytest.mark.parametrize(
    ("name", "paid", "status", "amount"),
    [
        ("status_completed", True, "Completed", Decimal("300.00")),
        ("status_one_parameter", False, "Declined", None),
        ("status_failed", False, "", None),
    ],
)
def test_the_state_of_a_transaction_is_read(name: str, paid: bool, status: str, amount: Decimal | None) -> None:
    state = transaction_state(shape(name))
    assert (state.paid, state.status, state.amount) == (paid, status, amount)
    assert state.conversation_id == "AG_20191219_00000000000000000001"


@pytest.mark.parametrize("read", [push_outcome, confirmation, transaction_state])
@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "paid",
        {},
        {"Body": None, "Result": None},
        {"Body": {"stkCallback": {"CheckoutRequestID": "", "ResultCode": 0}}, "Result": {"ResultCode": 0}},
        {
            "Body": {"stkCallback": {"CheckoutRequestID": "1"}},
            "TransID": "R",
            "BusinessShortCode": 1,
            "TransAmount": "a",
        },
        {"Body": {"stkCallback": {"ResultCode": {"x": "0712345678"}, "CheckoutRequestID": "1"}}, "TransID": "R"},
        {"TransID": "R", "BusinessShortCode": 1, "TransAmount": "NaN", "Body": [], "Result": []},
    ],
)
def test_what_says_too_little_is_refused_without_repeating_it(read: Any, body: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        read(body)
    assert "0712345678" not in str(refused.value)


@pytest.mark.parametrize(
    ("items", "amount"),
    [(None, None), ({"Name": "Amount", "Value": 5}, 5), ([None, {"Value": 1}, {"Name": "Amount"}], None), ("?", None)],
)
def test_metadata_may_be_anything(items: Any, amount: int | None) -> None:
    body = shape("callback_paid")
    body["Body"]["stkCallback"]["CallbackMetadata"] = {"Item": items}
    outcome = push_outcome(body)
    assert (outcome.paid, outcome.amount, outcome.at) == (True, amount, None)


def daraja(base: str, http: httpx2.AsyncClient) -> Daraja:
    return Daraja(Settings(mpesa_url=base), http)


@pytest.mark.parametrize(
    ("answer", "standing", "code"),
    [
        (result("0"), Standing.PAID, "0"),
        (result(0), Standing.PAID, "0"),
        (result("1032"), Standing.FAILED, "1032"),
        (result(1037), Standing.FAILED, "1037"),
        (result("4999"), Standing.PENDING, ""),
        (result(None), Standing.PENDING, ""),
        (error(500, "500.001.1001", "The transaction is being processed"), Standing.PENDING, ""),
    ],
)
async def test_an_answer_to_a_query_is_understood(
    http: httpx2.AsyncClient, scripted: Scripted, answer: tuple[int, Any], standing: Standing, code: str
) -> None:
    scripted.says(answer)
    state = await daraja(scripted.base, http).query(PROMPT)
    assert (state.standing, state.code, state.raw) == (standing, code, answer[1])


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (error(500, "500.001.1001", "Wrong credentials"), Away),
        (error(500, "500.003.02", "System is busy. Please try again in few minutes."), Away),
        (error(404, "404.001.03", "Invalid Access Token"), Away),
        (error(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID"), SaidNo),
        ((200, "<html></html>"), Away),
        ((200, []), Away),
        ((302, ""), Away),
        ((403, "<html>Blocked</html>"), Away),
    ],
)
async def test_a_query_fails_in_a_way_that_tells_whether_to_repeat(
    http: httpx2.AsyncClient, scripted: Scripted, answer: tuple[int, Any], failure: type[OutsideFailure]
) -> None:
    scripted.says(answer)
    with pytest.raises(failure):
        await daraja(scripted.base, http).query(PROMPT)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (error(500, "500.001.1001", "Unable to lock subscriber, a transaction is already in process"), SaidNo),
        (error(500, "500.003.02", "Error Occurred: Spike Arrest Violation"), Away),
        (error(503, "500.003.03", "Error Occurred: Quota Violation"), Away),
        (error(500, "500.003.1001", "Internal Server Error"), Unknown),
        (error(400, "400.002.02", "Bad Request - Invalid Amount"), SaidNo),
        (error(404, "404.001.03", "Invalid Access Token"), Away),
        ((200, {"ResponseCode": "1", "ResponseDescription": "Rejected", "CheckoutRequestID": PROMPT}), SaidNo),
        ((200, {"ResponseCode": "0"}), Unknown),
        ((200, "OK"), Unknown),
        ((200, []), Unknown),
        ((302, ""), Unknown),
        ((400, "<html></html>"), Unknown),
        ((429, "slow down"), Away),
        ((403, "<html>Blocked</html>"), Away),
        ((502, "<html></html>"), Unknown),
    ],
)
async def test_a_push_fails_in_a_way_that_tells_whether_it_may_have_happened(
    http: httpx2.AsyncClient, scripted: Scripted, answer: tuple[int, Any], failure: type[OutsideFailure]
) -> None:
    scripted.says(answer)
    with pytest.raises(failure):
        await daraja(scripted.base, http).stk_push(PUSH)


async def test_a_push_is_asked_for_once_whatever_is_answered(http: httpx2.AsyncClient, scripted: Scripted) -> None:
    accepted = shape("push_accepted")
    scripted.says((accepted["status"], accepted["body"]))
    pushed = await daraja(scripted.base, http).stk_push(PUSH)
    assert (pushed.checkout_request_id, pushed.merchant_request_id) == (PROMPT, "29115-34620561-1")
    (_, headers, body), *rest = [asked for asked in scripted.requests if asked[0] != "/oauth/v1/generate"]
    assert rest == []
    assert headers["authorization"] == "Bearer recorded-token"
    assert (body["Amount"], body["PhoneNumber"], body["AccountReference"]) == (5, "254712345678", "OP-1")


async def test_urls_that_are_registered_already_are_registered(http: httpx2.AsyncClient, scripted: Scripted) -> None:
    scripted.says(error(500, "500.003.1001", "Urls are already registered"))
    await daraja(scripted.base, http).register_urls("https://clinic.example/a", "https://clinic.example/b")
    assert scripted.requests[-1][2]["ResponseType"] == "Completed"
