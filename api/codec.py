"""How supervisors read visits in the Temporal UI: their browser asks here to open what workflows carry sealed.

The UI is another origin of the same site (`settings.ui_url`), so its requests bring the cookie that signing in at
`/supervision/sign-in` left, and that origin alone may read the answers. Each opening is audited before it is answered.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from api.problems import rendered
from api.sign_in_page import SIGN_IN, SIGN_OUT, Doorkeeper, SignInPage, supervisor
from integrations.encryption import Unreadable
from integrations.settings import Settings
from models.problems import Refused, invalid
from models.staff import Person

# Where a call says which namespace it reads: recorded, so cut to what a namespace may be called.
NAMESPACE_LENGTH = 255
# Long visits have histories of megabytes, and the UI may send one as a whole.
BODY_BYTES = 32 * 1024 * 1024


class Audit(Protocol):
    """Writes down that a person opened `count` payloads of a namespace, before they are handed out."""

    async def __call__(self, person: Person, address: str | None, count: int, namespace: str) -> None: ...


def router(doorkeeper: Doorkeeper, audit: Audit, settings: Settings, codec: PayloadCodec) -> APIRouter:
    """The codec endpoint (`/codec`, named to the Temporal UI) and the page that signs a supervisor in to it."""
    endpoint = CodecEndpoint(doorkeeper, audit, codec, origin_of(settings.ui_url))
    page = SignInPage(doorkeeper, settings)
    routes = APIRouter(include_in_schema=False)
    for path, work in (("/codec/decode", endpoint.decode), ("/codec/encode", endpoint.encode)):
        routes.add_api_route(path, work, methods=["POST"], max_body_size=BODY_BYTES)
        routes.add_api_route(path, endpoint.preflight, methods=["OPTIONS"])
    routes.add_api_route(SIGN_IN, page.show, methods=["GET"])
    routes.add_api_route(SIGN_IN, page.sign_in, methods=["POST"])
    routes.add_api_route(SIGN_OUT, page.sign_out, methods=["POST"])
    return routes


@dataclass(frozen=True)
class CodecEndpoint:
    """Opens and seals payloads, `{"payloads": [...]}` of protobuf JSON both ways, for supervisors."""

    doorkeeper: Doorkeeper
    audit: Audit
    codec: PayloadCodec
    origin: str

    async def decode(self, request: Request) -> Response:
        return await self.answer(request, self.opened)

    async def encode(self, request: Request) -> Response:
        return await self.answer(request, self.sealed)

    async def preflight(self, request: Request) -> Response:
        allowed = self.cross_origin(request)
        if "Access-Control-Allow-Origin" in allowed:
            allowed |= {
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "Authorization, Authorization-Extras, Content-Type, X-Namespace",
                "Access-Control-Max-Age": "600",
            }
        return Response(status_code=204, headers=allowed)

    async def answer(self, request: Request, work: Callable[[Request, Person], Awaitable[list[Payload]]]) -> Response:
        """Refusals carry the same headers as answers, or the UI could not say why it shows nothing."""
        headers = self.cross_origin(request) | {"Cache-Control": "no-store"}
        try:
            payloads = await work(request, await supervisor(self.doorkeeper, request))
            response = JSONResponse({"payloads": [MessageToDict(payload) for payload in payloads]})
        except Refused as refused:
            response = rendered(refused.problem, request.url.path)
        response.headers.update(headers)
        return response

    async def opened(self, request: Request, person: Person) -> list[Payload]:
        payloads = await sent(request)
        namespace = request.headers.get("x-namespace", "")[:NAMESPACE_LENGTH]
        address = request.client.host if request.client else None
        await self.audit(person, address, len(payloads), namespace)
        try:
            return await self.codec.decode(payloads)
        except Unreadable as error:
            raise invalid("payloads", str(error)) from None

    async def sealed(self, request: Request, person: Person) -> list[Payload]:
        return await self.codec.encode(await sent(request))

    def cross_origin(self, request: Request) -> dict[str, str]:
        """What lets the browser hand our answer, and the cookie, to the Temporal UI and to nobody else."""
        headers = {"Vary": "Origin"}
        if request.headers.get("origin") == self.origin:
            headers |= {
                "Access-Control-Allow-Origin": self.origin,
                "Access-Control-Allow-Credentials": "true",
            }
        return headers


async def sent(request: Request) -> list[Payload]:
    """The payloads of a request's body; a parser's own words would quote them, so they are not passed on."""
    try:
        return list(Parse(await request.body(), Payloads(), ignore_unknown_fields=True).payloads)
    except (ParseError, UnicodeDecodeError, RecursionError):
        raise invalid("payloads", "must be a list of payloads as protobuf JSON") from None


def origin_of(url: str) -> str:
    """As a browser names it: scheme, host and port, without a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
