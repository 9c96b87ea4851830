"""The line to the exchange: its token, its headers, and how its errors end."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx2

from integrations.services.line import TURNED_AWAY, Answer, Bearer, Line
from integrations.services.outside import Away, Reading, SaidNo, Unknown, Unreadable
from integrations.services.sha.answers import Page, Token, one_page
from integrations.services.sha.refusals import CRASHED, code_of, explained
from integrations.services.sha.requests import SERVICE
from integrations.settings import Settings

AnyReading = TypeVar("AnyReading", bound=Reading)

LONGEST_LIST = 200
"""Pages; a list that never ends is not read for ever."""


class Wire:
    """One per process: it keeps the token."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.settings = settings
        base, facility = settings.outside(SERVICE), settings.sha_facility_id
        self._headers = {"X-Facility-Id": facility, "X-Facility-Id-Type": "fr-code"} if facility else {}
        self._door = Line(SERVICE, base, http)
        self._line = Line(SERVICE, base, http, Bearer(self._fetch_token))

    async def ask(self, method: str, path: str, *, effect: bool, **request: Any) -> Any:
        """The decoded body of a success."""
        answer = await self._line.send(method, path, effect=effect, headers=self._headers, **request)
        return self._settled(answer, effect=effect)

    async def read(
        self, shape: type[AnyReading], method: str, path: str, *, effect: bool = False, **request: Any
    ) -> AnyReading:
        """A success in its shape; one that cannot be read tells nothing certain."""
        body = await self.ask(method, path, effect=effect, **request)
        try:
            return shape.read(body)
        except Unreadable:
            raise (Unknown if effect else Away)(SERVICE, "unreadable") from None

    async def rows(self, path: str, **params: str) -> AsyncIterator[dict[str, Any]]:
        """What a list holds, page by page, as far as somebody reads."""
        wanted = params
        for number in range(1, LONGEST_LIST + 1):
            page = await self._page(path, wanted)
            for row in page.results:
                yield row
            if (more := following(page, params, number)) is None:
                return
            wanted = more

    async def _page(self, path: str, params: dict[str, str]) -> Page:
        body = await self.ask("GET", path, effect=False, params=params)
        try:
            return one_page(body)
        except Unreadable:
            raise Away(SERVICE, "unreadable") from None

    async def _fetch_token(self) -> tuple[str, float]:
        secret = self.settings.sha_client_secret.get_secret_value()
        pair = {"client_id": self.settings.sha_client_id, "client_secret": secret}
        answer = await self._door.send("POST", "/tenants/token", effect=False, data=pair)
        if answer.status in (400, 401):
            # The words of such an answer may repeat what we sent.
            raise Away(SERVICE, "credentials-refused")
        try:
            token = Token.read(self._door.settle(answer, effect=False))
        except Unreadable:
            raise Away(SERVICE, "unreadable-token") from None
        return token.access_token, token.expires_in

    def _settled(self, answer: Answer, *, effect: bool) -> Any:
        is_refused = 400 <= answer.status < 500 and answer.status not in TURNED_AWAY and answer.body is not None
        if not is_refused:
            return self._line.settle(answer, effect=effect)
        words = explained(answer)
        if CRASHED in words:
            raise (Unknown if effect else Away)(SERVICE, "engine-unreadable")
        raise SaidNo(SERVICE, code_of(words, answer.status), words)


def following(page: Page, params: dict[str, str], number: int) -> dict[str, str] | None:
    """How to ask for the page after this one, the `number`th that was asked for; None where there is none.

    Where `next` is an address, its query says it. A list that answers another page than was asked for knows no pages.
    """
    if not page.results or page.current_page != number or page.current_page >= page.total_pages:
        return None
    query = dict(parse_qsl(urlsplit(page.next).query))
    return {**params, **(query or {"page": str(number + 1)})}
