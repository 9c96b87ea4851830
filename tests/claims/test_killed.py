"""A worker dies before, while and after it does something at the payer's: it is done once, and the claim is paid.

Five claims at a time stand before the five effects: a code sent, a claim opened, filled, handed in, handed in again.
"""

from collections.abc import AsyncIterator

import pytest

from tests.claims.backlog import claim_run, each, pending_calls, resume
from tests.claims.conftest import Counter, opened_counter
from tests.claims.dying import BEFORE_THAT, EFFECTS, OUT, Effect, require_once, set_off, under_way, visits_before
from tests.clinic import eventually

pytestmark = pytest.mark.timeout(200)
FOR_WORKERS = ("sandbox_port", "claims_per_minute", "claim_follow_seconds", "public_url")
WHILE = {"slow": 10.0, "timeout_after_effect": 60.0}
"""Seconds. A slow service acts when its caller has died; one whose answer is lost has acted before."""


@pytest.fixture(scope="module")
async def closed_counter() -> AsyncIterator[Counter]:
    async with opened_counter(patience_seconds=30) as counter:
        yield counter


@pytest.fixture
async def bare(closed_counter: Counter, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    """Without a worker; those that the test starts find the sandbox."""
    for name in FOR_WORKERS:
        monkeypatch.setenv(f"NJIA_{name.upper()}", str(getattr(closed_counter.clinic.settings, name)))
    await closed_counter.sandbox.http.delete("/_sandbox")
    yield closed_counter
    await closed_counter.sandbox.mend("sha")
    await closed_counter.clinic.rows("delete from services")


async def codes_for_visits(counter: Counter) -> int:
    sent = await counter.sandbox.ledger("sha", kind="code")
    return sum(entry["details"]["purpose"] == "visit" for entry in sent)


async def carried_on(counter: Counter, visits: dict[Effect, str]) -> None:
    """By a new worker, to the end."""
    async with counter.clinic.worker():
        await require_once(counter, visits)
    assert len(EFFECTS) <= await codes_for_visits(counter) <= len(EFFECTS) + 1


async def test_killed_before_it_was_done(bare: Counter) -> None:
    async with bare.clinic.worker_process() as doomed:
        visits = await visits_before(bare)
        await bare.sandbox.breaks("sha", "down", path=OUT[0].path)
        await set_off(bare, visits, *OUT)

        async def were_turned_away() -> bool:
            found = await bare.clinic.rows("select 1 from services where name = 'sha' and failures >= %s", len(OUT))
            return bool(found)

        await eventually(were_turned_away)
        await bare.sandbox.breaks("sha", "down")
        await set_off(bare, visits, *BEFORE_THAT)
        await bare.becomes(visits[BEFORE_THAT[0]], "AWAITING_CONSENT")

        async def have_tried() -> bool:
            runs = [claim_run(bare, visits[effect]) for effect in BEFORE_THAT]
            return all(attempt > 1 for calls in await each(pending_calls, runs) for attempt in calls.values() or (0,))

        await eventually(have_tried)
        doomed.kill()
        await doomed.wait()
    assert not await bare.sandbox.ledger("sha", kind="resubmission")
    await bare.sandbox.mend("sha")
    await resume(bare)
    await carried_on(bare, visits)


@pytest.mark.parametrize("mode", WHILE)
async def test_killed_while_it_was_done(bare: Counter, mode: str) -> None:
    async with bare.clinic.worker_process() as doomed:
        visits = await visits_before(bare)
        await under_way(bare, visits, mode, WHILE[mode])
        doomed.kill()
        await doomed.wait()
    await carried_on(bare, visits)


async def test_killed_after_it_was_done(bare: Counter) -> None:
    async with bare.clinic.worker_process() as doomed:
        visits = await visits_before(bare)
        await set_off(bare, visits, *EFFECTS)
        await each(lambda effect: bare.becomes(visits[effect], *effect.after), EFFECTS)
        await bare.task(visits[BEFORE_THAT[0]], "ASK_VISIT_CODE")
        doomed.kill()
        await doomed.wait()
    await carried_on(bare, visits)
