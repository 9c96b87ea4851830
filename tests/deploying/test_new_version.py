"""A new version of the workflow rolls out while visits are open."""

import asyncio

import pytest

from tests.deploying.next_visit import SECOND_LOOK
from tests.deploying.rollout import NEXT, TODAY, Rollout, all_of
from tests.faults.desk import diagnosis, keys_done, require_whole_audit
from workflows.visit import workflow_id


@pytest.mark.timeout(300)
async def test_visits_begun_on_the_old_code_are_finished_on_the_new(rollout: Rollout) -> None:
    async with rollout.today() as old:
        visits = await rollout.open_visits()
        busy = await rollout.walk.seen()
        written = diagnosis(rollout.walk, busy["id"])
        async with rollout.held(busy):
            sending = asyncio.create_task(written.until_answered())
            await rollout.until_under_way()
            old.kill()
            await old.wait()
    stored = diagnosis(rollout.walk, visits[2]["id"])
    await stored.accepted()

    async with rollout.next():
        assert (await sending).status_code == 201
        assert (await written.until_answered()).status_code == 201
        await stored.became("DONE")
        young = await rollout.walk.registered()
        await all_of(rollout.finished, [*visits, busy, young])

    for visit, slip in ((busy, written), (visits[2], stored)):
        assert (await keys_done(rollout.clinic, visit["id"])).count(slip.key) == 1
    assert await all_of(rollout.second_looks, [*visits, busy]) == [0] * 5
    assert await rollout.second_looks(young) == 6
    await require_whole_audit(rollout.clinic)

    old_ones = {workflow_id(visit["id"]) for visit in (*visits, busy)}
    assert await rollout.found(f'BuildIds="unversioned:{TODAY}" AND BuildIds="unversioned:{NEXT}"') >= old_ones
    on_the_new_way = await rollout.found(f'TemporalChangeVersion="{SECOND_LOOK}"')
    assert workflow_id(young["id"]) in on_the_new_way
    assert not old_ones & on_the_new_way
