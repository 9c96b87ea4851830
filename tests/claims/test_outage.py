"""SHA is away for hours: patients go on and nobody is charged; afterwards every claim goes out once, oldest first."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.staff import Role
from tests.claims.backlog import (
    claim_run,
    cover_run,
    each,
    flagged,
    hours_pass,
    insured,
    listed,
    operator,
    pause,
    pending_calls,
    resume,
    standing_of_sha,
    until_asked,
    until_listed,
)
from tests.claims.conftest import CODE, Counter, opened_counter
from tests.clinic import eventually

VISITS = 60
PER_MINUTE = 600
HOURS = timedelta(hours=2)
TWO_MINUTES = timedelta(minutes=2)


@pytest.fixture(scope="module")
async def busy_counter() -> AsyncIterator[Counter]:
    async with opened_counter(claims_per_minute=PER_MINUTE, patience_seconds=30) as counter, counter.clinic.worker():
        yield counter


async def served(counter: Counter, number: int) -> str:
    """A visit from the door to its discharge."""
    visit = await counter.consulted(national_id=insured(number))
    await counter.invoiced(visit["id"])
    await counter.walk.discharged(visit["id"])
    return str(visit["id"])


async def cover_of(counter: Counter, visit_id: str) -> str:
    answer = await counter.walk.does(Role.RECEPTIONIST, "GET", f"/api/visits/{visit_id}/coverage")
    return str(answer.json()["status"])


async def require_uncharged(counter: Counter, visits: list[str]) -> None:
    """Everybody went home, and owes nothing."""
    assert set(await each(lambda visit: cover_of(counter, visit), visits)) == {"PROVISIONAL"}
    seen = await each(counter.walk.visit, visits)
    assert {(one["status"], one["balance"], one["amount_paid"]) for one in seen} == {("COMPLETED", "0.00", "0.00")}


async def require_visible(counter: Counter, visits: list[str]) -> None:
    """What waits, and for whom, at each place where somebody may look."""
    assert len(await listed(counter, "AWAITING_CONSENT")) == VISITS
    standing = await standing_of_sha(counter)
    assert standing.startswith("sha    FAILING since")
    assert f"{VISITS} claims to hand in, {VISITS} covers to check" in standing

    async def are_flagged() -> bool:
        return await flagged(counter, "Claim") == await flagged(counter, "CoverageCheck") == VISITS

    await eventually(are_flagged)
    shown = await counter.walk.done(Role.SUPERVISOR, "GET", "/api/supervision/views")
    query = next(view["query"] for view in shown["items"] if view["name"] == "Payers that do not answer")
    assert (await counter.clinic.clinic.temporal.count_workflows(query)).count == 2 * VISITS
    pending = await pending_calls(claim_run(counter, visits[0])), await pending_calls(cover_run(counter, visits[0]))
    assert [list(calls) for calls in pending] == [["send_code"], ["check_cover"]]
    assert all(attempt > 1 for calls in pending for attempt in calls.values())


async def away_for_hours(counter: Counter, visits: list[str]) -> None:
    """The workflows' clocks run ahead; how long the service is left alone goes by the real one, which does not."""
    rest = "update services set failures = 30, rests_until = now() + interval '5 minutes' where name = 'sha'"
    await counter.clinic.rows(rest)
    claims, covers = [[run(counter, visit) for visit in visits] for run in (claim_run, cover_run)]
    await asyncio.gather(hours_pass(counter, claims, HOURS), hours_pass(counter, covers, TWO_MINUTES))


async def require_covered(counter: Counter, visits: list[str]) -> None:
    for visit in visits:

        async def is_active(visit: str = visit) -> bool:
            return await cover_of(counter, visit) == "ACTIVE"

        await eventually(is_active, 60)


async def all_queued_while_paused(counter: Counter, visits: list[str]) -> None:
    """The second codes come in the wrong order, and nothing may go out yet."""
    await pause(counter, "maintenance")
    await each(lambda visit: counter.otp(visit, CODE), reversed(visits))
    await until_listed(counter, "QUEUED", VISITS)
    assert "PAUSED since" in (standing := await standing_of_sha(counter))
    assert standing.endswith(f"maintenance; waiting: {VISITS} claims to hand in")
    await hours_pass(counter, [claim_run(counter, visit) for visit in visits], TWO_MINUTES)

    async def are_flagged() -> bool:
        return await flagged(counter, "Claim") == VISITS

    await eventually(are_flagged)
    assert not await counter.sandbox.ledger("sha", kind="claim")


def require_order_and_pace(went_out: list[dict[str, Any]], claims: list[dict[str, Any]]) -> None:
    """Oldest first, and never faster than configured; a second is left for what is under way."""
    oldest_first = [claim["payer_reference"] for claim in sorted(claims, key=lambda claim: claim["opened_at"])]
    assert [entry["key"] for entry in went_out] == oldest_first
    times = [datetime.fromisoformat(entry["at"]) for entry in went_out]
    pause = timedelta(minutes=1) / PER_MINUTE
    for (first, began), (last, ended) in itertools.combinations(enumerate(times), 2):
        assert ended - began > pause * (last - first) - timedelta(seconds=1)


@pytest.mark.timeout(300)
async def test_an_outage_of_hours_loses_nothing_and_sends_nothing_twice(busy_counter: Counter) -> None:
    counter = busy_counter
    await counter.sandbox.breaks("sha", "down")
    visits = await each(lambda number: served(counter, number), range(VISITS))
    await require_uncharged(counter, visits)
    await away_for_hours(counter, visits)
    await require_visible(counter, visits)

    await counter.sandbox.mend("sha")
    assert "calls go on at once" in await operator(counter, "resume", "sha")
    await require_covered(counter, visits)
    await until_asked(counter, "ASK_VISIT_CODE", VISITS)
    await each(lambda visit: counter.otp(visit, CODE), visits)
    await until_asked(counter, "ASK_DISCHARGE_CODE", VISITS)
    await all_queued_while_paused(counter, visits)

    await resume(counter)
    paid = await until_listed(counter, "PAID", VISITS, seconds=90)
    book = await counter.sandbox.book("sha")
    require_order_and_pace([entry for entry in book["items"] if entry["kind"] == "claim"], paid)
    assert book["duplicates"] == 0
    assert (await standing_of_sha(counter)).startswith("sha    UP")
