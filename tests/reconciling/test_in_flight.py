"""Everybody is late, stations fill and empty, tests are paid first: a healthy clinic agrees all the while."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from activities.reconciliation import Reconciliations
from models.policy import DEFAULT
from models.reconciliation import Scope
from models.staff import Role
from tests.reconciling.conftest import opened_house
from tests.reconciling.house import House, said
from tests.walks import WELL
from workers.reconciling import TemporalRuns

PATIENTS = 10


@pytest.fixture(scope="module")
async def hurried(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A minute of its policy lasts a millisecond; two who wait anywhere are a crowd."""
    text = DEFAULT.read_text().replace("minute_seconds = 60", "minute_seconds = 0.001")
    text = text.replace('while_open = ["CASHIER", "DISCHARGE"]', "while_open = []")
    text = text.replace('LABORATORY = "AFTER"', 'LABORATORY = "BEFORE"')
    stations = "".join(f"{one} = 2\n" for one in ("TRIAGE", "CONSULTATION", "LABORATORY", "CASHIER"))
    policy = tmp_path_factory.mktemp("hurried") / "policy.toml"
    policy.write_text(f"{text}\n[policy.crowded]\n{stations}")
    async with opened_house(policy=policy) as opened, opened.clinic.worker():
        yield opened


async def walked(house: House, number: int) -> None:
    """Tested, half of them with a deposit and half at the cashier's in between; most to the end."""
    walk = house.walk
    visit = await walk.registered()
    if number % 2:
        await house.purse.deposits(visit, "800")
    body = {"vital_signs": WELL, "triage_category": "NORMAL", "notes": ""}
    await walk.done(Role.TRIAGE_NURSE, "PUT", f"/api/visits/{visit['id']}", body)
    taken = {"status": "IN_CONSULTATION"}
    await walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", taken)
    await walk.encounter(visit["id"])
    test = await walk.test_ordered(visit["id"])
    if not number % 2:
        await walk.paid(visit["id"])
    await walk.results(test["id"])
    await walk.done(Role.CLINICAL_OFFICER, "PUT", f"/api/visits/{visit['id']}", taken)
    await walk.encounter(visit["id"])
    if number % 4:
        await walk.discharged(visit["id"])


async def test_what_is_under_way_is_no_difference(hurried: House) -> None:
    """With the patience that the clinic's own schedule has."""
    clinic = hurried.clinic
    at_once = asyncio.Semaphore(4)

    async def one(number: int) -> None:
        async with at_once:
            await walked(hurried, number)

    runs = TemporalRuns(clinic.clinic.temporal, clinic.settings)
    accounts = Reconciliations(hurried.pool, runs, clinic.settings.policies)
    walks = asyncio.gather(*map(one, range(PATIENTS)))
    looks = 0
    while not walks.done():
        assert said((await accounts.compared(Scope(repair=False))).findings) == []
        looks += 1
        await asyncio.wait([walks], timeout=0.2)
    await walks
    assert looks > 1
    assert said((await accounts.compared(Scope(repair=False))).findings) == []
    await hurried.agrees()
    counted = "select count(*) as n, count(resolved_at) as done from overdues"
    (late,) = await clinic.rows(counted)
    assert late["n"] > late["done"] > 0, "those who stay are late, and the others were"
    assert await clinic.rows("select 1 from crowds where ended_at is not null")
