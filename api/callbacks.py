"""Where outside services call in. The path is the key; what comes is kept, passed on, and never believed unasked."""

import hmac
import json
import logging
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select
from temporalio.common import WorkflowIDConflictPolicy

from activities.mobile_money import callback_path
from activities.records import AWAY
from api.clinic import Address, Clinic, Reading, TheClinic
from integrations.services.mpesa.shapes import push_outcome
from integrations.services.outside import Unreadable
from models.problems import NotFound
from models.services import Service
from models.tables import PaymentRow
from workflows.mobile_payment import Callback, MobilePaymentWorkflow, PaymentOpening, workflow_id

log = logging.getLogger(__name__)
routes = APIRouter(prefix="/callbacks", include_in_schema=False)
THANKS = {"ResultCode": 0, "ResultDesc": "Success"}
LARGEST = 64 * 1024


@routes.post("/p/{payment_id}/{mac}")
async def push_told(
    request: Request,
    payment_id: UUID,
    mac: str,
    clinic: TheClinic,
    db: Reading,
    address: Address,
) -> JSONResponse:
    """M-Pesa tells what became of a prompt."""
    require_path(clinic, payment_id, mac)
    require_network(clinic.settings.mpesa_callback_networks, address)
    raw = await request.body()
    try:
        await clinic.callbacks.keep(Service.MPESA, "push", str(payment_id), raw[:LARGEST], address)
    except AWAY:
        log.warning("a callback could not be kept; the workflow hears it all the same")
    wanted = select(PaymentRow.visit_id, PaymentRow.facility_id).where(PaymentRow.id == payment_id)
    row = (await db.execute(wanted)).first()
    if row is not None:
        opening = PaymentOpening(payment_id=payment_id, visit_id=row.visit_id, facility_id=row.facility_id)
        await pass_on(clinic, opening, heard(raw))
    return JSONResponse(THANKS)


def require_path(clinic: Clinic, payment_id: UUID, mac: str) -> None:
    secret = clinic.settings.command_secret.get_secret_value().encode()
    expected = callback_path(secret, payment_id).rpartition("/")[2]
    if not hmac.compare_digest(mac.encode(), expected.encode()):
        raise NotFound("There is nothing here.")


def require_network(networks: str, address: str | None) -> None:
    """`networks`: addresses or networks that may call, separated by commas; empty lets everybody."""
    allowed = [ip_network(one.strip()) for one in networks.split(",") if one.strip()]
    if allowed and not (address and any(ip_address(address) in network for network in allowed)):
        raise NotFound("There is nothing here.")


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


async def pass_on(clinic: Clinic, opening: PaymentOpening, callback: Callback) -> None:
    """To the payment's workflow, or to a new run of it where it has ended: money may come late."""
    await clinic.temporal.start_workflow(
        MobilePaymentWorkflow.run,
        opening,
        id=workflow_id(opening.payment_id),
        task_queue=clinic.settings.task_queue,
        start_signal="called_back",
        start_signal_args=[callback],
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="M-Pesa payment",
    )
