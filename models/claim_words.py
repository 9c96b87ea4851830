"""What clerks and supervisors read about a claim: tasks, the workflow's details. No word names the patient."""

from datetime import timedelta
from typing import NamedTuple

from models.claim_actions import ClaimFacts
from models.claims import ClaimStatus, Gateway
from models.deadlines import TWO_STEPS
from models.staff import Role
from models.tasks import NewTask, TaskKind
from models.words import clock, spoken

S = ClaimStatus


class Asking(NamedTuple):
    """A kind of task of a claim: what it says, to whom, and until when it is to be done."""

    words: str
    within: timedelta
    role: Role = Role.CASHIER


ASKINGS: dict[TaskKind, Asking] = {
    TaskKind.ASK_VISIT_CODE: Asking(
        "Ask the patient for the code that {payer} sent to the phone, and give it at the claim.", timedelta(minutes=30)
    ),
    TaskKind.ASK_DISCHARGE_CODE: Asking(
        "Ask the patient for the second code, over the finished bill, and give it at the claim.", timedelta(minutes=30)
    ),
    TaskKind.CHECK_IN_WITH_INSURER: Asking(
        "Let the patient check in with the insurer's own device; the claim goes on by itself.", timedelta(minutes=30)
    ),
    TaskKind.CODE_DIAGNOSIS: Asking("Complete the claim: {reason}.", timedelta(days=1)),
    TaskKind.CORRECT_CLAIM: Asking("{payer} would not take the claim: {reason}", timedelta(days=1)),
    TaskKind.ANSWER_PAYER: Asking(
        "{payer} sent the claim back: {reason} Correct it and hand it in again.", timedelta(days=3)
    ),
    TaskKind.ADD_DOCUMENT: Asking(
        "{payer} misses a document: {reason} Attach it within 14 days and hand in again.", timedelta(days=3)
    ),
    TaskKind.HAND_IN_BY_HAND: Asking(
        "Hand the claim in at the insurer by hand, then record it as SUBMITTED.", timedelta(days=2)
    ),
    TaskKind.FOLLOW_UP_PAYER: Asking("Ask the insurer what became of the claim, and record it.", timedelta(days=14)),
    TaskKind.FIND_OUT_CLAIM: Asking(
        "Nobody knows whether {payer} has the claim. Find out at its portal or by telephone, and record it.",
        timedelta(days=1),
    ),
    TaskKind.DECIDE_ON_REJECTION: Asking(
        "{payer} rejected the claim: {reason} Appeal, hand in again, or close it.", timedelta(days=7)
    ),
}
"""The 14 days for documents are the payer's (eClaims, scenarios reference, read in 2026); the others are ours."""

LADDER = TWO_STEPS

TASK_OF: dict[ClaimStatus, TaskKind] = {
    S.NEEDS_CODING: TaskKind.CODE_DIAGNOSIS,
    S.NEEDS_CORRECTION: TaskKind.CORRECT_CLAIM,
    S.SENT_BACK: TaskKind.ANSWER_PAYER,
    S.MISSING_DOCUMENTS: TaskKind.ADD_DOCUMENT,
    S.BY_HAND: TaskKind.HAND_IN_BY_HAND,
    S.REJECTED: TaskKind.DECIDE_ON_REJECTION,
}
"""What a status asks of a clerk."""

PAYERS = {Gateway.SHA: "SHA", Gateway.SLADE: "The insurer", Gateway.SMART: "The insurer", Gateway.MANUAL: "The payer"}


def task_for(facts: ClaimFacts, kind: TaskKind) -> NewTask:
    """The task of a claim as it stands. Its name holds the version: asked for again later, it is another task."""
    asking = ASKINGS[kind]
    reason = facts.reason or "no reason was given"
    words = asking.words.format(payer=PAYERS[facts.gateway], reason=reason if reason.endswith(".") else f"{reason}.")
    return NewTask(
        about=facts.claim_id,
        name=f"{kind}-{facts.version}",
        facility_id=facts.facility_id,
        kind=kind,
        role=asking.role,
        words=f"{facts.number} ({facts.op_number}): {words}",
        due_at=facts.updated_at + asking.within,
        visit_id=facts.visit_id,
        claim_id=facts.claim_id,
    )


def rest_task(facts: ClaimFacts) -> NewTask:
    """An invoice of the visit came after the claim had gone out: what it covers is not claimed yet."""
    words = f"KES {facts.unclaimed} of this visit were invoiced after the claim had gone out. Claim them at the payer."
    return NewTask(
        about=facts.claim_id,
        name=f"rest-{facts.unclaimed}",
        facility_id=facts.facility_id,
        kind=TaskKind.CLAIM_THE_REST,
        role=Role.CASHIER,
        words=f"{facts.number} ({facts.op_number}): {words}",
        visit_id=facts.visit_id,
        claim_id=facts.claim_id,
        closes_itself=False,
    )


def claim_details(facts: ClaimFacts, is_late: bool) -> str:
    """Where the claim stands, for the Temporal UI (Markdown)."""
    said = f"Claim {facts.number} to {facts.payer}: **{spoken(facts.status)}** since {clock(facts.updated_at)}."
    if facts.raw_status:
        said += f"\n\nThe payer's own word: {facts.raw_status}."
    if facts.reason:
        said += f"\n\n{facts.reason}"
    if facts.status in TASK_OF:
        said += "\n\nA clerk has a task; see the claim's tasks."
    if is_late:
        said += f"\n\n**{PAYERS[facts.gateway]} does not answer; the call is repeated until it does.**"
    return said


def attention_of(facts: ClaimFacts, is_late: bool) -> list[str]:
    """Codes that supervisors can filter by."""
    codes = [f"CLAIM_{facts.status}"] if facts.status in TASK_OF or facts.status is S.UNCERTAIN else []
    return [*codes, f"{facts.gateway.upper()}_AWAY"] if is_late else codes
