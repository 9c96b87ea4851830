"""The Temporal server is lost with all it knew: `njia recover` brings back every visit, order, clock and obligation,
and `njia reconcile` finds no difference."""

import asyncio
import sys

from integrations.temporal import connect
from tests.clinic import ROOT, WholeClinic, eventually
from tests.reconciling.house import House
from tests.reconciling.morning import begun, goes_on
from workers.schedules import SCHEDULES


async def njia(clinic: WholeClinic, *words: str) -> tuple[int, str]:
    """The command as an operator types it: its exit code, and what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "njia.py"),
        *words,
        env=clinic.environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def lose_the_server(clinic: WholeClinic) -> None:
    await clinic.temporal.stop("kill")
    for file in clinic.settings.data.glob("temporal.db*"):
        file.unlink()
    await clinic.temporal.start()


async def test_a_whole_morning_goes_on_after_the_temporal_server_was_lost(bare_house: House) -> None:
    clinic = bare_house.clinic
    async with clinic.worker():
        morning = await begun(bare_house)
    await lose_the_server(clinic)
    code, said = await njia(clinic, "recover")
    assert code == 0, said
    open_visits = await clinic.rows("select 1 from visits where completed_at is null")
    assert said == f"{len(open_visits)} open visits have a run.\n"
    client = await connect(clinic.settings)
    for name in SCHEDULES:
        assert (await client.get_schedule_handle(name).describe()).id == name

    async with clinic.worker():

        async def agrees() -> bool:
            return (await njia(clinic, "reconcile"))[0] == 0

        await eventually(agrees, 120)
        before = await clinic.rows("select count(*) as n from reconciliation_findings")
        await goes_on(bare_house, morning)
        await bare_house.agrees()
        assert await clinic.rows("select count(*) as n from reconciliation_findings") == before
        code, said = await njia(clinic, "reconcile", "--no-repair")
        assert (code, "all agree" in said) == (0, True), said


async def test_without_recovery_everything_that_is_missing_is_named_and_repaired(bare_house: House) -> None:
    clinic = bare_house.clinic
    async with clinic.worker():
        seen = await bare_house.walk.seen()
    await lose_the_server(clinic)
    await njia(clinic, "migrate")
    code, said = await njia(clinic, "reconcile", "--no-repair")
    assert code == 1
    assert f"{seen['op_number']}: no workflow runs for it" in said
    assert all(f"The schedule {name} is not there" in said for name in SCHEDULES)
    code, said = await njia(clinic, "reconcile")
    assert (code, f"{1 + len(SCHEDULES)} repaired" in said) == (1, True), said
    async with clinic.worker():
        assert await njia(clinic, "reconcile") == (0, "1 visits and 1 workflows compared: all agree.\n")


async def test_where_nobody_answers_it_says_so(bare_house: House) -> None:
    await bare_house.clinic.temporal.stop("kill")
    code, said = await njia(bare_house.clinic, "reconcile")
    assert (code, said) == (3, "Temporal does not answer. Is the clinic running?\n")
    await bare_house.clinic.temporal.start()
    await bare_house.clinic.postgres.stop("fast")
    code, said = await njia(bare_house.clinic, "reconcile")
    await bare_house.clinic.postgres.start()
    assert code == 3
    assert "The database " in said
