"""The sandbox's page: what each service did, and buttons to break it."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates
from pydantic import ValidationError

from integrations.sandbox.control import Open, found, performed
from integrations.sandbox.faults import Fault, Mode

SHOWN = 50
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
templates = Jinja2Templates(Path(__file__).parents[2] / "web" / "templates")


def routes(services: Mapping[str, Open]) -> APIRouter:
    """`/_sandbox`, and the forms on it below `/_sandbox/page`."""
    router = APIRouter(prefix="/_sandbox")

    @router.get("")
    async def show(request: Request) -> Response:
        shown = {"services": [summary(running) for running in services.values()], "modes": list(Mode)}
        return templates.TemplateResponse(request, "sandbox.html", shown, headers=HEADERS)

    @router.post("/page/{service}/faults")
    async def order(request: Request, service: str) -> Response:
        form = {name: value for name, value in (await request.form()).items() if value != ""}
        try:
            found(services, service).stand.faults.order(Fault.model_validate(form))
        except ValidationError:
            raise HTTPException(422, "a mode, and whole numbers above zero or nothing") from None
        return back(service)

    @router.post("/page/{service}/clear")
    async def clear(service: str) -> Response:
        found(services, service).stand.faults.clear()
        return back(service)

    @router.post("/page/{service}/do/{control}")
    async def act(request: Request, service: str, control: str) -> Response:
        await performed(found(services, service).control(control), await request.form())
        return back(service)

    return router


def summary(running: Open) -> dict[str, object]:
    """One service as the page shows it, the newest first."""
    service, stand = running
    return {
        "service": service,
        "faults": stand.faults.in_force,
        "entries": list(islice(reversed(stand.ledger.entries), SHOWN)),
        "count": len(stand.ledger.entries),
        "duplicates": stand.ledger.duplicates(),
        "callbacks": list(islice(reversed(stand.callbacks.made), SHOWN)),
    }


def back(service: str) -> Response:
    """Return to the page, where the change shows."""
    return RedirectResponse(f"/_sandbox#{service}", status_code=303)
