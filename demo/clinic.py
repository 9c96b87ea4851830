"""The clinic as a client sees it: signs in, sends actions under a key, and waits until they took effect."""

import asyncio
from time import monotonic
from typing import Self
from uuid import uuid4

import httpx2

from demo.answers import (
    PAUSE_SECONDS,
    Body,
    CannotSignIn,
    ClinicAway,
    Done,
    Request,
    Stopped,
    parsed,
    pause_asked,
    refused,
)
from demo.steps import Role
from demo.tally import Refusal, Tally, Timing

# Longer than workers, database or server need to come back; then the visit is given up.
PATIENCE_SECONDS = 120.0
# The contract promises a 202 within 10 s, so an answer that takes longer is lost and asked for again.
ANSWER_SECONDS = 20.0


class Clinic:
    """One connection pool to the API at `url`, with one signed-in demo person per role. `transport`: another way there
    than the network."""

    def __init__(
        self, url: str, password: str, tally: Tally, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx2.AsyncClient(base_url=url, timeout=ANSWER_SECONDS, transport=transport)
        self._password = password
        self._tally = tally
        self._tokens: dict[Role, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def open_doors(self) -> None:
        """Wait for nothing: raise ClinicAway when the clinic is not up, CannotSignIn when it has no demo staff."""
        try:
            health = await self._http.get("/healthz")
            if not health.is_success:
                raise ClinicAway(f"/healthz answers {health.status_code}")
            for role in Role:
                let_in = await self._sign_in(role)
                if not let_in.is_success:
                    raise CannotSignIn(f"{role.lower()} ({let_in.status_code})")
        except httpx2.TransportError as error:
            raise ClinicAway(str(error) or type(error).__name__) from error

    async def act(self, action: str, role: Role, method: str, path: str, body: Body) -> Done:
        """Send one action until its outcome is known; raise Stopped when it is refused."""
        started = monotonic()
        key = uuid4()
        request = Request(action, role, method, path, body, key)
        response, repeats = await self._answer(request)
        accepted_first = response.status_code == httpx2.codes.ACCEPTED
        record = await self._outcome(request, response) if accepted_first else parsed(request, response)
        self._tally.timings.append(Timing(action, monotonic() - started, accepted_first, repeats))
        return Done(key, record)

    async def read(self, role: Role, path: str, action: str = "read") -> Body:
        request = Request(action, role, "GET", path)
        response, _ = await self._answer(request)
        return parsed(request, response)

    async def read_list(self, role: Role, path: str) -> list[Body]:
        """Every item of a list, page by page."""
        items: list[Body] = []
        query = ""
        while True:
            page = await self.read(role, path + query)
            items.extend(page["items"])
            if not page.get("next_cursor"):
                return items
            query = ("&" if "?" in path else "?") + str(httpx2.QueryParams({"cursor": page["next_cursor"]}))

    async def _outcome(self, request: Request, accepted: httpx2.Response) -> Body:
        """Ask after an accepted command until it is DONE (its record) or REFUSED (Stopped)."""
        # Only the path: the clinic may know itself under another name than we do.
        where = httpx2.URL(accepted.headers["Location"]).raw_path.decode()
        deadline = monotonic() + PATIENCE_SECONDS
        pause = 0.1
        while monotonic() < deadline:
            command = await self._standing(request, where)
            if command["status"] == "DONE":
                return command["record"] or {}
            if command["status"] == "REFUSED":
                raise refused(request, command["problem"] or {})
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_SECONDS)
        raise Stopped(Refusal(request.action, "pending", f"accepted, not done after {PATIENCE_SECONDS:.0f} s"))

    async def _standing(self, request: Request, where: str) -> Body:
        """How an accepted command stands. One that the clinic knows nothing of goes out again, under the same key."""
        try:
            return await self.read(request.role, where, request.action)
        except Stopped as lost:
            if not lost.refusal.type.endswith("/not-found"):
                raise
        response, _ = await self._answer(request)
        if response.status_code == httpx2.codes.ACCEPTED:
            return {"status": "PENDING"}
        return {"status": "DONE", "record": parsed(request, response)}

    async def _answer(self, request: Request) -> tuple[httpx2.Response, int]:
        """The clinic's word on the request and how often it was repeated: neither lost, nor "not now"."""
        deadline = monotonic() + PATIENCE_SECONDS
        repeats = 0
        while True:
            try:
                response = await self._send(request)
                pause = pause_asked(response)
            except httpx2.TransportError as error:
                if monotonic() > deadline:
                    raise ClinicAway(str(error) or type(error).__name__) from error
                pause = PAUSE_SECONDS
            else:
                if pause is None or monotonic() + pause > deadline:
                    return response, repeats
            repeats += 1
            await asyncio.sleep(pause)

    async def _send(self, request: Request) -> httpx2.Response:
        response = await self._send_signed_in(request)
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            # The token has run out: a long demo outlives it.
            let_in = await self._sign_in(request.role)
            return await self._send_signed_in(request) if let_in.is_success else let_in
        return response

    async def _send_signed_in(self, request: Request) -> httpx2.Response:
        headers = request.headers | {"Authorization": f"Bearer {self._tokens[request.role]}"}
        return await self._http.request(request.method, request.path, json=request.body, headers=headers)

    async def _sign_in(self, role: Role) -> httpx2.Response:
        form = {"grant_type": "password", "username": role.lower(), "password": self._password}
        response = await self._http.post("/api/auth/token", data=form)
        if response.is_success:
            self._tokens[role] = response.json()["access_token"]
        return response
