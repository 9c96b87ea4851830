"""Claims and cover: what a payer says, what a patient agrees to, and what clerks do about it."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from api.actions import REFUSALS, Accepting, Sender, TheSender, answered
from api.clinic import Reading
from api.dispatch import claim_desk, send
from api.one_visit import visit_in
from api.paging import Cursor, Limit, page
from api.security import Signed
from api.shapes import list_of, record_shape
from models.actions.base import require_role
from models.claim_actions import (
    CLERKS,
    DESKS,
    AnyClaimAction,
    ClaimCommand,
    ClaimOpening,
    ClerkAction,
    GiveCode,
    SendCode,
)
from models.claims import ClaimStatus, Payer, claim_id_of
from models.paying import PaymentType
from models.problems import Conflict, NotFound
from models.staff import Person
from models.tables import ClaimRow, ClaimStepRow, CoverageRow

routes = APIRouter(prefix="/api", tags=["claim"], responses=REFUSALS)
TABLE: Any = ClaimRow.__table__
STEPS: Any = ClaimStepRow.__table__
COVERAGES: Any = CoverageRow.__table__
SHOWN = [column for column in TABLE.c if column.name not in ("session", "turn_asked_at")]
CLAIM = record_shape(ClaimRow, "session", "turn_asked_at")
COVERAGE = record_shape(CoverageRow)
WRITES: dict[int | str, dict[str, Any]] = {**REFUSALS, 201: {"model": CLAIM}, 202: {"model": Accepting}}
PAYER_OF = {PaymentType.SHA: Payer.SHA, PaymentType.NHIF: Payer.SHA, PaymentType.INSURANCE: Payer.INSURANCE}


class WholeClaim(CLAIM):  # type: ignore[misc,valid-type]
    """A claim with each status that it had, in order."""

    steps: list[record_shape(ClaimStepRow)]  # type: ignore[valid-type]


class CodeBody(BaseModel):
    """Without `otp` a code is sent to the patient's phone; with it, the patient's answer is passed on.

    `payer`: where it does not follow from how the visit is paid.
    """

    model_config = {"extra": "forbid"}

    otp: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{4,10}$")] | None = None
    payer: Payer | None = None


@routes.get("/visits/{id}/coverage", response_model=COVERAGE)
async def coverage(id: UUID, actor: Signed, db: Reading) -> Any:
    """What the payer said about the cover: PROVISIONAL until it has answered (and then nobody pays for it), ACTIVE,
    INACTIVE, NOT_FOUND, or ENDED (NHIF)."""
    await visit_in(db, actor, id)
    found = (await db.execute(select(COVERAGES).where(COVERAGES.c.visit_id == id))).mappings().first()
    if found is None:
        raise NotFound("No payer was asked about this visit: it is paid by the patient.")
    return dict(found)


@routes.get("/claims", response_model=list_of(CLAIM))
async def claims(
    actor: Signed,
    db: Reading,
    status: ClaimStatus | None = None,
    payer: Payer | None = None,
    visit_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Claims, newest first."""
    require_role(DESKS, actor, "Reading claims")
    wanted = select(*SHOWN).where(TABLE.c.facility_id == actor.facility_id)
    for name, value in {"status": status, "payer": payer, "visit_id": visit_id}.items():
        if value is not None:
            wanted = wanted.where(TABLE.c[name] == value)
    return await page(db, wanted, TABLE.c.opened_at, TABLE.c.id, limit, cursor)


@routes.get("/claims/{id}", response_model=WholeClaim)
async def claim(id: UUID, actor: Signed, db: Reading) -> Any:
    """One claim, with its history."""
    require_role(DESKS, actor, "Reading claims")
    found = await claim_in(db, actor, id)
    steps = await db.execute(select(STEPS).where(STEPS.c.claim_id == id).order_by(STEPS.c.version))
    return {**found, "steps": [dict(step) for step in steps.mappings()]}


@routes.post("/visits/{id}/claim/otp", status_code=201, response_model=CLAIM, responses=WRITES)
async def code(sender: TheSender, id: UUID, db: Reading, body: Annotated[CodeBody, Body()]) -> Response:
    """Ask the patient's consent: first that the payer is claimed from, later over the finished bill.

    Which of the two is meant follows from the claim. CASHIER, RECEPTIONIST, SUPERVISOR.
    """
    require_role(DESKS, sender.actor, "Asking the patient for a code")
    visit = await visit_in(db, sender.actor, id)
    payer = body.payer or PAYER_OF.get(visit.payment_type)
    if payer is None:
        raise Conflict("The patient pays this visit. Name the payer where somebody else is to be claimed from.")
    action = SendCode() if body.otp is None else GiveCode(code=body.otp)
    return await sent(sender, opening_of(id, visit.facility_id, payer), action)


@routes.post("/claims/{id}/actions", status_code=201, response_model=CLAIM, responses=WRITES)
async def act(sender: TheSender, id: UUID, db: Reading, action: Annotated[ClerkAction, Body()]) -> Response:
    """Correct, attach, hand in again, appeal, close, ask the payer now, or record what was learned elsewhere
    (CASHIER, SUPERVISOR)."""
    require_role(CLERKS, sender.actor, "Claims")
    found = await claim_in(db, sender.actor, id)
    return await sent(sender, opening_of(found["visit_id"], found["facility_id"], Payer(found["payer"])), action)


async def sent(sender: Sender, opening: ClaimOpening, action: AnyClaimAction) -> Response:
    require_role(action.roles, sender.actor, action.said)
    command = ClaimCommand(
        id=sender.key,
        actor=sender.actor,
        address=sender.address,
        at=datetime.now(UTC),
        opening=opening,
        action=action,
    ).signed(sender.secret)
    return answered(await send(sender.clinic, claim_desk(sender.clinic, command), command), 201)


def opening_of(visit_id: UUID, facility_id: UUID, payer: Payer) -> ClaimOpening:
    return ClaimOpening(claim_id=claim_id_of(visit_id, payer), visit_id=visit_id, facility_id=facility_id, payer=payer)


async def claim_in(db: Reading, actor: Person, id: UUID) -> dict[str, Any]:
    wanted = select(*SHOWN).where(TABLE.c.id == id, TABLE.c.facility_id == actor.facility_id)
    found = (await db.execute(wanted)).mappings().first()
    if found is None:
        raise NotFound("There is no such claim.")
    return dict(found)
