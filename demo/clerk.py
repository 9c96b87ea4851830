"""The clerk: works through the tasks of this walk's visits until every claim has come to its end."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from demo.answers import Body, Stopped
from demo.clinic import Clinic
from demo.daybook import Daybook
from demo.steps import Diagnose, Role

PAUSE_SECONDS = 1.0
# A task that is still open so long after it was worked on is worked on again.
AGAIN_SECONDS = 60.0
# A payer from whom nothing was heard for so long is asked.
QUIET_SECONDS = 5.0
# What the sandbox sends to every phone. The patient reads it out.
CODE = "123456"
PRACTITIONER = "COC-DEMO-1"
FORM = b64encode(b"%PDF-1.4\n%demo\n").decode()

WITH_THE_PAYER = frozenset({"SUBMITTED", "IN_REVIEW", "APPROVED", "APPEALED"})
CODES_ARE_ASKED_IN = {"ASK_VISIT_CODE": "AWAITING_CONSENT", "ASK_DISCHARGE_CODE": "AWAITING_AGREEMENT"}
DESKS = (Role.CASHIER, Role.RECEPTIONIST)

Work = Callable[[Body, Body], Awaitable[None]]


class Clerk:
    """Sits at both desks: of the cashier, and of reception."""

    def __init__(self, clinic: Clinic, daybook: Daybook) -> None:
        self._clinic = clinic
        self._daybook = daybook
        self._busy: set[str] = set()
        self._worked_at: dict[str, float] = {}
        self._quiet_since: dict[tuple[str, int], float] = {}

    async def work(self) -> None:
        """Round after round, until cancelled. A visit that takes long keeps no other waiting."""
        async with asyncio.TaskGroup() as hands:
            while True:
                await self._round(hands)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _round(self, hands: asyncio.TaskGroup) -> None:
        """Every open task once, then a look at every claim."""
        for desk in DESKS:
            for task in await self._clinic.read_list(desk, f"/api/tasks?role={desk}&limit=200"):
                if self._is_free(task["visit_id"]) and self._is_due(task["id"]):
                    self._busy.add(task["visit_id"])
                    hands.create_task(self._tried(task["visit_id"], self._take(desk, task)))
        await self._look_through_claims()
        for visit_id, claim in self._daybook.claims.items():
            if self._is_free(visit_id) and self._is_quiet(claim):
                self._busy.add(visit_id)
                hands.create_task(self._tried(visit_id, self._ask(claim)))

    def _is_free(self, visit_id: str | None) -> bool:
        return visit_id in self._daybook.charts and visit_id not in self._busy

    def _is_due(self, task_id: str) -> bool:
        if monotonic() - self._worked_at.get(task_id, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return False
        self._worked_at[task_id] = monotonic()
        return True

    def _is_quiet(self, claim: Body) -> bool:
        """Whether the payer has it, and has said nothing new for a while."""
        if claim["status"] not in WITH_THE_PAYER or claim["gateway"] == "manual":
            return False
        standing = (claim["id"], claim["version"])
        since = self._quiet_since.setdefault(standing, monotonic())
        if monotonic() - since < QUIET_SECONDS:
            return False
        self._quiet_since[standing] = monotonic()
        return True

    async def _tried(self, visit_id: str, step: Awaitable[None]) -> None:
        """A no is kept for the report: mostly the claim has moved on by itself."""
        try:
            await step
        except Stopped as stopped:
            self._daybook.troubles[visit_id] = str(stopped)
        else:
            self._daybook.troubles.pop(visit_id, None)
        finally:
            self._busy.discard(visit_id)

    async def _look_through_claims(self) -> None:
        """The newest first, as far back as there are some of ours."""
        first = page = "/api/claims?limit=200"
        while page:
            found = await self._clinic.read(Role.CASHIER, page)
            is_ours = self._daybook.note_claims(found["items"])
            page = f"{first}&cursor={found['next_cursor']}" if is_ours and found["next_cursor"] else ""

    async def _take(self, desk: Role, task: Body) -> None:
        work = self._works.get(task["kind"])
        if work is None:
            await self._close(desk, task)
        else:
            await work(task, await self._clinic.read(Role.CASHIER, f"/api/claims/{task['claim_id']}"))
        self._daybook.tasks[task["kind"]] += 1

    @property
    def _works(self) -> dict[str, Work]:
        """What is done about each kind of task that a claim closes; the others are closed by hand."""
        return {
            "ASK_VISIT_CODE": self._give_code,
            "ASK_DISCHARGE_CODE": self._give_code,
            "CODE_DIAGNOSIS": self._correct,
            "CORRECT_CLAIM": self._correct,
            "ANSWER_PAYER": self._hand_in_again,
            "ADD_DOCUMENT": self._add_document,
            "DECIDE_ON_REJECTION": self._hand_in_again,
            "HAND_IN_BY_HAND": self._hand_in,
            "FOLLOW_UP_PAYER": self._follow_up,
            "FIND_OUT_CLAIM": self._find_out,
        }

    async def _close(self, desk: Role, task: Body) -> None:
        body = {"kind": "complete", "outcome": "Seen to in the demo"}
        await self._clinic.act("close task", desk, "POST", f"/api/tasks/{task['id']}/actions", body)

    async def _give_code(self, task: Body, claim: Body) -> None:
        """Only while that code is wanted: late, it would be taken for the other one."""
        if claim["status"] == CODES_ARE_ASKED_IN[task["kind"]]:
            body = {"otp": CODE, "payer": claim["payer"]}
            await self._clinic.act(
                "give code", Role.CASHIER, "POST", f"/api/visits/{claim['visit_id']}/claim/otp", body
            )

    async def _correct(self, task: Body, claim: Body) -> None:
        """Add the codes that the payer's coding lacks, and who treated the patient."""
        story = self._daybook.charts[claim["visit_id"]].journey.story
        found = [step for step in story.steps if isinstance(step, Diagnose) and step.code in claim["reason"]]
        pairs = [{"icd10": step.code, "icd11": step.icd11} for step in found]
        practitioner = {"practitioner": PRACTITIONER} if "registration number" in claim["reason"] else {}
        await self._claim(claim, kind="correct", diagnoses=pairs, **practitioner)

    async def _hand_in_again(self, task: Body, claim: Body) -> None:
        await self._claim(claim, kind="resubmit", notes="Checked against the file")

    async def _add_document(self, task: Body, claim: Body) -> None:
        await self._claim(claim, kind="attach", document_kind="CLAIM_FORM", file_name="claim-form.pdf", content=FORM)
        await self._claim(claim, kind="resubmit", notes="Claim form added")

    async def _hand_in(self, task: Body, claim: Body) -> None:
        await self._claim(claim, kind="record", status="SUBMITTED", payer_reference=f"LETTER-{claim['number']}")

    async def _follow_up(self, task: Body, claim: Body) -> None:
        await self._claim(
            claim, kind="record", status="PAID", amount_paid=claim["amount"], reason="By the bank statement"
        )

    async def _find_out(self, task: Body, claim: Body) -> None:
        await self._claim(claim, kind="check")

    async def _ask(self, claim: Body) -> None:
        """Have the payer asked. Smart says that a claim is approved, and never that it is paid: the bank does."""
        if claim["gateway"] == "smart" and claim["status"] == "APPROVED":
            await self._follow_up({}, claim)
        else:
            await self._claim(claim, kind="check")

    async def _claim(self, claim: Body, kind: str, **fields: Any) -> None:
        body = {"kind": kind, **fields}
        await self._clinic.act(f"claim: {kind}", Role.CASHIER, "POST", f"/api/claims/{claim['id']}/actions", body)
