"""What is lost on the way to the database costs boards some time and no event."""

import asyncio

import psycopg

from integrations.embedded.postgres import EmbeddedPostgres
from models.staff import Role
from tests.live.clinic import Api, Facility, Staff, until
from tests.live.ears import listening

NURSE = Role.TRIAGE_NURSE
CUT = (
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
    "where pid <> pg_backend_pid() and backend_type = 'client backend'"
)


async def test_a_lost_listen_connection_is_made_up_for(api: Api, staff: Staff, facility: Facility, url: str) -> None:
    async with listening(api, staff.token(facility.person(NURSE))) as ears:
        first = await facility.tell(NURSE)
        await ears.hear(first)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
            await admin.execute(CUT)
        missed = await facility.tell(NURSE, times=3)
        await ears.hear(first + missed)
        told = await facility.tell(NURSE)
        await ears.hear(first + missed + told)


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
        await ears.hear([row[0]])


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
