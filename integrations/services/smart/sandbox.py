"""Smart's counterpart in the sandbox: the wire, and what Smart refuses."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import Any
from zlib import crc32

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from integrations.sandbox.counterpart import Control, Counterpart, Stand
from integrations.services.smart.requests import SERVICE
from integrations.services.smart.sandbox_checks import Fields, Refusal, body_of, enveloped, text
from integrations.services.smart.sandbox_claims import Claims
from integrations.services.smart.sandbox_sessions import CheckIns

LIFE = 3600
NOTES = (
    "Every member has checked in as soon as the clinic asks; one whose number ends in 402 has no money left.",
    "A member whose number ends in 404 never checks in, and one ending in 408 only by the button below.",
    "A claim is confirmed at the device (Billed) after a while.",
    "The first time, the claim of a member ending in 409 is Cancelled, and of one ending in 411 Rejected.",
    "Smart has no word for missing documents and none for paid.",
)


class Wire:
    """The routes' work: check who calls, then act."""

    def __init__(self, stand: Stand) -> None:
        self.settings, self.stand = stand.settings, stand
        self.check_ins = CheckIns(stand)
        self.claims = Claims(stand, self.check_ins)
        self.tokens: set[str] = set()

    @property
    def key(self) -> str:
        return self.settings.smart_provider_key.get_secret_value()

    async def token(self, request: Request) -> Response:
        expected = {
            "grant_type": "password",
            "username": self.settings.smart_user_name,
            "password": self.settings.smart_password.get_secret_value(),
        }
        client, secret = self.settings.smart_client_id, self.settings.smart_client_secret.get_secret_value()
        pair = "Basic " + b64encode(f"{client}:{secret}".encode()).decode() if client else ""
        given = request.headers.get("authorization", ""), request.headers.get("provider-key", "")
        async with request.form() as form:
            if dict(form) != expected or given != (pair, self.key):
                return JSONResponse({"error": "invalid_grant", "error_description": "Bad credentials"}, 401)
        if len(self.tokens) > LIFE:
            self.tokens.clear()
        self.tokens.add(token := secrets.token_urlsafe(21))
        return JSONResponse({"access_token": token, "expires_in": LIFE, "token_type": "bearer"})

    def route(self, act: Callable[[Fields, Any], Any]) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """A route for signed-in callers: the fields of the address and the body in, the body of the answer out."""

        async def answered(request: Request) -> Response:
            try:
                token = request.headers.get("authorization", "").removeprefix("Bearer ")
                if token not in self.tokens or request.headers.get("provider-key", "") != self.key:
                    return JSONResponse({"error": "invalid_token", "error_description": "Invalid access token"}, 401)
                fields = {**request.query_params, **request.path_params}
                return JSONResponse(act(fields, await body_of(request)))
            except Refusal as refusal:
                return refusal.response

        return answered

    def hand_in(self, query: Fields, claim: Any) -> Fields:
        if not isinstance(claim, dict):
            raise Refusal("The request body cannot be read")
        return self.claims.hand_in(query, claim)

    def attach(self, fields: Fields, papers: Any) -> Fields:
        if not isinstance(papers, list) or not papers:
            raise Refusal("No attachment")
        for paper in papers:
            content, number = text(paper, "attachment"), text(fields, "id")
            text(paper, "type")
            intent = f"{number} {crc32(content.encode())}"
            self.stand.ledger.take("attachment", number, intent=intent, characters=len(content))
        return enveloped("Attachment added successfully")

    async def check_in(self, fields: dict[str, str]) -> Fields:
        """The member shows the card."""
        if not fields["patient_number"]:
            raise ValueError("patient_number: the member number")
        return self.check_ins.check_in(fields["patient_number"]).told

    async def change(self, fields: dict[str, str]) -> Fields:
        """The last attempt of a claim gets this status, whatever the word."""
        return {"status": self.claims.change(fields["invoice_number"], fields["status"]).status}

    async def expire_tokens(self, fields: dict[str, str]) -> Fields:
        self.tokens.clear()
        return {}


def routes(wire: Wire) -> APIRouter:
    router, check_ins, claims = APIRouter(), wire.check_ins, wire.claims
    router.add_api_route("/oauth/token", wire.token, methods=["POST"], response_model=None)
    for method, path, act in (
        ("GET", "/api/visit", lambda fields, body: check_ins.asked(fields)),
        ("PUT", "/api/visit/{id}/visit-number/{number:path}", lambda fields, body: check_ins.link(fields)),
        ("PUT", "/api/visit/{id}/close-session", lambda fields, body: check_ins.close(fields)),
        ("GET", "/api/member", lambda fields, body: check_ins.member(fields)),
        ("POST", "/api/claims", wire.hand_in),
        ("GET", "/api/claim-status", lambda fields, body: claims.status(fields)),
        ("PUT", "/api/attachment/{id}", wire.attach),
    ):
        router.add_api_route(path, wire.route(act), methods=[method], response_model=None)
    return router


def smart(stand: Stand) -> Counterpart:
    """Smart in the sandbox."""
    wire = Wire(stand)
    return Counterpart(
        name=SERVICE,
        title="Smart Applications (insurers)",
        routes=routes(wire),
        effects=("/api/visit/.*", "/api/claims", "/api/attachment/.*"),
        tokens=("/oauth/.*",),
        rejection=lambda path: Refusal("Refused on request").response,
        breakdown=lambda path: Refusal("Broken on request", 500).response,
        controls=(
            Control("check-ins", "Check a member in", ("patient_number",), wire.check_in),
            Control("statuses", "Change a claim's status", ("invoice_number", "status"), wire.change),
            Control("expired-tokens", "Expire all tokens", (), wire.expire_tokens),
        ),
        notes=NOTES,
    )
