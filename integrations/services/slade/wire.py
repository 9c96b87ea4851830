"""The lines to Slade360: three addresses, one token, and how its errors end."""

from typing import Any, TypeVar

import httpx2

from integrations.services.line import TURNED_AWAY, Answer, Bearer, Line
from integrations.services.outside import Away, Reading, SaidNo, Unknown, Unreadable
from integrations.services.sha.refusals import SPOKEN, code_of, said
from integrations.services.slade.answers import Token
from integrations.services.slade.requests import SERVICE
from integrations.settings import Settings

AnyReading = TypeVar("AnyReading", bound=Reading)


class Wire:
    """One per process: it keeps the token. `edi` is for members and money, `billing` (IS) for visits and claims."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.settings = settings
        base = settings.outside(SERVICE)
        bearer = Bearer(self._fetch_token)
        self._door = Line(SERVICE, beside(base, settings.slade_accounts_url, "/accounts"), http)
        self.edi = Line(SERVICE, base, http, bearer)
        self.billing = Line(SERVICE, beside(base, settings.slade_billing_url, "/is"), http, bearer)

    async def ask(self, line: Line, method: str, path: str, *, effect: bool, **request: Any) -> Any:
        """The decoded body of a success."""
        return settled(line, await line.send(method, path, effect=effect, **request), effect=effect)

    async def read(
        self, shape: type[AnyReading], line: Line, method: str, path: str, *, effect: bool, **request: Any
    ) -> AnyReading:
        """A success in its shape; one that cannot be read tells nothing certain."""
        return reading(shape, await self.ask(line, method, path, effect=effect, **request), effect=effect)

    async def _fetch_token(self) -> tuple[str, float]:
        wanted = {
            "grant_type": "password",
            "client_id": self.settings.slade_client_id,
            "client_secret": self.settings.slade_client_secret.get_secret_value(),
            "username": self.settings.slade_user_name,
            "password": self.settings.slade_password.get_secret_value(),
        }
        answer = await self._door.send("POST", "/oauth2/token/", effect=False, data=wanted)
        if answer.status in (400, 401):
            # The words of such an answer may repeat what we sent.
            raise Away(SERVICE, "credentials-refused")
        token = reading(Token, self._door.settle(answer, effect=False), effect=False)
        return token.access_token, token.expires_in


def beside(base: str, own: str, path: str) -> str:
    """An address of its own, or a path below the service's; nowhere, where the service is nowhere."""
    return own or (base.rstrip("/") + path if base else "")


def reading(shape: type[AnyReading], body: Any, *, effect: bool) -> AnyReading:
    try:
        return shape.read(body)
    except Unreadable:
        raise (Unknown if effect else Away)(SERVICE, "unreadable") from None


def settled(line: Line, answer: Answer, *, effect: bool) -> Any:
    """The body of a success. A failure may come with the status of one."""
    if 400 <= answer.status < 500 and answer.status not in TURNED_AWAY and answer.body is not None:
        words = explained(answer)
        raise SaidNo(SERVICE, code_of(words, answer.status), words)
    body = line.settle(answer, effect=effect)
    if answer.field("status").upper() == "FAILURE":
        raise SaidNo(SERVICE, "failure", explained(answer))
    return body


def explained(answer: Answer) -> str:
    """What an error says: in a sentence, or field by field (`{"otp": ["Invalid"]}`)."""
    body = answer.body
    if isinstance(body, dict) and not any(name in body for name in SPOKEN):
        return "; ".join(f"{field}: {' '.join(said(value))}" for field, value in body.items())
    return "; ".join(dict.fromkeys(said(body)))
