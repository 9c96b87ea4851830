"""The real client: Daraja over HTTPS."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx2

from integrations.services.line import TURNED_AWAY, Answer, Bearer, Line
from integrations.services.mpesa.answers import PushAnswer, QueryAnswer, StatusAnswer, Token
from integrations.services.mpesa.port import Asked, Inquiry, Push, Pushed, PushState, Standing
from integrations.services.mpesa.requests import SERVICE, push_request, signed, status_request, urls_request
from integrations.services.outside import Away, Reading, SaidNo, Unknown, Unreadable
from integrations.settings import Settings

PUSH = "/mpesa/stkpush/v1/processrequest"
QUERY = "/mpesa/stkpushquery/v1/query"
STATUS = "/mpesa/transactionstatus/v1/query"
REGISTER = "/mpesa/c2b/v1/registerurl"

WORN_OUT_TOKEN = frozenset({"404.001.03", "400.003.01", "401.002.01"})

TOO_BUSY = frozenset({"500.003.02", "500.003.03"})
"""Spike arrest and quota: the gateway turned the request away, with 500 or another status."""

UNDECIDED = "500.001.1001"
"""Of a query: still being processed. Of a push: the engine refused it (subscriber locked, wrong credentials)."""

OURS_TO_MEND = ("credential", "merchant")

AnyReading = TypeVar("AnyReading", bound=Reading)


class Daraja:
    """Implements `MobileMoney`. One per process: it keeps the token."""

    def __init__(
        self, settings: Settings, http: httpx2.AsyncClient, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.settings, self.now = settings, now
        base = settings.outside(SERVICE)
        self._door = Line(SERVICE, base, http)
        self._line = Line(SERVICE, base, http, Bearer(self._fetch_token), is_worn_out)

    async def stk_push(self, push: Push) -> Pushed:
        request = push_request(push, self.settings, self.now())
        answer = await self._line.send("POST", PUSH, effect=True, json=request)
        if answer.field("errorCode") == UNDECIDED:
            raise SaidNo(SERVICE, UNDECIDED, answer.field("errorMessage"))
        body = self._settled(answer, effect=True)
        try:
            pushed = PushAnswer.read(body)
        except Unreadable:
            raise Unknown(SERVICE, "unreadable") from None
        return Pushed(merchant_request_id=pushed.merchant_request_id, checkout_request_id=pushed.checkout_request_id)

    async def query(self, checkout_request_id: str) -> PushState:
        request = {**signed(self.settings, self.now()), "CheckoutRequestID": checkout_request_id}
        answer = await self._line.send("POST", QUERY, effect=False, json=request)
        if answer.field("errorCode") == UNDECIDED:
            reason = answer.field("errorMessage")
            if any(word in reason.lower() for word in OURS_TO_MEND):
                raise Away(SERVICE, UNDECIDED, reason)
            return PushState(standing=Standing.PENDING, reason=reason, raw=answer.body)
        return self._read(QueryAnswer, answer).state

    async def transaction_status(self, inquiry: Inquiry) -> Asked:
        request = status_request(inquiry, self.settings)
        asked = self._read(StatusAnswer, await self._line.send("POST", STATUS, effect=False, json=request))
        return Asked(conversation_id=asked.conversation_id, originator_conversation_id=asked.originator_conversation_id)

    async def register_urls(self, confirmation_url: str, validation_url: str) -> None:
        request = urls_request(confirmation_url, validation_url, self.settings)
        # To register the same again changes nothing: where the end is uncertain it is repeated like a reading.
        answer = await self._line.send("POST", REGISTER, effect=False, json=request)
        if "already registered" not in answer.field("errorMessage").lower():
            self._settled(answer, effect=False)

    async def _fetch_token(self) -> tuple[str, float]:
        pair = (self.settings.mpesa_consumer_key, self.settings.mpesa_consumer_secret.get_secret_value())
        wanted = {"grant_type": "client_credentials"}
        answer = await self._door.send("GET", "/oauth/v1/generate", effect=False, params=wanted, auth=pair)
        if answer.status == 400:
            # Key and secret do not fit. Somebody has to mend the settings; what waits goes on by itself then.
            raise Away(SERVICE, "credentials-refused")
        token = self._read(Token, answer)
        return token.access_token, token.expires_in

    def _read(self, shape: type[AnyReading], answer: Answer) -> AnyReading:
        """The success of a reading."""
        body = self._settled(answer, effect=False)
        try:
            return shape.read(body)
        except Unreadable:
            raise Away(SERVICE, "unreadable") from None

    def _settled(self, answer: Answer, *, effect: bool) -> Any:
        """The body of a success; Daraja's own codes tell more than the status beside them."""
        code, said = answer.field("errorCode"), answer.field("errorMessage")
        if code in TOO_BUSY:
            raise Away(SERVICE, code, said, answer.retry_after)
        if is_worn_out(answer):
            raise Away(SERVICE, "token-refused", said)
        if code and 400 <= answer.status < 500 and answer.status not in TURNED_AWAY:
            raise SaidNo(SERVICE, code, said)
        body = self._line.settle(answer, effect=effect)
        if answer.field("ResponseCode") not in ("", "0"):
            raise SaidNo(SERVICE, answer.field("ResponseCode"), answer.field("ResponseDescription"))
        return body


def is_worn_out(answer: Answer) -> bool:
    """Daraja says so with 401 or 404; nothing happened."""
    return answer.status == 401 or answer.field("errorCode") in WORN_OUT_TOKEN
