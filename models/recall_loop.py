"""How a patient who is expected again hears of it, and who looks for whoever did not come."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from models.base import Value
from models.deadlines import Ladder, Rung
from models.notices import reminding
from models.recalls import GRACE, Line
from models.staff import Role
from models.tasks import NewTask, TaskKind

EXPECTED_AT = time(9, 0)
"""The hour that an SMS goes by; it names the day alone."""

TRACED_WITHIN = timedelta(days=7)
LOOKED_AT_AGAIN = timedelta(days=30)
"""Whoever was not found: so often the rows are looked at, should nobody have said that something changed."""

LADDER: Ladder = (Rung(after=timedelta(0), to=Role.SUPERVISOR), Rung(after=timedelta(days=14), to=Role.ADMIN))
ROLES = {
    Line.IMMUNIZATION: Role.IMMUNIZATION_NURSE,
    Line.FAMILY_PLANNING: Role.FAMILY_PLANNING_COUNSELOR,
    Line.MCH: Role.MCH_NURSE,
}


class RecallDue(Value):
    """An open recall. `moment` is what its SMS is about, sent between `opens` and `closes`.

    `booked_until`: the end of an appointment that was made for the same; its own reminder speaks to the patient.
    """

    id: UUID
    moment: datetime
    opens: datetime
    closes: datetime
    due_at: datetime
    is_booked: bool = False
    task: NewTask


class RecallFacts(Value):
    """What its row says."""

    id: UUID
    facility_id: UUID
    visit_id: UUID
    patient_id: UUID
    service: Line
    due_on: date
    due_at: datetime


def tracing(row: RecallFacts, due_at: datetime) -> NewTask:
    """To find the patient; cancelled with a reason, nobody waits for them any more."""
    return NewTask(
        about=row.id,
        name=f"trace {row.due_on}",
        facility_id=row.facility_id,
        kind=TaskKind.DEFAULTER_TRACING,
        role=ROLES[row.service],
        words=f"A patient was expected by {row.due_on} and has not come (patient {row.patient_id}, "
        f"obligation {row.id}): find them and say what came of it; cancel this where nobody waits for them any more.",
        due_at=due_at + TRACED_WITHIN,
        visit_id=row.visit_id,
        closes_itself=False,
    )


def recall_due(row: RecallFacts, zone: ZoneInfo, booked_at: datetime | None) -> RecallDue:
    """The deadline moves with an appointment that lies later."""
    moment = datetime.combine(row.due_on, EXPECTED_AT, zone)
    told = reminding(moment, zone, is_open=True)
    due_at = max(row.due_at, booked_at + GRACE[row.service]) if booked_at else row.due_at
    return RecallDue(
        id=row.id,
        moment=moment,
        opens=told.opens,
        closes=told.closes,
        due_at=due_at,
        is_booked=booked_at is not None,
        task=tracing(row, due_at),
    )
