"""Africa's Talking's counterpart in the sandbox: the wire, the phones behind it, and what it tells about them."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from integrations.sandbox.counterpart import Control, Counterpart, Stand
from integrations.services.sms.paths import callback_base
from integrations.services.sms.shapes import CODES, MESSAGING, SERVICE, TAKEN, mobile_number

E164 = re.compile(r"\+254[17]\d{8}")
CHOSEN, SILENT = "+25479800", "+25479801"
"""0798 00XXXX is answered with status code XXXX; 0798 01XXXX is sent to and never reached."""

BLACKLISTED, BAD_NUMBER, SENT = "406", "403", "101"
SAFARICOM = "63902"
KEPT = 20_000
NOTES = (
    "Every phone gets its message, but 0798 00XXXX is answered with status code XXXX (0798000405: no money left).",
    "0798 01XXXX is never reached: its delivery report says Failed.",
    "Delivery reports and opt-outs are told to the clinic, or below NJIA_SMS_CALLBACK_URL where that is set.",
)


class Masked(str):
    """A phone number: whole in JSON, but shown with its last three digits only."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"…{self[-3:]}"


@dataclass(frozen=True)
class Message:
    id: str
    phone: str


class Wire:
    """The routes' work, and what people can do."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.settings, self.told_at = stand, stand.settings, callback_base(stand.settings)
        self.messages: dict[str, Message] = {}
        self.opted_out: set[str] = set()

    async def messaging(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        key = request.headers.get("apikey", "").encode()
        is_known = secrets.compare_digest(key, self.settings.sms_api_key.get_secret_value().encode())
        if not is_known or form.get("username") != self.settings.sms_user_name:
            return PlainTextResponse("The supplied authentication is invalid", 401)
        if not form.get("to") or not form.get("message"):
            return PlainTextResponse("Request is missing required form field", 400)
        told = [self.recipient(phone.strip(), form) for phone in form["to"].split(",")]
        sent = sum(str(one["statusCode"]) in TAKEN for one in told)
        summary = f"Sent to {sent}/{len(told)} Total Cost: KES {0.8 * sent:.4f}"
        return JSONResponse({"SMSMessageData": {"Message": summary, "Recipients": told}}, 201)

    def recipient(self, phone: str, form: dict[str, str]) -> dict[str, Any]:
        """What the answer says about one phone."""
        code, message_id, cost = self.code_for(phone), "None", "0"
        if code in TAKEN:
            message_id, cost = self.take(phone, form), "KES 0.8000"
        status = "Success" if code == SENT else CODES[code]
        return {"statusCode": int(code), "number": phone, "status": status, "cost": cost, "messageId": message_id}

    def code_for(self, phone: str) -> str:
        if not E164.fullmatch(phone):
            return BAD_NUMBER
        if phone in self.opted_out:
            return BLACKLISTED
        chosen = phone.removeprefix(CHOSEN).lstrip("0") if phone.startswith(CHOSEN) else SENT
        return chosen if chosen in CODES else SENT

    def take(self, phone: str, form: dict[str, str]) -> str:
        """Send it. The service knows no idempotency key: a duplicate is the same text to the same phone."""
        message = Message(f"ATXid_{secrets.token_hex(16)}", phone)
        if len(self.messages) >= KEPT:
            del self.messages[next(iter(self.messages))]
        self.messages[message.id] = message
        key = hashlib.sha256(f"{phone}\n{form['message']}".encode()).hexdigest()[:16]
        shown = {"phone": Masked(phone), "text": form["message"], "sender": form.get("from", "")}
        self.stand.ledger.take("message", key, message.id, **shown)
        self.report(message, "Failed" if phone.startswith(SILENT) else "Success", self.settings.sandbox_seconds)
        return message.id

    def report(self, message: Message, status: str, after: float = 0.0) -> None:
        form = {"id": message.id, "status": status, "phoneNumber": message.phone, "networkCode": SAFARICOM}
        if status in ("Failed", "Rejected"):
            form["failureReason"] = "AbsentSubscriber"
        self.tell("report", message.id, "reports", {**form, "retryCount": "0"}, after)

    def tell(self, kind: str, key: str, place: str, form: dict[str, str], after: float = 0.0) -> None:
        self.stand.callbacks.call(kind, key, f"{self.told_at}/{place}", form, after=after, form=True)

    async def report_again(self, fields: dict[str, str]) -> dict[str, Any]:
        """A report that comes late, twice or out of order: about that message, or the latest."""
        message = self.messages.get(fields["message_id"] or next(reversed(self.messages), ""))
        if message is None:
            raise ValueError("no such message")
        self.report(message, fields["status"] or "Success")
        return {"message_id": message.id}

    async def opt_out(self, fields: dict[str, str]) -> dict[str, Any]:
        """A person asks for no more messages; from now on their phone is refused."""
        phone = mobile_number(fields["phone"])
        self.opted_out.add(phone)
        told = {"senderId": self.settings.sms_sender, "phoneNumber": phone}
        self.tell("opt-out", "", "opt-outs", told)
        return {"opted_out": len(self.opted_out)}

    async def opt_in(self, fields: dict[str, str]) -> dict[str, Any]:
        self.opted_out.discard(mobile_number(fields["phone"]))
        return {"opted_out": len(self.opted_out)}


def rejection(path: str) -> Response:
    """A refusal as this service says it: with 201."""
    return JSONResponse({"SMSMessageData": {"Message": CODES["402"], "Recipients": []}}, 201)


def sms(stand: Stand) -> Counterpart:
    """SMS in the sandbox."""
    wire = Wire(stand)
    routes = APIRouter()
    routes.add_api_route(MESSAGING, wire.messaging, methods=["POST"], response_model=None)
    return Counterpart(
        name=SERVICE,
        title="SMS (Africa's Talking)",
        routes=routes,
        effects=(MESSAGING,),
        rejection=rejection,
        controls=(
            Control("reports", "Report on a message again", ("message_id", "status"), wire.report_again),
            Control("opt-outs", "Opt a phone out", ("phone",), wire.opt_out),
            Control("opt-ins", "Opt it in again", ("phone",), wire.opt_in),
        ),
        notes=NOTES,
    )
