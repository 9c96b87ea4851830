"""How Slade360's counterpart reads a request, and how it refuses one."""

from typing import Any, NamedTuple

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse

Fields = dict[str, Any]
BLANK = "This field may not be blank."


class Paper(NamedTuple):
    """A file that came with a form; `size` in bytes."""

    file_name: str
    size: int


class Refusal(Exception):
    """An error body, with its status: a sentence in `detail`, or sentences by field."""

    def __init__(self, body: Fields, status: int = 400) -> None:
        super().__init__(str(status))
        self.response = JSONResponse(body, status)


def wrong(field: str, words: str) -> Refusal:
    return Refusal({field: [words]})


def no_such(what: str) -> Refusal:
    return Refusal({"detail": f"{what} not found."}, 404)


async def fields_of(request: Request) -> Fields:
    """The fields of a JSON body, of a form, or of the address."""
    if request.method == "GET":
        return dict(request.query_params)
    if "form" in request.headers.get("content-type", ""):
        async with request.form() as form:
            return {name: paper_in(value) if isinstance(value, UploadFile) else value for name, value in form.items()}
    try:
        fields = await request.json()
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Refusal({"detail": "JSON parse error"})
    return fields


def paper_in(upload: UploadFile) -> Paper:
    return Paper(upload.filename or "", upload.size or 0)


def text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise wrong(name, BLANK)
    return str(value).strip()


def number(fields: Fields, name: str) -> float:
    """Above zero."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise wrong(name, "A valid number is required.")
    return float(value)


def listed(fields: Fields, name: str) -> list[Fields]:
    """Objects, at least one."""
    value = fields.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) for row in value):
        raise wrong(name, "This list may not be empty.")
    return value
