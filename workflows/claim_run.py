"""A claim while it runs: what is known of it, what clerks want, and what every step may do."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.claims import ClaimNote, Claims
    from activities.tasks import Tasks
    from models.claim_actions import ClaimFacts, ClaimOpening, RecordStanding
    from models.claim_words import LADDER, attention_of, claim_details, rest_task, task_for
    from models.claims import ENDED, ClaimState, ClaimStatus, Gateway, Phase, Purpose
    from models.services import Service, queue_of
    from models.tasks import TaskKind
    from workflows import attributes
    from workflows.clock import ask
    from workflows.payer_line import Answered, PayerLine, waited
    from workflows.surely import IN_SIGHT, surely

Given = TypeVar("Given")
Got = TypeVar("Got")
S = ClaimStatus
LOOKS_AGAIN = "claim-looks-again-before-consent"
"""The patch since which a claim that waits for its first code looks at its rows when something happened: it may be
another patient's now."""
HEARD = "looked up when it heard of a change"
"""The patch since which news is looked up wherever a claim waits: the visit may have been cancelled."""

STILL_WITH_US = frozenset({Phase.DRAFT, Phase.UNKNOWN})
BACK_WITH_US = frozenset({Phase.SENT_BACK, Phase.MISSING_DOCUMENTS})


class ClaimRun:
    """State and verbs that the steps share; the steps themselves are functions in `claim_draft` and `claim_out`."""

    def __init__(self, opening: ClaimOpening) -> None:
        self.opening = opening
        self.known: ClaimFacts | None = None
        self.codes: dict[Purpose, str] = {}
        self.refused_codes: dict[Purpose, str] = {}
        self.sent_at: dict[Purpose, float] = {}
        self.wishes: set[str] = set()
        self.recorded: RecordStanding | None = None
        self.giving_up: str | None = None
        self.has_news = False
        self.polls = 0
        self.was_draft = False
        self.papers_tried_at = 0
        self.is_late = False
        self.shown: tuple[ClaimFacts, bool] | None = None
        self.asked: set[str] = set()
        self.tasks: set[asyncio.Task[None]] = set()

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

    async def begin_anew(self) -> None:
        """Something was corrected or invoiced since, or the visit ended or was opened again: write it out anew."""
        if self.has_news and workflow.patched(HEARD):
            await self.look_up()
        self.wishes.clear()
        self.has_news = False
        if self.facts.gateway is Gateway.MANUAL:
            await self.note(S.BY_HAND)
        elif self.facts.is_open_there:
            await self.note(S.OPEN)
        elif workflow.patched(LOOKS_AGAIN):
            await self.look_up()

    async def look_up(self) -> None:
        """Take the claim from its rows; an invoice that came after it went out becomes a task of its own."""
        self.take(await surely("Look up the claim", Claims.know, self.opening, self.show))
        if self.known and self.known.unclaimed > 0:
            rest = rest_task(self.facts)
            await workflow.execute_activity_method(Tasks.open, rest, summary=f"Task: {rest.kind}", **IN_SIGHT)

    async def looked_up(self) -> ClaimFacts:
        """The claim as its rows have it now; nothing is news any more."""
        self.has_news = False
        self.wishes.clear()
        await self.look_up()
        return self.facts

    async def wait_for_news(self, longest: timedelta) -> None:
        await waited(lambda: self.has_news or bool(self.wishes) or self.is_interrupted, longest, "Look again")

    async def asked_payer(
        self,
        effect: Callable[[Any, Given], Awaitable[Got]],
        given: Given,
        said: str,
        leave: Callable[[], bool] | None = None,
    ) -> Answered[Got]:
        """A call that may be repeated, until it is answered or a clerk wants something that goes first."""
        return await self.line.until_answered(
            effect, given, said, lambda: self.is_interrupted or (leave is not None and leave())
        )

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
            if self.known and self.known.patient_id != facts.patient_id and self.known.patient_id is not None:
                self.forget_codes()
            self.known = facts
        self.show()

    def forget_codes(self) -> None:
        """Another patient's they were: this one is asked anew."""
        self.codes.clear()
        self.refused_codes.clear()
        self.sent_at.clear()

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
