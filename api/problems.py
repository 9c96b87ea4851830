"""Every refusal and error as RFC 9457 `application/problem+json`, rendered in one place."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException

from activities.records import AWAY
from models.problems import FieldError, Invalid, Missing, Problem, Refused, Unavailable, Unexpected
from models.staff import Role

log = logging.getLogger(__name__)
RETRY_AFTER = 5


class ProblemDetails(BaseModel):
    """The body of every answer that is not a success (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    missing: list[Missing] | None = None
    errors: list[FieldError] | None = None
    roles: list[Role] | None = None
    patient_id: str | None = None


class Told(Refused):
    """A refusal that was decided elsewhere, carried on as it is."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def rendered(problem: Problem, instance: str) -> JSONResponse:
    body = problem.model_dump(mode="json", exclude_defaults=True, exclude={"retry_after"})
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({**body, "instance": instance}, problem.status, headers, media_type="application/problem+json")


def fields_of(errors: list[dict[str, Any]]) -> list[FieldError]:
    """Which fields, and why; the rejected value is not repeated."""
    said = []
    for error in errors:
        place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
        reason = str(error["msg"]).removeprefix("Value error, ")
        said.append(FieldError(field=".".join(place) or "body", reason=reason))
    return said


def invalid_fields(errors: list[dict[str, Any]]) -> Problem:
    said = fields_of(errors)
    detail = "; ".join(f"{error.field}: {error.reason}" for error in said)
    return Invalid(f"{detail}. Nothing was written.", errors=said).problem


async def on_refused(request: Request, no: Exception) -> JSONResponse:
    assert isinstance(no, Refused)
    return rendered(no.problem, request.url.path)


async def on_invalid(request: Request, wrong: Exception) -> JSONResponse:
    assert isinstance(wrong, RequestValidationError | ValidationError)
    return rendered(invalid_fields(list(wrong.errors())), request.url.path)  # type: ignore[arg-type]


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses: no such path, no such method, an unreadable body."""
    assert isinstance(error, HTTPException)
    names = {404: "not-found", 405: "method-not-allowed", 400: "invalid", 413: "too-large"}
    problem = Problem(
        type=f"/problems/{names.get(error.status_code, 'refused')}",
        title=str(error.detail),
        status=error.status_code,
        detail=f"{error.detail}.",
    )
    answer = rendered(problem, request.url.path)
    answer.headers.update(error.headers or {})
    return answer


async def on_database_away(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError | InterfaceError):
        return await on_bug(request, error)
    no = Unavailable(
        "The database does not answer. Repeat with the same Idempotency-Key in a moment.", retry_after=RETRY_AFTER
    )
    return rendered(no.problem, request.url.path)


async def on_bug(request: Request, error: Exception) -> JSONResponse:
    log.error(
        "%s %s failed: %s", request.method, request.scope.get("route", request.scope["path"]), type(error).__name__
    )
    return rendered(Unexpected("This request met a fault of ours. Tell your supervisor.").problem, request.url.path)


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(ValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    for away in (DBAPIError, PoolExhausted, *AWAY):
        app.add_exception_handler(away, on_database_away)
    app.add_exception_handler(Exception, on_bug)
