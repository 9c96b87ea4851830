"""The queues: who waits at a station, when it is whose turn, and the call for the next one."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from api.actions import REFUSALS, Accepting, Sender, TheSender
from api.clinic import Clinic, Reading, TheClinic
from api.one_visit import visit_in
from api.problems import Told
from api.queue_items import Place, QueueItem, items_of, next_first
from api.queue_reads import line, reckoning
from api.security import Signed
from api.shapes import VisitSummary, list_of
from models.actions import CallPatient
from models.actions.base import require_role
from models.base import Line
from models.problems import NotFound
from models.queueing import serving
from models.staff import Person, Station
from models.tables import CommandRow
from models.urgency import TriageCategory

routes = APIRouter(prefix="/api", tags=["queue"], responses=REFUSALS)


class NextCall(BaseModel):
    """Where the patient is called to."""

    model_config = ConfigDict(extra="forbid")

    room: Line | None = None


class Narrowing(BaseModel):
    """Which of those who wait are asked for; `sort` by the turn in which they are called, or by the longest wait."""

    provider_id: UUID | None = None
    triage_category: TriageCategory | None = None
    waited_minutes: Annotated[int | None, Query(ge=0, description="Who has waited for at least so long.")] = None
    sort: Literal["TURN", "WAIT"] = "TURN"

    def of(self, items: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
        """Their places in the whole queue stay as they are."""
        found = [one for one in items if self.fits(one, now)]
        return sorted(found, key=lambda one: one["since"]) if self.sort == "WAIT" else found

    def fits(self, item: dict[str, Any], now: datetime) -> bool:
        return (
            self.provider_id in (None, item["provider_id"], item["taken_by"])
            and self.triage_category in (None, item["triage_category"])
            and now - item["since"] >= timedelta(minutes=self.waited_minutes or 0)
        )


@routes.get("/queues/{station}", response_model=list_of(QueueItem))
async def queue(
    station: Station, clinic: TheClinic, actor: Signed, db: Reading, narrowing: Annotated[Narrowing, Query()]
) -> Any:
    """Who waits at a station: by urgency, of the patient or of an order there, then by arrival at the clinic.

    `position` counts those whose turn is still to come. `estimated_minutes`, until it is their turn, rests on so many
    service times (`estimate_from`) of the day; it is null where too few are known, or nobody is at work.
    """
    items = await items_at(clinic, actor, db, station)
    return {"items": narrowing.of(items, datetime.now(UTC)), "next_cursor": None}


@routes.get("/visits/{id}/position", response_model=list_of(Place))
async def position(id: UUID, clinic: TheClinic, actor: Signed, db: Reading) -> Any:
    """Where the visit stands in the queue of each station that it waits at."""
    visit = await visit_in(db, actor, id)
    found = []
    for station in visit.waiting_at:
        items = await items_at(clinic, actor, db, station)
        found += [{**one, "station": station, "waiting": len(items)} for one in items if one["visit_id"] == id]
    return {"items": found, "next_cursor": None}


async def items_at(clinic: Clinic, actor: Person, db: Reading, station: Station) -> list[dict[str, Any]]:
    rows = await line(db, actor.facility_id, station)
    if not rows:
        return []
    zone = ZoneInfo(clinic.settings.time_zone)
    known = await reckoning(db, actor.facility_id, station, rows, zone)
    return items_of(rows, station, known, clinic.settings.policies)


@routes.post(
    "/queues/{station}/next",
    status_code=201,
    responses={201: {"model": VisitSummary}, 202: {"model": Accepting}},
)
async def call_next(station: Station, sender: TheSender, body: NextCall) -> Response:
    """Call the first whom nobody has called or taken. However many desks do so at once, each gets another patient.

    Who did not answer lately comes after the others; 404 where nobody is left to call.
    """
    require_role(serving(station), sender.actor, CallPatient.said)
    form = CallPatient.model_validate({"kind": "call_patient", "station": station, "room": body.room})
    if former := await called_with(sender):
        return await sender.send(sender.command(former, form), 201)
    tried: set[UUID] = set()
    while visit_id := await first_free(sender, station, tried):
        try:
            return await sender.send(sender.command(visit_id, form), 201)
        except Told as no:
            if no.problem.status not in (404, 409):
                raise
            tried.add(visit_id)  # another desk was quicker, or the patient waits there no more
        finally:
            sender.clinic.calling.discard(visit_id)
    raise NotFound(f"Nobody waits at {station} whom you could call now.")


async def called_with(sender: Sender) -> UUID | None:
    """Whom this very request called already: a repetition is about the same patient."""
    wanted = select(CommandRow.visit_id).where(
        CommandRow.id == sender.key,
        CommandRow.facility_id == sender.actor.facility_id,
        CommandRow.kind == "call_patient",
        CommandRow.status == "DONE",
    )
    async with sender.clinic.reading.connect() as db:
        return (await db.execute(wanted)).scalar()


async def first_free(sender: Sender, station: Station, tried: set[UUID]) -> UUID | None:
    """The first whom this process does not just call for another desk; the visit itself decides whose it is."""
    clinic, actor = sender.clinic, sender.actor
    async with clinic.reading.connect() as db:
        rows = await line(db, actor.facility_id, station)
    waiting = next_first(rows, station, actor, clinic.settings.policies, datetime.now(UTC))
    chosen = next((id for id in waiting if id not in tried and id not in clinic.calling), None)
    if chosen:
        clinic.calling.add(chosen)
    return chosen
