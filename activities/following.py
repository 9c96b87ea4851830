"""Visits that go from one registration to another, within a transaction that moves all the rest.

They are written here as their own commands would write them (version, audit and all), so that nothing is ever half
moved. Whoever keeps a visit in mind hears of it afterwards by the same command, which is then known.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from activities.messenger import News
from activities.moving import Why, note_visit
from activities.records import policy_for, visit_of
from activities.writing import NOTIFY, event_statement, statements
from integrations.database import Connection, updating
from models.actions import FollowPatient
from models.base import Value
from models.catalogue import Known
from models.command import NAIROBI, Command, accept
from models.demographics import age_on
from models.events import EVERYONE, Event
from models.identity import IdentityCommand, MoveKind, Patient
from models.policy import Policies
from models.staff import THE_CLINIC, Person
from models.tables import PatientRow
from models.visit import Visit

RESOLVED = "select id, coalesce(merged_into, id) as goes_on_as from patients where id = any(%s) and facility_id = %s"
OPEN_VISITS = """
    select * from visits where patient_id = %s and completed_at is null order by arrived_at, id for no key update
"""
LOCKED = "select * from patients where id = any(%s) order by id for no key update"


class Step(Value):
    """One visit that goes from one registration to the other."""

    visit_id: UUID
    is_open: bool
    was_doubled: bool
    action: FollowPatient


def news_of(command: IdentityCommand, step: Step) -> News:
    return News(
        visit_id=step.visit_id,
        facility_id=command.actor.facility_id,
        about=uuid5(command.id, str(step.visit_id)),
        action=step.action,
    )


class Rules(NamedTuple):
    """What commands are signed with, and by which policies deadlines are reckoned."""

    secret: bytes
    policies: Policies


async def write_news(db: Connection, visit: Visit, news: News, rules: Rules, now: datetime) -> None:
    """What its own command would write, on a row that is locked."""
    told = Command(
        id=uuid5(news.about, news.action.kind),
        visit_id=visit.id,
        actor=Person(id=THE_CLINIC, facility_id=news.facility_id, roles=()),
        at=now,
        action=news.action,
    ).signed(rules.secret)
    known = Known().under(policy_for(rules.policies, visit, now))
    for text, values in statements(visit, told, accept(visit, told, known)).statements:
        await db.execute(text, values)


async def right_age(db: Connection, why: UUID, patient: Patient, rules: Rules, now: datetime) -> None:
    """The patient's open visits go on by the age that the row has now; those that are over stay as they were known.
    `why`: what was asked for."""
    for row in await (await db.execute(OPEN_VISITS, (patient["id"],))).fetchall():
        visit = visit_of(row)
        age = age_on(patient, now.astimezone(NAIROBI).date())
        if age != visit.age_years:
            action = FollowPatient(patient_id=visit.patient_id, doubled=visit.doubled, age_years=age)
            about = uuid5(why, str(visit.id))
            news = News(visit_id=visit.id, facility_id=visit.facility_id, about=about, action=action)
            await write_news(db, visit, news, rules, now)


class Change:
    """What merging and parting share: a transaction that moves visits as their own commands would."""

    kind: MoveKind

    def __init__(self, db: Connection, command: IdentityCommand, reason: str, rules: Rules, now: datetime) -> None:
        self.db = db
        self.command = command
        self.rules = rules
        self.now = now
        self.facility_id = command.actor.facility_id
        self.why = Why(command.id, self.facility_id, self.kind, reason, command.actor.id, now)

    async def follow(self, rows: list[dict[str, Any]], patient: Patient, doubled: list[bool]) -> list[dict[str, Any]]:
        """Each visit, one after the other, with its line in the ledger; the steps as they are kept."""
        steps = [step_of(visit_of(row), patient, second, self.now) for row, second in zip(rows, doubled, strict=True)]
        for row, step in zip(rows, steps, strict=True):
            await self.db.execute(*note_visit(self.why, row["patient_id"], patient["id"], row["id"]))
            await self.write_visit(visit_of(row), step)
        return [step.model_dump(mode="json") for step in steps]

    async def write_visit(self, visit: Visit, step: Step) -> None:
        await write_news(self.db, visit, news_of(self.command, step), self.rules, self.now)

    async def update_patient(self, id: UUID, values: dict[str, Any]) -> None:
        if values:
            text, given = updating(PatientRow, values, "id = %(row_id)s")
            await self.db.execute(text, {**given, "row_id": id})

    async def tell(self, kind: str, survivor: UUID, merged: UUID, steps: list[dict[str, Any]]) -> None:
        ids = [step["visit_id"] for step in steps]
        payload = {"survivorId": survivor, "mergedId": merged, "visitIds": ids}
        event = Event(kind=kind, audience=EVERYONE, payload=payload)
        for text, values in (event_statement(self.facility_id, event, self.now), NOTIFY):
            await self.db.execute(text, values)


def step_of(visit: Visit, patient: Patient, doubled: bool, now: datetime) -> Step:
    """The age is the patient's where the visit goes on; in one that is over it stays as it was known."""
    known = age_on(patient, now.astimezone(NAIROBI).date())
    age = visit.age_years if visit.is_over else known
    action = FollowPatient(patient_id=patient["id"], doubled=doubled, age_years=age)
    return Step(visit_id=visit.id, is_open=not visit.is_over, was_doubled=visit.doubled, action=action)
