"""Slade360's counterpart in the sandbox: its three addresses below one, and what it refuses."""

import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from integrations.sandbox.counterpart import Control, Counterpart, Stand
from integrations.services.slade.requests import SERVICE
from integrations.services.slade.sandbox_checks import Fields, Paper, Refusal, fields_of, number, text, wrong
from integrations.services.slade.sandbox_claims import Claims
from integrations.services.slade.sandbox_members import Members

LIFE = 3600
NOTES = (
    "Every member number is found and covered; one ending in 404 is not found, in 402 not paid up.",
    "The code is always 123456, and starts one visit.",
    "Claims are paid by themselves after a while, but not those of members ending in 409, 410 and 411.",
    "Slade360 tells nothing but payments: what else an insurer says is learned elsewhere, and recorded by a clerk.",
)
BILLING = "/is/v1"


class Wire:
    """The routes' work: check who calls, then act."""

    def __init__(self, stand: Stand) -> None:
        self.settings = stand.settings
        self.members = Members(stand)
        self.claims = Claims(stand, self.members)
        self.tokens: set[str] = set()

    async def token(self, request: Request) -> Response:
        expected = {
            "grant_type": "password",
            "client_id": self.settings.slade_client_id,
            "client_secret": self.settings.slade_client_secret.get_secret_value(),
            "username": self.settings.slade_user_name,
            "password": self.settings.slade_password.get_secret_value(),
        }
        if dict(await request.form()) != expected:
            return JSONResponse({"error": "invalid_grant", "error_description": "Invalid credentials given."}, 401)
        if len(self.tokens) > LIFE:
            self.tokens.clear()
        self.tokens.add(token := secrets.token_urlsafe(21))
        return JSONResponse({"access_token": token, "expires_in": LIFE, "token_type": "Bearer"})

    def route(
        self, act: Callable[[Fields], Any], status: int = 200
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """A route for signed-in callers: the fields in, the body of the answer out."""

        async def answered(request: Request) -> Response:
            try:
                if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                    raise Refusal({"detail": "Authentication credentials were not provided."}, 401)
                fields = {**await fields_of(request), **request.path_params}
                return JSONResponse(act(fields), status)
            except Refusal as refusal:
                return refusal.response

        return answered

    def send_code(self, fields: Fields) -> Fields:
        return self.members.send_code(text(fields, "contact_id"))

    def reserve(self, fields: Fields) -> Fields:
        named = text(fields, "authorization"), text(fields, "invoice_number")
        return self.members.reserve(*named, number(fields, "amount"))

    def attach(self, fields: Fields) -> Fields:
        paper = fields.get("attachment")
        if not isinstance(paper, Paper):
            raise wrong("attachment", "No file was submitted.")
        return self.claims.attach(text(fields, "claim"), text(fields, "attachment_type"), paper)

    async def pay(self, fields: dict[str, str]) -> Fields:
        """The insurer pays, all or so much of it."""
        claim = self.claims.invoiced(fields["invoice_number"])
        amount = float(fields["amount"] or claim.amount)
        if not amount > 0:
            raise ValueError("amount: shillings above zero, or nothing for all")
        self.claims.pay(claim, amount)
        return {"claim_id": claim.id, "amount": amount}

    async def expire_tokens(self, fields: dict[str, str]) -> Fields:
        self.tokens.clear()
        return {}

    async def expire_codes(self, fields: dict[str, str]) -> Fields:
        self.members.forget_codes()
        return {}


def routes(wire: Wire) -> APIRouter:
    router, members, claims = APIRouter(), wire.members, wire.claims
    router.add_api_route("/accounts/oauth2/token/", wire.token, methods=["POST"], response_model=None)
    for path, act in {
        "/v1/beneficiaries/member_eligibility/": members.eligibility,
        "/v1/remittances/claim_remittance/": claims.remittances,
    }.items():
        router.add_api_route(path, wire.route(act), methods=["GET"], response_model=None)
    for path, act, status in (
        ("/v1/beneficiaries/beneficiary_contacts/{contact_id}/send_otp/", wire.send_code, 200),
        ("/v1/balances/reservations/reserve_from_authorization/", wire.reserve, 201),
        (f"{BILLING}/authorizations/start_visit/", members.start, 201),
        (f"{BILLING}/authorizations/validate_authorization_token/", members.validate, 200),
        (f"{BILLING}/claims/", claims.open, 201),
        (f"{BILLING}/invoices/", claims.invoice, 201),
        (f"{BILLING}/claim_attachments/upload_attachment/", wire.attach, 201),
    ):
        router.add_api_route(path, wire.route(act, status), methods=["POST"], response_model=None)
    return router


def slade(stand: Stand) -> Counterpart:
    """Slade360 in the sandbox."""
    wire = Wire(stand)
    return Counterpart(
        name=SERVICE,
        title="Slade360 (insurers)",
        routes=routes(wire),
        effects=(
            "/v1/beneficiaries/beneficiary_contacts/.*",
            "/v1/balances/.*",
            "/is/v1/authorizations/start_visit/",
            "/is/v1/(claims|invoices|claim_attachments)/.*",
        ),
        tokens=("/accounts/.*",),
        rejection=lambda path: JSONResponse({"detail": "Refused on request"}, 400),
        breakdown=lambda path: JSONResponse({"detail": "Internal server error"}, 500),
        controls=(
            Control("remittances", "Let the insurer pay", ("invoice_number", "amount"), wire.pay),
            Control("expired-codes", "Expire all codes", (), wire.expire_codes),
            Control("expired-tokens", "Expire all tokens", (), wire.expire_tokens),
        ),
        notes=NOTES,
    )
