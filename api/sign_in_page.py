"""The page where supervisors sign in with their browser, for the Temporal UI has no names and passwords of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates

from integrations.settings import Settings
from models.problems import NotSignedIn, NotYourRole, Refused
from models.staff import SUPERVISING, Person
from models.views import views

COOKIE = "njia_session"
SIGN_IN = "/supervision/sign-in"
SIGN_OUT = "/supervision/sign-out"
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

templates = Jinja2Templates(Path(__file__).parents[1] / "web" / "templates")


class Doorkeeper(Protocol):
    """Knows the staff. Both raise a `Refused` for whoever it does not let in."""

    async def sign_in(self, request: Request, user_name: str, password: str) -> tuple[Person, str]: ...

    async def person_from_token(self, request: Request, token: str) -> Person: ...


@dataclass(frozen=True)
class SignInPage:
    """A form, and the cookie that it earns. `Strict` reaches the endpoint, for a site does not end at its port."""

    doorkeeper: Doorkeeper
    settings: Settings

    async def show(self, request: Request) -> Response:
        try:
            person = await supervisor(self.doorkeeper, request)
        except Refused:
            return self.page(request, signed_in=False)
        found = views(self.settings.workflows_url, person.facility_id, datetime.now(UTC))
        return self.page(request, signed_in=True, views=found)

    async def sign_in(self, request: Request) -> Response:
        form = await request.form()
        name, password = str(form.get("user_name", "")), str(form.get("password", ""))
        try:
            person, token = await self.doorkeeper.sign_in(request, name, password)
            must_supervise(person)
        except Refused as refused:
            return self.page(request, signed_in=False, user_name=name, problem=refused.problem)
        answer = RedirectResponse(SIGN_IN, status_code=303, headers={"Cache-Control": "no-store"})
        answer.set_cookie(COOKIE, token, max_age=self.settings.token_minutes * 60, **self.cookie())
        return answer

    async def sign_out(self, request: Request) -> Response:
        answer = RedirectResponse(SIGN_IN, status_code=303, headers={"Cache-Control": "no-store"})
        answer.delete_cookie(COOKIE, **self.cookie())
        return answer

    def cookie(self) -> dict[str, Any]:
        secure = self.settings.own_url.startswith("https://")
        return {"path": "/", "httponly": True, "samesite": "strict", "secure": secure}

    def page(self, request: Request, **shown: Any) -> Response:
        """Render the form, or who is signed in; `problem` is why a sign-in failed, and gives the status."""
        problem = shown.get("problem")
        status, headers = 200, dict(PAGE_HEADERS)
        if problem is not None:
            status = problem.status
            if problem.retry_after is not None:
                headers["Retry-After"] = str(problem.retry_after)
        shown |= {"ui_url": self.settings.ui_url, "own_url": self.settings.own_url}
        return templates.TemplateResponse(request, "sign_in.html", shown, status_code=status, headers=headers)


async def supervisor(doorkeeper: Doorkeeper, request: Request) -> Person:
    """Who asks, by the cookie or, from the `temporal` command line, by a bearer token."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer if scheme.lower() == "bearer" else request.cookies.get(COOKIE)
    if not token:
        raise NotSignedIn(f"Sign in at {SIGN_IN} first.")
    person = await doorkeeper.person_from_token(request, token)
    must_supervise(person)
    return person


def must_supervise(person: Person) -> None:
    if not person.is_any_of(SUPERVISING):
        raise NotYourRole("Only supervisors may read visits in the Temporal UI.", roles=sorted(SUPERVISING))
