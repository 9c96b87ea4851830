"""Obligations to see a patient again: kept as the records say, and looked up for whoever watches over them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio import activity

from activities import tasks
from activities.door import Done
from activities.journal import Deed, Journal, differences
from activities.notices import BOOKED
from integrations.database import Connection, Pool, inserting, updating
from models.actions.immunization import recipient
from models.administration import Errand
from models.base import Value
from models.catalogue import Resource
from models.doses import Given
from models.kepi import programme_for
from models.recall_loop import RecallDue, RecallFacts, recall_due, tracing
from models.recalls import KINDS, Line, Owing, Recall, Served, Step, following, next_dose, steps
from models.staff import THE_CLINIC
from models.tables import ObligationRow
from models.tasks import CancelTask, TaskAction, TaskClosing, TaskKind

PATIENT = """
    select p.*, f.time_zone from patients p join facilities f on f.id = p.facility_id where p.id = %s
"""
DOSES = """
    select i.id, i.visit_id, i.recorded_by, v.code, i.immunization_date as on, i.conditions,
        exists (select 1 from vaccine_reactions r where r.immunization_id = i.id and r.anaphylaxis
            and r.entered_in_error_at is null) as anaphylaxis
    from patient_immunizations i join vaccines v on v.id = i.vaccine_id
    where i.patient_id = %s and i.status = 'COMPLETED' and i.visit_id is not null
        and i.entered_in_error_at is null
    order by i.immunization_date, i.recorded_at, i.id
"""
METHODS = """
    select id, visit_id, recorded_by, start_date as on, next_date as next_on, true as tells
    from patient_family_planning where patient_id = %s and visit_id is not null
        and status in ('ACTIVE', 'COMPLETED', 'DISCONTINUED') and entered_in_error_at is null
    order by start_date, recorded_at, id
"""
CONTACTS = """
    select id, visit_id, recorded_by, service_date as on, next_date as next_on, contact_due is not null as tells
    from patient_mch_services where patient_id = %s and visit_id is not null and status = 'COMPLETED'
        and entered_in_error_at is null
    order by service_date, recorded_at, id
"""
OWED = """
    select * from obligations where patient_id = %s and service is not null order by recorded_at, id
"""
FOUND = f"""
    select o.id, o.facility_id, o.visit_id, o.patient_id, o.service, o.due_on, o.due_at, f.time_zone,
        (select max(a.appointment_date) from appointments a
         where {BOOKED} and a.appointment_date > %(at)s) as booked_at
    from obligations o join facilities f on f.id = o.facility_id
    where o.id = %(id)s and o.service is not null and o.status = 'OPEN'
"""

TRACED = "select * from obligations where visit_id = %s and service is not null and status = 'OPEN' for update"


class RecallLook(Value):
    """`at`: the moment by the workflow's clock."""

    obligation_id: UUID
    at: datetime


class Expected(NamedTuple):
    """One service: what its obligations are, and what they should be."""

    line: Line
    owed: list[dict[str, Any]]
    wanted: Recall | None
    served: Sequence[Served]


class Recalls:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="look_up_recall")
    async def due(self, look: RecallLook) -> RecallDue | None:
        """None where nobody is expected (any more)."""
        async with self.pool.connection() as db:
            row = await (await db.execute(FOUND, {"id": look.obligation_id, "at": look.at})).fetchone()
        if row is None:
            return None
        return recall_due(facts_of(row), ZoneInfo(row["time_zone"]), row["booked_at"])


async def keep_recalls(db: Connection, patient_id: UUID, at: datetime) -> list[UUID]:
    """Make a patient's recalls as the records say, in the caller's transaction; the ids of those that changed, and of
    those that stand open. The chain of the audit is locked before any of them."""
    patient = await (await db.execute(PATIENT, (patient_id,))).fetchone()
    if patient is None:
        return []
    zone = ZoneInfo(patient["time_zone"])
    if not any(planned(patient, zone, one) for one in await expected(db, patient, zone, at)):
        return [row["id"] for row in await owed(db, patient_id) if row["status"] == "OPEN"]
    journal = await Journal.open(db, patient["facility_id"])
    changed = []
    for one in await expected(db, patient, zone, at, lock=" for update"):
        for step in planned(patient, zone, one):
            await write(db, journal, patient, one, step)
            changed.append(step.id)
    still = [row["id"] for row in await owed(db, patient_id) if row["status"] == "OPEN"]
    return list(dict.fromkeys((*changed, *still)))


async def owed(db: Connection, patient_id: UUID, lock: str = "") -> list[dict[str, Any]]:
    return await (await db.execute(OWED + lock, (patient_id,))).fetchall()


