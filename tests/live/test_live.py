"""Boards hear what concerns them, when it happens, and afterwards what they missed; each event once, in order."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import aiohttp

from api.live import Live
from models.events import for_person
from models.staff import Person, Role
from tests.live.clinic import Api, Facility, Staff, insert, serving, until
from tests.live.ears import listening

NURSE, CASHIER = Role.TRIAGE_NURSE, Role.CASHIER


async def test_a_board_hears_what_is_for_its_role(api: Api, staff: Staff, facility: Facility) -> None:
    nurse, cashier = staff.token(facility.person(NURSE)), staff.token(facility.person(CASHIER))
    async with listening(api, nurse) as triage, listening(api, cashier) as till:
        (one,) = await facility.tell(NURSE, Role.RECEPTIONIST, visitId="v1")
        (two,) = await facility.tell(CASHIER, kind="payment:received", amount=250.5)
        (three,) = await facility.tell(*Role, kind="visit:status_changed")
        await triage.hear([one, three])
        await till.hear([two, three])
    kind, payload = till.told[0]
    assert kind == "payment:received"
    assert set(payload) == {"amount", "eventId", "occurredAt"}
    assert payload["amount"] == 250.5
    assert payload["occurredAt"].endswith("+00:00")


async def test_what_is_for_one_person_nobody_else_hears(api: Api, staff: Staff, facility: Facility) -> None:
    achieng, barasa = facility.person(NURSE), facility.person(NURSE)
    async with listening(api, staff.token(achieng)) as hers, listening(api, staff.token(barasa)) as his:
        told = await facility.tell(for_person(achieng.id), kind="command:refused")
        await hers.hear(told)
        assert his.ids == []


async def test_another_facility_hears_nothing(api: Api, staff: Staff, facility: Facility) -> None:
    nurse = facility.person(*Role)
    elsewhere = Person(id=nurse.id, facility_id=uuid4(), roles=nurse.roles)
    await has_told(api, await facility.tell(NURSE))
    async with listening(api, staff.token(nurse)) as here, listening(api, staff.token(elsewhere), 0) as there:
        told = await facility.tell(NURSE, for_person(nurse.id), times=3)
        await here.hear(told)
        assert there.ids == []


async def test_who_holds_two_roles_hears_once(api: Api, staff: Staff, facility: Facility) -> None:
    both = facility.person(NURSE, CASHIER)
    async with listening(api, staff.token(both), 0) as ears:
        told = await facility.tell(NURSE, CASHIER, for_person(both.id), times=2)
        await ears.hear(told)
    async with listening(api, staff.token(both), 0) as again:
        await again.hear(told)


async def test_what_is_for_nobody_nobody_hears(api: Api, staff: Staff, facility: Facility) -> None:
    async with listening(api, staff.token(facility.person(*Role)), 0) as ears:
        await facility.tell()
        told = await facility.tell(NURSE)
        await ears.hear(told)


async def test_without_since_a_board_hears_from_now_on(api: Api, staff: Staff, facility: Facility) -> None:
    await has_told(api, await facility.tell(NURSE))
    async with listening(api, staff.token(facility.person(NURSE))) as ears:
        told = await facility.tell(NURSE)
        await ears.hear(told)


async def test_what_was_missed_comes_first_and_once(api: Api, staff: Staff, facility: Facility) -> None:
    nurse = staff.token(facility.person(NURSE))
    heard = await facility.tell(NURSE, times=3)
    missed = await facility.tell(NURSE, times=2)
    await facility.tell(CASHIER, times=2)
    async with listening(api, nurse, heard[-1]) as ears:
        now = await facility.tell(NURSE, times=2)
        await ears.hear(missed + now)


async def test_a_long_absence_is_told_page_by_page(api: Api, staff: Staff, facility: Facility) -> None:
    missed = await facility.tell(NURSE, times=1700)
    writing = asyncio.create_task(facility.tell(NURSE, times=50))
    async with listening(api, staff.token(facility.person(NURSE)), 0) as ears:
        await ears.hear(missed + await writing)


async def test_a_since_that_was_never_told_means_from_now_on(api: Api, staff: Staff, facility: Facility) -> None:
    await has_told(api, await facility.tell(NURSE))
    async with listening(api, staff.token(facility.person(NURSE)), 10**12) as ears:
        told = await facility.tell(NURSE)
        await ears.hear(told)


async def has_told(api: Api, ids: list[int]) -> None:
    await until(lambda: (api.live.cursor or 0) >= ids[-1])


async def test_a_since_beyond_what_this_process_told_waits_for_it(api: Api, staff: Staff, facility: Facility) -> None:
    """Another API process told the board already what stands behind a gap here."""
    async with facility.writing() as slow:
        drawn = await insert(slow, facility.id, NURSE, kind="order:opened")
        (ahead,) = await facility.tell(NURSE)
        async with listening(api, staff.token(facility.person(NURSE)), ahead) as ears:
            await slow.commit()
            told = await facility.tell(NURSE)
            await ears.hear(told)
    assert drawn < ahead < told[0]


async def test_who_polls_hears_the_same(api: Api, staff: Staff, facility: Facility) -> None:
    missed = await facility.tell(NURSE, times=3)
    async with aiohttp.ClientSession(api.address) as session:
        path, packets = await opened(session, token=staff.token(facility.person(NURSE)), since=missed[0])
        told = await facility.tell(NURSE)
        while len(packets) < 3:
            packets += await polled(session, path)
        async with session.post(path, data="1"):
            pass
    assert [json.loads(packet.removeprefix("42"))[1]["eventId"] for packet in packets] == missed[1:] + told


async def test_two_api_processes_both_tell(api: Api, staff: Staff, facility: Facility, url: str) -> None:
    nurse = staff.token(facility.person(NURSE))
    async with (
        serving(Live(url, staff.authenticate)) as other,
        listening(api, nurse) as here,
        listening(other, nurse) as there,
    ):
        told = await facility.tell(NURSE, times=5)
        await here.hear(told)
        await there.hear(told)


async def test_who_does_not_listen_holds_nobody_up_and_is_sent_away(staff: Staff, facility: Facility, url: str) -> None:
    nurse = staff.token(facility.person(NURSE))
    async with (
        serving(Live(url, staff.authenticate, backlog=50)) as api,
        aiohttp.ClientSession(api.address) as deaf,
        listening(api, nurse) as ears,
    ):
        path, _ = await opened(deaf, token=nurse)
        told = await facility.tell(NURSE, times=60, padding="x" * 10_000)
        await ears.hear(told)
        async with deaf.get(path) as gone:
            assert gone.status == 400


async def opened(session: aiohttp.ClientSession, **auth: Any) -> tuple[str, list[str]]:
    """A connection by hand, which asks for nothing by itself: where to ask, and what came with the answer."""
    path = "/socket.io/?EIO=4&transport=polling"
    (handshake,) = await polled(session, path)
    path += f"&sid={json.loads(handshake[1:])['sid']}"
    async with session.post(path, data=f"40{json.dumps(auth)}") as answer:
        assert answer.status == 200
    connected, *packets = await polled(session, path)
    assert connected.startswith("40")
    return path, packets


async def polled(session: aiohttp.ClientSession, path: str) -> list[str]:
    async with session.get(path) as answer:
        return (await answer.text()).split("\x1e")
