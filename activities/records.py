"""The one write of a visit: the decision is taken where it is written, in one transaction."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from psycopg import InterfaceError, InternalError, OperationalError
from psycopg.errors import CheckViolation, UniqueViolation
from psycopg_pool import PoolTimeout
from pydantic_core import to_jsonable_python
from temporalio import activity

from activities.catalogue import look_up
from activities.crowding import crowd_statements
from activities.writing import Moved, refusal_statements, statements
from integrations.database import Connection, Pool
from models.actions import Start
from models.base import Value
from models.command import NAIROBI, Command, Outcome, accept, refuse
from models.deadlines import wait_key
from models.envelope import AS_SENT
from models.policy import HOUSE, Policies, Policy
from models.problems import (
    Conflict,
    DuplicatePatient,
    Invalid,
    KeyReused,
    OutOfStock,
    Problem,
    Refused,
    Unexpected,
)
from models.staff import Person, Role, Station
from models.visit import Visit

log = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeout, OSError)
"""The database cannot be asked at the moment: the outcome is not known, so the attempt is repeated."""

TEMPORAL_UI = uuid5(NAMESPACE_URL, "njia:temporal-ui")
"""Who a command comes from that the API did not sign: somebody at the Temporal UI, with a supervisor's rights."""

NOBODY = UUID(int=0)
GOES_ON_AS = "select merged_into from patients where id = %s and facility_id = %s and merged_into is not null"
TOLD = "select step, since, escalations from overdues where visit_id = %s and resolved_at is null order by due_at, id"
NEXT_IN_AUDIT = "audit_logs_chain_seq_key"
ON_HAND = "stock_batches_on_hand_check"


class Turn(Value):
    """One command before one visit. `remember`: its sender has gone, so a refusal is kept and told."""

    visit: Visit | None
    command: Annotated[Command, AS_SENT]
    remember: bool = False


class Unreadable(Value):
    """A message that could not be understood; `id` and `actor_id` as far as they could be read."""

    id: UUID
    visit_id: UUID
    facility_id: UUID
    actor_id: UUID
    reason: str


class Loaded(Value):
    """A visit from its rows, with the digests of the commands that it knows."""

    visit: Visit | None = None
    processed: dict[str, str] = {}
    starts: dict[str, tuple[Start, ...]] = {}
    """What each command was to begin beside the visit; none in what was looked up before this was kept."""
    told: dict[str, int] = {}
    """How many rungs of each late wait were told (`Clock.key`)."""


