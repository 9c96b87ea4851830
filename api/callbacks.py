"""Where outside services call in. The path is the key; what comes is kept, passed on, and never believed unasked."""

import hmac
import json
import logging
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select
from temporalio.service import RPCError, RPCStatusCode

from activities.counter_money import Told, answer_path, asked_first_path, note, told_path
from activities.mobile_money import callback_path
from activities.records import AWAY
from api.clinic import Address, Clinic, Reading, TheClinic
from integrations.services.mpesa.shapes import confirmation, push_outcome, transaction_state
from integrations.services.outside import Unreadable
from models.mobile_money import as_receipt, is_receipt
from models.problems import NotFound, Unavailable
from models.services import Service
from models.tables import PaymentRow
from workflows.counter_payment import StatusAnswer
from workflows.mobile_payment import Callback, PaymentOpening
from workflows.starting_money import start_payment_run, start_receipt_run, tell_answer

log = logging.getLogger(__name__)
routes = APIRouter(prefix="/callbacks", include_in_schema=False)
THANKS = {"ResultCode": 0, "ResultDesc": "Success"}
LARGEST = 64 * 1024


@routes.post("/p/{payment_id}/{mac}")
async def push_told(
    request: Request, payment_id: UUID, mac: str, clinic: TheClinic, db: Reading, address: Address
) -> JSONResponse:
    """M-Pesa tells what became of a prompt."""
    require_path(callback_path(secret_of(clinic), payment_id), mac)
    raw = await kept(request, clinic, "push", str(payment_id), address)
    wanted = select(PaymentRow.visit_id, PaymentRow.facility_id).where(PaymentRow.id == payment_id)
    row = (await db.execute(wanted)).first()
    if row is not None:
        opening = PaymentOpening(payment_id=payment_id, visit_id=row.visit_id, facility_id=row.facility_id)
        await start_payment_run(clinic.temporal, clinic.settings.task_queue, opening, heard(raw))
    return JSONResponse(THANKS)


@routes.post("/c/{mac}")
async def counter_told(request: Request, mac: str, clinic: TheClinic, address: Address) -> JSONResponse:
    """M-Pesa confirms a payment to the clinic's number."""
    require_path(told_path(secret_of(clinic)), mac)
    raw = await kept(request, clinic, "confirmation", "", address)
    if told := confirmed(raw):
        await taken_in(clinic, told)
    return JSONResponse(THANKS)


async def taken_in(clinic: Clinic, told: Told) -> None:
    """Noted in its row, then handed to its workflow; one of the two is enough, for recovery goes by the rows."""
    is_noted = False
    try:
        await note(clinic.callbacks.pool, clinic.settings.facility_code, told)
        is_noted = True
    except Unavailable:
        log.warning("a confirmation could not be noted; its workflow notes it when the database returns")
    try:
        await start_receipt_run(clinic.temporal, clinic.settings.task_queue, told)
    except RPCError as away:
        log.warning("a confirmation found no Temporal server (%s); `njia recover` goes on with it", away.status.name)
        if not is_noted:
            raise Unavailable("Neither the database nor the Temporal server answers. Send this again.") from None


@routes.post("/v/{mac}")
async def counter_asked(request: Request, mac: str, clinic: TheClinic, address: Address) -> JSONResponse:
    """M-Pesa asks whether a payment may be taken. It always may: what fits nothing becomes a task."""
    require_path(asked_first_path(secret_of(clinic)), mac)
    await kept(request, clinic, "validation", "", address)
    return JSONResponse(THANKS)


@routes.post("/t/{id}/{mac}")
async def status_told(request: Request, id: UUID, mac: str, clinic: TheClinic, address: Address) -> JSONResponse:
    """M-Pesa answers what became of one receipt."""
    require_path(answer_path(secret_of(clinic), id), mac)
    answer = answered(await kept(request, clinic, "status", str(id), address))
    if answer:
        try:
            await tell_answer(clinic.temporal, id, answer)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # decided already: nobody waits for it any more
                raise
    return JSONResponse(THANKS)


@routes.post("/t/{id}/{mac}/late")
async def status_late(request: Request, id: UUID, mac: str, clinic: TheClinic, address: Address) -> JSONResponse:
    """M-Pesa did not come to answer; it is asked again anyway."""
    require_path(answer_path(secret_of(clinic), id), mac)
    await kept(request, clinic, "status late", str(id), address)
    return JSONResponse(THANKS)


def secret_of(clinic: Clinic) -> bytes:
    return clinic.settings.command_secret.get_secret_value().encode()


def require_path(path: str, mac: str) -> None:
    """`path`: as only M-Pesa was told it, with the secret at its end."""
    if not hmac.compare_digest(mac.encode(), path.rpartition("/")[2].encode()):
        raise NotFound("There is nothing here.")


def require_network(networks: str, address: str | None) -> None:
    """`networks`: addresses or networks that may call, separated by commas; empty lets everybody."""
    allowed = [ip_network(one.strip()) for one in networks.split(",") if one.strip()]
    if allowed and not (address and any(ip_address(address) in network for network in allowed)):
        raise NotFound("There is nothing here.")


async def kept(request: Request, clinic: Clinic, kind: str, about: str, address: str | None) -> bytes:
    """The body as it came, stored before anything is made of it."""
    require_network(clinic.settings.mpesa_callback_networks, address)
    raw = await request.body()
    try:
        await clinic.callbacks.keep(Service.MPESA, kind, about, raw[:LARGEST], address)
    except AWAY:
        log.warning("a callback could not be kept; the workflow hears it all the same")
    return raw


def heard(raw: bytes) -> Callback:
    """What can be read of it; nothing where it cannot, which still makes the workflow ask."""
    try:
        body: Any = json.loads(raw)
        told = push_outcome(body)
    except (ValueError, Unreadable):
        return Callback()
    return Callback(
        code=told.code, receipt=told.receipt, checkout_request_id=told.checkout_request_id, amount=told.amount
    )


def confirmed(raw: bytes) -> Told | None:
    """The receipt that was named. What cannot be read was kept, and its money is found by the statement."""
    try:
        told = confirmation(json.loads(raw))
    except (ValueError, Unreadable):
        log.warning("a confirmation could not be read; it is kept in callbacks")
        return None
    if not is_receipt(told.receipt):
        log.warning("a confirmation names no receipt; it is kept in callbacks")
        return None
    return Told(receipt=as_receipt(told.receipt), reference=told.reference, told_at=datetime.now(UTC))


def answered(raw: bytes) -> StatusAnswer | None:
    try:
        told = transaction_state(json.loads(raw))
    except (ValueError, Unreadable):
        return None
    return StatusAnswer(is_true=told.paid, receipt=as_receipt(told.receipt), amount=told.amount, paid_at=told.at)
