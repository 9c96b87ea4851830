"""A service is paused, resumed, or fails: what waits for it stays where it is, and goes on in order."""

import asyncio
import itertools

import pytest
from temporalio.testing import ActivityEnvironment

from activities.gate import Gate, standings
from integrations.database import writing_pool
from integrations.services.outside import Away
from models.services import FAILURES_ALLOWED, FIRST_REST, Service
from tests.claims.backlog import claim_run, insured, pause, pending_calls, resume, standing_of_sha
from tests.claims.conftest import CODE, Counter
from tests.clinic import eventually

numbers = itertools.count(900)


async def written_out(counter: Counter) -> str:
    """A visit whose claim waits for the second code only."""
    visit = await counter.consulted(national_id=insured(next(numbers)))
    await counter.invoiced(visit["id"])
    await counter.task(visit["id"], "ASK_VISIT_CODE")
    await counter.otp(visit["id"], CODE)
    await counter.task(visit["id"], "ASK_DISCHARGE_CODE")
    return str(visit["id"])


async def queued(counter: Counter, visit_id: str) -> None:
    """Complete, and asking for its turn."""
    await counter.otp(visit_id, CODE)
    claim = await counter.becomes(visit_id, "QUEUED")

    async def asks() -> bool:
        query = "select 1 from claims where id = %s and turn_asked_at is not null"
        return bool(await counter.clinic.rows(query, claim["id"]))

    await eventually(asks)


async def test_a_pause_leaves_a_claim_where_it_is_and_says_so(counter: Counter) -> None:
    await pause(counter, "The portal is being moved")
    visit = await counter.consulted(national_id=insured(next(numbers)))
    await counter.invoiced(visit["id"])
    await counter.becomes(visit["id"], "AWAITING_CONSENT")
    run = claim_run(counter, visit["id"])

    async def has_been_turned_away() -> bool:
        return (await pending_calls(run)).get("send_code", 0) > 1

    await eventually(has_been_turned_away)
    standing = await standing_of_sha(counter)
    assert "PAUSED since" in standing
    assert "The portal is being moved; waiting: " in standing
    assert not await counter.tasks(visit["id"])
    await resume(counter)
    await counter.agreed(visit["id"])
    claim = await counter.becomes(visit["id"], "PAID")
    assert await counter.handed_in(claim) == 1


@pytest.mark.parametrize("first_to_ask", [0, 1])
async def test_the_oldest_goes_first_whoever_was_complete_first(counter: Counter, first_to_ask: int) -> None:
    older, younger = [await written_out(counter), await written_out(counter)]
    await pause(counter, "until both are complete")
    for visit_id in (older, younger) if first_to_ask == 0 else (younger, older):
        await queued(counter, visit_id)
    await resume(counter)
    assert await order(counter, older, younger) == [older, younger]


async def test_one_that_cannot_be_handed_in_holds_up_nobody(counter: Counter) -> None:
    older, younger = [await written_out(counter), await written_out(counter)]
    await pause(counter, "until both are complete")
    await queued(counter, older)
    await queued(counter, younger)
    await counter.sandbox.breaks("sha", "down", path="/claims/submit", count=1)
    await resume(counter)
    assert await order(counter, older, younger) == [younger, older]


async def order(counter: Counter, *visits: str) -> list[str]:
    """In which the payer got these claims, once all are paid."""
    references = {(await counter.becomes(one, "PAID", seconds=100))["payer_reference"]: one for one in visits}
    went_out = await counter.sandbox.ledger("sha", kind="claim")
    return [references[entry["key"]] for entry in went_out if entry["key"] in references]


async def test_calls_that_fail_together_make_a_service_rest_as_long_as_one(counter: Counter) -> None:
    together = asyncio.Barrier(4 * FAILURES_ALLOWED)

    async def call(gate: Gate) -> None:
        async with gate.call():
            await together.wait()
            raise Away(Service.SMART, "no-connection")

    async with writing_pool(counter.clinic.settings) as pool:
        gate = Gate(pool, Service.SMART)
        calls = [ActivityEnvironment().run(call, gate) for _ in range(together.parties)]
        failed = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(error, Exception) for error in failed)
        standing = next(one for one in await standings(pool) if one.name is Service.SMART)
    assert standing.failures == FAILURES_ALLOWED
    assert standing.failing_since
    assert standing.rests_until
    assert standing.rests_until - standing.failing_since < 2 * FIRST_REST
