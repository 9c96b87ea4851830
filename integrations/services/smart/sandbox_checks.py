"""How Smart's counterpart reads a request, and how it refuses one."""

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

Fields = dict[str, Any]


class Refusal(Exception):
    """The envelope of an error, with its status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(str(status))
        self.response = JSONResponse(enveloped(message, code=status, kind="ERROR"), status)


def enveloped(message: str, content: Any = None, *, code: int = 200, kind: str = "SUCCESS") -> Fields:
    return {"code": str(code), "message": message, "response_type": kind, "object_type": None, "content": content}


async def body_of(request: Request) -> Any:
    """What was sent as JSON; nothing is an empty object."""
    if not await request.body():
        return {}
    try:
        return await request.json()
    except ValueError:
        raise Refusal("The request body cannot be read") from None


def text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise Refusal(f"{name} is required")
    return str(value).strip()


def amount(fields: Fields, name: str) -> float:
    """Shillings, above zero."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise Refusal(f"{name} must be above zero")
    return float(value)


def listed(fields: Fields, name: str) -> list[Fields]:
    """Objects, at least one."""
    value = fields.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) for row in value):
        raise Refusal(f"{name} must not be empty")
    return value
