"""One claim, from the patient's consent to the payer's last word, weeks later.

It lives beside the visit. Each step is decided from the claim's row, so a run that begins anew carries on where the
rows stand. The one call that must not be doubled is the handing in: one attempt, and then a look before anything else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.claims import ClaimNote, Claims, ClaimTurn
    from activities.payers import Code, Giving, PayerDesk
    from models.claim_actions import (
        ClaimCommand,
        ClaimFacts,
        ClaimOpening,
        CloseClaim,
        GiveCode,
        RecordStanding,
        SendCode,
    )
    from models.claim_words import LADDER, TASK_OF, attention_of, claim_details, task_for
    from models.claims import ENDED, ClaimState, ClaimStatus, Gateway, Phase, Purpose
    from models.envelope import Reply
    from models.services import Service, queue_of
    from models.tasks import TaskKind
    from workflows import attributes
    from workflows.clock import ask
    from workflows.payer_line import Answered, PayerLine, type_of, waited, words_of
    from workflows.surely import surely

CHANGED = "changed"
S = ClaimStatus
ANEW = timedelta(seconds=30)
"""A code that was sent so recently is not sent again: two clicks are one wish."""

BREATH, SECOND_LOOK = timedelta(seconds=15), timedelta(minutes=1)
AN_HOUR, LONGEST_PAUSE = timedelta(hours=1), timedelta(hours=6)
FOLLOWED = frozenset({S.SUBMITTED, S.IN_REVIEW, S.APPROVED, S.APPEALED})
STILL_WITH_US = frozenset({Phase.DRAFT, Phase.UNKNOWN})
BACK_WITH_US = frozenset({Phase.SENT_BACK, Phase.MISSING_DOCUMENTS})


def workflow_id(claim_id: UUID) -> str:
    """The one maker of a claim's workflow id."""
    return f"claim-{claim_id}"


