"""What is asked of one payer: cover, codes, the claim. One desk for each gateway, on the gateway's own queue."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.claim_forms import form_of
from activities.door import writing
from activities.gate import Gate, details
from activities.tasks import open_task
from integrations.database import Pool
from integrations.services.payers import PayerService
from integrations.vault import Vault
from models.base import Value
from models.claims import ClaimForm, ClaimState, Document, Purpose, Session
from models.staff import Role
from models.tasks import NewTask, TaskKind

FOUND = "select * from claims where id = %s"
OPENED = "update claims set session = %s, payer_reference = %s where id = %s and patient_id = %s"
SHARED = """
    select number from claims where gateway = %s and payer_reference = %s and id <> %s
    and status not in ('PAID', 'CLOSED', 'TIME_BARRED', 'REJECTED')
"""
INTEND = """
    update claims set handed_in = 'INTENDED'
    where id = %s and handed_in = 'NO' and session is not null returning id
"""
BILL_IS_NOT_FINISHED = """
    select 1 from claims c join visits v on v.id = c.visit_id
    where c.id = %s and (v.status = 'CANCELLED' or v.completed_at is null and v.undone_ends <> '[]')
"""
"""Asked once the claim's row is held, which a visit that is opened again or cancelled holds as well."""
CERTAINLY_NOT = """
    update claims set handed_in = 'NO', turn_asked_at = null where id = %s and handed_in = 'INTENDED'
"""
"""It asks for its turn anew: one that cannot be handed in holds up nobody meanwhile."""

PAPERS = """
    select * from claim_documents where claim_id = %s and attached_at is null and refusal = '' order by recorded_at, id
"""
NOT_TAKEN = "update claim_documents set refusal = %s where id = %s"
ATTACHED = "update claim_documents set attached_at = now() where id = %s"
ASK = "update claims set turn_asked_at = now() where id = %s"
OLDER = """
    select count(*) as older from claims c join claims mine on mine.id = %(id)s
    where c.gateway = mine.gateway and c.status = 'QUEUED' and c.handed_in = 'NO'
    and c.turn_asked_at > now() - interval '15 minutes' and (c.opened_at, c.id) < (mine.opened_at, mine.id)
"""
"""Those that ask, that is: a claim whose run was lost holds up nobody."""
PACE = """
    update services set next_claim_at = greatest(coalesce(next_claim_at, now()), now()) + %(pause)s
    where name = %(name)s and (next_claim_at is null or next_claim_at <= now()) returning name
"""
SHORTEST_TURN, LONGEST_TURN = timedelta(milliseconds=250), timedelta(minutes=5)
KNOWN = "insert into services (name) values (%s) on conflict (name) do nothing"


class Code(Value):
    """A code that the patient read out, for one claim."""

    claim_id: UUID
    code: str = ""
    purpose: Purpose = Purpose.VISIT


class Giving(Value):
    claim_id: UUID
    reason: str


