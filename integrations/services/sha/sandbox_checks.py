"""How the exchange's counterpart reads a request, and how it refuses one."""

import json
import secrets
from collections.abc import Callable
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse

Fields = dict[str, Any]
Act = Callable[[Fields], Any]
Acts = dict[tuple[str, str], Act]
"""What is done at a method and path."""

DOCUMENTS = frozenset(
    {
        "BIO_DETAILS",
        "BIRTH_NOTIFICATION",
        "CARE_PLAN",
        "CASE_NOTE",
        "CASE_SUMMARY",
        "CERTIFIED_BURIAL_PERMIT",
        "CERTIFIED_COPY_OF_DECEASED_ID",
        "CLAIM_FORM",
        "COVER_LETTER_FROM_EMPLOYER",
        "CRITICAL_CARE_UNIT_CASE",
        "CT_SCAN",
        "DEATH_NOTICE",
        "DIALYSIS_CHART",
        "DISCHARGE_SUMMARY",
        "ENTRY_EXIT_VISA_STAMP",
        "FINAL_BILL",
        "IMAGING_ORDER",
        "IMAGING_REPORT",
        "INVOICE",
        "LAB_ORDER",
        "LAB_RESULTS",
        "MAGNETIC_RESONANCE_IMAGING",
        "MEDICAL_REPORT",
        "OTHER",
        "POST_SERVICE_IMAGING_REPORT",
        "PRE_SERVICE_IMAGING_REPORT",
        "PREAUTH_FORM",
        "PRESCRIPTION",
        "REQUEST_FORM_BY_RELEVANT_CONSULTANT",
        "RHESUS_FACTOR",
        "THEATRE_NOTES",
    }
)
PHRASES = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class Refusal(Exception):
    """The exchange's error body. `engine`: the words come from the engine behind it, wrapped as it wraps them."""

    def __init__(self, message: str, status: int = 400, *, engine: bool = False) -> None:
        super().__init__(str(status))
        error = PHRASES.get(status, "Error")
        body: Fields = {"error": error, "message": message, "trace_id": secrets.token_hex(8)}
        if engine:
            wrapped = json.dumps({"Edi Error": {"detail": message}})
            body |= {"error": json.dumps({"error": message}), "message": f"request to the engine failed: {wrapped}"}
        self.response = JSONResponse(body, status)


async def fields_of(request: Request) -> Fields:
    """Everything that a request says: path, query, and a body of JSON or of parts."""
    said: Fields = {**request.path_params, **request.query_params}
    kind = request.headers.get("content-type", "")
    if "form" in kind:
        async with request.form() as form:
            said |= {name: await taken(value) for name, value in form.items()}
        return {**said, "is_multipart": "multipart" in kind}
    if not await request.body():
        return said
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal("invalid request body")
    return {**said, **body}


async def taken(value: UploadFile | str) -> Any:
    """A form field, or the name and size of a file."""
    if isinstance(value, str):
        return value
    return {"file_name": value.filename, "size": len(await value.read())}


def text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refusal(f"{name} is required")
    return value.strip()


def words(fields: Fields, name: str) -> list[str]:
    value = fields.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise Refusal(f"{name} is required")
    return value


def one_of(fields: Fields, name: str, known: frozenset[str]) -> str:
    if (value := text(fields, name)) not in known:
        raise Refusal(f'"{value}" is not a valid choice for {name}')
    return value


def require_multipart(fields: Fields) -> None:
    if not fields.get("is_multipart"):
        raise Refusal("request Content-Type isn't multipart/form-data")
