"""What happens in the recorded histories of claims and covers."""

from typing import Any

from models.staff import Role
from tests.claims.conftest import CODE, Counter
from tests.clinic import eventually
from tests.histories.recorder import Recorder, Run
from workflows import claim, coverage


def counter_of(told: Recorder) -> Counter:
    return Counter(told.clinic, told.sandbox, told.walk)


async def run_of(told: Recorder, made: dict[str, Any]) -> Run:
    """The claim's run of this moment: a step of a clerk's after its end starts another."""
    described = await told.client.get_workflow_handle(claim.workflow_id(made["id"])).describe()
    return told.client.get_workflow_handle(described.id, run_id=described.run_id)


async def until_paid(counter: Counter, made: dict[str, Any]) -> None:
    """The payer is asked, again and again, until it has paid."""

    async def is_paid() -> bool:
        body = {"kind": "check"}
        answer = await counter.walk.does(Role.CASHIER, "POST", f"/api/claims/{made['id']}/actions", body)
        return answer.status_code == 409

    await eventually(is_paid)


async def claim_to_sha(told: Recorder) -> Run:
    """From a wrong code over a diagnosis that had to be coded to the payment."""
    counter = counter_of(told)
    async with told.clinic.worker():
        visit = await counter.consulted()
        await counter.diagnosed(visit["id"], diagnosis_code="R51", diagnosis_name="Headache")
        await counter.invoiced(visit["id"])
        await counter.sent(1, visit["id"])
        await counter.otp(visit["id"], CODE)
        made = await counter.becomes(visit["id"], "NEEDS_CODING")
        run = await run_of(told, made)
        await counter.acts(made, kind="correct", diagnoses=[{"icd10": "R51", "icd11": "MB4D"}])
        await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
        await counter.task(visit["id"], "ASK_DISCHARGE_CODE")
        await counter.otp(visit["id"], CODE)
        await counter.becomes(visit["id"], "SUBMITTED", "IN_REVIEW", "PAID")
        await until_paid(counter, made)
        assert await run.result() == "PAID"
        return run


async def claim_whose_answer_was_lost(told: Recorder) -> Run:
    """Handed in, not answered, found out."""
    counter = counter_of(told)
    async with told.clinic.worker():
        visit = await counter.consulted()
        await counter.invoiced(visit["id"])
        made = await counter.becomes(visit["id"], "AWAITING_CONSENT")
        run = await run_of(told, made)
        await told.sandbox.breaks("sha", "timeout_after_effect", path="/claims/submit", count=1, seconds=10)
        await counter.agreed(visit["id"])
        await counter.becomes(visit["id"], "SUBMITTED", "IN_REVIEW", "PAID")
        await until_paid(counter, made)
        assert await run.result() == "PAID"
        return run


async def claim_by_hand(told: Recorder) -> Run:
    """An insurer on paper, closed by a clerk."""
    counter = counter_of(told)
    async with told.clinic.worker():
        visit = await counter.consulted("INSURANCE")
        await counter.billed(visit["id"], "MFANO-PAPER")
        made = await counter.becomes(visit["id"], "BY_HAND")
        run = await run_of(told, made)
        await counter.acts(made, kind="record", status="SUBMITTED")
        await counter.task(visit["id"], "FOLLOW_UP_PAYER")
        await counter.acts(made, kind="close", reason="Paid in cash after all")
        assert await run.result() == "CLOSED"
        return run


async def coverage_while_the_payer_was_down(told: Recorder) -> Run:
    """Asked when nobody answered, answered when somebody did."""
    async with told.clinic.worker():
        await told.sandbox.breaks("sha", "down", count=2)
        visit = await told.walk.registered(payment_type="SHA", insurance_type="SHA")
        run = told.client.get_workflow_handle(coverage.workflow_id(visit["id"]))
        assert await run.result() == "ACTIVE"
        return run


CLAIM_STORIES = (claim_to_sha, claim_whose_answer_was_lost, claim_by_hand, coverage_while_the_payer_was_down)
