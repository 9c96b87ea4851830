"""Before and after every call to an outside service: is it paused, is it resting, did it answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from integrations.database import Connection, Pool
from integrations.services.outside import Away, OutsideFailure, SaidNo, StillPending
from models.services import Service, Standing, rest_after

BEAT_SECONDS = 5
SOON, SELDOM = timedelta(seconds=15), timedelta(minutes=5)
"""Between two looks at a closed gate: short at first, for a call that has just begun to wait is known to nobody who
resumes the service; then seldom, for thousands may wait."""

FOUND = "select * from services where name = %s"
FAILED = """
    insert into services (name, failures, failing_since, last_failure, rests_until)
    values (%(name)s, 1, now(), %(said)s, null)
    on conflict (name) do update set last_failure = excluded.last_failure,
        failures = services.failures + case when services.rests_until > now() then 0 else 1 end,
        failing_since = coalesce(services.failing_since, now())
    returning failures, coalesce(rests_until > now(), false) as is_resting
"""
"""Calls that were under way together when a rest began fail together: only the first of them counts."""

REST = "update services set rests_until = now() + %s where name = %s"
ANSWERED = """
    insert into services (name, last_success_at) values (%s, now())
    on conflict (name) do update set last_success_at = now(), failures = 0, failing_since = null, rests_until = null
"""
WAITING = """
    select name, string_agg(counted || ' ' || what, ', ' order by what) as waits from (
        select gateway as name, count(*) as counted, 'claims to hand in' as what from claims
        where handed_in <> 'YES' and status not in ('CLOSED', 'PAID', 'TIME_BARRED', 'BY_HAND') group by gateway
        union all
        select 'sha', count(*), 'covers to check' from coverages
        where status = 'PROVISIONAL' and payer in ('SHA', 'NHIF') having count(*) > 0
        union all
        select 'mpesa', count(*), 'payments to settle' from mobile_payments where settled_at is null having count(*) > 0
        union all
        select case channel when 'SMS' then 'sms' else 'smtp' end, count(*), 'messages to send' from messages
        where status = 'INTENDED' group by channel
    ) waiting group by name
"""
PAUSE = """
    insert into services (name, is_paused, paused_at, reason) values (%s, true, now(), %s)
    on conflict (name) do update set is_paused = true, paused_at = now(), reason = excluded.reason
"""
RESUME = "update services set is_paused = false, paused_at = null, reason = '', rests_until = null where name = %s"


class Gate:
    """One for a service, shared by all its activities in all worker processes through the service's row."""

    def __init__(self, pool: Pool, service: Service) -> None:
        self.pool = pool
        self.service = service

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Around one call. Raises ApplicationError: retryable where the call may be repeated, typed where not."""
        await self.require_open()
        try:
            async with beating():
                yield
        except (SaidNo, StillPending) as answer:
            await self.note_answer()
            raise failure(answer, retryable=isinstance(answer, StillPending)) from None
        except OutsideFailure as missing:
            rest = await self.note_failure(missing)
            raise failure(missing, retryable=isinstance(missing, Away), rest=rest) from None
        await self.note_answer()

    async def require_open(self) -> None:
        async with self.pool.connection() as db:
            standing = await standing_of(db, self.service)
        wait = standing.wait(datetime.now(UTC))
        if wait is not None:
            words = (
                f"{self.service} is paused: {standing.reason}" if standing.is_paused else f"{self.service} is resting"
            )
            raise ApplicationError(words, type="NotNow", next_retry_delay=next_look(wait))

    async def note_failure(self, missing: OutsideFailure) -> timedelta:
        """How long the service is left alone for it; nothing while it may be called again at once."""
        async with self.pool.connection() as db, db.transaction():
            found = await db.execute(FAILED, {"name": self.service, "said": f"{type(missing).__name__} {missing.code}"})
            row = await found.fetchone()
            assert row is not None
            rest = rest_after(row["failures"])
            if rest and not row["is_resting"]:
                await db.execute(REST, (rest, self.service))
            return rest

    async def note_answer(self) -> None:
        async with self.pool.connection() as db:
            await db.execute(ANSWERED, (self.service,))


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Tell the server that the call is under way: a worker that dies meanwhile is noticed by its silence."""
    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()


async def beat() -> None:
    while activity.in_activity():
        activity.heartbeat()
        await asyncio.sleep(BEAT_SECONDS)


def next_look(wait: timedelta) -> timedelta:
    """When a call that found the gate closed looks again."""
    patience = min(SOON * int(2 ** min(activity.info().attempt - 1, 10)), SELDOM)
    return min(max(wait, timedelta(seconds=1)), patience)


def failure(missing: OutsideFailure, *, retryable: bool, rest: timedelta = timedelta(0)) -> ApplicationError:
    """What Temporal is told: the type decides, the words are for the supervisor and name no patient.

    While the service rests it is the gate that spares it, not an ever longer pause of each call.
    """
    delay = timedelta(seconds=missing.retry_after) if isinstance(missing, Away) and missing.retry_after else None
    if rest:
        delay = next_look(rest)
    return ApplicationError(
        str(missing),
        {"code": missing.code, "words": missing.detail},
        type=type(missing).__name__,
        non_retryable=not retryable,
        next_retry_delay=delay,
    )


async def standing_of(db: Connection, service: Service) -> Standing:
    row = await (await db.execute(FOUND, (service,))).fetchone()
    return Standing.model_validate({**row, "name": service}) if row else Standing(name=service)


async def standings(pool: Pool) -> list[Standing]:
    """How every service stands, and what waits for it."""
    async with pool.connection() as db:
        waiting = {row["name"]: row["waits"] for row in await (await db.execute(WAITING)).fetchall()}
        found = [await standing_of(db, service) for service in Service]
    return [standing.model_copy(update={"waiting": waiting.get(standing.name, "")}) for standing in found]


async def pause(pool: Pool, service: Service, reason: str) -> None:
    """Leave the service alone until it is resumed; what waits for it goes on afterwards, oldest first."""
    async with pool.connection() as db:
        await db.execute(PAUSE, (service, reason))


async def resume(pool: Pool, service: Service) -> None:
    async with pool.connection() as db:
        await db.execute(RESUME, (service,))


def details(error: ApplicationError) -> dict[str, Any]:
    """What `failure` put in, on the other side."""
    return dict(error.details[0]) if error.details else {}