class Records:
    """Writes to the clinic's database; `secret` is what the API signs commands with."""

    def __init__(self, pool: Pool, secret: bytes, policies: Policies = HOUSE) -> None:
        self.pool = pool
        self.secret = secret
        self.policies = policies

    @activity.defn(name="load_visit")
    async def load(self, visit_id: UUID) -> Loaded:
        async with self.pool.connection() as db:
            visit = await stored(db, visit_id)
            rows = await db.execute(
                "select id, digest, starts from commands where visit_id = %s order by written_at", [visit_id]
            )
            known = await rows.fetchall()
            processed = {str(row["id"]): row["digest"] for row in known}
            starts = {str(row["id"]): row["starts"] for row in known if row["starts"]}
            facts = {"processed": processed, "starts": starts, "told": await told_of(db, visit_id)}
            return Loaded.model_validate({"visit": visit, **facts})

    @activity.defn(name="record")
    async def record(self, turn: Turn) -> Outcome:
        """Decide and write. Doing it twice gives the first outcome again; raises only while the database is away."""
        command = self.trusted(turn)
        async with self.pool.connection() as db:
            try:
                return await self.outcome(db, turn.visit, command)
            except Refused as no:
                return await self.refused(db, turn, command, no.problem)

    def trusted(self, turn: Turn) -> Command:
        """The command, or, where the API did not sign it, the same with the rights of the Temporal UI."""
        if turn.command.is_signed(self.secret):
            return turn.command
        facility_id = turn.visit.facility_id if turn.visit else NOBODY
        actor = Person(id=TEMPORAL_UI, facility_id=facility_id, roles=(Role.SUPERVISOR,))
        return turn.command.model_copy(update={"actor": actor, "address": None, "at": datetime.now(UTC)})

    async def outcome(self, db: Connection, visit: Visit | None, command: Command) -> Outcome:
        try:
            return await self.decide_afresh(db, visit, command)
        except UniqueViolation as clash:
            return await self.explained(db, command, clash.diag.constraint_name or "")
        except CheckViolation as clash:
            if clash.diag.constraint_name == ON_HAND:
                raise OutOfStock("Somebody else took the last pieces. Nothing was handed out; look again.") from clash
            raise unexpected(command, clash) from clash
        except (Refused, Moved, *AWAY):
            raise
        except Exception as bug:
            raise unexpected(command, bug) from bug

    async def decide_afresh(self, db: Connection, visit: Visit | None, command: Command) -> Outcome:
        """Decide on the visit as the workflow knows it; where somebody else moved it, look again and decide again."""
        latest = None
        try:
            return await self.decide(db, visit, command)
        except Moved:
            pass
        except UniqueViolation as clash:  # the pipeline met the other's audit entry before the version was compared
            if clash.diag.constraint_name != NEXT_IN_AUDIT:
                raise
        except Refused:  # perhaps only because what the workflow knows is old
            latest = await stored(db, command.visit_id)
            if not has_moved(visit, latest):
                raise
        return await self.decide(db, latest or await stored(db, command.visit_id), command)

    async def decide(self, db: Connection, visit: Visit | None, command: Command) -> Outcome:
        command = await meant(db, visit, command)
        refuse(visit, command)  # nothing is looked up, and no number drawn, for who may not
        async with db.pipeline() as pipeline, db.transaction():
            known = await look_up(db, command, policy_for(self.policies, visit, command.at))
            change = accept(visit, command, known)
            written = statements(visit, command, change)
            crowds = crowd_statements(visit, written.visit, self.crowded(command.at), command.at)
            cursors = [await db.execute(text, values) for text, values in (*written.statements, *crowds)]
            await pipeline.sync()
            if cursors[written.guard].rowcount != 1:
                raise Moved
        return Outcome(visit=written.visit, answer=written.answer, starts=change.starts)

    def crowded(self, at: datetime) -> Mapping[Station, int]:
        """By the policy of the day, whatever version those who wait began with."""
        return self.policies.on(at.astimezone(NAIROBI).date()).crowded

    async def explained(self, db: Connection, command: Command, constraint: str) -> Outcome:
        """What a unique constraint said no to, in the clinic's words."""
        if constraint == "commands_pkey":
            return await known_outcome(db, command)
        if constraint == NEXT_IN_AUDIT:
            raise Moved
        if constraint == "patients_facility_id_national_id_key":
            raise DuplicatePatient(
                "A patient with this national_id is registered already. Register as RETURNING.",
                patient_id=await patient_with(db, command),
            )
        if constraint == "visits_one_open_per_patient":
            raise Conflict("The patient has an open visit already. Go on with that one, or end it first.")
        raise Unexpected("This command met a fault of ours and was not done. Tell your supervisor.")

    async def refused(self, db: Connection, turn: Turn, command: Command, problem: Problem) -> Outcome:
        """A refusal leaves nothing behind, unless its sender has gone and must be told later.

        What was done once may well be refused the second time: the first answer counts.
        """
        if await is_known(db, command):
            return await known_outcome(db, command)
        if turn.remember:
            await write_refusal(db, command, problem)
        return Outcome(visit=await stored(db, command.visit_id), problem=problem)

    @activity.defn(name="record_unreadable")
    async def record_unreadable(self, message: Unreadable) -> None:
        """Keep that a message came which could not be understood; its content is not kept."""
        problem = Invalid(f"The message could not be read: {message.reason}").problem
        sender = Person(id=message.actor_id, facility_id=message.facility_id, roles=())
        async with self.pool.connection() as db:
            try:
                async with db.transaction():
                    for text, values in refusal_statements(message, sender, "unreadable", problem):
                        await db.execute(text, values)
            except UniqueViolation:
                return


