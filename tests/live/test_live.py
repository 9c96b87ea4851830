"""Boards hear what concerns them, when it happens, and afterwards what they missed; each event once, in order."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
import pytest
from socketio.exceptions import ConnectionError as Refusal

from api.live import Live
from integrations.embedded.postgres import EmbeddedPostgres
from models.events import for_person
from models.staff import Person, Role
from tests.live.clinic import Api, Facility, PythonEars, Staff, insert, listening, serving, until

NURSE, CASHIER = Role.TRIAGE_NURSE, Role.CASHIER
CUT = (
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
    "where pid <> pg_backend_pid() and backend_type = 'client backend'"
)


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


async def test_another_facility_hears_nothing(api: Api, staff: Staff, facility: Facility, url: str) -> None:
    nurse = facility.person(*Role)
    elsewhere = Person(id=nurse.id, facility_id=uuid4(), roles=nurse.roles)
    (before,) = await facility.tell(NURSE)
    async with listening(api, staff.token(nurse)) as here, listening(api, staff.token(elsewhere), 0) as there:
        told = await facility.tell(NURSE, for_person(nurse.id), times=3)
        await here.hear(told)
        assert there.ids == []
    assert told[0] > before


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


async def test_a_since_beyond_what_this_process_told_waits_for_it(
    api: Api, staff: Staff, facility: Facility, url: str
) -> None:
    """Another API process told the board already what stands behind a gap here."""
    async with facility.writing() as slow:
        drawn = await insert(slow, facility.id, NURSE, kind="order:opened")
        (ahead,) = await facility.tell(NURSE)
        async with listening(api, staff.token(facility.person(NURSE)), ahead) as ears:
            await slow.commit()
            told = await facility.tell(NURSE)
            await ears.hear(told)
    assert drawn < ahead < told[0]


@pytest.mark.parametrize("since", [-1, 1.5, "7", True, [], {}])
async def test_a_wrong_since_is_refused(api: Api, staff: Staff, facility: Facility, since: Any) -> None:
    refusal = await refused(api, staff.token(facility.person(NURSE)), since)
    assert "since" in refusal["message"]
    assert refusal["data"]["status"] == 422


@pytest.mark.parametrize("token", ["forged", "", None, 7])
async def test_a_bad_token_is_refused(api: Api, token: Any) -> None:
    refusal = await refused(api, token)
    assert "token" in refusal["message"]
    assert refusal["data"]["type"] == "/problems/not-signed-in"


async def test_our_own_failure_is_a_refusal_too(api: Api) -> None:
    assert (await refused(api, "broken"))["data"]["status"] == 500


async def refused(api: Api, token: Any, since: Any = None) -> Any:
    ears = PythonEars(token, since)
    with pytest.raises(Refusal):
        await ears.connect(api)
    await ears.client.disconnect()
    return ears.refusal


@pytest.mark.parametrize(("origin", "status"), [("http://elsewhere.example", 400), ("", 200)])
async def test_only_pages_of_our_own_may_connect(api: Api, origin: str, status: int) -> None:
    headers = {"Origin": origin or api.address}
    async with (
        aiohttp.ClientSession(api.address, headers=headers) as page,
        page.get("/socket.io/?EIO=4&transport=polling") as answer,
    ):
        assert answer.status == status


async def test_a_board_is_dismissed_when_its_token_expires(api: Api, staff: Staff, facility: Facility) -> None:
    async with listening(api, staff.token(facility.person(NURSE), seconds=0.5)) as ears:
        told = await facility.tell(NURSE)
        await ears.hear(told)
        await until(lambda: not ears.client.connected, 3)
        await facility.tell(NURSE)
        await ears.hear(told)


async def test_who_polls_hears_the_same(api: Api, staff: Staff, facility: Facility) -> None:
    missed = await facility.tell(NURSE, times=3)
    async with aiohttp.ClientSession(api.address) as session:
        path, packets = await opened(session, token=staff.token(facility.person(NURSE)), since=missed[0])
        told = await facility.tell(NURSE)
        while len(packets) < 3:
            packets += await polled(session, path)
        await session.post(path, data="1")
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


async def test_a_lost_listen_connection_is_made_up_for(api: Api, staff: Staff, facility: Facility, url: str) -> None:
    async with listening(api, staff.token(facility.person(NURSE))) as ears:
        first = await facility.tell(NURSE)
        await ears.hear(first)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
            await admin.execute(CUT)
        missed = await facility.tell(NURSE, times=3)
        await ears.hear(first + missed)
        told = await facility.tell(NURSE)
        await ears.hear(first + missed + told, within=2)


async def test_a_database_that_was_set_back_in_time_is_noticed(
    api: Api, staff: Staff, facility: Facility, url: str
) -> None:
    """Ids begin again, below those that boards heard; both sides hear from now on."""
    async with listening(api, staff.token(facility.person(NURSE))) as ears:
        before = await facility.tell(NURSE, times=5)
        await ears.hear(before)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
            await admin.execute("delete from events")
            await admin.execute("select setval('events_id_seq', 1, false)")
            await admin.execute(CUT)
        await until(lambda: not ears.client.connected)
        await ears.again(api)
        told = await facility.tell(NURSE, times=2)
        await ears.hear(before + told)
    assert told[0] < before[0]


async def test_a_notification_that_got_lost_costs_seconds_and_no_event(
    api: Api, staff: Staff, facility: Facility
) -> None:
    async with listening(api, staff.token(facility.person(NURSE))) as ears, facility.writing() as writer:
        row = await (
            await writer.execute(
                "insert into events (facility_id, kind, audience, payload, occurred_at) "
                "values (%s, 'order:opened', '{TRIAGE_NURSE}', '{}', now()) returning id",
                (facility.id,),
            )
        ).fetchone()
        await writer.commit()
        assert row
        await ears.hear([row[0]], within=5)


async def test_while_the_database_is_away_boards_stay_and_wait(
    api: Api, staff: Staff, facility: Facility, postgres: EmbeddedPostgres
) -> None:
    async with listening(api, staff.token(facility.person(NURSE))) as ears:
        first = await facility.tell(NURSE)
        await ears.hear(first)
        await postgres.stop("kill")
        await asyncio.sleep(1)
        assert ears.client.connected
        await postgres.start()
        told = await facility.tell(NURSE, times=2)
        await ears.hear(first + told)


async def test_before_the_first_look_at_the_table_a_board_is_asked_to_come_back(
    staff: Staff, facility: Facility
) -> None:
    async with serving(Live("postgresql://nobody@/nothing?host=/nowhere", staff.authenticate)) as api:
        refusal = await refused(api, staff.token(facility.person(NURSE)))
        assert refusal["data"]["status"] == 503
        assert refusal["data"]["retry_after"] > 0


async def test_who_does_not_listen_holds_nobody_up_and_is_sent_away(staff: Staff, facility: Facility, url: str) -> None:
    nurse = staff.token(facility.person(NURSE))
    async with (
        serving(Live(url, staff.authenticate, backlog=50)) as api,
        aiohttp.ClientSession(api.address) as deaf,
        listening(api, nurse) as ears,
    ):
        path, _ = await opened(deaf, token=nurse)
        told = await facility.tell(NURSE, times=60, padding="x" * 10_000)
        await ears.hear(told, within=3)
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
