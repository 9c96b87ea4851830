"""What the services add: a patient's immunization schedule, reactions, newborns and families."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, create_model
from sqlalchemy import func, or_, select

from api.actions import REFUSALS, Accepting, TheSender, action_route, body_of
from api.aliases import is_of
from api.clinic import Reading, TheClinic
from api.one_visit import visit_in
from api.records import CLINICAL_READERS, of_parent
from api.security import Signed
from api.shapes import VisitSummary, record_shape
from models.actions import RecordReaction, RegisterNewborn
from models.actions.base import require_role
from models.actions.immunization import recipient
from models.doses import Counted, Given, counted
from models.immunization_schedule import Scheduled, coming, schedule
from models.kepi import Programme, programme_for
from models.problems import NotFound, invalid
from models.tables import FamilyLinkRow, ImmunizationRow, PatientRow, ReactionRow, VaccineRow, VisitRow

routes = APIRouter(prefix="/api", responses=REFUSALS)
if TYPE_CHECKING:  # the type checker cannot follow a body that is made of a form
    NewbornBody = BaseModel
else:
    NewbornBody = body_of(RegisterNewborn, "mother_visit_id", names_visit=False)
NewbornRegistered: Any = create_model(
    "NewbornRegistered", patient=(record_shape(PatientRow), ...), visit=(VisitSummary, ...), mother_visit_id=(UUID, ...)
)


class DoseGiven(BaseModel):
    """`dose_number` is None for a dose that does not count: too early by the rules of its day, or beyond the series."""

    vaccine: str
    given_on: dt.date
    dose_number: int | None
    label: str


class ImmunizationSchedule(BaseModel):
    """`signed_off_by` is empty until a clinician has taken responsibility for this version."""

    patient_id: UUID
    version: str
    effective_from: dt.date
    signed_off_by: str
    source: list[str]
    as_of: dt.date
    date_of_birth: dt.date | None
    next: Scheduled | None
    doses: list[Scheduled]
    history: list[DoseGiven]


class Relative(BaseModel):
    visit_id: UUID
    patient_id: UUID
    op_number: str
    status: str
    date_of_birth: dt.date | None


class Family(BaseModel):
    """The mother's visit, where this is a newborn's, and the visits of babies, where this is a mother's."""

    mother: Relative | None
    newborns: list[Relative]


@routes.get("/immunization/patients/{id}/schedule", response_model=ImmunizationSchedule, tags=["immunization"])
async def immunization_schedule(
    id: UUID,
    clinic: TheClinic,
    actor: Signed,
    db: Reading,
    conditions: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> Any:
    """What was given, is due, overdue, too early, too late or contraindicated, and what comes next.

    `conditions`: what speaks against vaccines today, as the programme names it; repeat it for several.
    """
    require_role(CLINICAL_READERS, actor, "Reading these records")
    table: Any = PatientRow.__table__
    wanted = select(table).where(is_of(table.c.id, id), table.c.facility_id == actor.facility_id)
    patient = (await db.execute(wanted)).mappings().first()
    if patient is None:
        raise NotFound("There is no such patient.")
    today = dt.datetime.now(ZoneInfo(clinic.settings.time_zone)).date()
    programme = programme_for(today)
    require_known(programme, conditions or [])
    return shown(programme, dict(patient), await doses_of(db, patient["id"]), today, conditions or [])


def require_known(programme: Programme, conditions: list[str]) -> None:
    for condition in conditions:
        if condition not in programme.conditions:
            raise invalid("conditions", f"must be of {', '.join(programme.conditions)}")


async def doses_of(db: Reading, patient_id: UUID) -> list[Given]:
    given, vaccine, reaction = ImmunizationRow, VaccineRow, ReactionRow
    anaphylaxis = select(func.bool_or(reaction.anaphylaxis)).where(
        reaction.immunization_id == given.id, reaction.entered_in_error_at.is_(None)
    )
    wanted = (
        select(
            vaccine.code,
            given.immunization_date.label("on"),
            given.conditions,
            func.coalesce(anaphylaxis.scalar_subquery(), False).label("anaphylaxis"),
        )
        .join(vaccine, vaccine.id == given.vaccine_id)
        .where(given.patient_id == patient_id, given.status == "COMPLETED", given.entered_in_error_at.is_(None))
        .order_by(given.immunization_date, given.recorded_at)
    )
    return [Given.model_validate(dict(row)) for row in (await db.execute(wanted)).mappings()]


def shown(
    programme: Programme, patient: dict[str, Any], given: list[Given], today: dt.date, conditions: list[str]
) -> dict[str, Any]:
    who = recipient(patient)
    doses = schedule(programme, who, given, today, conditions)
    told = [c for vaccine in programme.vaccine for c in counted(who, given, vaccine)]
    told += [Counted(given=g) for g in given if programme.series(g.code) is None]
    return {
        "patient_id": patient["id"],
        **programme.model_dump(include={"version", "effective_from", "signed_off_by", "source"}),
        "as_of": today,
        "date_of_birth": patient["date_of_birth"],
        "next": coming(doses),
        "doses": doses,
        "history": [
            {"vaccine": c.given.code, "given_on": c.given.on, "dose_number": c.number, "label": c.label}
            for c in sorted(told, key=lambda c: c.given.on)
        ],
    }


@routes.post(
    "/visits/{id}/newborns",
    status_code=201,
    tags=["patient"],
    responses={**REFUSALS, 201: {"model": NewbornRegistered}, 202: {"model": Accepting}},
)
async def register_newborn(sender: TheSender, id: UUID, body: Annotated[NewbornBody, Body()]) -> Response:
    """Register a baby with a visit of its own, linked to the mother's (CLINICAL_OFFICER, MCH_NURSE, RECEPTIONIST)."""
    require_role(RegisterNewborn.roles, sender.actor, RegisterNewborn.said)
    given: dict[str, Any] = body.model_dump(exclude_unset=True)
    action = RegisterNewborn.model_validate({**given, "mother_visit_id": id})
    return await sender.send(sender.command(sender.key, action), 201)


@routes.get("/visits/{id}/family", response_model=Family, tags=["visit"])
async def family(id: UUID, actor: Signed, db: Reading) -> Any:
    """Mother and baby, each seen from the other's visit."""
    await visit_in(db, actor, id)
    link, visit, patient = FamilyLinkRow, VisitRow, PatientRow
    wanted = (
        select(
            link.visit_id.label("child_visit_id"),
            visit.id.label("visit_id"),
            visit.patient_id,
            visit.op_number,
            visit.status,
            patient.date_of_birth,
        )
        .join(visit, or_(visit.id == link.visit_id, visit.id == link.related_visit_id))
        .join(patient, patient.id == visit.patient_id)
        .where(or_(link.visit_id == id, link.related_visit_id == id), visit.id != id)
        .order_by(visit.arrived_at, visit.id)
    )
    rows = [dict(row) for row in (await db.execute(wanted)).mappings()]
    mothers = [row for row in rows if row["child_visit_id"] == id]
    return {"mother": mothers[0] if mothers else None, "newborns": [r for r in rows if r["child_visit_id"] != id]}


action_route(routes, "POST", "/immunization/patients/{id}/reactions", RecordReaction)
of_parent("/immunization/patients/{id}/reactions", ReactionRow, "patient_id", routes)
