"""Appointments beside visits: each is a workflow of its own."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import create_model

from api.actions import REFUSALS, Accepting, Sender, TheSender, answered
from api.dispatch import appointment_desk, send
from api.shapes import record_shape
from models.actions.base import require_role
from models.appointments import MAKERS, AppointmentCommand, BookAppointment, ChangeAppointment
from models.base import Value
from models.tables import AppointmentRow

routes = APIRouter(prefix="/api", tags=["appointment"])
SHAPE = record_shape(AppointmentRow)


def without_kind(form: type[Value]) -> Any:
    fields: dict[str, Any] = {n: (f.annotation, f) for n, f in form.model_fields.items() if n != "kind"}
    return create_model(f"{form.__name__}Body", __config__=form.model_config, __doc__=form.__doc__, **fields)


BookBody = without_kind(BookAppointment)
ChangeBody = without_kind(ChangeAppointment)


async def sent(sender: Sender, id: UUID, action: BookAppointment | ChangeAppointment, status: int) -> Response:
    require_role(MAKERS, sender.actor, "Appointments")
    command = AppointmentCommand(
        id=sender.key,
        appointment_id=id,
        actor=sender.actor,
        address=sender.address,
        at=datetime.now(UTC),
        action=action,
    ).signed(sender.secret)
    return answered(await send(sender.clinic, appointment_desk(sender.clinic, command), command), status)


@routes.post("/appointments", status_code=201, responses={**REFUSALS, 201: {"model": SHAPE}, 202: {"model": Accepting}})
async def book(sender: TheSender, body: Annotated[BookBody, Body()]) -> Response:  # type: ignore[valid-type]
    """Book (CLINICAL_OFFICER, RECEPTIONIST); the key becomes the appointment's id."""
    return await sent(sender, sender.key, BookAppointment.model_validate(given(body)), 201)


@routes.put("/appointments/{id}", responses={**REFUSALS, 200: {"model": SHAPE}, 202: {"model": Accepting}})
async def change(sender: TheSender, id: UUID, body: Annotated[ChangeBody, Body()]) -> Response:  # type: ignore[valid-type]
    """Move, reword, cancel, or say that it was kept or missed (CLINICAL_OFFICER, RECEPTIONIST)."""
    return await sent(sender, id, ChangeAppointment.model_validate(given(body)), 200)


def given(body: Any) -> dict[str, Any]:
    fields: dict[str, Any] = body.model_dump(exclude_unset=True)
    return fields
