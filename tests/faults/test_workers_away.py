"""While no worker is there, what staff do is stored, and done once when one starts."""

from dataclasses import replace

from tests.clinic import WholeClinic
from tests.faults.desk import (
    Slip,
    diagnosis,
    encounter,
    impatient,
    keys_done,
    one_by_one,
    refusals_told,
    registration,
    require_sound,
    require_whole_audit,
    take_in,
    together,
    triage,
)
from tests.walks import Walk, new_patient


async def test_what_is_done_while_no_worker_is_there_takes_effect_once_when_one_starts(
    breakable: WholeClinic, steps: Walk
) -> None:
    form = new_patient()
    async with breakable.worker():
        triaged, untriaged = await steps.triaged(), await steps.registered()
    arrival, call, too_early = registration(steps, form), take_in(steps, triaged["id"]), take_in(steps, untriaged["id"])
    slips = (arrival, call, too_early)

    await together(Slip.accepted, *slips)
    assert [found["status"] for found in await together(Slip.look, *slips)] == ["PENDING"] * 3
    async with impatient(breakable, 0.3) as quick:
        await together(Slip.accepted, *(replace(slip, walk=Walk(quick)) for slip in slips))

    async with breakable.worker():
        arrived, called = await arrival.became("DONE"), await call.became("DONE")
        refused = await too_early.became("REFUSED")
        again = await together(Slip.until_answered, *slips)
    assert refused["problem"]["type"] == "/problems/wrong-stage"
    assert [told["problem"]["type"] for told in await refusals_told(breakable, too_early)] == ["/problems/wrong-stage"]
    assert [answer.status_code for answer in again] == [201, 200, 409]
    assert [answer.json() for answer in again[:2]] == [arrived["record"], called["record"]]
    assert again[2].json()["type"] == "/problems/wrong-stage"
    assert len(await breakable.rows("select 1 from patients where national_id = %s", form["national_id"])) == 1
    versions = [(await require_sound(breakable, slip.visit_id))["version"] for slip in slips]
    assert versions == [1, 3, 1]


async def test_a_chain_of_actions_sent_while_no_worker_is_there_is_done_in_order(breakable: WholeClinic) -> None:
    async with impatient(breakable, 0.3) as quick:
        walk = Walk(quick)
        arrival = registration(walk, new_patient())
        visit_id = arrival.visit_id
        chain = [arrival, triage(walk, visit_id), take_in(walk, visit_id), encounter(walk, visit_id)]
        chain += [diagnosis(walk, visit_id) for _ in range(5)]
        await one_by_one(Slip.accepted, *chain)
        await together(Slip.accepted, *chain)  # by now more than the ten updates that a visit may have under way

        async with breakable.worker():
            await one_by_one(lambda slip: slip.became("DONE"), *chain)
            again = await together(Slip.until_answered, *chain)
    assert await keys_done(breakable, visit_id) == [slip.key for slip in chain]
    assert {answer.status_code for answer in again} <= {200, 201}
    visit = await require_sound(breakable, visit_id)
    assert (visit["version"], visit["total_amount"]) == (9, 300)


async def test_one_key_used_for_two_things_while_no_worker_is_there_does_the_first_alone(
    breakable: WholeClinic, steps: Walk
) -> None:
    async with breakable.worker():
        visit = await steps.seen()
    async with impatient(breakable, 0.3) as quick:
        first = diagnosis(Walk(quick), visit["id"])
        second = replace(first, body={**first.body, "notes": "something else"})
        await one_by_one(Slip.accepted, first, second)
        async with breakable.worker():
            await first.became("DONE")
            await encounter(Walk(quick), visit["id"]).until_answered()  # by now the second was looked at, too
            answers = await one_by_one(Slip.until_answered, first, second, first)
    assert [answer.status_code for answer in answers] == [201, 422, 201]
    assert answers[1].json()["type"] == "/problems/key-reused"
    assert (await require_sound(breakable, visit["id"]))["version"] == visit["version"] + 2
    await require_whole_audit(breakable)
