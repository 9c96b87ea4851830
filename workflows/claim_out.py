"""A claim that goes out: handed in once, found out where the answer was lost, followed to the payer's last word."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.payers import Code, Giving, PayerDesk
    from models.claim_actions import RecordStanding
    from models.claim_words import TASK_OF
    from models.claims import ClaimState, ClaimStatus, Gateway, Phase, Purpose
    from models.tasks import TaskKind
    from workflows.claim_run import BACK_WITH_US, STILL_WITH_US, ClaimRun
    from workflows.payer_line import type_of, waited, words_of

S = ClaimStatus
BREATH, SECOND_LOOK = timedelta(seconds=15), timedelta(minutes=1)
AN_HOUR, LONGEST_PAUSE = timedelta(hours=1), timedelta(hours=6)


async def hand_in(claim: ClaimRun) -> None:
    """Oldest first, at the configured pace, once."""
    turn = await claim.asked_payer(PayerDesk.take_turn, claim.facts.claim_id, "Wait for the turn")
    if turn.was_left:
        return
    try:
        state = await handed_in(claim)
    except ActivityError as failed:
        await not_handed_in(claim, failed)
    else:
        claim.codes.clear()
        await claim.note_state(state, handed_in="YES")


async def handed_in(claim: ClaimRun) -> ClaimState:
    if claim.facts.was_submitted:
        return await claim.line.once(PayerDesk.resubmit, claim.facts.claim_id, "Hand the claim in again")
    given = Code(claim_id=claim.facts.claim_id, code=claim.codes.get(Purpose.DISCHARGE, ""))
    return await claim.line.once(PayerDesk.submit, given, "Hand the claim in")


async def not_handed_in(claim: ClaimRun, failed: ActivityError) -> None:
    """Certainly not: again later, or as the payer says. Not certain: look first."""
    match type_of(failed):
        case "Away" | "NotNow":
            await waited(lambda: claim.is_interrupted, BREATH, "Then again")
        case "SaidNo":
            claim.codes.clear()
            claim.refused_codes.clear()
            await claim.note(S.NEEDS_CORRECTION, reason=words_of(failed), handed_in="NO")
        case "Held":
            for remembered in (claim.codes, claim.sent_at):
                remembered.pop(Purpose.DISCHARGE, None)  # the patient agrees with another bill
            await claim.begin_anew()
        case _:
            await claim.note(S.UNCERTAIN, reason="The answer of the payer was lost.")


async def find_out(claim: ClaimRun) -> None:
    """Whether the payer has it. That it has not is believed the second time: the first call may still be under
    way over there."""
    answered = await claim.asked_payer(PayerDesk.look, claim.facts.claim_id, "Does the payer have it?")
    if answered.was_left:
        return
    state = answered.value
    if state is None or state.phase is Phase.UNKNOWN:
        claim.ask_for(TaskKind.FIND_OUT_CLAIM)
        await waited(lambda: claim.is_interrupted, AN_HOUR, "Look again")
    elif not is_with_us(claim.facts.gateway, state):
        await has_gone(claim, state)
    elif not claim.was_draft:
        claim.was_draft = True
        await waited(lambda: claim.is_interrupted, SECOND_LOOK, "Look a second time")
    else:
        claim.was_draft = False
        await claim.note(S.QUEUED, reason="The payer does not have it.", handed_in="NO")


def is_with_us(gateway: Gateway, state: ClaimState) -> bool:
    """A draft, or one that was taken back for correction and not handed in again. Smart shows every handing in at once;
    SHA may go on showing its old word for a while."""
    is_back = state.phase in BACK_WITH_US and (gateway is Gateway.SMART or state.raw.startswith("DRAFT"))
    return state.phase in STILL_WITH_US or is_back


async def has_gone(claim: ClaimRun, state: ClaimState) -> None:
    """It is there. Where it was handed in again the payer may still show its old word: that is no news."""
    if claim.facts.was_submitted and state.phase in BACK_WITH_US:
        await claim.note(S.SUBMITTED, raw=state.raw, handed_in="YES")
    else:
        await claim.note_state(state, handed_in="YES")


async def follow(claim: ClaimRun) -> None:
    """Ask now and then what became of it, ever more seldom; a call of the payer's wakes."""
    if tells_no_payment(claim):
        claim.ask_for(TaskKind.FOLLOW_UP_PAYER)
    await send_papers(claim)
    pause = timedelta(seconds=claim.facts.follow_seconds) * 2 ** min(claim.polls, 12)
    await claim.wait_for_news(min(pause, LONGEST_PAUSE))
    if "attach" in claim.wishes:
        claim.papers_tried_at = 0
    claim.wishes.clear()
    await look(claim)


def tells_no_payment(claim: ClaimRun) -> bool:
    """Paper tells nothing, and Smart only that the cover was charged: a clerk learns of the money from the bank."""
    facts = claim.facts
    return facts.gateway is Gateway.MANUAL or (facts.gateway is Gateway.SMART and facts.status is S.APPROVED)


async def send_papers(claim: ClaimRun) -> None:
    """Some payers take papers only once they have the claim. Tried once for each time that the claim moves."""
    facts = claim.facts
    if facts.papers_to_send and claim.papers_tried_at != facts.version and facts.gateway is not Gateway.MANUAL:
        claim.papers_tried_at = facts.version
        await claim.asked_payer(PayerDesk.attach, facts.claim_id, "Send the papers")
        await claim.look_up()


async def look(claim: ClaimRun) -> None:
    """What the payer says now, where it can be asked. The same word as before says nothing new."""
    if claim.has_news:
        await claim.looked_up()
    claim.polls += 1
    if claim.is_interrupted or claim.facts.gateway is Gateway.MANUAL:
        return
    answered = await claim.asked_payer(PayerDesk.look, claim.facts.claim_id, "Ask what became of it")
    state = answered.value
    if state and state.phase not in STILL_WITH_US and state.raw != claim.facts.raw_status:
        claim.polls = 0
        await claim.note_state(state)


async def await_clerk(claim: ClaimRun) -> None:
    """The claim is with us again, or goes by hand: a clerk acts, or the payer changes its mind."""
    claim.ask_for(TASK_OF[claim.facts.status])
    await claim.wait_for_news(LONGEST_PAUSE)
    wishes, claim.wishes = claim.wishes, set()
    if "appeal" in wishes:
        await claim.note(S.APPEALED, raw=claim.facts.raw_status)
    elif "resubmit" in wishes:
        await claim.begin_anew()
    else:
        await look(claim)


async def close(claim: ClaimRun, reason: str) -> None:
    giving = Giving(claim_id=claim.facts.claim_id, reason=reason)
    if claim.facts.gateway is not Gateway.MANUAL:
        answered = await claim.line.until_answered(PayerDesk.close, giving, "Close the claim", lambda: False)
        reason = f"{reason} The payer did not close it: {answered.refusal}" if answered.refusal else reason
    await claim.note(S.CLOSED, reason=reason)


async def write_down(claim: ClaimRun, learned: RecordStanding) -> None:
    """What a clerk learned elsewhere counts as the payer's word."""
    claim.recorded = None
    back = learned.status in (S.SENT_BACK, S.MISSING_DOCUMENTS)
    await claim.note(
        S(learned.status),
        reason=learned.reason,
        reference=learned.payer_reference or "",
        paid=str(learned.amount_paid) if learned.amount_paid else None,
        handed_in="NO" if back else "YES",
    )