class PayerDesk:
    """The activities of the queue of one gateway."""

    def __init__(self, pool: Pool, gate: Gate, payer: PayerService, vault: Vault, claims_per_minute: float) -> None:
        self.pool = pool
        self.gate = gate
        self.payer = payer
        self.vault = vault
        self.pause = timedelta(minutes=1) / claims_per_minute

    @activity.defn(name="send_code")
    async def send_code(self, wanted: Code) -> str:
        """Have a code sent to the patient; where it went, masked."""
        form, session, _ = await self.claim(wanted.claim_id)
        async with self.gate.call():
            return await self.payer.send_code(form, wanted.purpose, session)

    @activity.defn(name="open_claim")
    async def open(self, given: Code) -> None:
        """Open the claim at the payer, or find it open; what opens it from now on is kept sealed."""
        form, session, row = await self.claim(given.claim_id)
        if session is not None:
            return
        async with self.gate.call():
            opened = await self.payer.open(form, given.code)
        await self.require_own(given.claim_id, opened.reference)
        sealed = self.vault.seal(opened.model_dump_json().encode(), str(given.claim_id))
        async with writing(self.pool) as db:
            kept = await db.execute(OPENED, (sealed, opened.reference, given.claim_id, row["patient_id"]))
        if kept.rowcount == 0:
            words = "The visit was moved to another patient meanwhile. Ask that patient for a code."
            raise ApplicationError(
                "it is another patient's claim now", {"words": words}, type="SaidNo", non_retryable=True
            )

    async def require_own(self, claim_id: UUID, reference: str) -> None:
        """A payer that finds a patient's open claim may find the one of another visit of the same hour."""
        async with writing(self.pool) as db:
            row = await (await db.execute(SHARED, (self.gate.service, reference, claim_id))).fetchone()
        if row is not None:
            words = f"This patient's claim {row['number']} is open at the payer. Hand that one in or close it first."
            raise ApplicationError("another claim is open", {"words": words}, type="SaidNo", non_retryable=True)

    @activity.defn(name="fill_claim")
    async def fill(self, claim_id: UUID) -> None:
        """Bring the claim over there to what our rows say, papers included where they are taken already."""
        form, session, _ = await self.claim(claim_id)
        async with self.gate.call():
            await self.payer.fill(form, opened_there(session))
        await self.attach(claim_id)

    @activity.defn(name="attach_papers")
    async def attach(self, claim_id: UUID) -> None:
        """Each paper once. One that the payer takes later stays for later; one that it never takes is a clerk's."""
        form, session, row = await self.claim(claim_id)
        async with writing(self.pool) as db:
            papers = await (await db.execute(PAPERS, (claim_id,))).fetchall()
        for paper in papers:
            content = self.vault.open(paper["content"], str(paper["id"]))
            facts = {name: paper[name] for name in ("file_name", "content_type")}
            document = Document(kind=paper["kind"], content=content, **facts)
            try:
                async with self.gate.call():
                    await self.payer.attach(form, opened_there(session), document)
            except ApplicationError as failed:
                if failed.type == "StillPending":
                    return
                if failed.type != "SaidNo":
                    raise
                await self.leave_to_a_clerk(row, paper, words_of(failed))
            else:
                async with writing(self.pool) as db:
                    await db.execute(ATTACHED, (paper["id"],))

    async def leave_to_a_clerk(self, row: dict[str, Any], paper: dict[str, Any], reason: str) -> None:
        task = NewTask(
            about=paper["id"],
            name="paper",
            facility_id=row["facility_id"],
            kind=TaskKind.ADD_DOCUMENT,
            role=Role.CASHIER,
            words=f"{row['number']}: the payer does not take {paper['kind']} this way ({reason}). Hand it in by hand.",
            visit_id=row["visit_id"],
            claim_id=row["id"],
            closes_itself=False,
        )
        async with writing(self.pool) as db:
            await db.execute(NOT_TAKEN, (reason, paper["id"]))
            await open_task(db, task)

    @activity.defn(name="take_turn")
    async def take_turn(self, claim_id: UUID) -> None:
        """Wait for the turn: oldest first, so many a minute, and nobody while the service rests or is paused. Who waits
        for that is known already, else the first to look again would go first."""
        async with writing(self.pool) as db:
            await db.execute(ASK, (claim_id,))
        await self.gate.require_open()
        async with writing(self.pool) as db:
            row = await (await db.execute(OLDER, {"id": claim_id})).fetchone()
            older = row["older"] if row else 0
            await db.execute(KNOWN, (self.gate.service,))
            taken = 0
            if not older:
                taken = (await db.execute(PACE, {"name": self.gate.service, "pause": self.pause})).rowcount
        if older:
            raise not_yet(f"{older} older claims go first", self.pause * older)
        if not taken:
            raise not_yet("the one before has just gone", self.pause)

    @activity.defn(name="submit_claim")
    async def submit(self, given: Code) -> ClaimState:
        """Hand the claim in, once. The intent is marked before the call: whoever finds the mark does not repeat it."""
        form, session, row = await self.claim(given.claim_id)
        if row["handed_in"] == "YES":
            raise ApplicationError("it was handed in before", type="Unknown", non_retryable=True)
        return await self.handed_in(form, opened_there(session), given.code, again=False)

    @activity.defn(name="resubmit_claim")
    async def resubmit(self, claim_id: UUID) -> ClaimState:
        """Hand in again what was sent back, once."""
        form, session, _ = await self.claim(claim_id)
        return await self.handed_in(form, opened_there(session), "", again=True)

    async def handed_in(self, form: ClaimForm, session: Session, code: str, *, again: bool) -> ClaimState:
        async with writing(self.pool) as db:
            marked = await db.execute(INTEND, (form.claim_id,))
            if marked.rowcount and await (await db.execute(BILL_IS_NOT_FINISHED, (form.claim_id,))).fetchone():
                raise ApplicationError("the visit was opened again or cancelled", type="Held", non_retryable=True)
        if marked.rowcount == 0:
            raise ApplicationError("an answer is still missing", type="Unknown", non_retryable=True)
        try:
            async with self.gate.call():
                if again:
                    return await self.payer.resubmit(form, session)
                return await self.payer.submit(form, session, code)
        except ApplicationError as failed:
            if failed.type in ("Away", "NotNow", "SaidNo"):
                async with writing(self.pool) as db:
                    await db.execute(CERTAINLY_NOT, (form.claim_id,))
            raise

    @activity.defn(name="look_at_claim")
    async def look(self, claim_id: UUID) -> ClaimState:
        """Where the payer says that it stands."""
        form, session, _ = await self.claim(claim_id)
        async with self.gate.call():
            return await self.payer.look(form, opened_there(session))

    @activity.defn(name="close_claim")
    async def close(self, giving: Giving) -> None:
        """Give it up over there; nothing to do where it was never opened."""
        _, session, _ = await self.claim(giving.claim_id)
        if session is not None:
            async with self.gate.call():
                await self.payer.close(session, giving.reason)

    async def claim(self, claim_id: UUID) -> tuple[ClaimForm, Session | None, dict[str, Any]]:
        async with writing(self.pool) as db:
            row = await (await db.execute(FOUND, (claim_id,))).fetchone()
            if row is None:
                raise ApplicationError("there is no such claim", type="NoSuchClaim", non_retryable=True)
            form = await form_of(db, row)
        sealed = row["session"]
        session = Session.model_validate_json(self.vault.open(sealed, str(claim_id))) if sealed else None
        return form, session, row


def opened_there(session: Session | None) -> Session:
    if session is None:
        raise ApplicationError("the claim is not open at the payer", type="SaidNo", non_retryable=True)
    return session


def words_of(failed: ApplicationError) -> str:
    told = details(failed)
    return str(told.get("words") or told.get("code") or "it says no more")


def not_yet(words: str, delay: timedelta) -> ApplicationError:
    return ApplicationError(words, type="NotYet", next_retry_delay=min(max(delay, SHORTEST_TURN), LONGEST_TURN))
