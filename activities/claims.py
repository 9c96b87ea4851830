"""A claim's rows: opened, moved on, and what clerks do about it. Each write once, with its audit entry and event."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from temporalio import activity

from activities.beside import keep_refusal, surely_written
from activities.claim_forms import ClaimForms, invoices_of, total_of
from activities.door import Done, Door, Wish, writing
from activities.journal import Deed, Journal
from activities.writing import NOTIFY, event_statement
from integrations.database import Connection, Pool, inserting
from integrations.vault import Vault
from models.actions.base import require_role
from models.administration import Errand
from models.base import Value
from models.catalogue import Resource
from models.claim_actions import (
    AttachDocument,
    ClaimCommand,
    ClaimFacts,
    ClaimOpening,
    CorrectClaim,
    shown,
)
from models.claims import ENDED, LEFT_UNSEEN, NOTHING_INVOICED, VISIT_CANCELLED, ClaimStatus, Gateway, Payer
from models.envelope import AS_SENT
from models.events import Event
from models.problems import Conflict, NotFound, NotYourRole, Problem, Refused, Unavailable
from models.staff import THE_CLINIC, Role
from models.tables import ClaimDocumentRow, ClaimRow, ClaimStepRow, DiagnosisCodeRow

FOUND = "select * from claims where id = %s"
LOCKED = "select * from claims where id = %s for update"
WAY = """
    select i.insurer_id, l.gateway from insurer_invoices i join insurers l on l.id = i.insurer_id
    where i.visit_id = %s and i.status <> 'CANCELLED' and (l.code = 'NHIF') = %s order by i.recorded_at desc limit 1
"""
NEXT_NUMBER = """
    insert into numbers (facility_id, series, last) values (%s, 'claim', 1)
    on conflict (facility_id, series) do update set last = numbers.last + 1 returning last
"""
VISIT = "select facility_id, patient_id from visits where id = %s for share"
BEGIN_AGAIN = """
    update claims c set status = %s, reason = '', session = null, version = c.version + 1, updated_at = now()
    from visits v where c.id = %s and c.status = 'CLOSED' and c.submitted_at is null and c.handed_in = 'NO'
        and (starts_with(c.reason, %s) or starts_with(c.reason, %s) or starts_with(c.reason, %s))
        and v.id = c.visit_id and v.completed_at is null and v.undone_ends <> '[]' returning c.*
"""
"""A claim that was given up by itself because the visit had ended."""
MOVE = """
    update claims set status = %(status)s, raw_status = %(raw_status)s, reason = %(reason)s, version = version + 1,
        amount_paid = coalesce(%(paid)s, amount_paid), handed_in = coalesce(%(handed_in)s, handed_in),
        payer_reference = coalesce(nullif(%(reference)s, ''), payer_reference), updated_at = %(at)s,
        submitted_at = case when %(handed_in)s = 'YES' then coalesce(submitted_at, %(at)s) else submitted_at end
    where id = %(claim_id)s and version = %(version)s returning *
