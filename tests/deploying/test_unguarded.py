"""What the patch prevents: a step without one stops every open visit, in sight, until the good code is back."""

import asyncio

import pytest

from tests.deploying.rollout import BROKEN, LATER, PROBLEMS, Rollout, all_of
from tests.faults.desk import diagnosis, keys_done, require_whole_audit


@pytest.mark.timeout(300)
async def test_visits_stopped_by_a_bad_version_go_on_when_the_good_one_is_back(rollout: Rollout) -> None:
    async with rollout.today() as old:
        visits = [await rollout.walk.seen() for _ in range(2)]
        old.terminate()
        await old.wait()
    async with rollout.broken() as bad:
        slips = [diagnosis(rollout.walk, visit["id"]) for visit in visits]
        await asyncio.gather(*(slip.accepted() for slip in slips))
        young = await rollout.walk.seen()
        await rollout.until_wedged(*visits)
        for failures in await all_of(rollout.failures, visits):
            assert "TMPRL1100" in failures[-1]
        bad.terminate()
        await bad.wait()
    late = diagnosis(rollout.walk, young["id"])
    await late.accepted()

    async with rollout.today():
        for slip in slips:
            await slip.became("DONE")
        await all_of(rollout.finished, visits)
        await rollout.until_wedged(young)  # begun by the bad version, it fits the good one no better
        await rollout.reset_to_before(BROKEN)
        await late.became("DONE")
        await rollout.finished(young)

    done = await keys_done(rollout.clinic, young["id"])
    assert len(done) == len(set(done)) == 7
    assert done.count(late.key) == 1
    assert await rollout.found(f"{PROBLEMS} IS NOT NULL AND ExecutionStatus='Running'") == set()
    await require_whole_audit(rollout.clinic)


@pytest.mark.timeout(300)
async def test_what_would_stop_is_named_before_the_rollout(rollout: Rollout) -> None:
    async with rollout.today():
        visit = await rollout.walk.seen()
    arrival = rollout.arrival()
    await arrival.accepted()

    said = [await rollout.replayed(), await rollout.replayed(*LATER, "patched")]
    assert [code for code, _ in said] == [0, 0]
    code, names = await rollout.replayed(*LATER, "unguarded")
    assert code == 1
    assert f"visit-{visit['id']} (Visit): " in names
    assert "TMPRL1100" in names
    assert arrival.visit_id not in names
    async with rollout.today():
        await arrival.became("DONE")
