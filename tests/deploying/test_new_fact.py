"""A version in which visits have one more fact: forward without a patch, and back."""

from pathlib import Path
from typing import Any

import pytest

from tests.deploying.rollout import Rollout
from tests.deploying.wider import CONTRACT, EXPAND, written_into
from tests.faults.desk import diagnosis, require_sound, require_whole_audit

WIDER = "wider"


@pytest.mark.timeout(300)
async def test_a_new_fact_rolls_out_without_a_patch_and_can_be_rolled_back(rollout: Rollout, tmp_path: Path) -> None:
    program = str(written_into(tmp_path))

    async def looks(visit: dict[str, Any]) -> int:
        [row] = await rollout.clinic.rows("select looks from visits where id = %s", visit["id"])
        return int(row["looks"])

    async def acts(visit: dict[str, Any]) -> None:
        await rollout.final(diagnosis(rollout.walk, visit["id"]))

    await rollout.clinic.rows(EXPAND)
    try:
        async with rollout.today():
            visit = await rollout.walk.seen()  # the old code writes rows of the new table
        async with rollout.clinic.worker_process(program, "worker", NJIA_BUILD=WIDER):
            await acts(visit)
            young = await rollout.walk.seen()
        assert await looks(visit) == 1

        code, named = await rollout.replayed()
        assert code == 1
        assert f"visit-{visit['id']} (Visit): " in named
        assert visit["chief_complaint"] not in named
        late = diagnosis(rollout.walk, visit["id"])
        await late.accepted()
        async with rollout.today():
            await rollout.until_wedged(visit)
            await rollout.reset_to_before(WIDER)
            await late.became("DONE")
            await acts(visit)
        assert await looks(visit) == 1  # kept, where the old code is at work

        await rollout.begin_anew()
        async with rollout.clinic.worker_process(program, "worker", NJIA_BUILD=WIDER):
            await acts(visit)
            assert await looks(visit) == 2
            await rollout.finished(young)
            await rollout.finished(visit)
    finally:
        await rollout.clinic.rows(CONTRACT)
    await require_sound(rollout.clinic, visit["id"])
    await require_whole_audit(rollout.clinic)
