"""Two registrations become one, or are parted again: one transaction over all that stands under them.

The visits that move are written here as their own commands would write them (version, audit and all), so that nothing
is ever half moved. Whoever keeps a visit in mind hears of it afterwards by the same command, which is then known.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic_core import to_jsonable_python
from temporalio import activity

from activities.beside import keep_refusal, surely_written
from activities.door import Done, Door, Wish, writing
from activities.journal import Deed
from activities.messenger import News
from activities.moving import Why, brought_back, everything, note_visit
from activities.records import visit_of
from activities.tasks import open_task
from activities.writing import NOTIFY, event_statement, statements
from integrations.database import Connection, Pool, inserting, updating
from models.actions import FollowPatient
from models.administration import Errand
from models.base import Value
from models.catalogue import Known, Resource
from models.command import NAIROBI, Command, accept
from models.demographics import age_in_years
from models.events import EVERYONE, Event
from models.identity import (
    MERGERS,
    IdentityCommand,
    MergePatients,
    MoveKind,
    Pair,
    PartPatients,
    Patient,
    check_merge,
    choose_visit_task,
    filled,
    given_up,
    paired,
    require_known,
    restored,
)
from models.problems import Conflict, NotFound, NotYourRole, Problem, Refused, Unavailable
from models.staff import THE_CLINIC, Person
from models.tables import PatientMergeRow, PatientRow
from models.visit import Visit

RESOLVED = "select id, coalesce(merged_into, id) as goes_on_as from patients where id = any(%s) and facility_id = %s"
LOCKED = "select * from patients where id = any(%s) order by id for no key update"
VISITS = "select * from visits where patient_id = %s order by arrived_at, id for no key update"
THESE = "select * from visits where id = any(%s) order by arrived_at, id for no key update"
OPEN = "select op_number, identity_pending from visits where patient_id = %s and completed_at is null"
ALIASES = "update patients set merged_into = %s where merged_into = %s returning id"
ALIASES_BACK = "update patients set merged_into = %s where id = any(%s::uuid[]) and merged_into = %s"
STANDING = """
    select * from patient_merges where merged_id = %s and facility_id = %s and undone_at is null for update