"""
PRACTITIONER = "update claims set practitioner = %s where id = %s"
CLAIMED = "update claims set amount = %s where id = %s"


class ClaimNote(Value):
    """A claim moves on from `version`. `handed_in`: NO, INTENDED or YES, where that changes."""

    claim_id: UUID
    version: int
    status: ClaimStatus
    raw_status: str = ""
    reason: str = ""
    reference: str = ""
    paid: str | None = None
    handed_in: str | None = None


class ClaimTurn(Value):
    """One command. `remember`: its sender has gone, so a refusal is kept and told."""

    command: Annotated[ClaimCommand, AS_SENT]
    remember: bool = False


class ClaimOutcome(Value):
    facts: ClaimFacts | None
    answer: dict[str, Any] | None = None
    problem: Problem | None = None


class Claims:
    """`secret` is what the API signs commands with."""

    def __init__(self, pool: Pool, secret: bytes, vault: Vault, follow_seconds: float) -> None:
        self.pool = pool
        self.secret = secret
        self.vault = vault
        self.door = Door(pool, secret)
        self.forms = ClaimForms(follow_seconds)

    @activity.defn(name="know_claim")
    async def know(self, opening: ClaimOpening) -> ClaimFacts | None:
        """What the rows know; the claim's own row is written where there is none yet. None: there is no such visit, or
        nothing says which way this payer is reached."""
        async with writing(self.pool) as db:
            row = await opened(db, opening)
            return await self.forms.facts(db, row) if row else None

    @activity.defn(name="note_claim")
    async def note(self, note: ClaimNote) -> ClaimFacts:
        """Move the claim on, once: told twice, it moves once."""
        async with writing(self.pool) as db:
            row = await self.moved(db, note)
            return await self.forms.facts(db, row)

    async def moved(self, db: Connection, note: ClaimNote) -> dict[str, Any]:
        given = {**note.model_dump(), "at": datetime.now(UTC)}
        before = await locked(db, note.claim_id)
        if before["submitted_at"] is None:
            await db.execute(CLAIMED, (total_of(await invoices_of(db, before)), note.claim_id))
        row = await (await db.execute(MOVE, given)).fetchone()
        if row is None:
            return await locked(db, note.claim_id)
        await tell_step(db, row, THE_CLINIC)
        journal = await Journal.open(db, row["facility_id"])
        told = {"status": row["status"], "raw_status": row["raw_status"]}
        await journal.append(Deed("UPDATE", Resource.CLAIM, row["id"], told), THE_CLINIC, None)
        return row

    @activity.defn(name="write_claim")
    async def write(self, turn: ClaimTurn) -> ClaimOutcome:
        """Do what a clerk wants done, once. Raises only while the database is away."""
        command = turn.command
        try:
            answer = await surely_written(command, self.written)
        except Unavailable:
            raise
        except Refused as no:
            if turn.remember:
                await keep_refusal(self.pool, command, no.problem)
            return ClaimOutcome(facts=await self.known(command.opening.claim_id), problem=no.problem)
        return ClaimOutcome(facts=await self.known(command.opening.claim_id), answer=answer)

    async def known(self, claim_id: UUID) -> ClaimFacts | None:
        async with writing(self.pool) as db:
            row = await (await db.execute(FOUND, (claim_id,))).fetchone()
            return await self.forms.facts(db, row) if row else None

    async def written(self, command: ClaimCommand) -> dict[str, Any]:
        action = command.action
        if not command.is_signed(self.secret):
            raise NotYourRole("Claims are changed through the API only.", roles=sorted(action.roles))
        require_role(action.roles, command.actor, action.said)
        errand = Errand(id=command.id, actor=command.actor, address=command.address)

        async def work(db: Connection) -> Done:
            row = await self.row_for(db, command)
            action.check(await self.forms.facts(db, row))
            await self.effect(db, row, command)
            after = await locked(db, row["id"])
            return Done(Deed("UPDATE", Resource.CLAIM, row["id"], {"action": action.kind}), shown(after))

        return await self.door.once(Wish(errand, f"claim_{action.kind}", action, str(command.opening.claim_id)), work)

    async def row_for(self, db: Connection, command: ClaimCommand) -> dict[str, Any]:
        row = await opened(db, command.opening)
        if row is None:
            raise Conflict("Nobody is to be claimed from for this visit yet. Invoice the payer first.")
        if row["facility_id"] != command.actor.facility_id:
            raise NotFound("There is no such claim.")
        return row

    async def effect(self, db: Connection, row: dict[str, Any], command: ClaimCommand) -> None:
        """What is kept of the action; what it sets in motion is the workflow's."""
        action = command.action
        if isinstance(action, CorrectClaim):
            for pair in action.diagnoses:
                coded = {**pair.model_dump(), "source": "coded for a claim", "recorded_by": command.actor.id}
                text, given = inserting(DiagnosisCodeRow, {**coded, "facility_id": row["facility_id"]})
                await db.execute(f"{text} on conflict do nothing", given)
            if action.practitioner:
                await db.execute(PRACTITIONER, (action.practitioner, row["id"]))
        if isinstance(action, AttachDocument):
            paper = {
                "id": command.id,
                "claim_id": row["id"],
                "kind": action.document_kind,
                "file_name": action.file_name,
                "content_type": action.content_type,
                "content": self.vault.seal(action.content, str(command.id)),
                "recorded_by": command.actor.id,
                "recorded_at": command.at,
            }
            await db.execute(*inserting(ClaimDocumentRow, paper))


