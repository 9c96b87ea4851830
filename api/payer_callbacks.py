"""Where payers call in. What they say is kept and means one thing: something changed, so ask."""

import hmac
import json
import logging
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import or_, select
from temporalio.common import WorkflowIDConflictPolicy

from activities.records import AWAY
from api.callbacks import LARGEST, require_network
from api.clinic import Address, Clinic, Reading, TheClinic
from integrations.services.payers import callback_path
from integrations.services.sha.client import claim_named
from models.claim_actions import ClaimOpening
from models.claims import ENDED, Gateway, Payer
from models.problems import NotFound
from models.services import Service
from models.tables import ClaimRow
from workflows.claim import CHANGED, ClaimWorkflow, workflow_id

log = logging.getLogger(__name__)
routes = APIRouter(prefix="/callbacks", include_in_schema=False)


@routes.post("/h/{mac}")
async def sha_told(request: Request, mac: str, clinic: TheClinic, db: Reading, address: Address) -> JSONResponse:
    """SHA tells that something changed. What it sends is not published, so it is searched for a claim of ours and
    never believed; a claim that is not named is asked about at its own time."""
    expected = callback_path(clinic.settings, Gateway.SHA)
    if not hmac.compare_digest(f"/callbacks/h/{mac}".encode(), expected.encode()):
        raise NotFound("There is nothing here.")
    require_network(clinic.settings.sha_callback_networks, address)
    raw = (await request.body())[:LARGEST]
    try:
        await clinic.callbacks.keep(Service.SHA, "status", "", raw, address)
    except AWAY:
        log.warning("a callback could not be kept; the claim is asked about all the same")
    for opening in await claims_named(db, named(raw)):
        await wake(clinic, opening)
    return JSONResponse({"status": "ok"})


def named(raw: bytes) -> str:
    """The claim that is spoken of, as far as it can be read."""
    try:
        body: Any = json.loads(raw)
    except ValueError:
        return ""
    return claim_named(body)


async def claims_named(db: Reading, name: str) -> list[ClaimOpening]:
    """Ours, by our number or by the payer's."""
    if not name:
        return []
    wanted = select(ClaimRow.id, ClaimRow.visit_id, ClaimRow.facility_id, ClaimRow.payer).where(
        or_(ClaimRow.number == name, ClaimRow.payer_reference == name), ClaimRow.status.not_in(ENDED)
    )
    rows = (await db.execute(wanted)).all()
    return [
        ClaimOpening(claim_id=id, visit_id=visit, facility_id=ours, payer=Payer(payer))
        for id, visit, ours, payer in rows
    ]


async def wake(clinic: Clinic, opening: ClaimOpening) -> None:
    await clinic.temporal.start_workflow(
        ClaimWorkflow.run,
        opening,
        id=workflow_id(opening.claim_id),
        task_queue=clinic.settings.task_queue,
        start_signal=CHANGED,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Claim",
    )