@workflow.defn(name="Claim")
class ClaimWorkflow:
    @workflow.init
    def __init__(self, opening: ClaimOpening) -> None:
        self.opening = opening
        self.known: ClaimFacts | None = None
        self.desk = asyncio.Lock()
        self.codes: dict[Purpose, str] = {}
        self.sent_at: dict[Purpose, float] = {}
        self.wishes: set[str] = set()
        self.heeded: set[UUID] = set()
        self.recorded: RecordStanding | None = None
        self.giving_up: str | None = None
        self.has_news = False
        self.polls = 0
        self.was_draft = False
        self.is_late = False
        self.shown: tuple[ClaimFacts, bool] | None = None
        self.asked: set[str] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    @workflow.run
    async def run(self, opening: ClaimOpening) -> str:
        async with self.desk:
            self.take(await surely("Look up the claim", Claims.know, opening, self.show))
        while self.known and not self.is_over and not workflow.info().is_continue_as_new_suggested():
            await self.step()
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and (not self.is_over or not self.tasks))
        if self.known and not self.is_over:
            workflow.continue_as_new(opening)
        return self.known.status if self.known else "NOTHING"

    @workflow.update(name="perform", description="One step of a clerk's, sent by the API.")
    async def perform(self, command: ClaimCommand) -> Reply:
        return await self.carry_out(command, remember=False)

    @workflow.signal(name="submit", description="A step of a clerk's that needs no answer.")
    async def submit(self, command: ClaimCommand) -> None:
        await self.carry_out(command, remember=True)

    @workflow.signal(name=CHANGED, description="Something happened that concerns the claim: look again.")
    async def changed(self) -> None:
        self.has_news = True

    @property
    def facts(self) -> ClaimFacts:
        assert self.known is not None
        return self.known

    @property
    def is_over(self) -> bool:
        return self.known is not None and self.known.status in ENDED

    @property
    def is_interrupted(self) -> bool:
        return self.giving_up is not None or self.recorded is not None

    @property
    def line(self) -> PayerLine:
        return PayerLine(queue_of(Service(self.facts.gateway)), self.note_late)

    async def step(self) -> None:
        """One step, as the claim's status asks for it."""
        if self.giving_up is not None:
            await self.close(self.giving_up)
        elif self.recorded is not None:
            await self.write_down(self.recorded)
        else:
            await self.steps[self.facts.status]()

    @property
    def steps(self) -> dict[ClaimStatus, Callable[[], Awaitable[None]]]:
        return {
            S.AWAITING_CONSENT: self.consent,
            S.OPEN: self.prepare,
            S.NEEDS_CODING: self.prepare,
            S.NEEDS_CORRECTION: self.await_correction,
            S.AWAITING_AGREEMENT: self.agree,
            S.QUEUED: self.hand_in,
            S.UNCERTAIN: self.find_out,
            S.BY_HAND: self.await_clerk,
            S.SENT_BACK: self.await_clerk,
            S.MISSING_DOCUMENTS: self.await_clerk,
            S.REJECTED: self.await_clerk,
            **dict.fromkeys(FOLLOWED, self.follow),
        }

    # Before it goes out

    async def consent(self) -> None:
        """The patient agrees that the payer is claimed from, and the claim is opened over there."""
        if Purpose.VISIT not in self.facts.consents:
            self.ask_for(TaskKind.CHECK_IN_WITH_INSURER)
        elif Purpose.VISIT not in self.codes:
            await self.code_for(Purpose.VISIT, TaskKind.ASK_VISIT_CODE)
            return
        given = Code(claim_id=self.facts.claim_id, code=self.codes.pop(Purpose.VISIT, ""))
        answered = await self.asked_payer(PayerDesk.open, given, "Open the claim")
        if answered.refusal is not None:
            await self.note(S.AWAITING_CONSENT, reason=f"The payer said no: {answered.refusal}")
        elif not answered.was_left:
            await self.note(S.OPEN)

    async def code_for(self, purpose: Purpose, task: TaskKind) -> None:
        """Have a code sent, and wait until somebody gives it (or wants another)."""
        if purpose not in self.sent_at or "send_code" in self.wishes:
            await self.send_code(purpose)
        self.ask_for(task)
        await workflow.wait_condition(
            lambda: purpose in self.codes or bool(self.wishes) or self.has_news or self.is_interrupted
        )
        if self.has_news or self.wishes - {"send_code"}:
            await self.begin_anew()

    async def send_code(self, purpose: Purpose) -> None:
        self.wishes.discard("send_code")
        wanted = Code(claim_id=self.facts.claim_id, purpose=purpose)
        answered = await self.asked_payer(
            PayerDesk.send_code, wanted, "Send the patient a code", lambda: purpose in self.codes
        )
        self.sent_at[purpose] = workflow.time()
        if answered.refusal is not None:
            await self.note(self.facts.status, reason=f"No code was sent: {answered.refusal}")

    async def prepare(self) -> None:
        """Once there is an invoice and every code is known: bring the claim over there to what the rows say."""
        facts = await self.looked_up()
        if not facts.has_invoice and facts.visit_is_over:
            self.giving_up = "The visit ended and nothing was invoiced to this payer."
        elif not facts.has_invoice:
            await self.wait_for_news(AN_HOUR)
        elif facts.gaps:
            await self.await_coding("; ".join(facts.gaps))
        else:
            await self.fill()

    async def await_coding(self, reason: str) -> None:
        if (self.facts.status, self.facts.reason) != (S.NEEDS_CODING, reason):
            await self.note(S.NEEDS_CODING, reason=reason)
        self.ask_for(TaskKind.CODE_DIAGNOSIS)
        await self.wait_for_news(AN_HOUR)

    async def fill(self) -> None:
        answered = await self.asked_payer(PayerDesk.fill, self.facts.claim_id, "Write out the claim")
        if answered.refusal is not None:
            await self.note(S.NEEDS_CORRECTION, reason=answered.refusal)
        elif not answered.was_left:
            await self.note(S.AWAITING_AGREEMENT if self.wants_agreement else S.QUEUED)

    @property
    def wants_agreement(self) -> bool:
        is_asked = Purpose.DISCHARGE in self.facts.consents and not self.facts.was_submitted
        return is_asked and Purpose.DISCHARGE not in self.codes

    async def await_correction(self) -> None:
        self.ask_for(TaskKind.CORRECT_CLAIM)
        await workflow.wait_condition(
            lambda: self.has_news or bool(self.wishes) or bool(self.codes) or self.is_interrupted
        )
        if not self.is_interrupted:
            await self.begin_anew()

    async def agree(self) -> None:
        """The patient agrees with the finished bill."""
        if Purpose.DISCHARGE in self.codes:
            await self.note(S.QUEUED)
        else:
            await self.code_for(Purpose.DISCHARGE, TaskKind.ASK_DISCHARGE_CODE)

    async def begin_anew(self) -> None:
        """Something was corrected or invoiced since: write the claim out again."""
        self.wishes.clear()
        self.has_news = False
        if self.facts.gateway is Gateway.MANUAL:
            await self.note(S.BY_HAND)
        elif self.facts.is_open_there:
            await self.note(S.OPEN)

    # Out

    async def hand_in(self) -> None:
        """Oldest first, at the configured pace, once."""
        turn = await self.asked_payer(PayerDesk.take_turn, self.facts.claim_id, "Wait for the turn")
        if turn.was_left:
            return
        try:
            state = await self.handed_in()
        except ActivityError as failed:
            await self.not_handed_in(failed)
        else:
            self.codes.clear()
            await self.note_state(state, handed_in="YES")

    async def handed_in(self) -> ClaimState:
        if self.facts.was_submitted:
            return await self.line.once(PayerDesk.resubmit, self.facts.claim_id, "Hand the claim in again")
        given = Code(claim_id=self.facts.claim_id, code=self.codes.get(Purpose.DISCHARGE, ""))
        return await self.line.once(PayerDesk.submit, given, "Hand the claim in")

    async def not_handed_in(self, failed: ActivityError) -> None:
        """Certainly not: again later, or as the payer says. Not certain: look first."""
        match type_of(failed):
            case "Away" | "NotNow":
                await waited(lambda: self.is_interrupted, BREATH, "Then again")
            case "SaidNo":
                self.codes.clear()
                await self.note(S.NEEDS_CORRECTION, reason=words_of(failed), handed_in="NO")
            case _:
                await self.note(S.UNCERTAIN, reason="The answer of the payer was lost.")

    async def find_out(self) -> None:
        """Whether the payer has it. That it has not is believed the second time: the first call may still be under
        way over there."""
        answered = await self.asked_payer(PayerDesk.look, self.facts.claim_id, "Does the payer have it?")
        if answered.was_left:
            return
        state = answered.value
        if state is None or state.phase is Phase.UNKNOWN:
            self.ask_for(TaskKind.FIND_OUT_CLAIM)
            await waited(lambda: self.is_interrupted, AN_HOUR, "Look again")
        elif state.phase not in STILL_WITH_US and not (self.facts.was_submitted and state.phase in BACK_WITH_US):
            await self.note_state(state, handed_in="YES")
        elif not self.was_draft:
            self.was_draft = True
            await waited(lambda: self.is_interrupted, SECOND_LOOK, "Look a second time")
        else:
            self.was_draft = False
            await self.note(S.QUEUED, reason="The payer does not have it.", handed_in="NO")

    async def follow(self) -> None:
        """Ask now and then what became of it, ever more seldom; a call of the payer's wakes."""
        if self.facts.gateway is Gateway.MANUAL:
            self.ask_for(TaskKind.FOLLOW_UP_PAYER)
        pause = timedelta(seconds=self.facts.follow_seconds) * 2 ** min(self.polls, 12)
        await self.wait_for_news(min(pause, LONGEST_PAUSE))
        self.wishes.clear()
        await self.look()

    async def look(self) -> None:
        """What the payer says now, where it can be asked. The same word as before says nothing new."""
        self.has_news = False
        self.polls += 1
        if self.is_interrupted or self.facts.gateway is Gateway.MANUAL:
            return
        answered = await self.asked_payer(PayerDesk.look, self.facts.claim_id, "Ask what became of it")
        state = answered.value
        if state and state.phase not in STILL_WITH_US and state.raw != self.facts.raw_status:
            self.polls = 0
            await self.note_state(state)

    async def await_clerk(self) -> None:
        """The claim is with us again, or goes by hand: a clerk acts, or the payer changes its mind."""
        self.ask_for(TASK_OF[self.facts.status])
        await self.wait_for_news(LONGEST_PAUSE)
        wishes, self.wishes = self.wishes, set()
        if "appeal" in wishes:
            await self.note(S.APPEALED, raw=self.facts.raw_status)
        elif "resubmit" in wishes:
            await self.begin_anew()
        else:
            await self.look()

    async def close(self, reason: str) -> None:
        giving = Giving(claim_id=self.facts.claim_id, reason=reason)
        if self.facts.gateway is not Gateway.MANUAL:
            answered = await self.line.until_answered(PayerDesk.close, giving, "Close the claim", lambda: False)
            reason = f"{reason} The payer did not close it: {answered.refusal}" if answered.refusal else reason
        await self.note(S.CLOSED, reason=reason)

    async def write_down(self, learned: RecordStanding) -> None:
        """What a clerk learned elsewhere counts as the payer's word."""
        self.recorded = None
        back = learned.status in (S.SENT_BACK, S.MISSING_DOCUMENTS)
        await self.note(
            S(learned.status),
            reason=learned.reason,
            reference=learned.payer_reference or "",
            paid=str(learned.amount_paid) if learned.amount_paid else None,
            handed_in="NO" if back else "YES",
        )

    # What all steps share

    async def asked_payer(
        self,
        effect: Callable[..., Awaitable[object]],
        given: object,
        said: str,
        leave: Callable[[], bool] | None = None,
    ) -> Answered:  # type: ignore[type-arg]
        return await self.line.until_answered(
            effect, given, said, lambda: self.is_interrupted or (leave is not None and leave())
        )

    async def looked_up(self) -> ClaimFacts:
        self.has_news = False
        self.wishes.clear()
        self.take(await surely("Look up the claim", Claims.know, self.opening, self.show))
        return self.facts

    async def wait_for_news(self, longest: timedelta) -> None:
        await waited(lambda: self.has_news or bool(self.wishes) or self.is_interrupted, longest, "Look again")

    async def note_state(self, state: ClaimState, handed_in: str | None = None) -> None:
        """The payer's word becomes ours. What was sent back may be handed in again."""
        status = S.SUBMITTED if state.phase in STILL_WITH_US else S(state.phase)
        await self.note(
            status,
            raw=state.raw,
            reason=state.reason,
            reference=state.reference,
            paid=str(state.paid) if state.paid is not None else None,
            handed_in="NO" if state.phase in BACK_WITH_US or state.phase is Phase.REJECTED else handed_in,
        )

    async def note(
        self,
        status: ClaimStatus,
        *,
        raw: str = "",
        reason: str = "",
        reference: str = "",
        paid: str | None = None,
        handed_in: str | None = None,
    ) -> None:
        note = ClaimNote(
            claim_id=self.facts.claim_id,
            version=self.facts.version,
            status=status,
            raw_status=raw,
            reason=reason,
            reference=reference,
            paid=paid,
            handed_in=handed_in,
        )
        self.take(await surely(f"Claim is {status}", Claims.note, note, self.show))

    async def carry_out(self, command: ClaimCommand, *, remember: bool) -> Reply:
        async with self.desk:
            turn = ClaimTurn(command=command, remember=remember)
            outcome = await surely(command.action.said, Claims.write, turn, self.show)
            self.take(outcome.facts)
            if outcome.problem is None and command.id not in self.heeded:
                self.heeded.add(command.id)
                self.heed(command)
        return Reply(answer=outcome.answer, problem=outcome.problem)

    def heed(self, command: ClaimCommand) -> None:
        """What a clerk wants becomes a reason to go on."""
        action = command.action
        if isinstance(action, GiveCode):
            self.codes[Purpose.DISCHARGE if self.facts.is_open_there else Purpose.VISIT] = action.code
        elif isinstance(action, CloseClaim):
            self.giving_up = action.reason
        elif isinstance(action, RecordStanding):
            self.recorded = action
        elif not (isinstance(action, SendCode) and self.was_sent_just_now):
            self.wishes.add(action.kind)

    @property
    def was_sent_just_now(self) -> bool:
        purpose = Purpose.DISCHARGE if self.facts.is_open_there else Purpose.VISIT
        sent = self.sent_at.get(purpose)
        return sent is None or workflow.time() - sent < ANEW.total_seconds()

    def ask_for(self, kind: TaskKind) -> None:
        """A task beside whatever else goes on; it closes when the claim moves."""
        task = task_for(self.facts, kind)
        if task.name in self.asked:
            return
        self.asked.add(task.name)
        version = self.facts.version
        asking = asyncio.create_task(ask(task, LADDER, lambda: self.facts.version != version))
        self.tasks.add(asking)
        asking.add_done_callback(self.tasks.discard)

    def take(self, facts: ClaimFacts | None) -> None:
        if facts and (self.known is None or facts.version >= self.known.version):
            self.known = facts
        self.show()

    def note_late(self, is_late: bool) -> None:
        if self.is_late != is_late:
            self.is_late = is_late
            self.show()

    def show(self) -> None:
        """Tell the Temporal UI where the claim stands, where that changed."""
        facts = self.known
        if facts is None or (facts, self.is_late) == self.shown:
            return
        self.shown = (facts, self.is_late)
        workflow.set_current_details(claim_details(facts, self.is_late))
        workflow.upsert_search_attributes(
            [
                attributes.PAYER.value_set(str(facts.payer)),
                attributes.FACILITY.value_set(str(facts.facility_id)),
                attributes.OP_NUMBER.value_set(facts.op_number),
                attributes.STAGE_SINCE.value_set(facts.updated_at),
                attributes.ATTENTION.value_set(attention_of(facts, self.is_late)),
            ]
        )
