"""One claim, from the patient's consent to the payer's last word, weeks later.

It lives beside the visit. Each step is decided from the claim's row, so a run that begins anew carries on where the
rows stand. The one call that must not be doubled is the handing in: one attempt, and then a look before anything else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.claims import Claims, ClaimTurn
    from models.claim_actions import ClaimCommand, ClaimOpening, CloseClaim, GiveCode, RecordStanding, SendCode
    from models.claims import ClaimStatus, Purpose
    from models.envelope import Reply
    from workflows import claim_draft, claim_out
    from workflows.claim_run import ClaimRun
    from workflows.hearing import may_end
    from workflows.surely import surely

CHANGED = "changed"
S = ClaimStatus
ANEW = timedelta(seconds=30)
"""A code that was sent so recently is not sent again: two clicks are one wish."""

AFTER_FIRST_CODE = frozenset({S.AWAITING_AGREEMENT, S.NEEDS_CORRECTION, S.QUEUED})

STEPS: dict[ClaimStatus, Callable[[ClaimRun], Awaitable[None]]] = {
    S.AWAITING_CONSENT: claim_draft.consent,
    S.OPEN: claim_draft.prepare,
    S.NEEDS_CODING: claim_draft.prepare,
    S.NEEDS_CORRECTION: claim_draft.await_correction,
    S.AWAITING_AGREEMENT: claim_draft.agree,
    S.QUEUED: claim_out.hand_in,
    S.UNCERTAIN: claim_out.find_out,
    S.SUBMITTED: claim_out.follow,
    S.IN_REVIEW: claim_out.follow,
    S.APPROVED: claim_out.follow,
    S.APPEALED: claim_out.follow,
    S.BY_HAND: claim_out.await_clerk,
    S.SENT_BACK: claim_out.await_clerk,
    S.MISSING_DOCUMENTS: claim_out.await_clerk,
    S.REJECTED: claim_out.await_clerk,
}
"""What a claim does where it stands; the statuses that are missing are its ends."""


def workflow_id(claim_id: UUID) -> str:
    """The one maker of a claim's workflow id."""
    return f"claim-{claim_id}"


@workflow.defn(name="Claim")
class ClaimWorkflow:
    @workflow.init
    def __init__(self, opening: ClaimOpening) -> None:
        self.claim = ClaimRun(opening)
        self.desk = asyncio.Lock()
        self.heeded: set[UUID] = set()

    @workflow.run
    async def run(self, opening: ClaimOpening) -> str:
        claim = self.claim
        async with self.desk:
            await claim.look_up()
        while claim.known and not claim.is_over:
            if workflow.info().is_continue_as_new_suggested() and await self.is_at_rest():
                workflow.continue_as_new(opening)
            await self.step()
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and not claim.tasks)
        if not may_end(claim.has_news):
            workflow.continue_as_new(opening)
        return claim.known.status if claim.known else "NOTHING"

    async def is_at_rest(self) -> bool:
        """Whether the rows have all that the next run must know: what a clerk has just decided is carried out first."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        claim = self.claim
        holds_code = bool(claim.codes) and not claim.facts.was_submitted
        return not (claim.wishes or holds_code or claim.is_interrupted)

    async def step(self) -> None:
        """One step, as the claim's status asks for it; what a clerk decided goes first."""
        claim = self.claim
        if claim.giving_up is not None:
            await claim_out.close(claim, claim.giving_up)
        elif claim.recorded is not None:
            await claim_out.write_down(claim, claim.recorded)
        else:
            await STEPS[claim.facts.status](claim)

    @workflow.update(name="perform", description="One step of a clerk's, sent by the API.")
    async def perform(self, command: ClaimCommand) -> Reply:
        return await self.carry_out(command, remember=False)

    @workflow.signal(name="submit", description="A step of a clerk's that needs no answer.")
    async def submit(self, command: ClaimCommand) -> None:
        await self.carry_out(command, remember=True)

    @workflow.signal(name=CHANGED, description="Something happened that concerns the claim: look again.")
    async def changed(self) -> None:
        self.claim.has_news = True

    async def carry_out(self, command: ClaimCommand, *, remember: bool) -> Reply:
        async with self.desk:
            turn = ClaimTurn(command=command, remember=remember)
            outcome = await surely(command.action.said, Claims.write, turn, self.claim.show)
            self.claim.take(outcome.facts)
            if outcome.problem is None and command.id not in self.heeded:
                self.heeded.add(command.id)
                self.heed(command)
        return Reply(answer=outcome.answer, problem=outcome.problem)

    def heed(self, command: ClaimCommand) -> None:
        """What a clerk wants becomes a reason to go on."""
        claim, action = self.claim, command.action
        if isinstance(action, GiveCode):
            if self.purpose is Purpose.VISIT or self.is_second_code_wanted:
                claim.codes[self.purpose] = action.code
        elif isinstance(action, CloseClaim):
            claim.giving_up = action.reason
        elif isinstance(action, RecordStanding):
            claim.recorded = action
        elif not (isinstance(action, SendCode) and self.was_sent_just_now):
            claim.wishes.add(action.kind)

    @property
    def purpose(self) -> Purpose:
        """Which of the two codes is meant now."""
        return Purpose.DISCHARGE if self.claim.facts.is_open_there else Purpose.VISIT

    @property
    def is_second_code_wanted(self) -> bool:
        """Else it is the first, given again while the claim was being opened."""
        return Purpose.DISCHARGE in self.claim.sent_at or self.claim.facts.status in AFTER_FIRST_CODE

    @property
    def was_sent_just_now(self) -> bool:
        """Or is about to be sent by itself."""
        sent = self.claim.sent_at.get(self.purpose)
        return sent is None or workflow.time() - sent < ANEW.total_seconds()
