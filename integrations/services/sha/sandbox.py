"""The exchange's counterpart in the sandbox: the wire, and what is read there."""

import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from integrations.sandbox.counterpart import Control, Counterpart, Stand
from integrations.services.sha.requests import SERVICE
from integrations.services.sha.sandbox_building import Building
from integrations.services.sha.sandbox_checks import Act, Fields, Refusal, fields_of
from integrations.services.sha.sandbox_claims import some_id
from integrations.services.sha.sandbox_desk import Desk
from integrations.services.sha.sandbox_dispatch import Dispatch
from integrations.services.sha.sandbox_office import CODE, Office

TOKENS_KEPT = 3600
NOTES = (
    f"One-time codes are always {CODE}; one is good once, and only where one was sent.",
    "Everybody is found and covered, but numbers ending in 404 are not found and in 402 not paid up.",
    "Claims are paid by themselves, but of numbers ending in 409 they come back, in 410 papers are missing.",
    "Of numbers ending in 411 they are rejected. All are paid once taken back and submitted again, without a code.",
    "Health workers whose number ends in 404 are not registered.",
    "A claim that is submitted twice is taken twice: nothing public says otherwise.",
    "Changes are told to registered endpoints. What the agency really sends is not public: ours is the least there is.",
)


class Wire:
    """The routes' work: who is asking, and what they are answered."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.settings = stand, stand.settings
        self.office = Office(stand)
        self.tokens: set[str] = set()

    async def token(self, request: Request) -> Response:
        """Form fields, not JSON."""
        form = await request.form()
        pair = (self.settings.sha_client_id, self.settings.sha_client_secret.get_secret_value())
        if (form.get("client_id", ""), form.get("client_secret", "")) != pair:
            return Refusal("invalid client credentials", 401).response
        if len(self.tokens) > TOKENS_KEPT:
            self.tokens.clear()
        self.tokens.add(token := secrets.token_urlsafe(21))
        return JSONResponse({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def route(self, act: Act, status: int = 200) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """A route for signed-in callers: what the request says in, the body of the answer out."""

        async def route(request: Request) -> Response:
            try:
                if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                    raise Refusal("token is invalid or expired", 401)
                answer: Response = JSONResponse(act(await fields_of(request)), status)
            except Refusal as refusal:
                answer = refusal.response
            answer.headers["x-request-id"] = some_id()
            return answer

        return route

    async def expire_tokens(self, fields: dict[str, str]) -> Fields:
        self.tokens.clear()
        return {}


def routes(wire: Wire) -> APIRouter:
    router, office = APIRouter(), wire.office
    router.add_api_route("/tenants/token", wire.token, methods=["POST"], response_model=None)
    acts = Desk(office).acts | Building(office).acts | Dispatch(office).acts
    for (method, path), act in acts.items():
        router.add_api_route(path, wire.route(act), methods=[method], response_model=None)
    return router


def sha(stand: Stand) -> Counterpart:
    """The Social Health Authority in the sandbox."""
    wire = Wire(stand)
    return Counterpart(
        name=SERVICE,
        title="SHA (eClaims)",
        routes=routes(wire),
        effects=(
            r"/claims/(otp(/discharge)?|visit|authorize|interventions.*|diagnoses|lines.*|attachments|doctors|submit|close)",
            r"/claims/authorizations/.*/reject|/preauths(/cancel)?|/tenants/[^/]*/endpoints.*",
        ),
        tokens=("/tenants/token",),
        rejection=lambda path: Refusal("Kindly note this was refused on request", engine=True).response,
        breakdown=lambda path: JSONResponse({"error": "Internal Server Error", "message": "broken on request"}, 500),
        controls=(
            Control("status", "Set the payer's status of a claim", ("invoice_number", "status"), wire.office.decide),
            Control("expired-codes", "Expire all one-time codes", (), wire.office.expire_codes),
            Control("expired-tokens", "Expire all tokens", (), wire.expire_tokens),
        ),
        notes=NOTES,
    )
