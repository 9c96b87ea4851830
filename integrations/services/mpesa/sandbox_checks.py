"""What Daraja's counterpart checks in a request, and how it refuses."""

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from integrations.services.mpesa.requests import MOBILE
from integrations.services.mpesa.sandbox_money import some

Fields = dict[str, Any]


class Refusal(Exception):
    """Daraja's error body, with its status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        body = {"requestId": f"{some(5)}-{some(8)}-1", "errorCode": code, "errorMessage": message}
        self.response = JSONResponse(body, status)


def bad_field(name: str) -> Refusal:
    return Refusal(400, "400.002.02", f"Bad Request - Invalid {name}")


async def fields_of(request: Request) -> Fields:
    try:
        fields = await request.json()
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(400, "400.002.05", "Invalid Request Payload")
    return fields


def text(fields: Fields, name: str, length: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= length:
        raise bad_field(name)
    return value


def address(fields: Fields, name: str) -> str:
    value = text(fields, name, 500)
    if not value.startswith(("http://", "https://")):
        raise bad_field(name)
    return value


def phone_in(fields: Fields, name: str) -> str:
    if not MOBILE.fullmatch(value := str(fields.get(name))):
        raise bad_field(name)
    return value


def amount_in(fields: Fields) -> int:
    """Whole shillings, as number or text."""
    value = fields.get("Amount")
    if isinstance(value, float) or not str(value).isdecimal() or int(str(value)) < 1:
        raise bad_field("Amount")
    return int(str(value))
