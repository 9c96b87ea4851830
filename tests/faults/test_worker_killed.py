"""A worker dies without warning in the middle of everything."""

import asyncio

from tests.clinic import WholeClinic, eventually
from tests.faults.desk import Slip, diagnosis, keys_done, payment, require_sound, require_whole_audit
from tests.walks import Walk


async def test_a_worker_killed_in_the_middle_loses_nothing_and_does_nothing_twice(
    breakable: WholeClinic, steps: Walk
) -> None:
    answered: list[Slip] = []

    async def send(slip: Slip) -> int:
        answer = await slip.until_answered()
        answered.append(slip)
        return answer.status_code

    async with breakable.worker_process() as doomed:
        visits = [str(visit["id"]) for visit in await asyncio.gather(*(steps.seen() for _ in range(8)))]
        slips = [payment(steps, visit_id, 20 + n) for n in range(3) for visit_id in visits]
        slips += [diagnosis(steps, visit_id) for _ in range(2) for visit_id in visits]
        sending = [asyncio.create_task(send(slip)) for slip in slips]
        await eventually(lambda: asyncio.sleep(0, len(answered) > 5))
        doomed.kill()
        await doomed.wait()
        assert len(answered) < len(slips)
    async with breakable.worker():
        assert await asyncio.gather(*sending) == [201] * 40

    for visit_id in visits:
        ours = [slip.key for slip in slips if slip.visit_id == visit_id]
        done = await keys_done(breakable, visit_id)
        assert sorted(done[4:]) == sorted(ours)
        visit = await require_sound(breakable, visit_id)
        assert (visit["amount_paid"], visit["total_amount"]) == (20 + 21 + 22, 300)
    payments = await breakable.rows("select id from payments where id = any(%s::uuid[])", [s.key for s in slips[:24]])
    diagnoses = await breakable.rows("select id from diagnoses where id = any(%s::uuid[])", [s.key for s in slips[24:]])
    assert (len(payments), len(diagnoses)) == (24, 16)
    await require_whole_audit(breakable)
