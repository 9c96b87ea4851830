"""The line to Smart: its token, its headers, and how its errors end."""

from typing import Any, TypeVar

import httpx2

from integrations.services.line import Answer, Bearer, Line, words
from integrations.services.outside import Away, Reading, SaidNo, Unreadable
from integrations.services.smart.answers import Envelope, Token, rows_in
from integrations.services.smart.requests import SERVICE
from integrations.settings import Settings

AnyReading = TypeVar("AnyReading", bound=Reading)


class Wire:
    """One per process: it keeps the token."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.settings = settings
        key = settings.smart_provider_key.get_secret_value()
        self._headers = {"accept-language": "en", **({"provider-key": key} if key else {})}
        base = settings.outside(SERVICE)
        self._door = Line(SERVICE, base, http)
        self._line = Line(SERVICE, base, http, Bearer(self._fetch_token))

    async def ask(self, method: str, path: str, *, effect: bool, **request: Any) -> Any:
        """The decoded body of a success."""
        answer = await self._line.send(method, path, effect=effect, headers=self._headers, **request)
        return settled(self._line, answer, effect=effect)

    async def tell(self, path: str) -> None:
        """Make something so. Whether anything is answered besides the status is not public."""
        answer = await self._line.send("PUT", path, effect=False, headers=self._headers)
        if answer.body is not None or not 200 <= answer.status < 300:
            settled(self._line, answer, effect=False)

    async def rows(self, shape: type[AnyReading], path: str, **params: str) -> list[AnyReading]:
        """What a list holds. Where nothing is found, some are empty and some are 404."""
        try:
            body = await self.ask("GET", path, effect=False, params=params)
        except SaidNo as no:
            if no.code == "http-404":
                return []
            raise
        return [reading(shape, row) for row in rows_in(body)]

    async def _fetch_token(self) -> tuple[str, float]:
        wanted = {
            "grant_type": "password",
            "username": self.settings.smart_user_name,
            "password": self.settings.smart_password.get_secret_value(),
        }
        pair = (self.settings.smart_client_id, self.settings.smart_client_secret.get_secret_value())
        request: dict[str, Any] = {"data": wanted, "headers": self._headers, **({"auth": pair} if pair[0] else {})}
        answer = await self._door.send("POST", "/oauth/token", effect=False, **request)
        if answer.status in (400, 401):
            # The words of such an answer may repeat what we sent.
            raise Away(SERVICE, "credentials-refused")
        token = reading(Token, self._door.settle(answer, effect=False))
        return token.access_token, token.expires_in


def reading(shape: type[AnyReading], body: Any) -> AnyReading:
    """Of a reading: what cannot be understood is asked for again."""
    try:
        return shape.read(body)
    except Unreadable:
        raise Away(SERVICE, "unreadable") from None


def settled(line: Line, answer: Answer, *, effect: bool) -> Any:
    """The body of a success. The envelope may say otherwise than the status around it, and then counts."""
    told = envelope(answer)
    if told and not told.is_success and 200 <= answer.status < 300:
        status = int(told.code) if told.code.isdecimal() and int(told.code) >= 300 else 400
        answer = Answer(status, answer.body, answer.retry_after)
    return line.settle(said_plainly(answer, told), effect=effect)


def envelope(answer: Answer) -> Envelope | None:
    """What stands around a body; None where it is bare."""
    body = answer.body
    if not isinstance(body, dict) or not {"code", "response_type"} & body.keys():
        return None
    return Envelope.read(body)


def said_plainly(answer: Answer, told: Envelope | None) -> Answer:
    """A refusal whose words are hidden in its content, with the words where a line looks for them."""
    if told is None or answer.status < 400 or words(answer):
        return answer
    return Answer(answer.status, {**told.raw, "message": told.words}, answer.retry_after)
