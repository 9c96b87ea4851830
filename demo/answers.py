"""What is asked of the clinic and how its answers are read: done, not now, or no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from demo.steps import Role
from demo.tally import Refusal

# What a client waits when it is told "not now" without a time.
PAUSE_SECONDS = 1.0

Body = Mapping[str, Any]


class Stopped(Exception):
    """The clinic said no, and this visit goes no further."""

    def __init__(self, refusal: Refusal, problem: Body | None = None) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal
        self.problem = problem or {}


class ClinicAway(Exception):
    """Nothing answers at the address."""


class CannotSignIn(Exception):
    """A demo person is not let in."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `action` names it for the report; a request with a `key` is a write and may be repeated."""

    action: str
    role: Role
    method: str
    path: str
    body: Body | None = None
    key: UUID | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Idempotency-Key": str(self.key)} if self.key else {}


@dataclass(frozen=True, slots=True)
class Done:
    """An action that took effect; `key` is the id of what it made, `record` the clinic's answer."""

    key: UUID
    record: Body


def pause_asked(response: httpx2.Response) -> float | None:
    """Seconds to wait before the same request again, or None when the answer is final."""
    if response.status_code not in (httpx2.codes.TOO_MANY_REQUESTS, httpx2.codes.SERVICE_UNAVAILABLE):
        return None
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else PAUSE_SECONDS


def parsed(request: Request, response: httpx2.Response) -> Body:
    """The body of a yes; a no is raised as Stopped, whatever its form."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    if response.is_success:
        return body
    raise refused(request, {"title": f"answered {response.status_code}", **body})


def refused(request: Request, problem: Body) -> Stopped:
    """The problem in one line: what was said, which fields were wrong, what is missing."""
    said = problem.get("detail") or problem.get("title") or "no reason given"
    wrong = sentences(problem.get("errors"), "field", "reason")
    missing = sentences(problem.get("missing"), "what", "roles")
    detail = " · ".join(part for part in (str(said), wrong, missing) if part)
    return Stopped(Refusal(request.action, str(problem.get("type", "about:blank")), detail), problem)


def sentences(entries: Iterable[Body] | None, subject: str, object_: str) -> str:
    """Each entry as `subject: object`; an object that is a list as words after commas."""
    said = []
    for entry in entries or ():
        what = entry.get(object_)
        said.append(f"{entry.get(subject)}: {', '.join(what) if isinstance(what, list) else what}")
    return "; ".join(said)
