"""Every write has an idempotency key: the client's or a new one, and every answer carries it back."""

from uuid import UUID

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from api.problems import rendered
from models.problems import invalid

HEADER = "Idempotency-Key"
WRITES = {"POST", "PUT"}


class IdempotencyKeys:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in WRITES or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER)
        try:
            key = uuid7() if given is None else UUID(given)
        except ValueError:
            no = invalid(HEADER, "must be a UUID; make a new one for each new action").problem
            await rendered(no, scope["path"])(scope, receive, send)
            return
        scope.setdefault("state", {})["key"] = key

        async def send_with_key(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = str(key)
            await send(message)

        await self.app(scope, receive, send_with_key)
