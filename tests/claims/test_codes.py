"""The patient's codes: which of the two is meant, and what a code is no reason for."""

import asyncio

from tests.claims.conftest import CODE, Counter
from tests.clinic import eventually


async def test_a_first_code_given_again_is_not_taken_for_the_second(counter: Counter) -> None:
    visit = await counter.consulted(national_id="TEST-000070100")
    await counter.invoiced(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    await counter.sandbox.breaks("sha", "slow", path="/claims/visit", count=1, seconds=2)
    for _ in range(3):  # the task is still open, so the clerk tries again
        await counter.otp(visit["id"], CODE)
    await counter.task(visit["id"], "ASK_DISCHARGE_CODE")
    await counter.otp(visit["id"], CODE)
    claim = await counter.becomes(visit["id"], "PAID")
    assert "NEEDS_CORRECTION" not in [step["status"] for step in claim["steps"]]


async def test_a_first_code_that_is_given_when_the_claim_is_open_already_is_not_the_second(counter: Counter) -> None:
    visit = await counter.consulted(national_id="TEST-000071100")
    await counter.otp(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "OPEN")
    await counter.otp(visit["id"], CODE)
    await counter.invoiced(visit["id"])
    await counter.becomes(visit["id"], "AWAITING_AGREEMENT")
    await counter.task(visit["id"], "ASK_DISCHARGE_CODE")
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "PAID")


async def test_a_code_does_not_correct_what_the_payer_refuses(counter: Counter) -> None:
    visit = await counter.consulted(national_id="TEST-000072100")
    await counter.sandbox.breaks("sha", "reject", path="/claims/doctors")
    await counter.invoiced(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    await counter.otp(visit["id"], CODE)
    await counter.becomes(visit["id"], "NEEDS_CORRECTION")
    await counter.otp(visit["id"], CODE)

    async def is_refused_again() -> bool:
        return await times_refused(counter, visit["id"]) >= 2

    await eventually(is_refused_again)
    await asyncio.sleep(2)  # a claim that asked again and again would have gone on
    assert await times_refused(counter, visit["id"]) == 2


async def times_refused(counter: Counter, visit_id: str) -> int:
    steps = (await counter.claim_of(visit_id))["steps"]
    return [step["status"] for step in steps].count("NEEDS_CORRECTION")