async def opened(db: Connection, opening: ClaimOpening) -> dict[str, Any] | None:
    """The claim's row, written now where it is missing."""
    row = await (await db.execute(LOCKED, (opening.claim_id,))).fetchone()
    if row is not None:
        return await begun_again(db, row) or row
    visit = await (await db.execute(VISIT, (opening.visit_id,))).fetchone()
    way = await way_to(db, opening)
    if visit is None or way is None:
        return None
    await db.execute(*inserting(ClaimRow, await new_claim(db, opening, visit, way)))
    row = await locked(db, opening.claim_id)
    await tell_step(db, row, THE_CLINIC)
    return row


async def begun_again(db: Connection, row: dict[str, Any]) -> dict[str, Any] | None:
    """The claim from its beginning, where its visit was opened again; None where it goes on as it is."""
    if row["status"] != ClaimStatus.CLOSED:
        return None
    values = (first_status(row), row["id"], NOTHING_INVOICED, VISIT_CANCELLED, LEFT_UNSEEN)
    found = await (await db.execute(BEGIN_AGAIN, values)).fetchone()
    if found is not None:
        await tell_step(db, found, THE_CLINIC)
    return found


def first_status(way: dict[str, Any]) -> ClaimStatus:
    return ClaimStatus.BY_HAND if way["gateway"] == Gateway.MANUAL else ClaimStatus.AWAITING_CONSENT


async def way_to(db: Connection, opening: ClaimOpening) -> dict[str, Any] | None:
    """Through which gateway, and for insurers which of them."""
    if opening.payer is Payer.SHA:
        return {"gateway": Gateway.SHA, "insurer_id": None}
    found = await db.execute(WAY, (opening.visit_id, opening.payer is Payer.NHIF))
    return await found.fetchone()


async def new_claim(
    db: Connection, opening: ClaimOpening, visit: dict[str, Any], way: dict[str, Any]
) -> dict[str, Any]:
    numbered = await (await db.execute(NEXT_NUMBER, (visit["facility_id"],))).fetchone()
    assert numbered is not None
    now = datetime.now(UTC)
    return {
        "id": opening.claim_id,
        "facility_id": visit["facility_id"],
        "visit_id": opening.visit_id,
        "patient_id": visit["patient_id"],
        "payer": opening.payer,
        "gateway": way["gateway"],
        "insurer_id": way["insurer_id"],
        "number": f"CLM{numbered['last']:06d}",
        "status": first_status(way),
        "opened_at": now,
        "updated_at": now,
    }


async def locked(db: Connection, claim_id: UUID) -> dict[str, Any]:
    row = await (await db.execute(LOCKED, (claim_id,))).fetchone()
    if row is None:
        raise NotFound("There is no such claim.")
    return row


async def tell_step(db: Connection, row: dict[str, Any], actor_id: UUID) -> None:
    """Keep the status in the claim's history, and tell the boards."""
    step = {
        "id": uuid5(row["id"], f"step-{row['version']}"),
        "claim_id": row["id"],
        "actor_id": actor_id,
        "at": row["updated_at"],
        **{name: row[name] for name in ("version", "status", "raw_status", "reason")},
    }
    await db.execute(*inserting(ClaimStepRow, step))
    payload = {
        "claimId": row["id"],
        "visitId": row["visit_id"],
        "payer": row["payer"],
        "number": row["number"],
        "status": row["status"],
        "isOver": row["status"] in ENDED,
    }
    said = Event(kind="claim:status_changed", audience=(Role.CASHIER, Role.SUPERVISOR), payload=payload)
    for text, values in (event_statement(row["facility_id"], said, row["updated_at"]), NOTIFY):
        await db.execute(text, values)
