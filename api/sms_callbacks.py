"""Where Africa's Talking calls in: delivery reports, and phones that want no more messages."""

import hmac
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from activities.delivery import REPORT, Deliveries, form_of
from api.clinic import Address, Clinic, TheClinic
from integrations.services.outside import Unreadable
from integrations.services.sms.paths import callback_path
from integrations.services.sms.shapes import opt_out
from models.problems import NotFound
from models.services import Service

routes = APIRouter(prefix="/callbacks/s", include_in_schema=False)
OPT_OUT = "opt-out"
LARGEST = 64 * 1024


@routes.post("/{mac}/reports")
async def reported(request: Request, mac: str, clinic: TheClinic, address: Address) -> PlainTextResponse:
    """A message was delivered, or not. 503 where it could not be kept."""
    require_path(clinic, mac)
    raw = await kept(request, clinic, REPORT, address)
    await Deliveries(clinic.callbacks.pool).hear_raw(raw)
    return PlainTextResponse("OK")


@routes.post("/{mac}/opt-outs")
async def opted_out(request: Request, mac: str, clinic: TheClinic, address: Address) -> PlainTextResponse:
    """A phone wants no SMS any more. 503 where it could not be kept."""
    require_path(clinic, mac)
    raw = await kept(request, clinic, OPT_OUT, address)
    with suppress(Unreadable):  # kept as it came: a person may read more in it
        await Deliveries(clinic.callbacks.pool).hear_opt_out(opt_out(form_of(raw)))
    return PlainTextResponse("OK")


def require_path(clinic: Clinic, mac: str) -> None:
    expected = callback_path(clinic.settings).rpartition("/")[2]
    if not hmac.compare_digest(mac.encode(), expected.encode()):
        raise NotFound("There is nothing here.")


async def kept(request: Request, clinic: Clinic, kind: str, address: str | None) -> bytes:
    """What was sent, stored before anything is made of it. 413 where it is longer than any such form."""
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > LARGEST:
            raise HTTPException(413, "The body is too large.")
    await clinic.callbacks.keep(Service.SMS, kind, "", raw, address)
    return raw
