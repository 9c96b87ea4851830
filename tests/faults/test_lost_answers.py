"""Done, but nobody heard: the command comes again, and the outcome is the first one."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import pytest

from activities.records import Records, Turn
from integrations.database import writing_pool
from integrations.temporal import connect
from models.actions import TakeIn, TakePayment
from models.paying import PaymentType
from models.staff import Role
from tests.clinic import WholeClinic, eventually
from tests.faults.cutting import CuttingLine, cutting_line
from tests.faults.desk import (
    Slip,
    diagnosis,
    encounter,
    impatient,
    keys_done,
    one_by_one,
    payment,
    registration,
    require_sound,
    together,
    triage,
)
from tests.faults.messages import left, secret, signed, status_of
from tests.walks import Walk, new_patient
from workers.clinic import at_work


def paying(amount: int) -> TakePayment:
    return TakePayment(amount=Decimal(amount), payment_type=PaymentType.CASH)


@pytest.fixture(scope="module")
async def line(fragile: WholeClinic) -> AsyncIterator[CuttingLine]:
    """The only worker goes by a line that can be cut."""
    async with (
        cutting_line(fragile.settings) as (line, settings),
        at_work(await connect(settings), settings),
    ):
        yield line


async def test_a_payment_whose_commit_was_not_heard_of_is_taken_once(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    visit = await steps.seen()
    line.cut()
    slip = payment(steps, visit["id"], 100)
    answer = await slip.until_answered()
    assert (line.cuts, answer.status_code) == (1, 201)
    assert (await slip.sent()).json() == answer.json()
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 100


async def test_a_registration_whose_commit_was_not_heard_of_is_done_once(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    before = line.cuts
    line.cut()
    slip = registration(steps, new_patient())
    answer = await slip.until_answered()
    assert (line.cuts, answer.status_code) == (before + 1, 201)
    assert (await triage(steps, slip.visit_id).until_answered()).status_code == 200
    assert (await require_sound(breakable, slip.visit_id))["version"] == 2


async def test_a_late_refusal_whose_writing_was_not_heard_of_is_kept_and_told_once(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    visit, before = await steps.seen(), line.cuts
    too_much = await signed(breakable, Role.CASHIER, visit["id"], paying(301))
    line.cut()
    await left(breakable, too_much)
    await eventually(lambda: status_of(breakable, too_much))
    await encounter(steps, visit["id"]).until_answered()
    assert (line.cuts, await status_of(breakable, too_much)) == (before + 1, "REFUSED")
    told = await breakable.rows("select 1 from events where payload ->> 'commandId' = %s", str(too_much.id))
    assert len(told) == 1
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 0


async def test_writing_the_same_turn_again_gives_the_first_outcome(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    visit = await steps.seen()
    command = await signed(breakable, Role.CASHIER, visit["id"], paying(100))
    async with writing_pool(breakable.settings) as pool:
        records = Records(pool, secret(breakable))
        turn = Turn(visit=(await records.load(command.visit_id)).visit, command=command)
        first = await records.record(turn)
        again = [await records.record(turn), *await asyncio.gather(*(records.record(turn) for _ in range(5)))]
    assert first.answer
    assert not first.repeated
    assert all(outcome == first.model_copy(update={"repeated": True}) for outcome in again)
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 100


async def test_attempts_of_one_turn_that_overlap_write_once(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    visit = await steps.triaged()
    command = await signed(breakable, Role.CLINICAL_OFFICER, visit["id"], TakeIn())
    async with writing_pool(breakable.settings) as pool:
        records = Records(pool, secret(breakable))
        turn = Turn(visit=(await records.load(command.visit_id)).visit, command=command)
        outcomes = await asyncio.gather(*(records.record(turn) for _ in range(8)))
    assert [outcome.repeated for outcome in outcomes].count(False) == 1
    assert all(outcome.answer == outcomes[0].answer for outcome in outcomes)
    assert (await require_sound(breakable, visit["id"]))["version"] == 3


async def test_a_turn_that_was_written_behind_the_run_is_not_refused_when_its_sender_repeats_it(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    """As a worker leaves it that dies after the commit: the rows know of two payments, the visit's run of none."""
    visit = await steps.seen()
    slips = [payment(steps, visit["id"], 100), payment(steps, visit["id"], 200)]
    async with writing_pool(breakable.settings) as pool:
        records = Records(pool, secret(breakable))
        for slip, amount in zip(slips, (100, 200), strict=True):
            command = await signed(breakable, Role.CASHIER, visit["id"], paying(amount), UUID(slip.key))
            await records.record(Turn(visit=(await records.load(command.visit_id)).visit, command=command))
    assert (await diagnosis(steps, visit["id"]).sent()).status_code == 201
    answers = await one_by_one(Slip.sent, *reversed(slips))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 300


async def test_commands_that_come_both_ways_take_effect_once(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    """So impatient an API that each command goes as an update, and, before that is answered, as a signal too."""
    visit = await steps.seen()
    async with impatient(breakable, 0.03) as hasty:
        walk = Walk(hasty)
        slips = [payment(walk, visit["id"], 10) for _ in range(8)] + [diagnosis(walk, visit["id"]) for _ in range(8)]
        arrivals = [registration(walk, new_patient()) for _ in range(3)]
        sent = [await slip.sent() for slip in (*slips, *arrivals)]
        assert 202 in {answer.status_code for answer in sent}
        await together(lambda slip: slip.became("DONE"), *slips, *arrivals)
    assert (await diagnosis(steps, visit["id"]).sent()).status_code == 201  # whatever came late has been looked at
    done = await keys_done(breakable, visit["id"])
    assert sorted(done[4:-1]) == sorted(slip.key for slip in slips)
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 80
    assert [(await require_sound(breakable, slip.visit_id))["version"] for slip in arrivals] == [1] * 3


async def test_a_key_that_came_again_for_something_else_still_answers_for_the_first(
    breakable: WholeClinic, steps: Walk, line: CuttingLine
) -> None:
    visit = await steps.seen()
    slip = payment(steps, visit["id"], 100)
    first = await slip.sent()
    await left(breakable, await signed(breakable, Role.CASHIER, visit["id"], paying(50), UUID(slip.key)))
    await diagnosis(steps, visit["id"]).sent()
    again = await slip.sent()
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await require_sound(breakable, visit["id"]))["amount_paid"] == 100