def policy_for(policies: Policies, visit: Visit | None, at: datetime) -> Policy:
    """The version that the visit began with, or begins with now."""
    began = visit.arrived_at if visit else at
    return policies.of(visit.policy if visit else "", began.astimezone(NAIROBI).date())


def unexpected(command: Command, bug: Exception) -> Unexpected:
    """Only its type is logged: what it says may quote a patient's data."""
    log.error("command %s (%s) failed: %s", command.id, command.action.kind, type(bug).__name__)
    return Unexpected("This command met a fault of ours and was not done. Tell your supervisor.")


async def meant(db: Connection, visit: Visit | None, command: Command) -> Command:
    """The command, about the patient who is meant: a registration that was merged leads to the one that goes on."""
    if visit is None or command.patient_id in (None, visit.patient_id):
        return command
    row = await (await db.execute(GOES_ON_AS, (command.patient_id, visit.facility_id))).fetchone()
    return command.model_copy(update={"patient_id": row["merged_into"]}) if row else command


def has_moved(visit: Visit | None, latest: Visit | None) -> bool:
    return latest is not None and (visit is None or visit.version != latest.version)


async def write_refusal(db: Connection, command: Command, problem: Problem) -> None:
    async with db.transaction():
        for text, values in refusal_statements(command, command.actor, command.action.kind, problem):
            await db.execute(text, values)


async def is_known(db: Connection, command: Command) -> bool:
    found = await db.execute("select 1 from commands where id = %s", [command.id])
    return await found.fetchone() is not None


async def known_outcome(db: Connection, command: Command) -> Outcome:
    """The answer that this command got the first time, or that its key was used for something else.

    `starts` comes with it: a worker that died after the commit has not begun them, and nobody else would.
    """
    found = await db.execute(
        "select visit_id, digest, answer, problem, starts from commands where id = %s", [command.id]
    )
    row = await found.fetchone()
    visit = await stored(db, command.visit_id)
    if row is None or (row["visit_id"], row["digest"]) != (command.visit_id, command.digest):
        no = KeyReused("This Idempotency-Key was used for something else. Make a new key for a new action.")
        return Outcome(visit=visit, problem=no.problem)
    problem = Problem.model_validate(row["problem"]) if row["problem"] else None
    starts = tuple(Start.model_validate(start) for start in row["starts"] or ())
    return Outcome(visit=visit, answer=row["answer"], problem=problem, repeated=True, starts=starts)


async def stored(db: Connection, visit_id: UUID) -> Visit | None:
    """The visit as its row tells it."""
    row = await (await db.execute("select * from visits where id = %s", [visit_id])).fetchone()
    return visit_of(row) if row else None


async def told_of(db: Connection, visit_id: UUID) -> dict[str, int]:
    rows = await db.execute(TOLD, [visit_id])
    return {wait_key(row["step"], row["since"]): row["escalations"] for row in await rows.fetchall()}


def visit_of(row: dict[str, Any]) -> Visit:
    """The facts of a row of `visits`; what follows from them is a property and left out."""
    return Visit.model_validate(to_jsonable_python({name: row[name] for name in Visit.model_fields}))


async def patient_with(db: Connection, command: Command) -> UUID | None:
    national_id = getattr(command.action, "national_id", None)
    found = await db.execute(
        "select coalesce(merged_into, id) as id from patients where facility_id = %s and national_id = %s",
        [command.actor.facility_id, national_id],
    )
    row = await found.fetchone()
    return row["id"] if row else None