"""
WRITTEN = "select visits, undo_visits, id = %(id)s as is_merge from patient_merges where %(id)s in (id, undo_id)"


class IdentityTurn(Value):
    """One command. `remember`: its sender has gone, so a refusal is kept and told."""

    command: IdentityCommand
    remember: bool = False


class IdentityOutcome(Value):
    """`news`: what the visits that are open shall hear, however often this was asked for."""

    answer: dict[str, Any] | None = None
    problem: Problem | None = None
    news: tuple[News, ...] = ()


class Step(Value):
    """One visit that goes from one registration to the other."""

    visit_id: UUID
    is_open: bool
    was_doubled: bool
    action: FollowPatient


class Identities:
    """`secret` is what the API signs commands with."""

    def __init__(self, pool: Pool, secret: bytes) -> None:
        self.pool = pool
        self.secret = secret
        self.door = Door(pool, secret)

    @activity.defn(name="write_identity")
    async def write(self, turn: IdentityTurn) -> IdentityOutcome:
        """Merge or part, once. Raises only while the database is away."""
        try:
            answer = await surely_written(turn.command, self.written)
        except Unavailable:
            raise
        except Refused as no:
            if turn.remember:
                await keep_refusal(self.pool, turn.command, no.problem)
            return IdentityOutcome(problem=no.problem)
        return IdentityOutcome(answer=answer, news=await self.news(turn.command))

    async def written(self, command: IdentityCommand) -> dict[str, Any]:
        if not command.is_signed(self.secret):
            raise NotYourRole("Registrations are merged through the API only.", roles=sorted(MERGERS))
        errand = Errand(id=command.id, actor=command.actor, address=command.address)
        action = command.action

        async def work(db: Connection) -> Done:
            now = datetime.now(UTC)
            if isinstance(action, MergePatients):
                return await Merging(db, command, action, self.secret, now).done()
            return await Parting(db, command, action, self.secret, now).done()

        return await self.door.once(Wish(errand, action.kind, action, str(action.id)), work)

    async def news(self, command: IdentityCommand) -> tuple[News, ...]:
        """From the rows: a repetition must be able to tell what the first attempt may not have told."""
        async with writing(self.pool) as db:
            row = await (await db.execute(WRITTEN, {"id": command.id})).fetchone()
        if row is None:
            return ()
        steps = [Step.model_validate(step) for step in (row["visits"] if row["is_merge"] else row["undo_visits"])]
        return tuple(news_of(command, step) for step in steps if step.is_open)


def news_of(command: IdentityCommand, step: Step) -> News:
    return News(
        visit_id=step.visit_id,
        facility_id=command.actor.facility_id,
        about=uuid5(command.id, str(step.visit_id)),
        action=step.action,
    )


class Change:
    """What merging and parting share: a transaction that moves visits as their own commands would."""

    kind: MoveKind

    def __init__(self, db: Connection, command: IdentityCommand, reason: str, secret: bytes, now: datetime) -> None:
        self.db = db
        self.command = command
        self.secret = secret
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
        news = news_of(self.command, step)
        told = Command(
            id=uuid5(news.about, news.action.kind),
            visit_id=visit.id,
            actor=Person(id=THE_CLINIC, facility_id=self.facility_id, roles=()),
            at=self.now,
            action=news.action,
        ).signed(self.secret)
        for text, values in statements(visit, told, accept(visit, told, Known())).statements:
            await self.db.execute(text, values)

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
    known = age_in_years(patient["date_of_birth"], now.astimezone(NAIROBI).date(), patient["age"])
    age = visit.age_years if visit.is_over else known
    action = FollowPatient(patient_id=patient["id"], doubled=doubled, age_years=age)
    return Step(visit_id=visit.id, is_open=not visit.is_over, was_doubled=visit.doubled, action=action)


class Merging(Change):
    kind = MoveKind.MERGED

    def __init__(
        self, db: Connection, command: IdentityCommand, action: MergePatients, secret: bytes, now: datetime
    ) -> None:
        super().__init__(db, command, action.reason, secret, now)
        self.action = action

    async def done(self) -> Done:
        pair = await self.pair()
        check_merge(pair, self.action)
        survivor, merged = pair.survivor["id"], pair.merged["id"]
        staying = await (await self.db.execute(OPEN, (survivor,))).fetchall()
        coming = await (await self.db.execute(VISITS, (merged,))).fetchall()
        require_known([*staying, *coming])
        given = await self.unite(pair)
        aliases = await (await self.db.execute(ALIASES, (survivor, merged))).fetchall()
        doubled = [row["completed_at"] is None and (row["doubled"] or bool(staying)) for row in coming]
        steps = await self.follow(coming, {**pair.survivor, **given}, doubled)
        counts = await self.move_all(merged, survivor)
        await self.keep(pair, given, [str(row["id"]) for row in aliases], steps)
        await self.ask_which(staying, coming)
        await self.tell("patient:merged", survivor, merged, steps)
        return self.told(pair, given, counts | {"visits": len(coming)})

    async def pair(self) -> Pair:
        """Both registrations, locked, each as it goes on today."""
        wanted = [self.action.id, self.action.patient_id]
        while True:
            rows = await (await self.db.execute(RESOLVED, (wanted, self.facility_id))).fetchall()
            goes_on = {row["id"]: row["goes_on_as"] for row in rows}
            if not goes_on.keys() >= set(wanted):
                raise NotFound("There is no such patient. Both must be registered here.")
            wanted = [goes_on[id] for id in wanted]
            locked = await (await self.db.execute(LOCKED, (wanted,))).fetchall()
            if not any(row["merged_into"] for row in locked):
                by_id = {row["id"]: row for row in locked}
                return paired(by_id[wanted[0]], by_id[wanted[1]])

    async def unite(self, pair: Pair) -> dict[str, Any]:
        """The merged registration first: a national id stands once."""
        given = filled(pair)
        left = {**given_up(pair), "merged_into": pair.survivor["id"]}
        await self.update_patient(pair.merged["id"], left)
        await self.update_patient(pair.survivor["id"], given)
        return given

    async def move_all(self, merged: UUID, survivor: UUID) -> dict[str, int]:
        counts = {}
        for name, (text, values) in everything(self.why, merged, survivor):
            counts[name] = (await self.db.execute(text, values)).rowcount
        return {name: count for name, count in counts.items() if count}

    async def keep(self, pair: Pair, given: dict[str, Any], aliases: list[str], steps: list[dict[str, Any]]) -> None:
        row = {
            "id": self.command.id,
            "facility_id": self.facility_id,
            "survivor_id": pair.survivor["id"],
            "merged_id": pair.merged["id"],
            "reason": self.action.reason,
            "override_reason": self.action.override_reason,
            "survivor_before": pair.survivor,
            "merged_before": pair.merged,
            "filled": given,
            "aliases": aliases,
            "visits": steps,
            "merged_by": self.command.actor.id,
            "merged_at": self.now,
        }
        await self.db.execute(*inserting(PatientMergeRow, row))

    async def ask_which(self, staying: list[dict[str, Any]], coming: list[dict[str, Any]]) -> None:
        still = [row for row in coming if row["completed_at"] is None]
        if not staying or not still:
            return
        here, there = [row["op_number"] for row in staying], [row["op_number"] for row in still]
        task = choose_visit_task(self.command.id, self.facility_id, here, there, still[0]["id"])
        await open_task(self.db, task)

    def told(self, pair: Pair, given: dict[str, Any], counts: dict[str, int]) -> Done:
        """What was merged, for the sender and, about each of the two, for the audit."""
        survivor, merged = pair.survivor["id"], pair.merged["id"]
        said = {"reason": self.action.reason, "override_reason": self.action.override_reason, "moved": counts}
        after = {**pair.survivor, **given}
        left = {**pair.merged, **given_up(pair), "merged_into": survivor}
        answer = {"id": self.command.id, "patient": after, "merged": left, "moved": counts}
        taken = {name: [pair.survivor[name], value] for name, value in given.items()}
        return Done(
            Deed("UPDATE", Resource.PATIENT, survivor, {**said, "merged": merged, **taken}),
            answer,
            also=(Deed("UPDATE", Resource.PATIENT, merged, {**said, "merged_into": survivor}),),
        )


class Parting(Change):
    kind = MoveKind.PARTED

    def __init__(
        self, db: Connection, command: IdentityCommand, action: PartPatients, secret: bytes, now: datetime
    ) -> None:
        super().__init__(db, command, action.reason, secret, now)
        self.action = action

    async def done(self) -> Done:
        merge = await self.standing()
        survivor, merged = merge["survivor_id"], merge["merged_id"]
        patients = await (await self.db.execute(LOCKED, ([survivor, merged],))).fetchall()
        now = {row["id"]: row for row in patients}
        if now[survivor]["merged_into"]:
            raise Conflict(
                "The registration that it leads to was merged itself afterwards. Part those two first.",
                patient_id=now[survivor]["id"],
            )
        steps = [Step.model_validate(step) for step in merge["visits"]]
        coming = [row for row in await self.these(steps) if row["patient_id"] == survivor]
        back = await self.separate(merge, now[survivor])
        again = await self.follow(coming, {**now[merged], **back}, still_doubled(coming, steps))
        for text, values in brought_back(self.why, survivor, merged, merge["id"], [row["id"] for row in coming]):
            await self.db.execute(text, values)
        await self.close(merge["id"], again)
        await self.tell("patient:parted", survivor, merged, again)
        return self.told(survivor, {**now[merged], **back})

    async def standing(self) -> dict[str, Any]:
        about = (self.action.id, self.facility_id)
        if not await (await self.db.execute(RESOLVED, ([self.action.id], self.facility_id))).fetchone():
            raise NotFound("There is no such patient.")
        found = await self.db.execute(STANDING, about)
        if (merge := await found.fetchone()) is None:
            raise Conflict("No merge stands that ended this registration. Name the one that was merged, by its old id.")
        return merge

    async def these(self, steps: list[Step]) -> list[dict[str, Any]]:
        return await (await self.db.execute(THESE, ([step.visit_id for step in steps],))).fetchall()

    async def separate(self, merge: dict[str, Any], survivor: Patient) -> dict[str, Any]:
        """Give back what the survivor took over; the survivor first, for a national id stands once."""
        before, taken = merge["survivor_before"], merge["filled"]
        shown = {name: value for name, value in plain(survivor).items() if name in taken}
        given_back = restored(shown, before, taken)
        await self.update_patient(merge["survivor_id"], given_back)
        left = {"merged_into": None}
        if "national_id" in given_back:
            left["national_id"] = taken["national_id"]
        await self.update_patient(merge["merged_id"], left)
        await self.db.execute(ALIASES_BACK, (merge["merged_id"], merge["aliases"], merge["survivor_id"]))
        return left

    async def close(self, merge_id: UUID, steps: list[dict[str, Any]]) -> None:
        values = {
            "undone_at": self.now,
            "undone_by": self.command.actor.id,
            "undo_id": self.command.id,
            "undo_reason": self.action.reason,
            "undo_visits": steps,
        }
        text, given = updating(PatientMergeRow, values, "id = %(row_id)s")
        await self.db.execute(text, {**given, "row_id": merge_id})

    def told(self, survivor: UUID, patient: Patient) -> Done:
        said = {"reason": self.action.reason}
        return Done(
            Deed("UPDATE", Resource.PATIENT, patient["id"], {**said, "parted_from": survivor}),
            {"id": self.command.id, "patient": patient, "parted_from": survivor},
            also=(Deed("UPDATE", Resource.PATIENT, survivor, {**said, "parted": patient["id"]}),),
        )


def plain(row: Patient) -> dict[str, Any]:
    """As the merge kept it: in JSON."""
    kept: dict[str, Any] = to_jsonable_python(row)
    return kept


def still_doubled(rows: list[dict[str, Any]], steps: list[Step]) -> list[bool]:
    """As it was before the merge: a visit that had stood alone stands alone again."""
    before = {step.visit_id: step.was_doubled for step in steps}
    return [row["completed_at"] is None and before[row["id"]] for row in rows]
