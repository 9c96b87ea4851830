"""Transactions end in another order than they drew their event ids; the reader loses nothing and repeats nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from integrations.events import Tail, connect, last_drawn
from tests.live.clinic import Facility, insert

KIND = "visit:status_changed"


@contextlib.asynccontextmanager
async def tail_from(url: str, cursor: int | None) -> AsyncIterator[Tail]:
    async with await connect(url) as connection:
        yield await Tail.listening(connection, cursor)


@pytest.fixture
async def newest(url: str) -> int:
    async with await connect(url) as connection:
        return await last_drawn(connection)


async def ids(tail: Tail, count: int = 1) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += [told.id for told in await tail.next()]
    return found


async def nothing_comes(tail: Tail) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await tail.next()


async def test_a_fresh_table_has_drawn_nothing(url: str) -> None:
    async with await connect(url) as connection:
        await connection.execute("select 1")
        assert await last_drawn(connection) == 0


async def test_the_second_commits_first(facility: Facility, url: str, newest: int) -> None:
    async with tail_from(url, newest) as tail, facility.writing() as first, facility.writing() as second:
        one = await insert(first, facility.id, kind=KIND)
        two = await insert(second, facility.id, kind=KIND)
        await second.commit()
        await nothing_comes(tail)
        await first.commit()
        assert await ids(tail, 2) == [one, two] == [newest + 1, newest + 2]


async def test_a_runner_beyond_the_last_that_ended_is_waited_for(facility: Facility, url: str, newest: int) -> None:
    """Its transaction id is the `xmax` of every snapshot, so to snapshots alone it looks like one yet to come."""
    async with tail_from(url, newest) as tail, facility.writing() as early, facility.writing() as late:
        await early.execute("select pg_current_xact_id()")
        one = await insert(late, facility.id, kind=KIND)
        two = await insert(early, facility.id, kind=KIND)
        await early.commit()
        await nothing_comes(tail)
        await late.commit()
        assert await ids(tail, 2) == [one, two]


async def test_what_was_rolled_back_holds_nobody_up(facility: Facility, url: str, newest: int) -> None:
    async with tail_from(url, newest) as tail, facility.writing() as writer:
        await insert(writer, facility.id, kind=KIND)
        await writer.rollback()
        told = await facility.tell()
        assert await ids(tail) == told


async def test_without_a_gap_nobody_waits_for_strangers(facility: Facility, url: str, newest: int) -> None:
    async with tail_from(url, newest) as tail, facility.writing() as stranger:
        await stranger.execute("select pg_current_xact_id()")
        told = await facility.tell(times=3)
        assert await ids(tail, 3) == told


async def test_behind_a_gap_several_pages_come_in_order(facility: Facility, url: str, newest: int) -> None:
    async with tail_from(url, newest) as tail, facility.writing() as slow:
        one = await insert(slow, facility.id, kind=KIND)
        others = await facility.tell(times=1200)
        await nothing_comes(tail)
        await slow.commit()
        assert await ids(tail, 1201) == [one, *others]


async def test_from_now_on_begins_after_those_that_already_drew(facility: Facility, url: str) -> None:
    async with facility.writing() as running:
        drawn = await insert(running, facility.id, kind=KIND)
        async with await connect(url) as connection:
            opening = asyncio.create_task(Tail.listening(connection, None))
            await asyncio.sleep(0.2)
            assert not opening.done()
            await running.commit()
            tail = await opening
            assert tail.cursor == drawn
            told = await facility.tell()
            assert await ids(tail) == told


async def test_a_cursor_of_another_database_means_from_now_on(facility: Facility, url: str, newest: int) -> None:
    async with tail_from(url, newest + 1000) as tail:
        assert tail.cursor == newest


async def test_the_reader_may_only_read(url: str) -> None:
    async with await connect(url) as connection:
        cursor = await connection.execute("show default_transaction_read_only")
        assert await cursor.fetchone() == {"default_transaction_read_only": "on"}
