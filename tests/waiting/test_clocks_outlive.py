"""Clocks outlive whatever falls over: each breach is announced once, and none is forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integrations.temporal import connect, prepare_namespace
from models.staff import Role
from tests.clinic import WholeClinic, eventually, whole_clinic
from tests.waiting.ward import Ward
from tests.walks import Walk, new_patient
from tests.workflow.test_clock import waits
from workers.recovery import recover
from workflows.attributes import SEARCH_ATTRIBUTES

A_MINUTE = timedelta(minutes=1)
SECONDS = """
    [[policy]]
    version = "hurried"
    effective_from = 2026-01-01
    source = "A test: triage is late after half a minute"
    minute_seconds = 1
    [policy.targets]
    TRIAGE = { ANY = 30 }
    CONSULTATION = { ANY = 9000 }
    ENCOUNTER = { ANY = 9000 }
    RETRIAGE = { ANY = 9000 }
    SECOND_LOOK = { ANY = 9000 }
    LABORATORY = { ANY = 9000 }
    PHARMACY = { ANY = 9000 }
    IMMUNIZATION = { ANY = 9000 }
    FAMILY_PLANNING = { ANY = 9000 }
    MCH = { ANY = 9000 }
    CASHIER = { ANY = 9000 }
    DISCHARGE = { ANY = 9000 }
    [[policy.ladder]]
    after = 0
    to = "STATION"
    [[policy.ladder]]
    after = 10
    to = "IN_CHARGE"
    [[policy.ladder]]
    after = 20
    to = "FACILITY_LEAD"
"""
MANY, IN_TIME = 200, 40
RUNGS = (("visit:overdue", "TRIAGE_NURSE"), ("visit:escalated", "SUPERVISOR"), ("visit:escalated", "ADMIN"))


async def late(ward: Ward, minutes: int = 16) -> dict[str, Any]:
    """A visit that was told of once; a worker is at work."""
    visit = await ward.walk.registered()
    await waits(ward.run(visit))
    await ward.skipper.fast_forward(ward.run(visit), minutes * A_MINUTE)
    await ward.becomes_told(visit, ("TRIAGE", "TRIAGE_NURSE", 1))
    return visit


async def test_a_killed_worker_tells_nobody_twice_and_the_next_rung_goes_on(bare: Ward) -> None:
    async with bare.clinic.worker_process() as doomed:
        visit = await late(bare)
        doomed.kill()
        await doomed.wait()
    async with bare.clinic.worker():
        await bare.skipper.fast_forward(bare.run(visit), 10 * A_MINUTE)
        await bare.becomes_told(visit, ("TRIAGE", "TRIAGE_NURSE", 1), ("TRIAGE", "SUPERVISOR", 2))
        await bare.triage(visit)
        await bare.becomes_settled(visit)


async def test_after_the_temporal_server_was_lost_the_ladder_goes_on_where_it_was(bare: Ward) -> None:
    clinic = bare.clinic
    async with clinic.worker():
        visit = await late(bare)
    await clinic.temporal.stop()
    for file in Path(clinic.settings.data).glob("temporal.db*"):
        file.unlink()
    await clinic.temporal.start()
    client = await connect(clinic.settings)
    await prepare_namespace(client, clinic.settings, SEARCH_ATTRIBUTES)
    async with clinic.worker():
        await recover(client, clinic.settings)
        await waits(bare.run(visit))
        assert await bare.attention(visit) == ["OVERDUE"]
        await bare.skipper.fast_forward(bare.run(visit), 26 * A_MINUTE)
        await bare.becomes_told(visit, ("TRIAGE", "TRIAGE_NURSE", 1), ("TRIAGE", "SUPERVISOR", 2))
        await bare.triage(visit)
        await bare.becomes_settled(visit)


@asynccontextmanager
async def hurried(folder: Path) -> AsyncIterator[WholeClinic]:
    file = folder / "policy.toml"
    file.write_text(SECONDS)
    async with whole_clinic(policy=file, patience_seconds=30) as clinic:
        yield clinic


async def told_of(clinic: WholeClinic) -> Counter[tuple[str, str, str]]:
    """How often each visit was announced to each."""
    rows = await clinic.rows("select kind, audience, payload from events where kind like 'visit:%%' order by id")
    return Counter(
        (row["payload"]["visitId"], row["kind"], row["audience"][0])
        for row in rows
        if row["kind"] in {kind for kind, _ in RUNGS}
    )


async def registered(walk: Walk, count: int) -> list[str]:
    """Many patients, several desks at once; who gets no answer asks again with the same key."""
    desks = asyncio.Semaphore(8)

    async def one() -> str:
        async with desks:
            visit = (await walk.done(Role.RECEPTIONIST, "POST", "/api/patients", new_patient()))["visit"]
            return str(visit["id"])

    return list(await asyncio.gather(*(one() for _ in range(count))))


@pytest.mark.timeout(300)
async def test_of_two_hundred_visits_each_breach_is_announced_once_whatever_is_killed(tmp_path: Path) -> None:
    async with hurried(tmp_path) as clinic:
        walk = Walk(clinic)
        ward = Ward(clinic, walk)
        async with clinic.worker_process() as first:
            visits = await registered(walk, MANY)
            for visit in visits[:IN_TIME]:
                await ward.triage({"id": visit})
            in_time = [v for v in visits[:IN_TIME] if not await ward.late({"id": v})]
            assert in_time
            first.kill()
            await first.wait()
        await clinic.temporal.stop("kill")
        await clinic.temporal.start()
        async with clinic.worker_process() as second:
            await eventually(lambda: some_are_told(clinic), 60)
            second.kill()
            await second.wait()
        await clinic.temporal.stop("kill")
        await clinic.temporal.start()
        expected = Counter({(visit, *rung): 1 for visit in visits[IN_TIME:] for rung in RUNGS})
        async with clinic.worker():
            await eventually(lambda: all_are_told(clinic, visits[IN_TIME:]), 120)
            announced = await told_of(clinic)
            assert {key: n for key, n in announced.items() if key[0] not in visits[:IN_TIME]} == expected
            assert not [key for key in announced if key[0] in in_time]
            rows = await clinic.rows("select visit_id, escalations from overdues where resolved_at is null")
            assert Counter(str(row["visit_id"]) for row in rows) == Counter(visits[IN_TIME:])
            assert {row["escalations"] for row in rows} == {len(RUNGS)}
            await asyncio.sleep(2)
            assert await told_of(clinic) == announced


async def some_are_told(clinic: WholeClinic) -> bool:
    return len(await told_of(clinic)) > MANY // 4


async def all_are_told(clinic: WholeClinic, visits: list[str]) -> bool:
    told = await told_of(clinic)
    return all((visit, *rung) in told for visit in visits for rung in RUNGS)
