"""Daraja's counterpart in the sandbox: the wire, and what Daraja refuses."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from integrations.sandbox.counterpart import Control, Counterpart, Stand
from integrations.services.mpesa.requests import MOBILE, SERVICE, password
from integrations.services.mpesa.sandbox_checks import (
    Fields,
    Refusal,
    address,
    amount_in,
    bad_field,
    fields_of,
    phone_in,
    text,
)
from integrations.services.mpesa.sandbox_money import Money, Prompt, some, status_of
from integrations.services.mpesa.shapes import moment

HOUR = 3600
BANNED_IN_ADDRESSES = ("mpesa", "safaricom")
NOTES = (
    "Every phone pays, but 0799 00XXXX answers with the result code XXXX.",
    "0799001032 cancels, 0799002001 has a wrong PIN, 0799000001 too little money, 0799001037 cannot be reached.",
    "0799000404 stays silent until it is made to answer here (code 0 pays).",
    "A payment at the counter is confirmed where the clinic has registered its addresses; so is a prompt that is paid.",
)


class Wire:
    """The routes' work: check as Daraja does, then act on the money."""

    def __init__(self, stand: Stand) -> None:
        self.settings, self.stand, self.money = stand.settings, stand, Money(stand)
        self.tokens: set[str] = set()

    async def token(self, request: Request) -> Response:
        key, secret = self.settings.mpesa_consumer_key, self.settings.mpesa_consumer_secret.get_secret_value()
        expected = "Basic " + b64encode(f"{key}:{secret}".encode()).decode()
        if not secrets.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
            return Refusal(400, "400.008.01", "Invalid Authentication passed").response
        if len(self.tokens) > HOUR:
            self.tokens.clear()
        self.tokens.add(token := secrets.token_urlsafe(21))
        return JSONResponse({"access_token": token, "expires_in": str(HOUR - 1)})

    def post(self, act: Callable[[Fields], Fields]) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """A route for signed-in callers: the decoded body in, the body of the answer out."""

        async def route(request: Request) -> Response:
            try:
                if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                    raise Refusal(404, "404.001.03", "Invalid Access Token")
                return JSONResponse(act(await fields_of(request)))
            except Refusal as refusal:
                return refusal.response

        return route

    def check_signature(self, fields: Fields) -> None:
        """Short code, pass key and a clock that shows East Africa Time."""
        code, stamp = str(fields.get("BusinessShortCode")), str(fields.get("Timestamp"))
        at = moment(stamp)
        if at is None or abs((self.stand.now() - at).total_seconds()) > HOUR:
            raise bad_field("Timestamp")
        right = password(self.settings.mpesa_short_code, self.settings.mpesa_pass_key.get_secret_value(), stamp)
        if code != self.settings.mpesa_short_code:
            raise Refusal(500, "500.001.1001", "Merchant does not exist")
        if fields.get("Password") != right:
            raise Refusal(500, "500.001.1001", "Wrong credentials")

    def push(self, fields: Fields) -> Fields:
        self.check_signature(fields)
        phone, amount, reference = (
            phone_in(fields, "PhoneNumber"),
            amount_in(fields),
            text(fields, "AccountReference", 12),
        )
        text(fields, "TransactionDesc", 13)
        prompt = self.money.prompt(phone, amount, reference, address(fields, "CallBackURL"))
        return {
            "MerchantRequestID": prompt.merchant_request_id,
            "CheckoutRequestID": prompt.checkout_request_id,
            "ResponseCode": "0",
            "ResponseDescription": "Success. Request accepted for processing",
            "CustomerMessage": "Success. Request accepted for processing",
        }

    def query(self, fields: Fields) -> Fields:
        self.check_signature(fields)
        prompt = self.money.prompts.get(str(fields.get("CheckoutRequestID")))
        if prompt is None:
            raise bad_field("CheckoutRequestID")
        if prompt.code is None:
            raise Refusal(500, "500.001.1001", "The transaction is being processed")
        return {
            "ResponseCode": "0",
            "ResponseDescription": "The service request has been accepted successfully",
            "MerchantRequestID": prompt.merchant_request_id,
            "CheckoutRequestID": prompt.checkout_request_id,
            "ResultCode": str(prompt.code),
            "ResultDesc": prompt.result,
        }

    def status(self, fields: Fields) -> Fields:
        payment = self.money.payments.get(str(fields.get("TransactionID")))
        url = address(fields, "ResultURL")
        address(fields, "QueueTimeOutURL")
        ids = {
            "OriginatorConversationID": f"{some(5)}-{some(8)}-1",
            "ConversationID": f"AG_{self.stand.now():%Y%m%d}_{some(20)}",
        }
        result = status_of(payment, self.settings.mpesa_short_code, ids)
        self.stand.callbacks.call("status", ids["ConversationID"], url, result, after=self.settings.sandbox_seconds)
        return {**ids, "ResponseCode": "0", "ResponseDescription": "Accept the service request successfully."}

    def register(self, fields: Fields) -> Fields:
        urls = [address(fields, name) for name in ("ConfirmationURL", "ValidationURL")]
        if any(word in url.lower() for url in urls for word in BANNED_IN_ADDRESSES):
            raise bad_field("URL")
        self.money.confirmation_url = urls[0]
        self.stand.ledger.take("registration", str(fields.get("ShortCode")), intent=some(12))
        return {"OriginatorCoversationID": some(12), "ResponseCode": "0", "ResponseDescription": "success"}

    def simulate(self, fields: Fields) -> Fields:
        self.money.pay_at_counter(phone_in(fields, "Msisdn"), amount_in(fields), text(fields, "BillRefNumber", 20))
        return {"OriginatorCoversationID": some(12), "ResponseCode": "0", "ResponseDescription": "Accepted"}

    async def pay_at_counter(self, fields: dict[str, str]) -> Fields:
        """A person pays by the menu of the phone; `phone` as Kenyans write it."""
        phone = "254" + fields["phone"].removeprefix("+").removeprefix("254").removeprefix("0")
        if not MOBILE.fullmatch(phone) or not fields["amount"].isdecimal() or not int(fields["amount"]):
            raise ValueError("phone: a Kenyan mobile number; amount: whole shillings")
        return {"receipt": self.money.pay_at_counter(phone, int(fields["amount"]), fields["reference"]).receipt}

    async def answer(self, fields: dict[str, str]) -> Fields:
        """A silent phone answers after all: the one with that prompt, or the latest that waits."""
        waiting = [prompt for prompt in self.money.prompts.values() if prompt.code is None]
        wanted = fields["checkout_request_id"]
        chosen: list[Prompt] = [prompt for prompt in waiting if wanted in ("", prompt.checkout_request_id)]
        if not chosen or not (code := fields["code"] or "0").isdecimal():
            raise ValueError("no such prompt waits, or the code is no number")
        self.money.answer(chosen[-1], int(code))
        return {"checkout_request_id": chosen[-1].checkout_request_id}

    async def expire_tokens(self, fields: dict[str, str]) -> Fields:
        self.tokens.clear()
        return {}


