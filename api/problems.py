"""Every refusal and error as RFC 9457 `application/problem+json`, rendered in one place."""

import logging
from typing import Any, get_args

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.records import AWAY
from models.actions import AnyVisitAction
from models.claim_actions import ClerkAction
from models.problems import FieldError, Invalid, Missing, Problem, Refused, Unavailable, Unexpected, invalid
from models.staff import Role
from models.tasks import TaskAction
from workflows.interceptors import place

log = logging.getLogger(__name__)
RETRY_AFTER = 5
MEDIA_TYPE = "application/problem+json"


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
    return JSONResponse({**body, "instance": instance}, problem.status, headers, media_type=MEDIA_TYPE)


def kinds_in(union: Any) -> frozenset[str]:
    """The kinds of a union of forms that are told apart by `kind`."""
    return frozenset(form.model_fields["kind"].default for form in get_args(get_args(union)[0]))


KINDS = kinds_in(AnyVisitAction) | kinds_in(ClerkAction) | kinds_in(TaskAction)


def fields_of(errors: list[dict[str, Any]]) -> list[FieldError]:
    """Which fields, and why; the rejected value is not repeated."""
    said = []
    for error in errors:
        if error["type"] == "json_invalid":
            said.append(FieldError(field="body", reason=f"is not JSON: {error['ctx']['error']}"))
            continue
        named = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
        if named and named[0] in KINDS:  # the form of a door with many: its fields are named as in a form of its own
            named = named[1:]
        reason = str(error["msg"]).removeprefix("Value error, ")
        if error["type"].startswith("union_tag"):  # which of several forms it is, stands in one field
            named.append(str(error["ctx"]["discriminator"]).strip("'"))
            reason = (
                f"must be one of {error['ctx']['expected_tags']}" if "expected_tags" in error["ctx"] else "is missing"
            )
        said.append(FieldError(field=".".join(named) or "body", reason=reason))
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
    answer = rendered(http_problem(error), request.url.path)
    answer.headers.update(error.headers or {})
    return answer


def http_problem(error: HTTPException) -> Problem:
    if error.status_code == 400:
        return invalid("body", "could not be read; send it as the content type says").problem
    names = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    return Problem(
        type=f"/problems/{names.get(error.status_code, 'refused')}",
        title=str(error.detail),
        status=error.status_code,
        detail=f"{error.detail}.",
    )


async def on_database_away(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError | InterfaceError):
        return await on_bug(request, error)
    no = Unavailable(
        "The database does not answer. Repeat with the same Idempotency-Key in a moment.", retry_after=RETRY_AFTER
    )
    return rendered(no.problem, request.url.path)


async def on_bug(request: Request, error: Exception) -> JSONResponse:
    return rendered(bug(request.scope, error), request.url.path)


def bug(scope: Scope, error: Exception) -> Problem:
    """Log where it happened. Never what the exception says: it may quote a patient's data."""
    route = getattr(scope.get("route"), "path", "?")
    log.error("%s %s failed: %s at %s", scope["method"], route, type(error).__name__, place(error))
    return Unexpected("This request met a fault of ours. Tell your supervisor.").problem


class Faults:
    """Answers what nothing else has caught. Here and not in the framework, which hands it on to the server's log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http" or has_begun:
                raise
            await rendered(bug(scope, error), scope["path"])(scope, receive, send)


def install(app: FastAPI) -> None:
    app.add_middleware(Faults)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(ValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    for away in (DBAPIError, PoolExhausted, *AWAY):
        app.add_exception_handler(away, on_database_away)
