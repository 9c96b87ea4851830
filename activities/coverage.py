"""What a payer says about a visit's cover: provisional until it has answered, and nobody waits for it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from temporalio import activity

from activities.claim_forms import member_of
from activities.door import writing
from activities.gate import Gate
from activities.messenger import News
from activities.tasks import open_task
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool, as_json
from integrations.services.payers import PayerService
from models.actions import HearCover
from models.base import Value
from models.claims import Cover, Gateway, Member
from models.events import Event
from models.paying import PaymentType
from models.staff import Role
from models.tasks import NewTask, TaskKind

VISIT = """
    select v.id, v.facility_id, v.patient_id, v.op_number, v.payment_type, v.payment_reference, v.arrived_at,
           p.first_name, p.last_name, p.phone_number, p.national_id, p.sha_number, l.gateway, l.payer_code,
           i.member_number
    from visits v join patients p on p.id = v.patient_id
    left join lateral (
        select * from insurer_invoices i where i.visit_id = v.id and i.status <> 'CANCELLED'
        order by i.recorded_at desc limit 1
    ) i on true left join insurers l on l.id = i.insurer_id where v.id = %s
"""
BEGIN = """
    insert into coverages (id, facility_id, visit_id, patient_id, payer, status, schemes, advice, asked_at)
    values (%(id)s, %(facility_id)s, %(id)s, %(patient_id)s, %(payment_type)s, 'PROVISIONAL', '[]', %(advice)s, now())
    on conflict (visit_id) do nothing
"""
ANSWER = """
    update coverages set status = %(status)s, member_number = %(member_number)s, schemes = %(schemes)s,
        advice = %(advice)s, answered_at = %(at)s where visit_id = %(visit_id)s returning *
"""
HEARD = """
    select c.facility_id, c.patient_id, c.status, c.answered_at from coverages c join visits v on v.id = c.visit_id
    where v.id = %s and v.gates <> '[]' and v.completed_at is null and c.answered_at is not null
"""
PROVISIONAL = "The payer has not answered yet. Go on; nobody pays for what is covered provisionally."
ADVICE = {
    "NOT_FOUND": "SHA knows nobody with this number. Check the national id, or register the patient with SHA.",
    "INACTIVE": "The cover is not active. The patient may pay up with SHA (dial *147#), or pay here.",
    "ENDED": "NHIF ended on 2024-10-01. Ask SHA instead: change the cover and use the SHA number.",
}


MOVED = "MOVED"
"""The answer is about a patient whose visit this no longer is."""


class Question(Value):
    """Whose cover is asked for, and of whom. No gateway: nobody can be asked."""

    visit_id: UUID
    patient_id: UUID | None = None
    gateway: Gateway | None
    member: Member


class Answer(Value):
    """`patient_id`: about whom the payer was asked; none in what was asked before visits could move."""

    visit_id: UUID
    patient_id: UUID | None = None
    cover: Cover


class Coverages:
    """On the clinic's own queue: what is asked, and what came of it."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    @activity.defn(name="begin_coverage")
    async def begin(self, visit_id: UUID) -> Question | None:
        """The cover counts as provisional from now on. None: there is no such visit."""
        async with writing(self.pool) as db:
            visit = await found(db, visit_id)
            if visit is None:
                return None
            await db.execute(BEGIN, {**visit, "advice": PROVISIONAL})
        whose = {"visit_id": visit_id, "patient_id": visit["patient_id"]}
        return Question(**whose, gateway=gateway_of(visit), member=asked_about(visit))

    @activity.defn(name="answer_coverage")
    async def answer(self, answer: Answer) -> str:
        """Write down what the payer said; where there is no cover, reception gets a task. Of a patient whose visit it
        is no longer, nothing is written."""
        async with writing(self.pool) as db:
            visit = await found(db, answer.visit_id)
            assert visit is not None
            if answer.patient_id not in (None, visit["patient_id"]):
                return MOVED
            status = status_of(visit, answer.cover)
            advice = answer.cover.advice or ADVICE.get(status, "")
            row = {
                "visit_id": answer.visit_id,
                "status": status,
                "member_number": answer.cover.member_number or None,
                "schemes": as_json([scheme.model_dump(mode="json") for scheme in answer.cover.schemes]),
                "advice": advice,
                "at": datetime.now(UTC),
            }
            await db.execute(ANSWER, row)
            await self.tell(db, visit, status, advice)
            return status

    @activity.defn(name="cover_heard")
    async def heard(self, visit_id: UUID) -> News | None:
        """What the visit is to hear of its cover; None where no money gate depends on it."""
        async with self.pool.connection() as db:
            row = await (await db.execute(HEARD, (visit_id,))).fetchone()
        if row is None:
            return None
        action = HearCover(patient_id=row["patient_id"], status=row["status"])
        about = uuid5(visit_id, f"cover {row['patient_id']} {row['answered_at']}")
        return News(visit_id=visit_id, facility_id=row["facility_id"], about=about, action=action)

    async def tell(self, db: Connection, visit: dict[str, Any], status: str, advice: str) -> None:
        payload = {"visitId": visit["id"], "payer": visit["payment_type"], "status": status}
        said = Event(kind="coverage:checked", audience=(Role.RECEPTIONIST, Role.CASHIER), payload=payload)
        for text, values in (event_statement(visit["facility_id"], said, datetime.now(UTC)), NOTIFY):
            await db.execute(text, values)
        if status != "ACTIVE":
            await open_task(db, cover_task(visit, status, advice))


class CoverDesk:
    """On the queue of a gateway."""

    def __init__(self, gate: Gate, payer: PayerService) -> None:
        self.gate = gate
        self.payer = payer

    @activity.defn(name="check_cover")
    async def check(self, member: Member) -> Cover:
        async with self.gate.call():
            return await self.payer.cover(member)


async def found(db: Connection, visit_id: UUID) -> dict[str, Any] | None:
    return await (await db.execute(VISIT, (visit_id,))).fetchone()


def gateway_of(visit: dict[str, Any]) -> Gateway | None:
    """NHIF is asked about at SHA, whose answer is all that is left of it; an insurer once it is known which."""
    if visit["payment_type"] in (PaymentType.SHA, PaymentType.NHIF):
        return Gateway.SHA
    gateway = Gateway(visit["gateway"]) if visit["gateway"] else None
    return None if gateway is Gateway.MANUAL else gateway


def asked_about(visit: dict[str, Any]) -> Member:
    return member_of(visit, [{"member_number": visit["member_number"], "payer_code": visit["payer_code"] or ""}], None)


def status_of(visit: dict[str, Any], cover: Cover) -> str:
    if visit["payment_type"] == PaymentType.NHIF:
        return "ENDED"
    if not cover.is_found:
        return "NOT_FOUND"
    return "ACTIVE" if cover.is_active else "INACTIVE"


def cover_task(visit: dict[str, Any], status: str, advice: str) -> NewTask:
    return NewTask(
        about=visit["id"],
        name=f"cover-{status}",
        facility_id=visit["facility_id"],
        kind=TaskKind.CHECK_COVER,
        role=Role.RECEPTIONIST,
        words=f"{visit['op_number']}: {advice}",
        visit_id=visit["id"],
        closes_itself=False,
    )
