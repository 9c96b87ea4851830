"""What supervisors look at: which visits do not move, why, and what may be done; and what anybody may do on a visit."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import select

from activities.records import visit_of
from api.actions import REFUSALS
from api.clinic import Reading, TheClinic
from api.security import Signed
from api.stuck import Stuck, having, stuck
from models.actions.base import require_role
from models.legal_actions import LegalAction, legal_actions
from models.problems import NotFound
from models.staff import SUPERVISING, Station
from models.status import Status
from models.stuck import Code, Reason
from models.tables import VisitRow
from models.urgency import TriageCategory, TriageColour
from models.views import View, views
from models.visit import Visit
from models.words import next_step

routes = APIRouter(prefix="/api", tags=["supervision"], responses=REFUSALS)


class StuckVisit(BaseModel):
    """`since`: of the worst reason. `next`: what must happen, and who does it. `actions`: what the rules allow now."""

    visit_id: UUID
    op_number: str
    patient_id: UUID
    status: Status
    waiting_at: list[Station]
    triage_category: TriageCategory | None
    triage_colour: TriageColour | None
    since: datetime
    reasons: list[Reason]
    next: str
    actions: list[LegalAction]
    links: dict[str, str]


class StuckVisits(BaseModel):
    """`temporal`: false where Temporal does not answer; then nobody knows which visits are wedged or not watched."""

    items: list[StuckVisit]
    next_cursor: None = None
    temporal: bool


@routes.get("/supervision/visits", response_model=StuckVisits)
async def stuck_visits(
    clinic: TheClinic,
    actor: Signed,
    db: Reading,
    reason: Annotated[Code | None, Query(description="Only those with this reason.")] = None,
    station: Annotated[Station | None, Query(description="Only those who wait there.")] = None,
) -> StuckVisits:
    """Every visit that is late, wedged, waiting for something outside or without progress: why, since when, who can
    act and what may be done (SUPERVISOR, ADMIN); the worst first."""
    require_role(SUPERVISING, actor, "Looking at what is stuck")
    settings = clinic.settings
    report = having(await stuck(db, clinic.temporal, settings.policies, actor.facility_id), reason, station)
    return StuckVisits(items=[shown(one, settings.workflows_url) for one in report.visits], temporal=report.temporal)


class Views(BaseModel):
    items: list[View]
    next_cursor: None = None


@routes.get("/supervision/views", response_model=Views)
async def ready_made_views(clinic: TheClinic, actor: Signed) -> Views:
    """Links into the Temporal UI, each a list that supervisors need (SUPERVISOR, ADMIN)."""
    require_role(SUPERVISING, actor, "Looking at the clinic's workflows")
    return Views(items=list(views(clinic.settings.workflows_url, actor.facility_id, datetime.now(UTC))))


def shown(one: Stuck, page: str) -> StuckVisit:
    visit = one.visit
    facts: dict[str, Any] = {name: getattr(visit, name) for name in ("op_number", "patient_id", "status")}
    here = f"/api/visits/{visit.id}"
    return StuckVisit(
        **facts,
        visit_id=visit.id,
        waiting_at=list(visit.waiting_at),
        triage_category=visit.triage_category,
        triage_colour=visit.triage_colour,
        since=one.reasons[0].since,
        reasons=list(one.reasons),
        next=next_step(visit),
        actions=list(legal_actions(visit)),
        links={"visit": here, "timeline": f"{here}/timeline", "bill": f"{here}/bill", "temporal": ui_link(page, visit)},
    )


def ui_link(page: str, visit: Visit) -> str:
    return f"{page}?query=OpNumber%3D%22{visit.op_number}%22"


class Offers(BaseModel):
    items: list[LegalAction]
    next_cursor: None = None


@routes.get("/visits/{id}/actions", response_model=Offers)
async def offers(id: UUID, actor: Signed, db: Reading) -> Offers:
    """What you may do on this visit now: send `body` with the missing `fields` to `href`."""
    wanted = select(VisitRow.__table__).where(VisitRow.id == id, VisitRow.facility_id == actor.facility_id)
    row = (await db.execute(wanted)).mappings().first()
    if row is None:
        raise NotFound("There is no such visit in your facility.")
    return Offers(items=list(legal_actions(visit_of(dict(row)), actor)))
