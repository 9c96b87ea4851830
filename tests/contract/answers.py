"""Holds every answer of the API to what `/openapi.json` says of it, to the last field."""

import copy
import json
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import jsonschema_rs

Document = dict[str, Any]


@dataclass(frozen=True)
class Described:
    """The OpenAPI document, with every object closed: an answer may not carry a field that is not described."""

    document: Document
    validators: dict[str, jsonschema_rs.Validator] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> "Described":
        closed = copy.deepcopy(document)
        for shape in closed["components"]["schemas"].values():
            if "properties" in shape:
                shape["additionalProperties"] = False
        return cls(closed)

    def operation(self, method: str, path: str) -> tuple[str, Document]:
        """The operation's template and description; raises where no such operation is described."""
        fitting = [p for p in self.document["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", p), path)]
        template = min(fitting, key=lambda p: p.count("{"))
        return template, self.document["paths"][template][method.lower()]

    def validator(self, shape: str) -> jsonschema_rs.Validator:
        """Made once for each shape: it takes longer than the request."""
        if shape not in self.validators:
            whole = {"components": self.document["components"], **json.loads(shape)}
            self.validators[shape] = jsonschema_rs.validator_for(whole, validate_formats=True)
        return self.validators[shape]

    def check(self, answer: httpx2.Response) -> None:
        method, path = answer.request.method, answer.request.url.path
        template, operation = self.operation(method, path)
        name = f"{method} {template} answered {answer.status_code}"
        assert str(answer.status_code) in operation["responses"], f"{name}, which is not described: {answer.text}"
        described = operation["responses"][str(answer.status_code)]["content"]
        media_type = answer.headers["Content-Type"].partition(";")[0]
        assert media_type in described, f"{name} as {media_type}"
        validator = self.validator(json.dumps(described[media_type].get("schema", {})))
        wrong = [error.message for error in validator.iter_errors(answer.json())]
        assert not wrong, f"{name}: {wrong}: {answer.text}"
        if answer.is_error and template != "/healthz":
            check_problem(answer)
        if method in ("POST", "PUT"):
            check_key(answer)


def check_problem(answer: httpx2.Response) -> None:
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["instance"] == answer.request.url.path
    assert said["type"].startswith("/problems/")
    assert said["detail"].endswith(".") or said.get("errors")
    assert (answer.status_code == 422) <= ("errors" in said or said["type"] == "/problems/key-reused")


def check_key(answer: httpx2.Response) -> None:
    """Every answer to a write carries a key: the one that was sent, or one that was made."""
    sent = answer.request.headers.get("Idempotency-Key")
    if sent is not None and is_uuid(sent):
        assert answer.headers["Idempotency-Key"] == str(UUID(sent))
    elif sent is None:
        assert is_uuid(answer.headers["Idempotency-Key"])


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
