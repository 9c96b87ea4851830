"""Old and new workers side by side, which the order of a rollout avoids."""

from typing import Any

import pytest

from tests.deploying.next_visit import SECOND_LOOK
from tests.deploying.rollout import Rollout, all_of
from tests.faults.desk import diagnosis


@pytest.mark.timeout(300)
async def test_a_visit_on_the_new_way_waits_unharmed_while_only_an_old_worker_is_there(rollout: Rollout) -> None:
    async with rollout.today() as old:
        known = await rollout.walk.seen()
        async with rollout.next() as new:
            young = await begun_on_the_new_way(rollout)
            await rollout.final(diagnosis(rollout.walk, known["id"]))
            new.kill()
            await new.wait()
        slip = diagnosis(rollout.walk, young["id"])
        await slip.accepted()
        await rollout.until_wedged(young)
        assert SECOND_LOOK in (await rollout.failures(young))[-1]
        await rollout.final(diagnosis(rollout.walk, known["id"]))

        async with rollout.next():
            old.terminate()
            await old.wait()
            await slip.became("DONE")
            await all_of(rollout.finished, [known, young])
    assert await rollout.second_looks(known) == 0


async def begun_on_the_new_way(rollout: Rollout) -> dict[str, Any]:
    """A visit whose first task the new worker took; either may."""
    for _ in range(20):
        visit = await rollout.walk.seen()
        if await rollout.second_looks(visit):
            return visit
    raise AssertionError("the new worker took none of twenty visits")
