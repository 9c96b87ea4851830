"""How large a request may be: forms are small, and nobody fills our memory."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import http_problem, rendered

MEGABYTES = 1
LIMIT = MEGABYTES * 1024 * 1024


class SmallBodies:
    """Refuses bodies above the limit with 413: by the length that they announce, or while they come."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > LIMIT:
            await rendered(http_problem(too_large()), scope["path"])(scope, receive, send)
            return
        taken = 0

        async def receive_some() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LIMIT:
                raise too_large()
            return message

        await self.app(scope, receive_some, send)


def too_large() -> HTTPException:
    return HTTPException(413, f"The body is larger than {MEGABYTES} MB")
