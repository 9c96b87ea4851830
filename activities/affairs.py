"""What hangs on a visit and its patient, looked up in the transaction that ends the visit or opens it again."""

from integrations.database import Connection
from models.catalogue import Affairs, ClaimStanding
from models.claims import Payer
from models.command import Command
from models.tables.visits import CALL_IS_OPEN

PATIENT = "(select patient_id from visits where id = %(visit)s and facility_id = %(facility)s)"
APPOINTMENTS = f"""
    select * from appointments where patient_id = {PATIENT} and appointment_date > %(at)s
    order by appointment_date, id for update
"""
OBLIGATIONS = f"""
    select * from obligations where patient_id = {PATIENT} and status = 'OPEN' and service is null order by due_at, id
"""
"""Who is to be seen again follows from the records alone; see `activities.recalls`."""
TESTS = "select * from lab_requests where visit_id = %(visit)s and facility_id = %(facility)s"
DRUGS = "select * from prescriptions where visit_id = %(visit)s and facility_id = %(facility)s"
REFERRALS = "select * from referrals where visit_id = %(visit)s and facility_id = %(facility)s"
TASKS = """
    select * from tasks where visit_id = %(visit)s and facility_id = %(facility)s and status = 'OPEN'
    order by opened_at, id for update
"""
DEBTS = """
    select * from tasks where visit_id = %s and facility_id = %s and kind = 'SETTLE_BILL' and status = 'OPEN'
    order by opened_at, id for update
"""
CLAIMS = """
    select id, payer, number, status, reason, gateway = 'manual' and status = 'BY_HAND' as may_be_out,
        handed_in <> 'NO' or submitted_at is not null as went_out
    from claims where visit_id = %(visit)s and facility_id = %(facility)s order by opened_at, id for update
"""
NEWBORNS = """
    select v.op_number from family_links l join visits v on v.id = l.visit_id
    where l.related_visit_id = %(visit)s and l.facility_id = %(facility)s and v.status <> 'CANCELLED'
    order by v.op_number
"""
OTHERS_OPEN = f"""
    select op_number from visits where patient_id = {PATIENT} and completed_at is null and id <> %(visit)s
    order by arrived_at
"""
SEEN_AT = """
    select max(recorded_at) as at from patient_encounters
    where visit_id = %(visit)s and facility_id = %(facility)s and encounter_type <> 'TRIAGE'
        and entered_in_error_at is null
"""
CALLS = f"select departure->'call_back'->>'id' as id from visits where patient_id = {PATIENT} and {CALL_IS_OPEN}"
"""Appointments, tasks and claims are held until the end is written: nobody hands a claim in meanwhile."""


async def affairs_of(db: Connection, command: Command) -> Affairs:
    about = {"visit": command.visit_id, "facility": command.actor.facility_id, "at": command.at}

    async def rows(text: str) -> list[dict[str, object]]:
        return await (await db.execute(text, about)).fetchall()

    orders = [*await rows(TESTS), *await rows(DRUGS), *await rows(REFERRALS)]
    return Affairs.model_validate(
        {
            "appointments": await rows(APPOINTMENTS),
            "obligations": await rows(OBLIGATIONS),
            "orders": {row["id"]: row for row in orders},
            "tasks": await rows(TASKS),
            "claims": [standing(row) for row in await rows(CLAIMS)],
            "newborns": [row["op_number"] for row in await rows(NEWBORNS)],
            "open_visits": [row["op_number"] for row in await rows(OTHERS_OPEN)],
            "seen_at": (await rows(SEEN_AT))[0]["at"],
            "call_backs": [row["id"] for row in await rows(CALLS)],
        }
    )


async def debts_of(db: Connection, command: Command) -> tuple[dict[str, object], ...]:
    return tuple(await (await db.execute(DEBTS, (command.visit_id, command.actor.facility_id))).fetchall())


def standing(row: dict[str, object]) -> ClaimStanding:
    """What a clerk hands in by hand may be out already: nobody has said so yet."""
    facts = {name: row[name] for name in ("id", "number", "status", "reason")}
    went_out = bool(row["went_out"] or row["may_be_out"])
    return ClaimStanding.model_validate({**facts, "payer": Payer(str(row["payer"])), "went_out": went_out})