def routes(wire: Wire) -> APIRouter:
    router = APIRouter()
    router.add_api_route("/oauth/v1/generate", wire.token, methods=["GET"], response_model=None)
    for path, act in {
        "/mpesa/stkpush/v1/processrequest": wire.push,
        "/mpesa/stkpushquery/v1/query": wire.query,
        "/mpesa/transactionstatus/v1/query": wire.status,
        "/mpesa/c2b/v1/registerurl": wire.register,
        "/mpesa/c2b/v1/simulate": wire.simulate,
    }.items():
        router.add_api_route(path, wire.post(act), methods=["POST"], response_model=None)
    return router


def mpesa(stand: Stand) -> Counterpart:
    """M-Pesa in the sandbox."""
    wire = Wire(stand)
    return Counterpart(
        name=SERVICE,
        title="M-Pesa (Daraja)",
        routes=routes(wire),
        effects=("/mpesa/stkpush/.*", "/mpesa/c2b/.*"),
        tokens=("/oauth/.*",),
        rejection=lambda path: Refusal(400, "400.002.02", "Bad Request - Invalid PhoneNumber").response,
        breakdown=lambda path: Refusal(500, "500.003.1001", "Internal Server Error").response,
        controls=(
            Control("payments", "Pay at the counter", ("phone", "amount", "reference"), wire.pay_at_counter),
            Control("answers", "Make a silent phone answer", ("checkout_request_id", "code"), wire.answer),
            Control("expired-tokens", "Expire all tokens", (), wire.expire_tokens),
        ),
        notes=NOTES,
    )
