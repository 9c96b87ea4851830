"""A claim before it goes out: the patient agrees, codes are found, the claim is written out at the payer."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.payers import Code, PayerDesk
    from models.claims import LEFT_UNSEEN, NOTHING_INVOICED, VISIT_CANCELLED, ClaimStatus, Purpose
    from models.tasks import TaskKind
    from workflows.claim_run import ClaimRun

S = ClaimStatus
AN_HOUR = timedelta(hours=1)


async def consent(claim: ClaimRun) -> None:
    """The patient agrees that the payer is claimed from, and the claim is opened over there."""
    if claim.facts.visit_was_cancelled:
        claim.giving_up = for_nothing(claim)
        return
    if Purpose.VISIT not in claim.facts.consents:
        claim.ask_for(TaskKind.CHECK_IN_WITH_INSURER)
    elif Purpose.VISIT not in claim.codes:
        await code_for(claim, Purpose.VISIT, TaskKind.ASK_VISIT_CODE)
        return
    given = Code(claim_id=claim.facts.claim_id, code=claim.codes.pop(Purpose.VISIT, ""))
    answered = await claim.asked_payer(PayerDesk.open, given, "Open the claim")
    if answered.refusal is not None:
        await claim.note(S.AWAITING_CONSENT, reason=f"The payer said no: {answered.refusal}")
    elif not answered.was_left:
        claim.codes.pop(Purpose.VISIT, None)
        await claim.note(S.OPEN)


def for_nothing(claim: ClaimRun) -> str:
    return LEFT_UNSEEN if claim.facts.left_unseen else VISIT_CANCELLED


async def code_for(claim: ClaimRun, purpose: Purpose, task: TaskKind) -> None:
    """Have a code sent, and wait until somebody gives it (or wants another)."""
    if purpose not in claim.sent_at or "send_code" in claim.wishes:
        await send_code(claim, purpose)
    claim.ask_for(task)
    await workflow.wait_condition(
        lambda: purpose in claim.codes or bool(claim.wishes) or claim.has_news or claim.is_interrupted
    )
    if claim.has_news or claim.wishes - {"send_code"}:
        await claim.begin_anew()


async def send_code(claim: ClaimRun, purpose: Purpose) -> None:
    claim.wishes.discard("send_code")
    wanted = Code(claim_id=claim.facts.claim_id, purpose=purpose)
    answered = await claim.asked_payer(
        PayerDesk.send_code, wanted, "Send the patient a code", lambda: purpose in claim.codes
    )
    claim.sent_at[purpose] = workflow.time()
    if answered.refusal is not None:
        await claim.note(claim.facts.status, reason=f"No code was sent: {answered.refusal}")


async def prepare(claim: ClaimRun) -> None:
    """Once there is an invoice and every code is known: bring the claim over there to what the rows say."""
    facts = await claim.looked_up()
    if facts.visit_was_cancelled:
        claim.giving_up = for_nothing(claim)
    elif not facts.has_invoice and facts.visit_is_over:
        claim.giving_up = NOTHING_INVOICED
    elif not facts.has_invoice or facts.visit_was_reopened:
        await claim.wait_for_news(AN_HOUR)
    elif facts.gaps:
        await await_coding(claim, "; ".join(facts.gaps))
    else:
        await fill(claim)


async def await_coding(claim: ClaimRun, reason: str) -> None:
    if (claim.facts.status, claim.facts.reason) != (S.NEEDS_CODING, reason):
        await claim.note(S.NEEDS_CODING, reason=reason)
    claim.ask_for(TaskKind.CODE_DIAGNOSIS)
    await claim.wait_for_news(AN_HOUR)


async def fill(claim: ClaimRun) -> None:
    answered = await claim.asked_payer(PayerDesk.fill, claim.facts.claim_id, "Write out the claim")
    if answered.refusal is not None:
        claim.refused_codes = dict(claim.codes)
        await claim.note(S.NEEDS_CORRECTION, reason=answered.refusal)
    elif not answered.was_left:
        await claim.note(S.AWAITING_AGREEMENT if wants_agreement(claim) else S.QUEUED)


def wants_agreement(claim: ClaimRun) -> bool:
    is_asked = Purpose.DISCHARGE in claim.facts.consents and not claim.facts.was_submitted
    return is_asked and Purpose.DISCHARGE not in claim.codes


async def await_correction(claim: ClaimRun) -> None:
    """A code that was given before is no correction: what the payer would not take then, it would not take again."""
    claim.ask_for(TaskKind.CORRECT_CLAIM)
    await workflow.wait_condition(
        lambda: claim.has_news or bool(claim.wishes) or claim.codes != claim.refused_codes or claim.is_interrupted
    )
    if not claim.is_interrupted:
        await claim.begin_anew()


async def agree(claim: ClaimRun) -> None:
    """The patient agrees with the finished bill."""
    if Purpose.DISCHARGE in claim.codes:
        await claim.note(S.QUEUED)
    else:
        await code_for(claim, Purpose.DISCHARGE, TaskKind.ASK_DISCHARGE_CODE)
