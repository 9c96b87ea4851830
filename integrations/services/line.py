"""The line to an outside service over HTTP: one request, and how it ended."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.settings import Settings

# The door in front of a service answers these by itself: the service never saw the request.
TURNED_AWAY = frozenset({401, 403, 407, 429, 503})
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
CONNECT_SECONDS = 5.0
LOOPBACK: dict[str, httpx2.AsyncBaseTransport | None] = {"all://127.0.0.1": None, "all://localhost": None}


@asynccontextmanager
async def outside_client(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """The one HTTP client of a process for all services. It logs nothing: addresses and bodies name patients."""
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    patience = httpx2.Timeout(settings.outside_seconds, connect=min(CONNECT_SECONDS, settings.outside_seconds))
    async with httpx2.AsyncClient(timeout=patience, mounts=LOOPBACK) as http:
        yield http


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is the decoded JSON, None where it is no JSON."""

    status: int
    body: Any
    retry_after: float | None = None

    def field(self, name: str) -> str:
        """A field of the answer as text; empty where there is none."""
        value = self.body.get(name) if isinstance(self.body, dict) else None
        return "" if value is None else str(value)


class Bearer:
    """A token that is fetched when needed, by one caller for all, and kept until shortly before it expires.

    `fetch` returns the token and the seconds that it lives; its failure is the failure of everybody who waits.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[tuple[str, float]]],
        skew: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self._skew, self._clock = fetch, skew, clock
        self._token, self._until = "", 0.0
        self._renewal: asyncio.Task[str] | None = None

    async def token(self, worn_out: str = "") -> str:
        """A token that should be good; not `worn_out`, which the service refused."""
        if self._token and self._token != worn_out and self._clock() < self._until:
            return self._token
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(self._renewed)
        return await asyncio.shield(self._renewal)

    async def _renew(self) -> str:
        self._token, life = await self._fetch()
        self._until = self._clock() + max(life - self._skew, life / 2)
        return self._token

    def _renewed(self, renewal: asyncio.Task[str]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            renewal.exception()  # seen, though every waiter may have left


class Line:
    """Requests to one service. `base` empty: the service is not connected here, and every call says so.

    `ask` is what most calls want. Where a service says something of its own in an error, call `send`, look at the
    answer first, and leave the rest to `settle`.
    """

    def __init__(
        self,
        service: str,
        base: str,
        http: httpx2.AsyncClient,
        bearer: Bearer | None = None,
        is_worn_out: Callable[[Answer], bool] = lambda answer: answer.status == 401,
    ) -> None:
        self.service, self.base, self.http = service, base.rstrip("/"), http
        self.bearer, self.is_worn_out = bearer, is_worn_out

    async def ask(self, method: str, path: str, *, effect: bool, **request: Any) -> Any:
        """The decoded body of a success. `effect`: whether the request changes something over there."""
        return self.settle(await self.send(method, path, effect=effect, **request), effect=effect)

    async def send(self, method: str, path: str, *, effect: bool, **request: Any) -> Answer:
        """Any answer, whatever its status; with the token where there is one, renewed once where it was refused."""
        if self.bearer is None:
            return await self._send(method, path, effect, request)
        token = await self.bearer.token()
        answer = await self._send(method, path, effect, request, token)
        if not self.is_worn_out(answer):
            return answer
        return await self._send(method, path, effect, request, await self.bearer.token(worn_out=token))

    async def _send(self, method: str, path: str, effect: bool, request: dict[str, Any], token: str = "") -> Answer:
        if not self.base:
            raise SaidNo(self.service, "not-connected")
        headers = {**request.get("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            response = await self.http.request(method, self.base + path, **{**request, "headers": headers})
        except NEVER_SENT:
            raise Away(self.service, "no-connection") from None
        except httpx2.TimeoutException:
            raise self._uncertain("timeout", effect) from None
        except (httpx2.TransportError, httpx2.DecodingError):
            raise self._uncertain("connection-lost", effect) from None
        return Answer(response.status_code, decoded(response), retry_after(response))

    def settle(self, answer: Answer, *, effect: bool) -> Any:
        """The body of a success; every other answer ends in the failure that fits it."""
        code, is_json = f"http-{answer.status}", answer.body is not None
        if 200 <= answer.status < 300 and is_json:
            return answer.body
        if answer.status in TURNED_AWAY:
            raise Away(self.service, code, words(answer), answer.retry_after)
        if 400 <= answer.status < 500 and is_json:
            raise SaidNo(self.service, code, words(answer))
        # A server error, or a page where an answer should be (even with 400: something crashed behind the door).
        raise self._uncertain(code if answer.status >= 300 and is_json else f"{code}-unreadable", effect, answer)

    def _uncertain(self, code: str, effect: bool, answer: Answer | None = None) -> OutsideFailure:
        detail = words(answer) if answer else ""
        if effect:
            return Unknown(self.service, code, detail)
        return Away(self.service, code, detail, answer.retry_after if answer else None)


def decoded(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def retry_after(response: httpx2.Response) -> float | None:
    """`Retry-After` in seconds; a date, which nobody sends here, counts as none."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None


def words(answer: Answer) -> str:
    """What a service says about its refusal, wherever it says it."""
    for name in ("errorMessage", "message", "detail", "error", "error_description"):
        if text := answer.field(name):
            return text
    return json.dumps(answer.body) if isinstance(answer.body, list) else ""
