"""What OpenAPI says about all routes alike: how a no looks, and the key that every write may bring."""

from typing import Any

from fastapi import FastAPI

from api.bodies import MEGABYTES
from api.keys import HEADER, WRITES
from api.problems import MEDIA_TYPE

KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A new UUID for each new action; it becomes the record's id. The same key again answers as before.",
    "schema": {"type": "string", "format": "uuid"},
}
TOO_LARGE = {
    "description": f"The body is larger than {MEGABYTES} MB",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
}


class Described(FastAPI):
    """An application whose `/openapi.json` is complete."""

    def openapi(self) -> dict[str, Any]:
        return self.openapi_schema or complete(super().openapi())


def complete(document: dict[str, Any]) -> dict[str, Any]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method.upper() in WRITES and path.startswith("/api/"):
                operation.setdefault("parameters", []).append(KEY)
                operation["responses"]["413"] = TOO_LARGE
            for status, response in operation["responses"].items():
                if status >= "400" and path.startswith("/api/"):
                    as_problem(response)
    return document


def as_problem(response: dict[str, Any]) -> None:
    """A no is `application/problem+json` only; the framework notes its shape under the type of a success."""
    content = response.get("content", {})
    if shape := content.pop("application/json", None):
        content[MEDIA_TYPE] = shape