def planned(patient: dict[str, Any], zone: ZoneInfo, one: Expected) -> list[Step]:
    standing = [Owing.model_validate({name: row[name] for name in Owing.model_fields}) for row in one.owed]
    return steps(standing, one.wanted, one.served, zone, has_died=patient["deceased_at"] is not None)


async def expected(
    db: Connection, patient: dict[str, Any], zone: ZoneInfo, at: datetime, lock: str = ""
) -> list[Expected]:
    rows, today = await owed(db, patient["id"], lock), at.astimezone(zone).date()

    async def served(text: str) -> list[Served]:
        found = await (await db.execute(text, (patient["id"],))).fetchall()
        return [Served.model_validate(row) for row in found]

    methods, contacts = await served(METHODS), await served(CONTACTS)
    doses = await (await db.execute(DOSES, (patient["id"],))).fetchall()
    return [
        of_line(Line.FAMILY_PLANNING, rows, following(Line.FAMILY_PLANNING, methods), methods),
        of_line(Line.MCH, rows, following(Line.MCH, contacts), contacts),
        immunized(patient, rows, doses, today),
    ]


def of_line(line: Line, rows: list[dict[str, Any]], wanted: Recall | None, served: Sequence[Served]) -> Expected:
    return Expected(line, [row for row in rows if row["service"] == line], wanted, served)


def immunized(
    patient: dict[str, Any], rows: list[dict[str, Any]], doses: list[dict[str, Any]], today: date
) -> Expected:
    given = [Given.model_validate({name: row[name] for name in Given.model_fields}) for row in doses]
    served = [
        Served(id=row["id"], visit_id=row["visit_id"], recorded_by=row["recorded_by"], on=row["on"]) for row in doses
    ]
    wanted = next_dose(programme_for(today), recipient(patient), given, served, today)
    return of_line(Line.IMMUNIZATION, rows, wanted, served)


async def write(db: Connection, journal: Journal, patient: dict[str, Any], one: Expected, step: Step) -> None:
    """The row with its audit entry. Whoever was looked for by the day before is looked for no more."""
    now = datetime.now(UTC)
    if step.is_new:
        row = new_row(patient, one, step, now)
        await db.execute(*inserting(ObligationRow, row))
        said = {"kind": row["kind"], "due_on": row["due_on"]}
        await journal.append(Deed("CREATE", Resource.OBLIGATION, step.id, said), THE_CLINIC, None)
        return
    before = next(row for row in one.owed if row["id"] == step.id)
    closing = {"closed_at": now} if step.values.get("status") in ("DONE", "CANCELLED") else {}
    changed = differences(before, {**step.values, **closing})
    text, given = updating(ObligationRow, {name: new for name, (_, new) in changed.items()}, "id = %(row_id)s")
    await db.execute(text, {**given, "row_id": step.id})
    await journal.append(Deed("UPDATE", Resource.OBLIGATION, step.id, changed), THE_CLINIC, None)
    facts = facts_of(before)
    task, outcome = tracing(facts, facts.due_at), str(step.values.get("outcome") or "The day was changed.")
    await tasks.close_task(db, TaskClosing(id=task.id, status="CANCELLED", outcome=outcome))


def new_row(patient: dict[str, Any], one: Expected, step: Step, now: datetime) -> dict[str, Any]:
    assert one.wanted is not None
    return {
        "id": step.id,
        "facility_id": patient["facility_id"],
        "visit_id": one.wanted.visit_id,
        "patient_id": patient["id"],
        "recorded_by": one.wanted.recorded_by,
        "recorded_at": now,
        "kind": KINDS[one.line],
        "service": one.line,
        "owner_id": one.wanted.recorded_by,
        "status": "OPEN",
        "is_critical": False,
        "outcome": "",
        **step.values,
    }


async def act(db: Connection, errand: Errand, task_id: UUID, action: TaskAction) -> Done:
    """As any task. Whoever need not be looked for any more is not waited for either."""
    done = await tasks.act(db, errand, task_id, action)
    task = done.answer
    if task["kind"] != TaskKind.DEFAULTER_TRACING or not isinstance(action, CancelTask):
        return done
    for row in await (await db.execute(TRACED, (task["visit_id"],))).fetchall():
        facts = facts_of(row)
        if tracing(facts, facts.due_at).id == task_id:
            values = {"status": "CANCELLED", "outcome": action.outcome, "closed_at": datetime.now(UTC)}
            given_up = {**values, "closed_by": errand.actor.id}
            text, given = updating(ObligationRow, given_up, "id = %(row_id)s")
            await db.execute(text, {**given, "row_id": row["id"]})
            deed = Deed("UPDATE", Resource.OBLIGATION, row["id"], differences(row, given_up))
            return Done(done.deed, done.answer, also=(deed,))
    return done


def facts_of(row: dict[str, Any]) -> RecallFacts:
    return RecallFacts.model_validate({name: row[name] for name in RecallFacts.model_fields})
