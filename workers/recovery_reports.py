"""Which reports are still owed to patients, and so a run, from their rows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.notices import PAPERS, papers_of
from models.notices import owed
from models.tables import LabRequestRow, MessageRow, PatientRow, VisitRow
from workflows.beginning import Beside
from workflows.beside import results_of

LATELY = timedelta(days=2)
"""Within which a report may not have been begun yet."""

BEGUN = ("INTENDED",)
ANSWERED = ("COMPLETED", "CORRECTED")
PAPERS_OF = text(PAPERS.replace("%s", ":visit_id"))


async def reports_to_send(db: AsyncConnection) -> list[Beside]:
    """Every visit that owes its patient a report at the moment; what went out does not go out again."""
    found = list((await db.execute(candidates())).scalars())
    due = []
    for visit_id in found:
        row = (await db.execute(PAPERS_OF, {"visit_id": visit_id})).mappings().one()
        report = owed(visit_id, papers_of(dict(row)), ZoneInfo(row["time_zone"]))
        if report and not await has_gone(db, report.notice.key):
            due.append(results_of(visit_id))
    return due


async def has_gone(db: AsyncConnection, key: str) -> bool:
    """Sent, or settled otherwise."""
    settled = exists().where(MessageRow.key == key, MessageRow.status.not_in(BEGUN))
    return bool((await db.execute(select(settled))).scalar())


def candidates() -> Select[UUID]:
    """Visits with tests that were answered and are open, or were answered lately, or that ended lately; and those of
    which a message was begun."""
    lately = datetime.now(UTC) - LATELY
    test, message = LabRequestRow, MessageRow
    answered = exists().where(test.visit_id == VisitRow.id, test.status.in_(ANSWERED))
    answered_lately = exists().where(
        test.visit_id == VisitRow.id, test.status.in_(ANSWERED), test.completed_at > lately
    )
    begun = exists().where(message.visit_id == VisitRow.id, message.status.in_(BEGUN))
    ended_lately = and_(VisitRow.completed_at > lately, PatientRow.email.is_not(None))
    is_open = and_(VisitRow.completed_at.is_(None), answered)
    return (
        select(VisitRow.id)
        .join(PatientRow, PatientRow.id == VisitRow.patient_id)
        .where(or_(is_open, answered_lately, ended_lately, begun))
        .order_by(VisitRow.arrived_at)
    )
