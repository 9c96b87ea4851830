"""Many write at once, some change their mind, and boards lose their connection again and again."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from api.live import Live
from integrations.events import connect, last_drawn
from models.staff import Role
from tests.live.clinic import Api, Facility, Staff, insert, serving, until
from tests.live.ears import JavaScriptEars, PythonEars, install_javascript, javascript, listening

NURSE = Role.TRIAGE_NURSE


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    install_javascript()


@pytest.fixture(scope="module")
async def other(url: str, staff: Staff) -> AsyncIterator[Api]:
    """A second API process beside the first."""
    async with serving(Live(url, staff.authenticate)) as api:
        yield api


async def write(facility: Facility, seed: int, committed: list[int]) -> None:
    """Transactions of one to three events that take their time, every fifth for nothing."""
    dice = random.Random(seed)
    async with facility.writing() as writer:
        for _ in range(40):
            if dice.random() < 0.3:
                await writer.execute("select pg_current_xact_id()")
            ids = []
            for _ in range(dice.randint(1, 3)):
                ids.append(await insert(writer, facility.id, NURSE, kind="visit:status_changed"))
                await asyncio.sleep(dice.random() * 0.03)
            if dice.random() < 0.2:
                await writer.rollback()
            else:
                await writer.commit()
                committed += ids


async def come_and_go(ears: PythonEars, apis: list[Api], writing: asyncio.Task[None]) -> None:
    """Now at this process, now at that."""
    dice = random.Random(7)
    while not writing.done():
        await asyncio.sleep(dice.random() * 0.2)
        await ears.client.disconnect()
        await ears.again(dice.choice(apis))


async def drop_often(board: JavaScriptEars, writing: asyncio.Task[None]) -> None:
    while not writing.done():
        await asyncio.sleep(0.3)
        await board.drop()


async def write_all(facility: Facility, committed: list[int]) -> None:
    async with asyncio.TaskGroup() as writers:
        for seed in range(8):
            writers.create_task(write(facility, seed, committed))


async def test_every_committed_event_comes_once_and_in_order(
    api: Api, other: Api, staff: Staff, facility: Facility, url: str
) -> None:
    token = staff.token(facility.person(NURSE))
    committed: list[int] = []
    async with await connect(url) as connection:
        start = await last_drawn(connection)
    async with (
        listening(api, token, start) as steady,
        listening(api, token, start) as restless,
        javascript(other, token, start) as board,
    ):
        writing = asyncio.create_task(write_all(facility, committed))
        await asyncio.gather(come_and_go(restless, [api, other], writing), drop_often(board, writing), writing)
        for ears in (steady, restless, board):
            await ears.hear(sorted(committed))
        assert board.count("connected") > 3
    assert len(committed) > 300
    assert committed != sorted(committed), "they were committed in another order than drawn"


async def test_a_board_outlives_the_process_that_it_listens_to(staff: Staff, facility: Facility, url: str) -> None:
    token = staff.token(facility.person(NURSE))
    async with serving(Live(url, staff.authenticate)) as first, javascript(first, token) as board:
        heard = await facility.tell(NURSE)
        await board.hear(heard)
        await first.stop()
        await until(lambda: board.count("disconnected") == 1)
        missed = await facility.tell(NURSE, times=3)
        async with serving(Live(url, staff.authenticate), first.port):
            told = await facility.tell(NURSE)
            await board.hear(heard + missed + told)


async def test_a_browser_is_told_why_it_is_refused(api: Api) -> None:
    async with javascript(api, "forged") as board:
        (line,) = board.lines
    assert line["is"] == "refused"
    assert line["message"] == "The token is not valid; sign in again."
    assert line["data"]["type"] == "/problems/not-signed-in"


async def test_a_browser_does_not_come_back_with_an_expired_token(api: Api, staff: Staff, facility: Facility) -> None:
    async with javascript(api, staff.token(facility.person(NURSE), seconds=0.3)) as board:
        await until(lambda: board.count("disconnected") == 1, 3)
        assert board.lines[-1]["reason"] == "io server disconnect"
        await asyncio.sleep(0.5)
        assert board.count("connected") == 1
