"""The life of a patch: `njia replay` knows when the next version may come."""

import pytest

from tests.deploying.rollout import LATER, Rollout
from tests.faults.desk import diagnosis


@pytest.mark.timeout(300)
async def test_replay_tells_when_a_patch_may_go(rollout: Rollout) -> None:
    async with rollout.today():
        on_the_old_way = await rollout.walk.seen()
    async with rollout.next():
        with_a_marker = await rollout.walk.seen()
        await rollout.final(diagnosis(rollout.walk, on_the_old_way["id"]))
    async with rollout.later():
        with_a_fading_one = await rollout.walk.seen()
    visits = (on_the_old_way, with_a_marker, with_a_fading_one)

    async def stopped_by(version: str) -> list[bool]:
        _, named = await rollout.replayed(*LATER, version)
        return [visit["id"] in named for visit in visits]

    assert await stopped_by("deprecated") == [True, False, False]
    assert await stopped_by("without") == [True, True, False]
    async with rollout.next():
        for visit in visits:
            await rollout.finished(visit)
